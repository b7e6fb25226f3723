"""Figures of a patch: its place on the picture, its logit on the map, and how many logits see each pixel."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from pix2pix_edu.classroom.display import COLOURS, LOGITS, draw_picture, new_figure
from pix2pix_edu.receptive_field import Conv, input_span, output_size, output_step, receptive_field

Span = tuple[int, int]  # first pixel, and the one after the last


def spans(convs: Sequence[Conv], size: int) -> list[Span]:
    """Return what each logit in a row or column of the map sees, in pixels of a picture of side `size`."""
    return [input_span(convs, index) for index in range(output_size(convs, size))]


def wholly_inside(convs: Sequence[Conv], height: int, width: int) -> Tensor:
    """Return for each logit of the map, (rows, columns), whether its patch is wholly inside the picture."""
    sides = [torch.tensor([first >= 0 and after_last <= side for first, after_last in spans(convs, side)]) for side in (height, width)]
    return sides[0][:, None] & sides[1]


def vote_map(convs: Sequence[Conv], height: int, width: int) -> Tensor:
    """Return how many logits see each pixel of the picture, (height, width)."""
    sides = []
    for side in (height, width):
        votes = torch.zeros(side, dtype=torch.long)
        for first, after_last in spans(convs, side):
            votes[max(first, 0) : max(after_last, 0)] += 1
        sides.append(votes)
    return sides[0][:, None] * sides[1]


def outline(axes: Axes, rows: Span, columns: Span, fill: str = "none") -> None:
    """Outline a rectangle of pixels, yellow on black so that it is visible on any picture; a tiny one gets a ring."""
    corner, width, height = (columns[0] - 0.5, rows[0] - 0.5), columns[1] - columns[0], rows[1] - rows[0]
    if height < 0.025 * abs(np.subtract(*axes.get_ylim())):
        for colour, thickness in (("black", 3.6), (COLOURS["patch"], 1.8)):
            axes.plot(columns[0], rows[0], "o", markersize=9, fillstyle="none", color=colour, markeredgewidth=thickness)
        return
    axes.add_patch(Rectangle(corner, width, height, facecolor=fill, edgecolor="black", linewidth=3.6))
    axes.add_patch(Rectangle(corner, width, height, facecolor="none", edgecolor=COLOURS["patch"], linewidth=1.8))


def picture_with_patch(axes: Axes, image: Tensor, convs: Sequence[Conv], row: int, col: int) -> None:
    """Draw the picture with the patch of one logit; where it overhangs the border, the border is dashed and the overhang stated."""
    rows, columns, side = input_span(convs, row), input_span(convs, col), receptive_field(convs)
    height, width = image.shape[-2:]
    draw_picture(axes, image)
    axes.set_title(f"logit ({row}, {col}) sees {side} x {side} px", fontsize=10, y=1.0)
    outline(axes, rows, columns)
    inside_rows, inside_columns = (max(rows[0], 0), min(rows[1], height)), (max(columns[0], 0), min(columns[1], width))
    overhangs = []
    for name, overhang, xs, ys in (
        ("top", -rows[0], inside_columns, (0, 0)),
        ("bottom", rows[1] - height, inside_columns, (height, height)),
        ("left", -columns[0], (0, 0), inside_rows),
        ("right", columns[1] - width, (width, width), inside_rows),
    ):
        if overhang > 0:
            overhangs.append(f"{name} {overhang}")
            edge = {"color": COLOURS["patch"], "linestyle": (0, (2, 2)), "linewidth": 3, "clip_on": False}
            axes.plot([x - 0.5 for x in xs], [y - 0.5 for y in ys], **edge)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    if overhangs:
        hint = f"overhangs: {', '.join(overhangs)} px"
        axes.text(0.5, -0.03, hint, transform=axes.transAxes, ha="center", va="top", fontsize=8)


def draw_patch(image: Tensor, convs: Sequence[Conv], row: int, col: int) -> Figure:
    """Draw the picture with the patch of the logit in `row`, `col` of the map."""
    figure, (axes,) = new_figure(3.4, 3.6)
    picture_with_patch(axes, image, convs, row, col)
    return figure


def logit_map(axes: Axes, logits: Tensor) -> float:
    """Draw logits (rows, columns), blue for real, white for undecided, vermilion for fake; return the logit of full colour."""
    limit = max(logits.abs().max().item(), 1e-6)
    axes.imshow(logits.detach().numpy(), cmap=LOGITS, vmin=-limit, vmax=limit, interpolation="nearest")
    return limit


def vote_picture(axes: Axes, votes: Tensor) -> None:
    """Draw how many logits see each pixel, with the extremes in the title."""
    axes.imshow(votes.numpy(), cmap="cividis", vmin=0, interpolation="nearest")
    axes.set_title(f"votes for a pixel: {votes.min()} to {votes.max()}", fontsize=10, y=1.0)


def draw_vote_map(convs: Sequence[Conv], height: int, width: int) -> Figure:
    """Draw how many logits see each pixel; beside it, two rows of the same map as curves."""
    votes = vote_map(convs, height, width)
    figure, (picture, profile) = new_figure(7, 3, columns=2)
    vote_picture(picture, votes)
    picture.set(xlabel="column (px)", ylabel="row (px)")
    for row, role in ((height // 2, "D"), (0, "fake")):
        profile.step(range(width), votes[row], where="mid", color=COLOURS[role], label=f"row {row}")
    profile.set(xlabel="column (px)", ylabel="logits that see the pixel", ylim=(0, None))
    profile.legend(fontsize=8)
    return figure


def bare_figure(count: int = 3) -> tuple[Figure, list[Axes]]:
    """Return panels without ticks at fixed places, which widgets draw in half the time."""
    figure, panels = new_figure(8.17, 3.29, columns=count)  # panels of 256 pixels: 1, 2 or 4 for each pixel of a picture
    figure.set_layout_engine("none")
    for i, axes in enumerate(panels):
        axes.set_position((i / count + 0.01, 0.12, 1 / count - 0.02, 0.78))
        axes.set_axis_off()
    return figure, panels


def draw_cone(convs: Sequence[Conv], index: int = 5) -> Figure:
    """Draw one row of pixels of each layer, from the picture up to the logit; those that one logit depends on are dark."""
    figure, (axes,) = new_figure(8, 3)
    figure.set_layout_engine("none")
    axes.set_position((0.22, 0.17, 0.54, 0.79))
    seen, beside, count = [], [], 1
    for layer in range(len(convs), -1, -1):
        first, after_last = input_span(convs[layer:], index)
        centres = [(sum(input_span(convs[:layer], i)) / 2 - 0.5, layer) for i in range(first - 2, after_last + 2)]
        seen, beside = seen + centres[2:-2], beside + centres[:2] + centres[-2:]
        formula = f" = ({count} - 1) x {convs[layer].stride} + {convs[layer].kernel}" if layer < len(convs) else ""
        count = after_last - first
        axes.text(1.02, layer, f"{count}{formula}", transform=axes.get_yaxis_transform(), va="center")
    axes.plot(*zip(*beside, strict=True), ".", color="#BBBBBB", markersize=4)
    axes.plot(*zip(*seen, strict=True), "s", color=COLOURS["D"], markersize=3)
    names = ["picture", *(f"after conv {layer}, stride {conv.stride}" for layer, conv in enumerate(convs, 1))]
    axes.set_yticks(range(len(names)), [*names[:-1], names[-1].replace("after", "logit:")])
    axes.set_xlabel("position in the picture (px)")
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure


def draw_patch_sizes(image: Tensor, stacks: dict[int, Sequence[Conv]]) -> Figure:
    """Draw the picture once for each patch size, with the patch of the logit in the middle of the map."""
    figure, panels = new_figure(7, 5.2, rows=2, columns=-(-len(stacks) // 2))
    for axes in panels[len(stacks) :]:
        axes.set_axis_off()
    for axes, (patch, convs) in zip(panels, stacks.items(), strict=False):
        rows, columns = (output_size(convs, side) for side in image.shape[-2:])
        picture_with_patch(axes, image, convs, rows // 2, columns // 2)
        axes.set_title(f"patch {patch}: {rows} x {columns} logits", fontsize=10)
    return figure


def draw_gradients(energies: dict[str, Tensor], rows: Span, columns: Span) -> Figure:
    """Draw the energy of one logit's gradient at each pixel (log scale, white = exactly zero), with the patch."""
    figure, panels = new_figure(2.7 * len(energies) + 0.8, 3, columns=len(energies))
    for axes, (title, energy) in zip(panels, energies.items(), strict=True):
        decades = torch.where(energy > 0, (energy / energy.max()).clamp(min=1e-30).log10(), torch.nan)
        drawn = axes.imshow(decades.numpy(), cmap="viridis", vmin=-8, vmax=0, interpolation="nearest")
        outline(axes, rows, columns)
        axes.set_title(title, fontsize=10)
        axes.tick_params(labelsize=8)
    figure.colorbar(drawn, ax=panels, shrink=0.8, label="gradient energy (powers of 10)")
    panels[0].set(xlabel="column (px)", ylabel="row (px)")
    return figure


