"""Checks of lesson 09: a filled rectangle, how far a change reaches, outlines of a photograph, photographs set aside."""

import random
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from pix2pix_edu.classroom.verdict import Misconception, agrees, check

SIDE = 12

Fill = Callable[[np.ndarray, int, int, int, int, int], np.ndarray]


@check
def rectangle(fn: Fill) -> str:
    """Check a filled rectangle in a copy of a sketch: rows top to bottom - 1, columns left to right - 1."""
    sketch = np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % 7
    given, right = _filled(fn, sketch, 2, 1, 5, 10), _fill(sketch, 2, 1, 5, 10)
    wrongs = [
        (_fill(sketch, 1, 2, 10, 5), "rows and columns are swapped: an array is indexed [row, column], and top and bottom are rows"),
        (_fill(sketch, 2, 1, 6, 11), "one row and one column too many: `bottom` and `right` are just outside, as in every slice"),
        (_fill(sketch, 2, 1, 4, 9), "one row and one column too few: a slice already ends before its second number, so subtract nothing"),
        (_fill(_fill(sketch, 2, 0, 5, SIDE), 0, 1, SIDE, 10), "whole rows and whole columns: [top:bottom, left:right] takes both at once"),
        (sketch, "nothing has changed: return the array in which you have painted"),
    ]
    if not agrees(given, right, wrongs, np.array_equal):
        raise Misconception(f"{(given != right).sum()} of {given.size} pixels are wrong, for rows 2 to 4 and columns 1 to 9")
    if not np.array_equal(_filled(fn, sketch, -2, -3, 4, 5), _fill(sketch, 0, 0, 4, 5)):
        raise Misconception("a box that begins outside the sketch is lost: a negative start counts from the far end, so use max(0, ...)")
    return "the box and nothing else, on a copy, and what is outside the sketch is left out"


def _filled(fn: Fill, sketch: np.ndarray, *sides: int) -> np.ndarray:
    passed = sketch.copy()
    returned = fn(passed, 9, *sides)
    if returned is None:
        raise Misconception("it returns nothing: end with `return` and the new array")
    if not np.array_equal(passed, sketch):
        raise Misconception("you changed the sketch that was passed in, so undo cannot work: paint on sketch.copy()")
    return np.asarray(returned)


def _fill(sketch: np.ndarray, top: int, left: int, bottom: int, right: int) -> np.ndarray:
    filled = sketch.copy()
    filled[top:bottom, left:right] = 9
    return filled


BOX = (4, 3, 8, 11)  # top, left, bottom, right
CHANGES = [  # pixels that change (channel, row, column, by how much), and what is wrong if the answer is
    ([(2, 5, 13, 0.5)], "count from the edge of the box, not from its middle: column 13 is 3 pixels beyond its last column, 10"),
    ([(0, 0, 2, 0.5)], "count on all four sides: this pixel is left of the box and above it"),
    ([(1, 5, 11, -0.5)], "a pixel that became darker has changed too: take abs() of the difference"),
    ([(2, 9, 6, 0.01)], "a small change is a change: compare with 0, not with a threshold"),
    ([(0, 9, 6, 0.5), (1, 9, 6, -0.5)], "one channel up and one down is a change too: look at each channel before you add them"),
    ([(2, 5, 6, 0.5)], "a change inside the box reaches 0 pixels beyond it: no distance is negative"),
    ([], "if nothing has changed, the answer is 0"),
]


@check
def reach(fn: Callable[[Tensor, Tensor, tuple[int, int, int, int]], int]) -> str:
    """Check how many pixels the furthest changed pixel is beyond a box, where a diagonal step counts as 1; 0 if none is beyond it."""
    for changes, message in CHANGES:
        before = torch.zeros(3, 16, 16)
        after = before.clone()
        for channel, row, column, value in changes:
            after[channel, row, column] += value
        right = max((_beyond(row, column) for _, row, column, _ in changes), default=0)
        given = int(fn(before, after, BOX))
        wrongs = [(right + 1, "one too many: `bottom` and `right` are just outside the box, so they are at distance 1")]
        if right == 3:
            wrongs.append((2, "one too few: the last column of the box is `right` - 1, and its last row is `bottom` - 1"))
        if not agrees(given, right, wrongs):
            raise Misconception(f"{message} (expected {right}, you return {given})")
    return "brighter or darker, in any channel, on any side: the furthest pixel counts, from the edge of the box"


def _beyond(row: int, column: int) -> int:
    top, left, bottom, right = BOX
    return max(top - row, row - (bottom - 1), left - column, column - (right - 1), 0)


