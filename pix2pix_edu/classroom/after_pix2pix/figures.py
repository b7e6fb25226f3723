"""Figures of lesson 10: what a network guesses at each moment, and what more steps bring."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.display import COLOURS, new_figure
from pix2pix_edu.successors.flow import FlowNetwork


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
        top = max(max(line.get_ydata()) for line in ax.lines)
        ax.set(xticks=counts, xticklabels=[str(count) for count in counts], xlabel="steps", ylim=(0, 1.15 * top))  # room for the names
        ax.set_title(title, fontsize=10)
    return figure
