"""The logits of a trained D for whole and damaged pictures."""

import functools

import ipywidgets
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from pix2pix_edu.classroom.explorer import choice, explore, number, switch
from pix2pix_edu.classroom.patchgan.figures import draw_judgement
from pix2pix_edu.held_norms import with_norms_of

PICTURES = ("real y", "fake G(x)", "left real, right fake")
DAMAGES = ("none", "grey", "blur", "noise")
DAMAGE_SIDE = 16  # px


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
    judge = with_norms_of(discriminator, x[None], whole[None]) if fixed else discriminator
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
