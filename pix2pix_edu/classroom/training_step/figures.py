"""Figures of lesson 05: gradients in both networks, a run with its pictures, a run stopped and resumed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from torch import Tensor

from pix2pix_edu.classroom.curves import as_table, draw_curves, draw_triples
from pix2pix_edu.classroom.display import COLOURS, new_figure
from pix2pix_edu.training import Losses


def draw_case(name: str, history: Sequence[Losses], x: Tensor, fake: Tensor, y: Tensor) -> Figure:
    """Draw all three loss curves of a run on one scale, beside input | fake | target."""
    figure, (curves, triples) = new_figure(6.6, 2.7, columns=2)
    figure.set_layout_engine("none")  # fixed positions are a third faster, and this figure is redrawn at each click
    curves.set_position((0.08, 0.17, 0.42, 0.74))
    triples.set_position((0.53, 0.06, 0.46, 0.84))
    table = as_table(history)
    draw_curves(curves, table)
    curves.plot(range(1, len(table) + 1), table[:, 2], color=COLOURS["L1"], label="L1")
    curves.legend(fontsize=7, ncols=2, loc="upper center")
    curves.set(ylabel="losses", ylim=(0, 2.2))  # the same for every run, to compare them
    draw_triples(triples, x, fake, y, f"run {name}: x | G(x) | y")
    return figure


def draw_gradients(norms: Mapping[str, tuple[float, float]]) -> Figure:
    """Draw the length of each loss's gradient in G's weights and in D's."""
    figure, (axes,) = new_figure(7.5, 0.62 * len(norms) + 0.7)
    for row, values in enumerate(norms.values()):
        for offset, value, network in zip((-0.19, 0.19), values, ("fake", "D"), strict=True):
            axes.barh(row + offset, value, height=0.36, color=COLOURS[network])
            axes.text(value, row + offset, f" {value:.3g}", va="center", fontsize=8)
    axes.set_yticks(range(len(norms)), norms)
    axes.invert_yaxis()
    axes.set(xlabel="length of the gradient", xlim=(0, 1.12 * max(max(values) for values in norms.values())))
    axes.legend(handles=[Patch(color=COLOURS[c], label=f"in {n}'s weights") for n, c in (("G", "fake"), ("D", "D"))], fontsize=8)
    return figure


class Flow(NamedTuple):
    """The length of a loss's gradient in D's weights, at the fake and in G's weights; None where there is none."""

    discriminator: float | None
    fake: float | None
    generator: float | None


PLACES = {"x": 0.0, "G": 1.7, "fake": 3.5, "D": 5.3, "loss": 7.3}
BACK = "#555555"


def draw_flow(flow: Flow, through_discriminator: bool, cut: bool, loss: str) -> Figure:
    """Draw the way forward from x to a loss, and how far back its gradient flows."""
    figure, (axes,) = new_figure(7.6, 2.1)
    axes.set(xlim=(-0.4, 8.1), ylim=(-1.15, 0.75))
    axes.set_axis_off()
    for name, place in PLACES.items():
        face = {"G": COLOURS["fake"], "D": COLOURS["D"]}.get(name, "#EEEEEE")
        style = {"boxstyle": "round,pad=0.5", "facecolor": face, "edgecolor": "none"}
        text, ink = (loss if name == "loss" else name), ("white" if name == "D" else "black")
        axes.text(place, 0.35, text, ha="center", va="center", color=ink, fontsize=11, bbox=style)
    for before, after in (("x", "G"), ("G", "fake"), *((("fake", "D"), ("D", "loss")) if through_discriminator else (("fake", "loss"),))):
        bend = -0.2 if (before, after) == ("fake", "loss") else 0.0
        _draw_arrow(axes, PLACES[before] + 0.4, PLACES[after] - (0.8 if after == "loss" else 0.45), 0.35, "#AAAAAA", 1.5, bend)
    _draw_way_back(axes, flow, through_discriminator)
    if cut:
        axes.text(PLACES["fake"], -0.3, "✂ detach()", ha="center", va="center", fontsize=11)
    return figure


def _draw_way_back(axes: Axes, flow: Flow, through_discriminator: bool) -> None:
    last = "loss"
    if through_discriminator and (flow.discriminator is not None or flow.fake is not None):
        _draw_arrow(axes, PLACES["loss"], PLACES["D"] + 0.1, -0.3, BACK, 3.0)
        last = "D"
    if flow.fake is not None:
        _draw_arrow(axes, PLACES[last] - 0.1, PLACES["fake"] + 0.1, -0.3, BACK, 3.0)
        _draw_arrow(axes, PLACES["fake"] - 0.1, PLACES["G"] + 0.1, -0.3, BACK, 3.0)
    for name, where, value in (
        ("D", "D's weights", flow.discriminator),
        ("fake", "at fake", flow.fake),
        ("G", "G's weights", flow.generator),
    ):
        axes.text(PLACES[name], -0.95, f"{where}:\n" + ("nothing" if value is None else f"{value:.3g}"), ha="center", fontsize=10)
    axes.text(PLACES["loss"], -0.95, "backward()\nstarts here", ha="center", fontsize=10)


def _draw_arrow(axes: Axes, start: float, end: float, height: float, colour: str, width: float, bend: float = 0.0) -> None:
    style = {"arrowstyle": "-|>", "color": colour, "linewidth": width, "connectionstyle": f"arc3,rad={bend}"}
    axes.annotate("", xy=(end, height), xytext=(start, height), arrowprops=style)


def draw_resumed(straight: Sequence[float], resumed: Mapping[str, Sequence[float]], stop: int) -> Figure:
    """Draw L1 of a run that was never stopped, and how the resumed runs differ from it."""
    figure, (curves, differences) = new_figure(9, 2.9, columns=2)
    curves.plot(range(1, len(straight) + 1), straight, color=COLOURS["D"], label="never stopped")
    for (name, values), colour in zip(resumed.items(), (COLOURS["y"], COLOURS["fake"], COLOURS["x"]), strict=False):
        steps = range(stop + 1, stop + len(values) + 1)
        curves.plot(steps, values, color=colour, linestyle="--", label=name)
        differences.plot(steps, [a - b for a, b in zip(values, straight[stop:], strict=True)], color=colour, label=name)
    curves.axvline(stop, color="grey", linestyle=":")
    curves.set(xlabel="step", ylabel="L1 (images in [-1, 1])", ylim=(0, None))
    differences.set(xlabel="step", ylabel="L1, less that of the\nrun never stopped")
    curves.legend(fontsize=8)
    differences.legend(fontsize=8)
    return figure
