"""Figures of pairs: the two halves of a file, the edges of x on y, and what damage does to them."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from torch import Tensor

from pix2pix_edu.classroom.curves import running_mean
from pix2pix_edu.classroom.display import COLOURS, draw_named_pictures, draw_picture, draw_pictures, new_figure
from pix2pix_edu.drawing.classes import PALETTE
from pix2pix_edu.images import to_image, to_tensor

PHOTO_EDGES = 0.2  # the largest fifth of a photo's steps count as its edges, so chance is 0.20 for every photo, dark or bright
STRAY = "#CC00CC"  # visible on the colour of every class


def steps(picture: Tensor) -> Tensor:
    """Return how much each pixel differs from its right and its lower neighbour (..., height - 1, width - 1)."""
    here, right, below = picture[..., :-1, :-1], picture[..., :-1, 1:], picture[..., 1:, :-1]
    return ((right - here).abs() + (below - here).abs()).sum(dim=-3)


def edge_agreement(x: Tensor, y: Tensor) -> float:
    """Return the share of the label map's edges where the photo has an edge too: 0.20 is chance."""
    label_edges, photo_steps = steps(x) > 0, steps(y)
    if not label_edges.any():
        raise ValueError("x is one flat colour, so it has no edges to compare with: pass a label map with at least two classes")
    return (photo_steps[label_edges] > photo_steps.quantile(1 - PHOTO_EDGES)).float().mean().item()


def mean_agreement(pairs: Sequence[tuple[Tensor, Tensor]]) -> float:
    """Return the mean edge agreement of a set of pairs."""
    return sum(edge_agreement(x, y) for x, y in pairs) / len(pairs)


def stray_share(label_map: Image.Image) -> float:
    """Return the share of pixels whose colour belongs to no class."""
    return _stray(label_map).mean().item()


def _stray(label_map: Image.Image) -> np.ndarray:
    return ~(np.asarray(label_map)[:, :, None] == PALETTE).all(axis=-1).any(axis=-1)  # (height, width)


