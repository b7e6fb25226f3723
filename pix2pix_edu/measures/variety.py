"""How much several answers to one x differ."""

from typing import NamedTuple

from torch import Tensor


class Variety(NamedTuple):
    """How much the answers to one x differ, averaged over several x. The photographs that fit x give the right values."""

    wall: float  # standard deviation of the wall's mean colour
    difference: float  # mean absolute difference between two answers


def variety(answers: Tensor, walls: Tensor) -> Variety:
    """Compare the answers to each x with one another.

    `answers` is (x, answers, 3, height, width) in [-1, 1], with an even number of answers to each x; `walls` (x, height, width) is true
    where there is wall.
    """
    count = answers.shape[1]
    if answers.dim() != 5 or count < 2 or count % 2:
        raise ValueError(f"give two, four, ... answers to each x, as (x, answers, 3, height, width), got {tuple(answers.shape)}")
    if not walls.flatten(1).any(dim=1).all():
        raise ValueError("one of the label maps has no wall: leave it out")
    walls = walls[:, None, None]
    colours = (answers * walls).sum(dim=(-1, -2)) / walls.sum(dim=(-1, -2))  # (x, answers, 3)
    difference = (answers[:, : count // 2] - answers[:, count // 2 :]).abs().mean()
    return Variety(colours.std(dim=1).mean().item(), difference.item())
