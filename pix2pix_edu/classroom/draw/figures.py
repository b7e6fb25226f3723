"""Figures of your own drawings and pairs: sketches with what was changed in them, how far a change reaches, how colourful pictures are."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from pix2pix_edu.classroom.display import COLOURS, draw_picture, new_figure
from pix2pix_edu.drawing.layout import Box
from pix2pix_edu.measures.pixels import lab

GREY_LEVEL = 1 / 127.5  # one of 256 steps, in units of [-1, 1]
CHROMA_END, CHROMA_BIN = 60.0, 4.0


def draw_edits(sketches: Mapping[str, Tensor], fakes: Sequence[Tensor], boxes: Sequence[Box | None]) -> Figure:
    """Sketches above, their fakes below; in each an outline around the place that was changed."""
    figure, axes = new_figure(2.2 * len(sketches), 4.7, rows=2, columns=len(sketches))
    for column, ((title, sketch), fake, box) in enumerate(zip(sketches.items(), fakes, boxes, strict=True)):
        for panel, picture, words in ((axes[column], sketch, title), (axes[column + len(sketches)], fake, "G(x)")):
            draw_picture(panel, picture, words)
            if box:
                _outline(panel, box)
    return figure


def draw_reach(differences: Mapping[str, Tensor], box: Box) -> Figure:
    """How much each pixel (rows, columns) changed, on a logarithmic scale; what has not changed at all is hatched."""
    figure, axes = new_figure(2.15 * len(differences) + 0.9, 2.7, columns=len(differences))
    for panel, (title, difference) in zip(axes, differences.items(), strict=True):
        moved = difference.where(difference > 0, torch.nan).numpy()
        drawn = panel.imshow(moved, cmap="magma_r", norm=LogNorm(1e-5, 1.0), interpolation="nearest")
        panel.patch.set(facecolor="white", edgecolor="#707070", hatch="////")  # seen where a pixel is missing, in grey too
        panel.set_title(title, fontsize=10)
        panel.set(xticks=[], yticks=[])
        _outline(panel, box)
    bar = figure.colorbar(drawn, ax=axes, shrink=0.9)
    bar.set_ticks([1e-5, 1e-4, 1e-3, GREY_LEVEL, 0.1, 1.0], labels=["0.00001", "0.0001", "0.001", "a grey level", "0.1", "1"], minor=False)
    bar.set_ticks([], minor=True)
    bar.set_label("change of the fake", fontsize=9)
    return figure


def draw_chroma(pictures: Mapping[str, Tensor]) -> Figure:
    """How many pixels have how much colour, one line for each batch of pictures."""
    figure, (axes,) = new_figure(7.0, 2.7)
    edges = np.arange(0.0, CHROMA_END + CHROMA_BIN, CHROMA_BIN)
    for (name, batch), style in zip(pictures.items(), ((COLOURS["y"], "-"), (COLOURS["L1"], "--"), (COLOURS["fake"], ":")), strict=False):
        counts, _ = np.histogram(chroma(batch).clamp(max=CHROMA_END - 1).numpy(), edges)
        axes.stairs(100 * counts / counts.sum(), edges, label=name, color=style[0], linestyle=style[1], linewidth=2)
    axes.set(xlabel="colourfulness (distance from grey in Lab)", ylabel="share of the pixels (%)", xlim=(0, CHROMA_END))
    axes.legend(fontsize=9)
    return figure


def chroma(pictures: Tensor) -> Tensor:
    """How far each pixel (batch, rows, columns) is from grey: 0 = grey, 60 = a strong colour."""
    return lab(pictures)[:, 1:].norm(dim=1)


def _outline(axes: Axes, box: Box) -> None:
    place = ((box.left - 1.5, box.top - 1.5), box.right - box.left + 2, box.bottom - box.top + 2)  # a pixel outside: all of it is seen
    axes.add_patch(
        Rectangle(*place, fill=False, edgecolor="black", linewidth=2.2, clip_on=False)
    )  # a dark rim, so that it shows on light and on dark
    axes.add_patch(Rectangle(*place, fill=False, edgecolor=COLOURS["patch"], linewidth=1.0, clip_on=False))
