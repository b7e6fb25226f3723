"""Figures of lesson 10: answers in rows, what a network guesses at each moment, and what more steps bring."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.display import COLOURS, draw_pictures, new_figure
from pix2pix_edu.successors.flow import FlowNetwork


def draw_answers(x: Tensor, rows: Mapping[str, Tensor], shown: int = 6) -> Figure:
    """Draw, under x (3, height, width) on the left, a row of pictures (count, 3, height, width) for each name."""
    columns = {"": torch.stack([x, *[torch.ones_like(x)] * (len(rows) - 1)])}
    columns |= {f"{number + 1}": torch.stack([pictures[number] for pictures in rows.values()]) for number in range(shown)}
    figure = draw_pictures(columns)
    for row, name in enumerate(rows):
        axes = figure.axes[row * len(columns)]
        axes.set_axis_on()
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        if row == 0:
            axes.set_title("x", fontsize=10)
            axes.set_xlabel(name, fontsize=10)
        else:
            axes.clear()
            axes.set_axis_off()
            axes.text(0.5, 0.5, name, ha="center", va="center", fontsize=10, transform=axes.transAxes, wrap=True)
    return figure


@torch.no_grad()
def guesses(network: FlowNetwork, x: Tensor, y: Tensor, shares: Sequence[float], seed: int = 0) -> dict[str, Tensor]:
    """For each share t: the mixture of y (1, 3, height, width) with noise above, and below it what the network guesses from that and x."""
    noise = torch.randn(y.shape, generator=torch.Generator().manual_seed(seed))
    pictures = {}
    for t in shares:
        mixture = (1 - t) * noise + t * y
        pictures[f"t = {t:.1f}"] = torch.cat([mixture, network(x, mixture, torch.tensor([t]))])
    return pictures


Seeds = Sequence[Sequence[float]]  # for each seed, a value for each number of steps


def draw_steps(counts: Sequence[int], measured: Mapping[str, Seeds], others: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw each measure against the number of steps, a line for each seed, and a horizontal line for everything it is compared with.

    `others` has a value of each measure for each name.
    """
    figure, axes = new_figure(4.2 * len(measured), 3.2, columns=len(measured))
    colours = [COLOURS["y"], COLOURS["fake"], COLOURS["L1"]]
    for ax, (title, seeds) in zip(axes, measured.items(), strict=True):
        for values in seeds:
            ax.plot(counts, values, color=COLOURS["x"], marker="o", markersize=3, linewidth=1)
        for colour, (name, values) in zip(colours, others.items(), strict=False):
            ax.axhline(values[title], color=colour, linestyle="--", linewidth=1)
            ax.annotate(name, (1, values[title]), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=9, color=colour)
        ax.set_xscale("log", base=2)
        ax.set(xticks=counts, xticklabels=[str(count) for count in counts], xlabel="steps", ylim=(0, None))
        ax.set_title(title, fontsize=10)
    return figure
