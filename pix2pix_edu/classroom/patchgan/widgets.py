"""Explorable patches: their size and place, the strides that give them, and the logits of a trained D."""

import copy
import functools

import ipywidgets
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from pix2pix_edu.classroom.display import draw_picture
from pix2pix_edu.classroom.explorer import choice, explore, number, switch
from pix2pix_edu.classroom.patchgan.figures import bare_figure, draw_cone, draw_judgement, draw_patch_panels, spans, vote_map, wholly_inside
from pix2pix_edu.discriminator import PatchDiscriminator, patch_convs
from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.images import to_tensor
from pix2pix_edu.receptive_field import Conv, input_span, output_size, output_step, receptive_field

OVERLAYS = ("this patch", "and its neighbours", "and a few others")
PICTURES = ("real y", "fake G(x)", "left real, right fake")
DAMAGES = ("none", "grey", "blur", "noise")
DAMAGE_SIDE = 16  # px


@functools.cache
def photograph(house: int, size: int) -> Tensor:
    """Return the photograph of one drawn house."""
    return to_tensor(draw_pair(house, size)[1])


@functools.cache
def parameters(patch: int) -> int:
    """Return how many weights the paper's D of this patch has."""
    with torch.device("meta"):  # allocates no memory
        return sum(weight.numel() for weight in PatchDiscriminator(patch).parameters())


def draw_patch_view(patch: int = 70, size: int = 256, row: int = 15, column: int = 15, overlay: str = OVERLAYS[0]) -> tuple[Figure, str]:
    """Draw one patch on the picture, on the map, and in the votes, with its numbers in words."""
    convs = patch_convs(patch)
    side = output_size(convs, size)
    if side < 1:
        return _no_map(patch, size)
    row, column = min(row, side - 1), min(column, side - 1)
    others = {OVERLAYS[0]: [], OVERLAYS[1]: _around(row, column, side), OVERLAYS[2]: _grid(side)}[overlay]
    figure = draw_patch_panels(photograph(7, size), convs, row, column, others)
    (top, bottom), (left, right) = input_span(convs, row), input_span(convs, column)
    padding = " (numbers outside the picture are padding: zeros)" if min(top, left) < 0 or max(bottom, right) > size else ""
    votes, inside = vote_map(convs, size, size), int(wholly_inside(convs, size, size).sum())
    return figure, (
        f"Patch {patch} on a {size} px picture: {side} x {side} logits, {output_step(convs)} px from patch to patch. "
        f"Logit ({row}, {column}) sees rows {top} to {bottom - 1} and columns {left} to {right - 1}{padding}. "
        f"{f'In white: {len(others)} patches. ' if others else ''}"
        f"{inside} of {side * side} patches are wholly inside. "
        f"A pixel is seen by {votes.min()} to {votes.max()} logits. The paper's D of this patch has {parameters(patch):,} parameters."
    )


def _around(row: int, column: int, side: int) -> list[tuple[int, int]]:
    return [(r, c) for r in (row - 1, row, row + 1) for c in (column - 1, column, column + 1) if 0 <= r < side and 0 <= c < side]


