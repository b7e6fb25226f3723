"""Explorable figures: a row of controls above a picture that follows them."""

import threading
from collections.abc import Callable

import ipywidgets as widgets
from matplotlib.figure import Figure

from pix2pix_edu.classroom.between_cells import between_cells
from pix2pix_edu.classroom.display import with_caption
from pix2pix_edu.classroom.own_keys import column
from pix2pix_edu.language.words import language, say


def choice(label: str, options: list, value: object) -> widgets.ToggleButtons:
    """A row of buttons of which one is selected, also with the arrow keys."""
    return widgets.ToggleButtons(
        description=say(label), options=_said(options), value=value, style={"description_width": "auto", "button_width": "auto"}
    )


def number(label: str, low: int, high: int, value: int) -> widgets.BoundedIntText:
    """A whole number within bounds, typed or changed with the arrow keys."""
    return widgets.BoundedIntText(
        description=say(label), min=low, max=high, value=value, style={"description_width": "auto"}, layout={"width": "150px"}
    )


def switch(label: str, value: bool) -> widgets.Checkbox:
    """A checkbox, also toggled with the space bar."""
    return widgets.Checkbox(description=say(label), value=value, indent=False, layout={"width": "auto"})


def menu(label: str, options: list, value: object) -> widgets.Dropdown:
    return widgets.Dropdown(description=say(label), options=_said(options), value=value, style={"description_width": "auto"})


def _said(options: list) -> list:
    """The options, each word shown in the reader's language."""
    if language() == "en":
        return options
    return [(say(option), option) if isinstance(option, str) else option for option in options]


def explore(draw: Callable[..., tuple[Figure, str]], **controls: widgets.ValueWidget) -> widgets.VBox:
    """Show the figure that `draw(**values) -> (figure, alt)` makes from the controls' values, and redraw it at each change.

    Changes while a cell runs are drawn when it has ended, all of them at once.
    """
    page, waiting = widgets.HTML(), threading.Event()

    def redraw() -> None:
        waiting.clear()
        page.value = with_caption(*draw(**{name: control.value for name, control in controls.items()}))

    redraw_later = between_cells(redraw)

    def changed(_: dict) -> None:
        if not waiting.is_set():
            waiting.set()
            redraw_later()

    for control in controls.values():
        control.observe(changed, names="value")
    redraw()
    row = widgets.HBox(list(controls.values()), layout=widgets.Layout(flex_flow="row wrap", grid_gap="4px 16px"))
    return column(row, page)
