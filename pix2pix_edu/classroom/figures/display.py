"""How figures look, and the one way to the screen."""

import base64
import html
import io
from collections.abc import Sequence

from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.images import to_image
from pix2pix_edu.training import Losses

# One colour for each role in every figure; they stay apart for colour-blind readers and in grey.
COLOURS = {"x": "#009E73", "y": "#0072B2", "fake": "#D55E00", "L1": "#CC79A7", "D": "#000000", "patch": "#F0E442"}
LOGITS = LinearSegmentedColormap.from_list("logits", [COLOURS["fake"], "#FFFFFF", COLOURS["y"]])  # fake - undecided - real


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty figure (in inches, 100 pixels each) with its axes in reading order. No pyplot: nothing is left open."""
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def as_html(figure: Figure, alt: str) -> str:
    """The figure as an HTML image that a screen reader can read out."""
    encoded = base64.b64encode(png(figure)).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{encoded}" style="max-width: 100%; height: auto">'


def show(figure: Figure, alt: str) -> None:
    """Display a figure with the sentence that says what is to be seen in it."""
    display({"image/png": png(figure), "text/html": as_html(figure, alt), "text/plain": alt}, raw=True)


def draw_picture(axes: Axes, image: Tensor, title: str = "") -> None:
    """One picture (3, height, width) in [-1, 1] on axes without ticks."""
    axes.imshow(to_image(image), interpolation="nearest")
    axes.set_title(title, fontsize=10)
    axes.set(xticks=[], yticks=[])  # a tick takes its time to lay out, even where it is switched off
    axes.set_axis_off()


def draw_translations(x: Tensor, fake: Tensor, y: Tensor, titles: Sequence[str] = ("input x", "fake G(x)", "target y")) -> Figure:
    """Input | fake | target, one row for each picture of the batch."""
    figure, axes = new_figure(6.6, 2.2 * len(x) + 0.3, rows=len(x), columns=3)
    for row, pictures in enumerate(zip(x, fake, y, strict=True)):
        for column, picture in enumerate(pictures):
            draw_picture(axes[3 * row + column], picture, titles[column] if row == 0 else "")
    return figure


def draw_losses(history: Sequence[Losses]) -> Figure:
    """The three losses over the steps, each beside the value that a guess would give."""
    figure, (adversarial, l1) = new_figure(8, 3, columns=2)
    steps = range(1, len(history) + 1)
    adversarial.plot(steps, [float(losses.discriminator) for losses in history], color=COLOURS["D"], label="D")
    adversarial.plot(steps, [float(losses.adversarial) for losses in history], color=COLOURS["fake"], label="G, adversarial")
    adversarial.axhline(0.6931, color="grey", linestyle=":", label="chance: ln 2 = 0.69")
    adversarial.set(xlabel="step", ylabel="loss (nats per patch)", ylim=(0, None))
    adversarial.legend(fontsize=8)
    l1.plot(steps, [float(losses.l1) for losses in history], color=COLOURS["L1"])
    l1.set(xlabel="step", ylabel="L1 (images in [-1, 1])", ylim=(0, None))
    return figure
