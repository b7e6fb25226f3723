"""Figures of lesson 09: edited sketches and their fakes, how far an edit reaches, how colourful pictures are."""

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

GREY_LEVEL = 1 / 127.5  # one step of a byte, in units of [-1, 1]
CHROMA_END, CHROMA_BIN = 60.0, 4.0


def draw_edits(sketches: Mapping[str, Tensor], fakes: Sequence[Tensor], boxes: Sequence[Box | None]) -> Figure:
    """Draw sketches above their fakes, each with an outline around the place that was changed."""
    figure, axes = new_figure(2.75 * len(sketches), 5.8, rows=2, columns=len(sketches))
    for column, ((title, sketch), fake, box) in enumerate(zip(sketches.items(), fakes, boxes, strict=True)):
        for panel, picture, words in ((axes[column], sketch, title), (axes[column + len(sketches)], fake, "G(x)")):
            draw_picture(panel, picture, words)
            if box:
                _outline(panel, box)
    return figure


def draw_reach(differences: Mapping[str, Tensor], box: Box) -> Figure:
    """Draw how much each pixel (rows, columns) changed, on a logarithmic scale; pixels that did not change at all are hatched."""
    figure, axes = new_figure(2.15 * len(differences) + 0.9, 2.7, columns=len(differences))
    for panel, (title, difference) in zip(axes, differences.items(), strict=True):
        moved = difference.where(difference > 0, torch.nan).numpy()
        drawn = panel.imshow(moved, cmap="magma_r", norm=LogNorm(1e-5, 1.0), interpolation="nearest")
        panel.patch.set(facecolor="white", edgecolor="#707070", hatch="////")  # visible where a pixel is NaN, in a grey print too
        panel.set_title(title, fontsize=10)
        panel.set(xticks=[], yticks=[])
        _outline(panel, box)
    bar = figure.colorbar(drawn, ax=axes, shrink=0.9)
    bar.set_ticks([1e-5, 1e-4, 1e-3, GREY_LEVEL, 0.1, 1.0], labels=["0.00001", "0.0001", "0.001", "a grey level", "0.1", "1"], minor=False)
    bar.set_ticks([], minor=True)
    bar.set_label("change of the fake", fontsize=9)
    return figure


def draw_chroma(pictures: Mapping[str, Tensor]) -> Figure:
    """Draw a histogram of colourfulness over all pixels, one line per batch of pictures."""
    figure, (axes,) = new_figure(7.0, 2.7)
    edges = np.arange(0.0, CHROMA_END + CHROMA_BIN, CHROMA_BIN)
    styles = ((COLOURS["y"], "-"), (COLOURS["L1"], "--"), (COLOURS["fake"], ":"))
    for (name, batch), (colour, stroke) in zip(pictures.items(), styles, strict=False):
        counts, _ = np.histogram(chroma(batch).clamp(max=CHROMA_END - 1).numpy(), edges)
        axes.stairs(100 * counts / counts.sum(), edges, label=name, color=colour, linestyle=stroke, linewidth=2)
    axes.set(xlabel="colourfulness (distance from grey in Lab)", ylabel="share of the pixels (%)", xlim=(0, CHROMA_END))
    axes.legend(fontsize=9)
    return figure


def chroma(pictures: Tensor) -> Tensor:
    """Return how far each pixel (batch, rows, columns) is from grey: 0 = grey, 60 = a strong colour."""
    return lab(pictures)[:, 1:].norm(dim=1)


def _outline(axes: Axes, box: Box) -> None:
    place = ((box.left - 1.5, box.top - 1.5), box.right - box.left + 2, box.bottom - box.top + 2)  # one pixel outside the box
    for colour, width in (("black", 2.2), (COLOURS["patch"], 1.0)):  # with a dark rim, so that it shows on light and dark pictures
        axes.add_patch(Rectangle(*place, fill=False, edgecolor=colour, linewidth=width, clip_on=False))
