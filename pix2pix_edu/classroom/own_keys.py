"""Widgets that keep their keys: in a notebook, "d" pressed twice on a button would delete the cell."""

import ipywidgets as widgets

from pix2pix_edu.play.modules import join_modules

try:
    import anywidget
except ImportError:
    raise ImportError("the controls need the package anywidget: run  %pip install anywidget  and restart the kernel") from None


class OwnKeys(anywidget.AnyWidget):
    """Put into a box, this keeps what is typed in the box from the notebook, except the keys that run a cell or save."""

    _esm = join_modules("own_keys_widget")

    def __init__(self) -> None:
        super().__init__(layout=widgets.Layout(display="none"))


def column(*children: widgets.Widget) -> widgets.VBox:
    """A box with the widgets one below the other, which keeps their keys."""
    return widgets.VBox([*children, OwnKeys()])
