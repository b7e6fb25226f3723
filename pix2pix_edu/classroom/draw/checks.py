"""Checks of the exercises about your own drawings and pairs: a rectangle, the reach of a change, outlines, photographs set aside."""

import random
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from pix2pix_edu.classroom.verdict import Misconception, check

SIDE = 12

Fill = Callable[[np.ndarray, int, int, int, int, int], np.ndarray]


@check
def rectangle(fn: Fill) -> str:
    """A filled rectangle in a copy of a sketch: rows top to bottom - 1, columns left to right - 1."""
    sketch = np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % 7
    said = _filled(fn, sketch, 2, 1, 5, 10)
    right = _fill(sketch, 2, 1, 5, 10)
    if not np.array_equal(said, right):
        wrong = {
            "rows and columns are exchanged: an array is asked as [row, column], and top and bottom are rows": _fill(sketch, 1, 2, 10, 5),
            "one row and one column too many: `bottom` and `right` lie just outside, as in every slice": _fill(sketch, 2, 1, 6, 11),
            "one row and one column too few: a slice ends before its second number, so there is nothing to take off": _fill(
                sketch, 2, 1, 4, 9
            ),
            "that is a row and a column across the whole paper: [top:bottom, left:right] takes both at once": _cross(sketch, 2, 1, 5, 10),
            "nothing has changed: give back the array in which you have painted": sketch,
        }
        for misconception, array in wrong.items():
            if np.array_equal(said, array):
                raise Misconception(misconception)
        raise Misconception(f"{(said != right).sum()} of {said.size} pixels are not as they should be, for rows 2 to 4 and columns 1 to 9")
    if not np.array_equal(_filled(fn, sketch, -2, -3, 4, 5), _fill(sketch, 0, 0, 4, 5)):
        raise Misconception(
            "a box that begins outside the paper loses its inside: a negative start counts from the far end; use max(0, ...)"
        )
    return "the box and nothing else, on a copy, and what lies outside the paper is left out"


def _filled(fn: Fill, sketch: np.ndarray, *sides: int) -> np.ndarray:
    given = sketch.copy()
    said = fn(given, 9, *sides)
    if said is None:
        raise Misconception("it gives nothing back: end with `return` and the new array")
    if not np.array_equal(given, sketch):
        raise Misconception("the sketch that it was given has changed, and with it every undo: paint on sketch.copy()")
    return np.asarray(said)


def _fill(sketch: np.ndarray, top: int, left: int, bottom: int, right: int) -> np.ndarray:
    filled = sketch.copy()
    filled[top:bottom, left:right] = 9
    return filled


def _cross(sketch: np.ndarray, top: int, left: int, bottom: int, right: int) -> np.ndarray:
    crossed = sketch.copy()
    crossed[top:bottom] = 9
    crossed[:, left:right] = 9
    return crossed


BOX = (4, 3, 8, 11)  # top, left, bottom, right

Reach = Callable[[Tensor, Tensor, tuple[int, int, int, int]], int]


@check
def reach(fn: Reach) -> str:
    """How many pixels beyond a box the furthest changed pixel of a picture lies, counted as a king moves; 0 if none lies beyond."""
    wrong = {
        ((2, 5, 13, 0.5),): "count from the edge of the box, not from its middle: column 13 is 3 pixels beyond its last column, 10",
        ((0, 0, 2, 0.5),): "count to all four sides: this pixel lies left of the box and above it",
        ((1, 5, 11, -0.5),): "a pixel that became darker has changed as well: take abs() of the difference",
        ((2, 9, 6, 0.01),): "a small change is a change: compare with 0, and not with a threshold",
        ((0, 9, 6, 0.5), (1, 9, 6, -0.5)): "one channel up and one down is a change too: look at each channel before you add them",
        ((2, 5, 6, 0.5),): "a change inside the box reaches 0 pixels beyond it: no distance is negative",
        (): "where nothing has changed, the answer is 0",
    }
    for changes, misconception in wrong.items():
        before = torch.zeros(3, 16, 16)
        after = before.clone()
        for channel, row, column, value in changes:
            after[channel, row, column] += value
        right = max((_beyond(row, column) for _, row, column, _ in changes), default=0)
        said = int(fn(before, after, BOX))
        if said == right:
            continue
        if said == right + 1:
            raise Misconception("one too many: `bottom` and `right` lie just outside the box, so they are at distance 1")
        if said == right - 1 == 2:
            raise Misconception("one too few: the last column of the box is `right` - 1, and its last row `bottom` - 1")
        raise Misconception(f"{misconception} (expected {right}, you say {said})")
    return "brighter or darker, in any channel, on any side: the furthest pixel counts, from the edge of the box"


def _beyond(row: int, column: int) -> int:
    top, left, bottom, right = BOX
    return max(top - row, row - (bottom - 1), left - column, column - (right - 1), 0)