def draw_file(picture: Image.Image) -> Figure:
    """Draw a side-by-side file with its pixel columns, and the line where it is cut."""
    figure, (axes,) = new_figure(6.4, 3.5)
    width, height = picture.size
    axes.imshow(picture, interpolation="nearest", extent=(0, width, height, 0))
    axes.axvline(width // 2, color="white", linestyle="--")
    axes.set(xlabel="pixel column", ylabel="pixel row", xticks=[0, width // 2, width], yticks=[0, height])
    for start, name, role in ((0, "left half: x, the label map", "x"), (width // 2, "right half: y, the photo", "y")):
        axes.text(start + width / 4, -4, name, ha="center", va="bottom", fontsize=10, color=COLOURS[role])
    return figure


def draw_photos(x: Tensor, photos: Tensor) -> Figure:
    """Draw a label map, four photographs of it, and how much each pixel differs between all of them; each picture at twice its size."""
    spread = photos.std(dim=0).mean(dim=0)
    pictures = {
        "x": x,
        **{f"y, look {look}": photo for look, photo in enumerate(photos[:4], start=1)},
        f"white: where {len(photos)} looks differ": (2 * spread / spread.max() - 1).expand(3, -1, -1),
    }
    return draw_named_pictures(pictures, scale=2)


def draw_overlay(axes: Axes, x: Tensor, y: Tensor) -> None:
    """Draw the label edges of x in yellow on the dimmed photo y."""
    picture = np.asarray(to_image(y)).copy() // 2
    picture[:-1, :-1][(steps(x) > 0).numpy()] = [240, 228, 66]  # the colour of the patch outline
    axes.imshow(picture, interpolation="nearest")
    axes.set(xticks=[], yticks=[])  # laying out ticks takes half of the drawing time, even if they are invisible
    axes.set_axis_off()
    axes.set_title(f"{edge_agreement(x, y):.2f} of the edges agree", fontsize=10)


def draw_overlays(pairs: dict[str, tuple[Tensor, Tensor]]) -> Figure:
    """Draw one row per named pair: x, y, and the edges of x on y with their agreement."""
    figure, axes = new_figure(6.9, 2.45 * len(pairs), rows=len(pairs), columns=3)
    for row, (name, (x, y)) in enumerate(pairs.items()):
        x_axes, y_axes, overlay_axes = axes[3 * row : 3 * row + 3]
        draw_picture(x_axes, x, "x")
        draw_picture(y_axes, y, f"y: {name}")
        draw_overlay(overlay_axes, x, y)
    return figure


def draw_crops(loaded: tuple[Tensor, Tensor], boxes: Sequence[tuple[int, int, bool]], pair: tuple[Tensor, Tensor]) -> Figure:
    """Draw a loaded pair with the crop (top, left, flipped) of each half, and the edges of the cropped x on the cropped y."""
    figure, axes = new_figure(7.2, 2.7, columns=3)
    size = pair[0].shape[-1]
    for place, picture, (top, left, flipped), role in zip(axes, loaded, boxes, "xy", strict=False):
        draw_picture(place, picture, f"{role}: row {top}, column {left}{', flipped' if flipped else ''}")
        place.add_patch(Rectangle((left - 0.5, top - 0.5), size, size, fill=False, edgecolor="white", linewidth=2))
        place.add_patch(Rectangle((left - 0.5, top - 0.5), size, size, fill=False, edgecolor=COLOURS[role], linewidth=2, linestyle="--"))
    draw_overlay(axes[2], *pair)
    return figure


def draw_agreements(measured: dict[str, float]) -> Figure:
    """Draw the edge agreement of several sets of pairs as bars, and chance as a dotted line."""
    figure, (axes,) = new_figure(7, 0.8 + 0.36 * len(measured))
    bars = axes.barh(list(measured), list(measured.values()), color=COLOURS["x"])
    axes.bar_label(bars, fmt="%.2f", padding=4)
    axes.axvline(PHOTO_EDGES, color="black", linestyle=":", label="chance: 0.20")
    axes.invert_yaxis()
    axes.set(xlabel="share of label edges that are photo edges too", xlim=(0, 1))
    axes.legend(fontsize=9, loc="lower right")
    return figure


def draw_label_damage(label_maps: dict[str, Image.Image]) -> Figure:
    """Draw label maps above; below, the pixels whose colour belongs to no class are magenta."""
    figure, axes = new_figure(1.9 * len(label_maps), 4.2, rows=2, columns=len(label_maps))
    for column, (name, label_map) in enumerate(label_maps.items()):
        draw_picture(axes[column], to_tensor(label_map), name)
        stray = Image.composite(Image.new("RGB", label_map.size, STRAY), label_map, Image.fromarray(_stray(label_map)))
        draw_picture(axes[len(label_maps) + column], to_tensor(stray), f"{stray_share(label_map):.0%} of no class")
    return figure


def draw_fakes(x: Tensor, fakes: dict[str, Tensor], y: Tensor) -> Figure:
    """Draw the outputs of several generators for the same inputs: x | one column per generator | y."""
    return draw_pictures({"input x": x, **fakes, "target y": y})


def draw_l1_curves(curves: dict[str, Sequence[float]], level: float) -> Figure:
    """Draw the training L1 of several runs, averaged over 50 steps, and as a line the L1 of answering every x with one picture."""
    figure, (axes,) = new_figure(7, 3)
    for (name, values), style in zip(curves.items(), ("-", "--", ":"), strict=False):
        axes.plot(range(1, len(values) + 1), running_mean(torch.as_tensor(values), 50), color=COLOURS["L1"], linestyle=style, label=name)
    axes.axhline(level, color="grey", linewidth=1, label=f"the median photo for every x: {level:.2f}")
    axes.set(xlabel="step", ylabel="L1, mean of 50 steps")
    axes.legend(fontsize=8)
    return figure