def _grid(side: int) -> list[tuple[int, int]]:
    step = max(5, side // 6)  # patch 1 has 65536 logits: all their outlines would merge into one grey
    return [(r, c) for r in range(0, side, step) for c in range(0, side, step)]


def _no_map(patch: int, size: int) -> tuple[Figure, str]:
    """Draw a picture too small for any logit, with the library's error."""
    figure, panels = bare_figure()
    draw_picture(panels[0], photograph(7, size), f"{size} x {size} px: too small")
    panels[1].text(0.5, 0.5, "no logit", transform=panels[1].transAxes, ha="center")
    try:
        PatchDiscriminator(patch, width=1)(*torch.empty(2, 1, 3, size, size))
    except ValueError as error:
        return figure, f"Patch {patch} on a {size} px picture: no output at all. The library raises: {error}."


def draw_strides(kernel: int = 4, first: int = 2, second: int = 2, third: int = 2, fourth: int = 1, fifth: int = 1) -> tuple[Figure, str]:
    """Draw five convolutions with these strides: the cone of pixels under one logit, and the resulting patch."""
    strides = (first, second, third, fourth, fifth)
    convs = [Conv(kernel, stride, padding=1) for stride in strides]
    sides = [spans(convs[layer:], 64)[0] for layer in range(len(convs), -1, -1)]
    chain = ", ".join(str(after_last - start) for start, after_last in sides)
    map_side = output_size(convs, 256)
    return draw_cone(convs), (
        f"Kernel {kernel}, strides {', '.join(map(str, strides))}: from the logit down to the picture {chain} pixels. "
        f"Patch {receptive_field(convs)}, {output_step(convs)} px from patch to patch, {map_side} x {map_side} logits at 256 px."
    )


@torch.no_grad()
def with_fixed_statistics(discriminator: nn.Module, x: Tensor, y: Tensor) -> nn.Module:
    """Return a copy of D whose norm layers use the statistics of (x, y) for every later input."""
    fixed, h = copy.deepcopy(discriminator).eval(), torch.cat([x, y], dim=1)
    for layer in fixed.layers:
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean, layer.running_var = h.mean(dim=(0, 2, 3)), h.var(dim=(0, 2, 3), unbiased=False)
        h = layer(h)
    return fixed


def damaged(picture: Tensor, how: str, row: int, column: int) -> Tensor:
    """Return the picture with one square of 16 px made grey, blurred, or noisy."""
    picture = picture.clone()
    square = picture[:, row : row + DAMAGE_SIDE, column : column + DAMAGE_SIDE]
    if how == "grey":
        square[:] = square.mean(dim=0, keepdim=True)
    elif how == "blur":
        square[:] = F.avg_pool2d(F.pad(square[None], (3, 3, 3, 3), mode="replicate"), 7, stride=1)[0]
    elif how == "noise":
        square += 0.5 * torch.randn(square.shape, generator=torch.Generator().manual_seed(0))
    return picture.clamp(-1.0, 1.0)


@torch.no_grad()
def draw_logits(
    discriminator: nn.Module,
    pictures: tuple[Tensor, Tensor, Tensor],
    house: int = 0,
    judged: str = PICTURES[0],
    damage: str = DAMAGES[0],
    row: int = 24,
    column: int = 24,
    fixed: bool = False,
) -> tuple[Figure, str]:
    """Draw D's logits for one picture, intact or with a damaged square; `pictures` are x, y and the fakes."""
    x, y, fake = (batch[house] for batch in pictures)
    half = y.shape[-1] // 2
    whole = {PICTURES[0]: y, PICTURES[1]: fake, PICTURES[2]: torch.cat([y[..., :half], fake[..., half:]], dim=-1)}[judged]
    row, column = (min(place, y.shape[-1] - DAMAGE_SIDE) for place in (row, column))
    picture = damaged(whole, damage, row, column)
    judge = with_fixed_statistics(discriminator, x[None], whole[None]) if fixed else discriminator
    logits, before = (judge(x[None], side[None])[0, 0] for side in (picture, whole))
    title = judged if damage == DAMAGES[0] else f"{judged}, {damage} at ({row}, {column})"
    left, right = logits[:, : logits.shape[1] // 2].mean(), logits[:, -(logits.shape[1] // 2) :].mean()
    alt = f"House {house}, {judged}: mean logit {logits.mean():.2f}; left half {left:.2f}, right half {right:.2f}."
    if damage != DAMAGES[0]:
        changed = int((logits - before).abs().gt(1e-7).sum())
        alt += (
            f" The {damage} square at rows {row} to {row + DAMAGE_SIDE - 1}, columns {column} to {column + DAMAGE_SIDE - 1} "
            f"changes {changed} of {logits.numel()} logits (mean by {(logits - before).mean():+.3f}), "
            f"{'statistics of the norm fixed' if fixed else 'statistics recomputed'}."
        )
    change = None if damage == DAMAGES[0] else logits - before
    return draw_judgement(picture, logits, discriminator.convs, title, change), alt


def explore_logits(discriminator: nn.Module, x: Tensor, y: Tensor, fake: Tensor) -> ipywidgets.VBox:
    """Choose a house, a picture of it, and the damage."""
    last = y.shape[-1] - DAMAGE_SIDE
    return explore(
        functools.partial(draw_logits, discriminator, (x, y, fake)),
        house=number("House", 0, len(y) - 1, 0),
        judged=choice("Picture", list(PICTURES), PICTURES[0]),
        damage=choice("Damage", list(DAMAGES), DAMAGES[1]),
        row=number("Row (px)", 0, last, min(24, last)),
        column=number("Column (px)", 0, last, min(24, last)),
        fixed=switch("keep the norm's statistics of the undamaged picture", False),
    )
