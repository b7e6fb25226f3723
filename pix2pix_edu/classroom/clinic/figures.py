"""Figures of the loss-curve clinic: the curves of a log, and the pictures that are shown after the diagnosis."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.clinic.signs import Log
from pix2pix_edu.classroom.display import COLOURS, draw_picture, new_figure
from pix2pix_edu.objective import CHANCE

SHORTEST = 1e-6  # shorter gradients are drawn as 0
SMOOTH = 11  # points that the band of healthy runs is averaged over, so that no healthy patient can be recognised by its curve
PLACES = ((0.06, 0.58, 0.42, 0.36), (0.56, 0.58, 0.42, 0.36), (0.06, 0.09, 0.42, 0.36), (0.56, 0.09, 0.42, 0.36))


def draw_log(log: Log, steps: int, healthy: Sequence[Log] = ()) -> Figure:
    """Draw the curves of a log in four panels, on scales that are the same for every run where possible; L1 with that of healthy runs."""
    figure, panels = new_figure(9.4, 5.4, rows=2, columns=2)
    figure.set_layout_engine("none")  # fixed positions: a third faster, and this figure must follow a click
    at = (torch.arange(len(log.l1)) + 1) * steps / len(log.l1)
    for axes, place in zip(panels, PLACES, strict=True):
        axes.set_position(place)
        axes.set(xlim=(0, steps), xticks=[])
    losses, l1, probabilities, gradients = panels
    _draw_losses(losses, at, log)
    if healthy:
        smooth = [F.avg_pool1d(one.l1[None], SMOOTH, stride=1, padding=SMOOTH // 2, count_include_pad=False)[0] for one in healthy]
        l1.fill_between(at, *torch.stack(smooth).aminmax(dim=0), color="lightgrey", label="healthy runs")
    l1.plot(at, log.l1, color=COLOURS["L1"], label="this run")
    l1.set(title="L1", ylabel="images in [-1, 1]", ylim=(0, max(0.6, 1.2 * float(log.l1.max()))), yticks=(0, 0.2, 0.4))
    _draw_probabilities(probabilities, at, log)
    _draw_gradients(gradients, at, log)
    for axes in panels:
        axes.title.set_fontsize(10)
        place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)} if axes is probabilities else {"loc": "upper center"}
        axes.legend(fontsize=7, ncols=3, **place)  # above the panel for probabilities, which may be 1 throughout
    for axes in (probabilities, gradients):
        axes.set(xlabel="step", xticks=(0, steps // 2, steps))
    return figure


def _draw_losses(axes: Axes, at: Tensor, log: Log) -> None:
    axes.plot(at, log.discriminator, color=COLOURS["D"], label="D")
    axes.plot(at, log.adversarial, color=COLOURS["fake"], linestyle="--", label="G, adversarial")
    axes.axhline(CHANCE, color="grey", linestyle=":", label="chance: ln 2")
    highest = float(torch.maximum(log.discriminator, log.adversarial).max())
    axes.set(title="adversarial losses", ylabel="nats per patch", ylim=(0, max(2.0, 1.2 * highest)))


def _draw_probabilities(axes: Axes, at: Tensor, log: Log) -> None:
    axes.plot(at, log.on_real, color=COLOURS["y"], label="for y")
    axes.plot(at, log.on_fake, color=COLOURS["fake"], linestyle="--", label="for the fake")
    axes.axhline(0.5, color="grey", linestyle=":", label="undecided")
    axes.set_title('D\'s probability of "real"', pad=22)
    axes.set(ylabel="mean over patches", ylim=(0, 1.05), yticks=(0, 0.5, 1))


def _draw_gradients(axes: Axes, at: Tensor, log: Log) -> None:
    lines = ((log.discriminator_gradient, COLOURS["D"], "-", "D"), (log.generator_gradient, COLOURS["fake"], "--", "G"))
    for curve, colour, style, label in (*lines, (log.innermost_gradient, COLOURS["fake"], ":", "G's innermost layer")):
        axes.plot(at, curve.clamp(min=SHORTEST).log10(), color=colour, linestyle=style, label=label)
    axes.set(title="lengths of gradients", ylim=(-6.5, 4))
    axes.set_yticks([-6, -4, -2, 0, 2], ["0", "0.0001", "0.01", "1", "100"])  # matplotlib's own log scale takes three times as long


def draw_unseen(x: Tensor, fakes: Tensor, y: Tensor) -> Figure:
    """Draw inputs, fakes and targets in three rows, one column per input."""
    figure, (axes,) = new_figure(5.2, 3.9)
    draw_picture(axes, torch.cat([torch.cat(list(row), dim=-1) for row in (x, fakes, y)], dim=-2))
    axes.set_axis_on()
    axes.spines[:].set_visible(False)
    side = x.shape[-1]
    axes.set_yticks([(row + 0.5) * side for row in range(3)], ["input x", "G(x)", "target y"])
    axes.tick_params(length=0)
    return figure
