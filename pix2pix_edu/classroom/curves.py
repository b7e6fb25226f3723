"""Loss curves: the tables and figures that several lessons share."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.display import COLOURS, draw_picture, new_figure
from pix2pix_edu.objective import CHANCE
from pix2pix_edu.run.saving import read_losses
from pix2pix_edu.training import Losses

WINDOW = 20  # steps in a running mean, and in the mean at the end


def losses_so_far(folder: Path, step: int) -> list[Losses]:
    """Return the losses of a run in a folder up to a step: of all steps before it that are in its table without a gap."""
    try:
        rows = read_losses(folder)
    except ValueError:  # the run says so when it goes on
        return []
    losses = {int(row[0]): Losses(*map(float, row[1:])) for row in rows}
    first = step
    while first in losses:
        first -= 1
    return [losses[number] for number in range(first + 1, step + 1)]


def as_table(history: Sequence[Losses]) -> Tensor:
    """Return the losses as a tensor (steps, 3): D, G adversarial, L1."""
    return torch.tensor([[float(value) for value in losses] for losses in history])


def running_mean(values: Tensor, window: int | None = None) -> Tensor:
    """Return at each step the mean of the last `window` values: by default 20, or fewer if the run is short."""
    window = window or max(1, min(WINDOW, len(values) // 12))
    total = torch.cat([torch.zeros(1, dtype=torch.double), values.double().cumsum(0)])
    ends = torch.arange(1, len(values) + 1)
    starts = (ends - window).clamp(min=0)
    return (total[ends] - total[starts]) / (ends - starts)


def draw_training(history: Sequence[Losses], first: int, x: Tensor, fake: Tensor, y: Tensor) -> tuple[Figure, str]:
    """Draw the curves since step `first`, beside input | fake | target."""
    table = as_table(history)
    figure, (adversarial, l1, triples) = new_figure(9.5, 2.9, columns=3)
    draw_curves(adversarial, table, first)
    draw_l1(l1, table, first)
    draw_triples(triples, x, fake, y)
    d, g, distance = table[-WINDOW:].mean(0).tolist()
    alt = (
        f"After step {first + len(history) - 1}, mean of the last {min(WINDOW, len(history))} steps: D's loss {d:.2f}, "
        f"G's adversarial loss {g:.2f} (chance: 0.69), L1 {distance:.3f}."
    )
    return figure, alt


def draw_triples(axes: Axes, x: Tensor, fake: Tensor, y: Tensor, title: str = "x | G(x) | y") -> None:
    """Draw input | fake | target as one picture, one row per picture of the batch."""
    draw_picture(axes, torch.cat([torch.cat(row, dim=-1) for row in zip(x, fake, y, strict=True)], dim=-2), title)


def draw_curves(axes: Axes, table: Tensor, first: int = 1) -> None:
    """Draw the two adversarial losses over the steps, and chance as a dotted line."""
    _draw_curve(axes, table[:, 0], first, COLOURS["D"], "D")
    _draw_curve(axes, table[:, 1], first, COLOURS["fake"], "G, adversarial")
    axes.axhline(CHANCE, color="grey", linestyle=":", label="chance: ln 2")
    axes.set(xlabel="step", ylabel="loss (nats per patch)", ylim=(0, None))
    axes.legend(fontsize=7)


def draw_l1(axes: Axes, table: Tensor, first: int = 1) -> None:
    """Draw L1 over the steps."""
    _draw_curve(axes, table[:, 2], first, COLOURS["L1"])
    axes.set(xlabel="step", ylabel="L1 (images in [-1, 1])", ylim=(0, None))


def _draw_curve(axes: Axes, values: Tensor, first: int, colour: str, label: str | None = None) -> None:
    steps = range(first, first + len(values))
    axes.plot(steps, values, color=colour, alpha=0.3, linewidth=0.7)
    axes.plot(steps, running_mean(values), color=colour, label=label)


def draw_runs(runs: Mapping[str, Sequence[Losses]]) -> Figure:
    """Draw the adversarial losses of several runs, one panel each, all on the same scale."""
    figure, panels = new_figure(3.1 * len(runs), 2.7, columns=len(runs))
    highest = max(float(as_table(history)[:, :2].max()) for history in runs.values())
    for axes, (name, history) in zip(panels, runs.items(), strict=True):
        draw_curves(axes, as_table(history))
        axes.set_title(name, fontsize=9)
        axes.set_ylim(0, 1.05 * highest)
        if axes is not panels[0]:
            axes.set_ylabel("")
            axes.get_legend().remove()
    return figure