@check
def outlines(fn: Callable[[Tensor, float], Tensor]) -> str:
    """Check an input x made from a photograph: -1 where the lightness differs from the right or the lower neighbour, 1 elsewhere."""
    photo = torch.zeros(3, 6, 8)
    photo[:, 2:, 3:] = 0.6  # brighter to the right and below
    photo[:, 5:, 6:] = -0.2  # and darker again in the corner
    given, right = fn(photo.clone(), 0.3), _outlines(photo, 0.3)
    if tuple(given.shape) != (3, 6, 8):
        raise Misconception(f"x has the shape {tuple(given.shape)}, y has (3, 6, 8): the last row and column stay white, in three channels")
    wrongs = [
        (-right, "white lines on black: a sketch is dark on white, so use -1 where there is a line"),
        (right.clamp(min=0.0), "the lines are 0 and the paper is 1: in [-1, 1] black is -1"),
        (_outlines(photo, 0.3, signs=(1,)), "lines where it becomes brighter only: take abs() of the difference"),
        (_outlines(photo, 0.3, signs=(-1,)), "lines where it becomes darker only: take abs() of the difference"),
        (_outlines(photo, 0.3, axes=(2,)), "only the vertical lines: compare with the lower neighbour too"),
        (_outlines(photo, 0.3, axes=(1,)), "only the horizontal lines: compare with the right neighbour too"),
    ]
    if not agrees(given.float(), right, wrongs, lambda one, other: torch.allclose(one, other, atol=1e-4)):
        wrong = int((given != right).any(dim=0).sum())
        raise Misconception(f"{wrong} of 48 pixels are wrong: mark the pixels whose right or lower neighbour differs, and no others")
    noise = torch.zeros(3, 6, 8)
    noise[0, 1, 1] = 0.6  # in one colour of three: 0.2 in the mean
    if not torch.equal(fn(photo + noise, 0.3).float(), right):
        raise Misconception("a speck of noise makes a line: mark only differences above the threshold, in the mean of the three colours")
    return "dark on white, vertical and horizontal, brighter and darker: an x that fits its y pixel by pixel"


def _outlines(photo: Tensor, threshold: float, axes: Sequence[int] = (1, 2), signs: Sequence[int] = (1, -1)) -> Tensor:
    light, lines = photo.mean(dim=0, keepdim=True), torch.zeros(1, *photo.shape[1:], dtype=torch.bool)
    for axis in axes:
        count = light.shape[axis] - 1
        jump = light.narrow(axis, 1, count) - light.narrow(axis, 0, count)
        for sign in signs:
            lines.narrow(axis, 0, count).logical_or_(sign * jump > threshold)
    return 1.0 - 2.0 * lines.float().expand(3, -1, -1)


NAMES = [f"{place}_{number:02d}.jpg" for place in ("barn", "bridge", "church", "gate", "mill", "tower") for number in range(1, 5)]
EVERY = 3


@check
def set_aside(fn: Callable[[list[str], int], tuple[Sequence[str], Sequence[str]]]) -> str:
    """Check a split into photographs for training and for testing that keeps each series, the part of a name before "_", together."""
    before = _random_states()
    train, val = (sorted(part) for part in fn(list(NAMES), EVERY))
    if set(train) & set(val):
        raise Misconception(f"{min(set(train) & set(val))} is on both sides: do not test on what you train on")
    if sorted([*train, *val]) != sorted(NAMES):
        raise Misconception(f"{len(train) + len(val)} photographs instead of {len(NAMES)}: each belongs on one of the two sides")
    if not train or not val:
        raise Misconception(f"one side is empty: some of the {len(NAMES)} photographs are for training and some for testing")
    train_series, val_series = ({name.split("_")[0] for name in names} for names in (train, val))
    if both := train_series & val_series:
        raise Misconception(f"photographs of the {min(both)} are on both sides: G would be tested on what it has seen. Choose whole series")
    if len(val_series) != 2:
        raise Misconception(f"one series in {EVERY} of 6 makes 2, and you set {len(val_series)} aside")
    if _random_states() != before:
        raise Misconception("it draws global random numbers: tomorrow it would choose other photographs. Choose by the names alone")
    if [sorted(part) for part in fn(NAMES[::-1], EVERY)] != [train, val]:
        raise Misconception("the same names in another order give another choice: sort the series first, for a folder has no fixed order")
    return "whole series, one in three, each photograph on one side, and the same ones tomorrow"


def _random_states() -> tuple[object, ...]:
    """Return the states of the random numbers of Python, numpy and torch."""
    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
