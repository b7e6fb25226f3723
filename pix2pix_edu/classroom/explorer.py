"""Controls above, a picture below: what every explorable figure of the course is made of."""

from collections.abc import Callable

import ipywidgets as widgets
from matplotlib.figure import Figure

from pix2pix_edu.classroom.display import with_caption

Draw = Callable[..., tuple[Figure, str]]


def choice(label: str, options: list, value: object) -> widgets.ToggleButtons:
    """A row of buttons, one of them pressed; moved with the arrow keys."""
    return widgets.ToggleButtons(
        description=label, options=options, value=value, style={"description_width": "auto", "button_width": "auto"}
    )


def number(label: str, low: int, high: int, value: int) -> widgets.BoundedIntText:
    """A whole number within bounds, typed or stepped with the arrow keys."""
    return widgets.BoundedIntText(
        description=label, min=low, max=high, value=value, style={"description_width": "auto"}, layout={"width": "150px"}
    )


def switch(label: str, value: bool) -> widgets.Checkbox:
    """Something on or off; pressed with the space bar."""
    return widgets.Checkbox(description=label, value=value, indent=False, layout={"width": "auto"})


def menu(label: str, options: list, value: object) -> widgets.Dropdown:
    """One of many, from a list that opens."""
    return widgets.Dropdown(description=label, options=options, value=value, style={"description_width": "auto"})


def explore(draw: Draw, **controls: widgets.ValueWidget) -> widgets.VBox:
    """The figure that `draw` makes of the controls' values, drawn anew at each change; draw(**values) -> (figure, alt)."""

    def write(**values: object) -> str:
        return with_caption(*draw(**values))

    return explore_page(write, **controls)


def explore_page(write: Callable[..., str], **controls: widgets.ValueWidget) -> widgets.VBox:
    """The page that `write` makes of the controls' values, written anew at each change; write(**values) -> HTML."""
    page = widgets.HTML()

    def rewrite(_: object = None) -> None:
        page.value = write(**{name: control.value for name, control in controls.items()})

    for control in controls.values():
        control.observe(rewrite, names="value")
    rewrite()
    row = widgets.HBox(list(controls.values()), layout=widgets.Layout(flex_flow="row wrap", grid_gap="4px 16px"))
    return widgets.VBox([row, page])
