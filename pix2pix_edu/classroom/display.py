"""The look of every figure, and show(), which displays it with its alt text."""

import base64
import html
import io
import math
import textwrap
from collections.abc import Mapping, Sequence

from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from pix2pix_edu.images import to_image
from pix2pix_edu.language.words import say

# One colour per role, the same in every figure; colour-blind readers can tell them apart, and so can readers of a grey print.
COLOURS = {"x": "#009E73", "y": "#0072B2", "fake": "#D55E00", "L1": "#CC79A7", "D": "#000000", "patch": "#F0E442"}
LOGITS = LinearSegmentedColormap.from_list("logits", [COLOURS["fake"], "#FFFFFF", COLOURS["y"]])  # fake - undecided - real
LINE_COLOURS = (*(COLOURS[role] for role in ("D", "fake", "y", "x", "L1")), "#777777")  # of curves without a role, in this order

GAP = 8  # pixels of the screen between two pictures


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """Return an empty figure (sizes in inches of 100 pixels) and its axes in reading order. Without pyplot, no figure stays open."""
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def png(figure: Figure) -> bytes:
    """Return the figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", pil_kwargs={"compress_level": 1})  # higher levels cost time and save little
    return buffer.getvalue()


def data_url(image: bytes | Image.Image) -> str:
    """Return a picture, or the bytes of a PNG file, as a data URL."""
    if isinstance(image, Image.Image):
        buffer = io.BytesIO()
        image.save(buffer, format="png")
        image = buffer.getvalue()
    return f"data:image/png;base64,{base64.b64encode(image).decode()}"


def as_html(figure: Figure, alt: str) -> str:
    """Return the figure as an HTML image with its alt text."""
    return f'<img alt="{html.escape(say(alt))}" src="{data_url(png(figure))}" style="max-width: 100%; height: auto">'


def with_caption(figure: Figure, alt: str, caption: str = "", live: bool = True) -> str:
    """Return the figure as HTML above its caption (HTML; by default the alt text). Screen readers announce a new `live` caption."""
    announced = ' aria-live="polite"' if live else ""
    return (
        f'<figure style="margin: 0">{as_html(figure, alt)}<figcaption{announced}>{caption or html.escape(say(alt))}</figcaption></figure>'
    )


def show(figure: Figure, alt: str) -> None:
    """Display a figure; `alt` says in words what it shows."""
    display({"image/png": png(figure), "text/html": as_html(figure, alt), "text/plain": say(alt)}, raw=True)


def draw_picture(axes: Axes, image: Tensor, title: str = "") -> None:
    """Draw a picture (3, height, width) in [-1, 1] on axes without ticks."""
    axes.imshow(to_image(image), interpolation="nearest")
    axes.set_title(title, fontsize=10)
    axes.set(xticks=[], yticks=[])  # laying out ticks takes time, even if they are invisible
    axes.set_axis_off()


def new_tiles(columns: int, height: int, width: int, above: Sequence[int]) -> tuple[Figure, list[Axes]]:
    """Return a figure with places for pictures, `above[row]` pixels below the row before, and its axes in reading order.

    All sizes are in pixels of the screen, so a picture can be enlarged by a whole number.
    """
    full_width, full_height = columns * (width + GAP) - GAP, sum(above) + len(above) * height
    figure, axes = new_figure(full_width / 100, full_height / 100, rows=len(above), columns=columns)
    figure.set_layout_engine(None)
    for place, ax in enumerate(axes):
        row, column = divmod(place, columns)
        bottom = full_height - sum(above[: row + 1]) - (row + 1) * height
        ax.set_position((column * (width + GAP) / full_width, bottom / full_height, width / full_width, height / full_height))
        ax.set_axis_off()
    return figure, axes


def draw_pictures(columns: Mapping[str, Tensor]) -> Figure:
    """Draw a column of pictures (rows, 3, height, width) under each title, enlarged by a whole number."""
    rows = max(len(pictures) for pictures in columns.values())
    height, width = next(iter(columns.values())).shape[-2:]
    scale = max(1, min(round(220 / width), 900 // (len(columns) * width)))
    titles = [textwrap.fill(name, scale * width // 8) for name in columns]  # a letter is about 8 pixels wide
    first = 10 + 14 * max(1 + name.count("\n") for name in titles)
    figure, axes = new_tiles(len(columns), scale * height, scale * width, above=[first, *[GAP] * (rows - 1)])
    for column, (name, pictures) in enumerate(zip(titles, columns.values(), strict=True)):
        for row, picture in enumerate(pictures):
            draw_picture(axes[row * len(columns) + column], picture, name if row == 0 else "")
    return figure


def draw_named_pictures(pictures: Mapping[str, Tensor], scale: int, columns: int = 3) -> Figure:
    """Draw pictures of one size (3, side, side), each under its name, each pixel `scale` pixels wide."""
    side = scale * next(iter(pictures.values())).shape[-1]
    figure, axes = new_tiles(columns, side, side, above=[24] * math.ceil(len(pictures) / columns))
    for ax, (name, picture) in zip(axes, pictures.items(), strict=False):
        draw_picture(ax, picture, name)
    return figure


def draw_translations(x: Tensor, fake: Tensor, y: Tensor, titles: Sequence[str] = ("input x", "fake G(x)", "target y")) -> Figure:
    """Draw input | fake | target, one row per picture of the batch."""
    return draw_pictures(dict(zip(titles, (x, fake, y), strict=True)))