def draw_occlusion(image: Tensor, covered: Span, change: Tensor) -> Figure:
    """Draw a picture with a covered square, and how much each logit changed; a frame surrounds those that changed at all."""
    figure, (picture, answer) = new_figure(7, 3.1, columns=2)
    draw_picture(picture, image, f"covered: {covered[1] - covered[0]} x {covered[1] - covered[0]} px")
    outline(picture, covered, covered, fill="#777777")
    drawn = answer.imshow((change.abs() / change.abs().max()).detach().numpy(), cmap="Greys", interpolation="nearest")
    rows, columns = change.nonzero(as_tuple=True)
    outline(answer, (int(rows.min()), int(rows.max()) + 1), (int(columns.min()), int(columns.max()) + 1))
    answer.set_title(f"{len(rows)} of {change.numel()} logits changed", fontsize=10)
    answer.set(xlabel="column of the map", ylabel="row of the map")
    figure.colorbar(drawn, ax=answer, shrink=0.8, label="change of the logit (largest: 1)")
    return figure


def draw_judgement(
    picture: Tensor, logits: Tensor, convs: Sequence[Conv], title: str = "judged picture", change: Tensor | None = None
) -> Figure:
    """Draw a picture, D's logits over it at the centres of their patches, and the map of logits, or of their change, alone."""
    figure, (plain, over, alone) = bare_figure()
    draw_picture(plain, picture)
    draw_picture(over, picture.mean(dim=0, keepdim=True).expand(3, -1, -1))
    limit = max(logits.abs().max().item(), 1e-6)
    left, right, top, bottom = (edge for side in reversed(logits.shape) for edge in _edges(convs, side))
    painted = LOGITS(logits.detach().div(2 * limit).add(0.5).numpy())
    painted[..., 3] = 0.9 * (logits.detach().abs() / limit).sqrt().numpy()  # where D is undecided, the picture is visible
    over.imshow(painted, extent=(left, right, bottom, top), interpolation="nearest")
    height, width = picture.shape[-2:]
    over.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    full = logit_map(alone, logits if change is None else change)
    map_title = f"{logits.shape[0]} x {logits.shape[1]} logits, mean {logits.mean():.2f}" if change is None else "change by the damage"
    for axes, words in ((plain, title), (over, "logits over the picture"), (alone, map_title)):
        axes.set_title(words, fontsize=10, y=1.0)
    colours = "real: blue, fake: vermilion" if change is None else "up: blue, down: vermilion"
    alone.text(0.5, -0.03, f"{colours}; full at {full:.2g}", transform=alone.transAxes, ha="center", va="top", fontsize=8)
    return figure


def _edges(convs: Sequence[Conv], count: int) -> tuple[float, float]:
    """Return the range of the centres of `count` patches, with half a step on either side (px)."""
    half = output_step(convs) / 2
    first, last = (sum(input_span(convs, index)) / 2 - 0.5 for index in (0, count - 1))
    return first - half, last + half