@check
def outlines(fn: Callable[[Tensor, float], Tensor]) -> str:
    """An input x made of a photograph: -1 where the lightness jumps towards the right or the lower neighbour, 1 elsewhere."""
    photo = torch.zeros(3, 6, 8)
    photo[:, 2:, 3:] = 0.6  # brighter to the right and below
    photo[:, 5:, 6:] = -0.2  # and darker again in the corner
    said, right = fn(photo.clone(), 0.3), _outlines(photo, 0.3)
    if tuple(said.shape) != (3, 6, 8):
        raise Misconception(
            f"x has the shape {tuple(said.shape)}, y has (3, 6, 8): the last row and column stay white, three channels alike"
        )
    wrong = {
        "white lines on black: a sketch is dark on white, so -1 where there is a line": -right,
        "the lines are 0 and the paper is 1: in [-1, 1] black is -1": right.clamp(min=0.0),
        "lines where it becomes brighter only: take abs() of the difference": _outlines(photo, 0.3, signs=(1,)),
        "lines where it becomes darker only: take abs() of the difference": _outlines(photo, 0.3, signs=(-1,)),
        "only the upright lines: compare with the lower neighbour as well": _outlines(photo, 0.3, ways=(2,)),
        "only the level lines: compare with the right neighbour as well": _outlines(photo, 0.3, ways=(1,)),
    }
    for misconception, x in wrong.items():
        if torch.allclose(said.float(), x, atol=1e-4):
            raise Misconception(misconception)
    if not torch.allclose(said.float(), right, atol=1e-4):
        raise Misconception(
            f"{int((said != right).any(dim=0).sum())} of 48 pixels are not as they should be: mark pixels whose right or lower neighbour "
            "differs, and leave the rest white"
        )
    if not torch.equal(fn(photo + _noise(), 0.3).float(), right):
        raise Misconception(
            "a speck of noise makes a line: only a jump of more than the threshold is one, in the mean of the three colours"
        )
    return "dark on white, upright and level, brighter and darker: an x that fits its y pixel by pixel"


def _outlines(photo: Tensor, threshold: float, ways: Sequence[int] = (1, 2), signs: Sequence[int] = (1, -1)) -> Tensor:
    light, lines = photo.mean(dim=0, keepdim=True), torch.zeros(1, *photo.shape[1:], dtype=torch.bool)
    for way in ways:
        count = light.shape[way] - 1
        jump = light.narrow(way, 1, count) - light.narrow(way, 0, count)
        for sign in signs:
            lines.narrow(way, 0, count).logical_or_(sign * jump > threshold)
    return 1.0 - 2.0 * lines.float().expand(3, -1, -1)


def _noise() -> Tensor:
    noise = torch.zeros(3, 6, 8)
    noise[0, 1, 1] = 0.6  # in one colour of three: 0.2 in the mean
    return noise


NAMES = [f"{place}_{number:02d}.jpg" for place in ("barn", "bridge", "church", "gate", "mill", "tower") for number in range(1, 5)]
EVERY = 3

SetAside = Callable[[list[str], int], tuple[Sequence[str], Sequence[str]]]


@check
def set_aside(fn: SetAside) -> str:
    """Photographs to train on and to judge by; the part of a name before "_" is its series, and a series stays together."""
    dice = _dice()
    train, val = (sorted(part) for part in fn(list(NAMES), EVERY))
    if set(train) & set(val):
        raise Misconception(f"{min(set(train) & set(val))} is on both sides: what is judged by must not be trained on")
    if sorted([*train, *val]) != sorted(NAMES):
        raise Misconception(f"{len(train) + len(val)} photographs in place of {len(NAMES)}: each goes to one of the two sides")
    if not train or not val:
        raise Misconception(f"one side is empty: of {len(NAMES)} photographs some are to train on and some to judge by")
    both = {_series(name) for name in train} & {_series(name) for name in val}
    if both:
        raise Misconception(f"photographs of the {min(both)} lie on both sides: G would be judged by what it has seen. Choose whole series")
    count = len({_series(name) for name in val})
    if count != 2:
        raise Misconception(f"one series in {EVERY} of 6 are 2, and you set {count} aside")
    if _dice() != dice:
        raise Misconception("it throws global dice: tomorrow other photographs would be unseen. Choose by the names alone")
    if [sorted(part) for part in fn(NAMES[::-1], EVERY)] != [train, val]:
        raise Misconception("in another order of the same names it chooses others: sort the series first; a folder is listed as it comes")
    return "whole series, one in three, each photograph on one side, and the same ones tomorrow"


def _series(name: str) -> str:
    return name.split("_")[0]


def _dice() -> tuple[object, ...]:
    """Where the random numbers of Python, numpy and torch stand."""
    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
