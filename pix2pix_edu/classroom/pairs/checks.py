"""Checks of lessons 00 and 01: L1, the range of pixels, splitting a file, shuffled pairs, jitter, and a test of whole sets."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from pix2pix_edu.classroom.verdict import Misconception, agrees, check
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.training import stack_pairs

HEIGHT, WIDTH, CROP = 12, 15, 8  # in the check of jitter: three different sides
JITTER_SEEDS = 200


@check
def l1(fn: Callable[[Tensor, Tensor], float]) -> str:
    """Check the mean absolute difference of two batches."""
    fake, y = torch.tensor([-0.5, 0.5, 1.0, 0.0]).view(1, 1, 2, 2), torch.tensor([0.5, 0.0, 0.5, 0.0]).view(1, 1, 2, 2)
    given, difference = fn(fake, y), fake - y  # differences: -1, 0.5, 0.5, 0
    if isinstance(given, Tensor) and given.numel() > 1:
        raise Misconception("that is one number for each pixel: L1 is their mean, one number for the whole batch")
    wrongs = [
        (difference.mean(), "the differences keep their sign, so too dark and too bright cancel to 0: take their absolute value"),
        (difference.abs().sum(), "that is the sum, which grows with the size of the picture: L1 as the paper trains it is the mean"),
        (difference.square().mean(), "the differences are squared: that is L2, which forgives small errors and punishes large ones"),
        (difference.square().mean().sqrt(), "that is the root of the mean square, which belongs to L2: there are no squares in L1"),
        (difference.abs().max(), "that is the largest difference: L1 is the mean of all of them"),
    ]
    right = difference.abs().mean()
    if not agrees(given, right, wrongs, partial(math.isclose, abs_tol=1e-5)):
        raise Misconception(f"for differences of -1, 0.5, 0.5 and 0 the result should be {right:g}, and yours is {given:g}")
    return "on four pixels with differences -1, 0.5, 0.5 and 0, L1 is 0.5: the mean of their absolute values"


@check
def to_minus_one_one(fn: Callable[[np.ndarray], Tensor]) -> str:
    """Check the conversion of bytes (height, width, 3) to a float tensor (3, height, width) in [-1, 1]."""
    pixels = np.arange(768).reshape(8, 32, 3) % 256  # every byte three times
    given = fn(pixels.astype(np.uint8))
    if not isinstance(given, Tensor):
        raise Misconception(f"the result should be a tensor, and yours is of type {type(given).__name__}: torch.from_numpy makes one")
    if not given.is_floating_point():
        raise Misconception("the tensor holds whole numbers: between -1 and 1 there are only three of them, so convert to float first")
    _check_axes(given)
    _check_range(given.double(), torch.from_numpy(pixels).permute(2, 0, 1).double())
    return "0 becomes -1, 255 becomes 1, 127.5 would be 0, and channels come first: the range of the generator's tanh"


def _check_axes(given: Tensor) -> None:
    wrongs = [
        ((8, 32, 3), "the channels are still last: a network takes (3, height, width), so use permute(2, 0, 1)"),
        ((3, 32, 8), "rows and columns are swapped: use permute(2, 0, 1), since .T or permute(2, 1, 0) turns the picture on its side"),
    ]
    if not agrees(given.shape, (3, 8, 32), wrongs):
        raise Misconception(f"the shape should be (3, 8, 32) for a picture of 8 rows and 32 columns, and yours is {tuple(given.shape)}")
    flat = torch.from_numpy(np.arange(768) % 256)
    if torch.equal(given.flatten().argsort(stable=True), flat.argsort(stable=True)):
        raise Misconception("reshape and view keep the order of all numbers, which scrambles the colours: use permute(2, 0, 1)")


def _check_range(given: Tensor, pixels: Tensor) -> None:
    right, in_bytes = pixels / 127.5 - 1, pixels.to(torch.uint8).mul(2).sub(255).double() / 255
    wrongs = [
        (pixels / 255, "that is the range [0, 1]: G ends in tanh and also gives negative values, so continue with * 2 - 1"),
        (pixels / 255 / 127.5 - 1, "divided by 255 twice: every value is within 0.008 of -1, and the picture is black"),
        (pixels - 127.5, "nothing has been scaled: after subtracting 127.5, which centres the bytes, divide by 127.5"),
        (-right, "white and black are swapped: 0 must become -1"),
        (pixels.clamp(-1.0, 1.0), "clamping cuts off, it does not scale: every byte above 0 became 1"),
        (pixels / 128 - 1, "255 became 0.99: 128 is half of 256, but the largest byte is 255, so divide by 127.5"),
        (in_bytes, "the arithmetic was done in bytes, where 200 * 2 is 144: convert to float before you multiply"),
    ]
    if not agrees(given, right, wrongs, partial(torch.allclose, atol=1e-5)):
        low, high = given.min().item(), given.max().item()
        raise Misconception(f"your values go from {low:.3f} to {high:.3f}: 0 should become -1, 255 should become 1, on a straight line")


def _two(given: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise Misconception("the result should be two tensors: return x, y")
    return given


@check
def split(fn: Callable[[Tensor, str], tuple[Tensor, Tensor]]) -> str:
    """Check how a side-by-side picture is cut into (x, y), in either direction."""
    left = torch.arange(3 * 6 * 10, dtype=torch.float32).view(3, 6, 10)
    right = -1 - left
    for direction, halves in (("left_to_right", (left, right)), ("right_to_left", (right, left))):
        _check_halves(_two(fn(torch.cat([left, right], dim=-1), direction)), halves, direction)
    return "both directions give (x, y), also if the halves are not square: nothing is lost and nothing is mirrored"


def _check_halves(given: tuple[Tensor, Tensor], halves: tuple[Tensor, Tensor], direction: str) -> None:
    x, y = given
    if x.shape[-2] == 3 or y.shape[-2] == 3:
        raise Misconception("the cut goes through the rows, so x is the sky and y the street: cut the last dimension, the columns")
    if x.shape != halves[0].shape or y.shape != halves[1].shape:
        widths = f"{x.shape[-1]} and {y.shape[-1]}"
        raise Misconception(f"20 columns were cut into {widths}: the middle is half of the picture's own width, not its height")
    side = direction.split("_")[0]
    swapped = f"x and y are swapped for {direction}: x is where the direction starts, the {side} half"
    if not agrees((x, y), halves, [(halves[::-1], swapped)], lambda one, other: all(map(torch.equal, one, other))):
        if any(torch.equal(x, half.flip(-1)) for half in halves):
            raise Misconception("a half is mirrored: the direction changes which half is x, not what is in it")
        raise Misconception("the sizes are right but the pixels are not: each half is one connected block of columns")


@check
def expected_matches(fn: Callable[[int], float]) -> str:
    """Check how many of n pairs are expected to stay matched when x and y are shuffled separately; a simulation may be 0.3 off."""
    wrongs: list[tuple[Callable[[int], float], str]] = [
        (lambda n: n, "that is what happens without shuffling, or with one shuffle for both sides"),
        (lambda n: n / 2, "that would be right if each x met its y with a chance of 1/2: there are n places where its y may be"),
        (math.sqrt, "there is no root in this: n places, each with a chance of 1/n"),
        (lambda n: 1 / n, "1/n is the chance that one pair stays matched: there are n pairs"),
        (lambda n: 0, "a y can return to its x by chance: for n = 1 it must"),
        (lambda n: 1 / math.factorial(n), "1/n! is the chance that all pairs stay matched: return how many do on average"),
    ]
    given = {n: float(fn(n)) for n in (2, 9, 100)}
    if all(abs(value - 1.0) < 0.3 for value in given.values()) and abs(float(fn(1)) - 1.0) < 1e-6:
        return "one pair in expectation, whether n is 1, 2, 9 or 100: n pairs, each with a chance of 1/n"

    def same(given: dict[int, float], formula: Callable[[int], float]) -> bool:
        return all(math.isclose(value, formula(n), abs_tol=1e-3 / n) for n, value in given.items())

    agrees(given, lambda n: 1.0, wrongs, same)
    raise Misconception(f"you return {given[2]:g} of 2, {given[9]:g} of 9 and {given[100]:g} of 100: try n = 2 on paper")


class Cut(NamedTuple):
    """Where a crop is in the picture, and how it is flipped."""

    top: int
    left: int
    mirrored: bool
    upside_down: bool


@check
def jitter(fn: Callable[[Tensor, Tensor, int, np.random.Generator], tuple[Tensor, Tensor]]) -> str:
    """Check that x and y get the same random crop and flip, drawn from the generator that is passed in."""
    numbers = 1.0 + torch.arange(HEIGHT * WIDTH).view(1, HEIGHT, WIDTH).expand(3, -1, -1)  # each pixel holds its own number

    def cut(seed: int) -> tuple[Cut, Cut]:
        x, y = _in_order(_two(fn(numbers.clone(), -numbers.clone(), CROP, np.random.default_rng(seed))))
        return _cut(x), _cut(y)

    cuts = [cut(seed) for seed in range(JITTER_SEEDS)]
    _check_alike(cuts)
    _check_variety([x for x, _ in cuts])
    if [cut(seed) for seed in range(5)] != cuts[:5]:
        raise Misconception("the same seed gave another crop: draw from the rng that is passed in, not from a generator of your own")
    return f"{JITTER_SEEDS} draws: the same crop and flip for x and y, every position reached, half of them flipped, repeatable by seed"


def _in_order(given: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    x, y = given
    for half in (x, y):
        if half.shape == (3, HEIGHT, WIDTH):
            raise Misconception("nothing was cut out: the sides of the crop must be `size`")
        if half.shape != (3, CROP, CROP):
            raise Misconception(f"the crop should be {CROP} x {CROP}, and yours is {half.shape[-2]} x {half.shape[-1]}")
    if (x < 0).all() and (y > 0).all():
        raise Misconception("x and y are swapped: return them in the order of the arguments")
    return x, -y


def _cut(half: Tensor) -> Cut:
    numbers = half[0].abs().round().long() - 1
    rows, columns = numbers // WIDTH, numbers % WIDTH
    top, left = int(rows.min()), int(columns.min())
    mirrored, upside_down = bool(columns[0, 0] > columns[0, -1]), bool(rows[0, 0] > rows[-1, 0])
    block = torch.arange(HEIGHT * WIDTH).view(HEIGHT, WIDTH)[top : top + CROP, left : left + CROP]
    block = block.flip([axis for axis, turned in ((0, upside_down), (1, mirrored)) if turned])
    if not torch.equal(numbers, block):
        raise Misconception("the result is not a crop: its pixels are not one connected square of the picture. Cut it out, do not resize")
    return Cut(top, left, mirrored, upside_down)


def _check_alike(cuts: list[tuple[Cut, Cut]]) -> None:
    if any(x.upside_down or y.upside_down for x, y in cuts):
        raise Misconception("the house is upside down: to swap left and right, flip the last dimension, flip(-1)")
    if any(x[:2] != y[:2] for x, y in cuts):
        raise Misconception("two crops were drawn, one for x and one for y: draw top and left once and use them twice")
    x_flips, y_flips = ([half.mirrored for half in halves] for halves in zip(*cuts, strict=True))
    if x_flips == y_flips:
        return
    if any(x_flips) and any(y_flips):
        raise Misconception("two coins were tossed, one for x and one for y: toss once, then flip both or neither")
    only = "x" if any(x_flips) else "y"
    raise Misconception(f"only {only} is ever flipped: what is left in the label map is then right in the photo")


def _check_variety(cuts: list[Cut]) -> None:
    flipped = sum(cut.mirrored for cut in cuts)
    if flipped == 0:
        raise Misconception(f"in {JITTER_SEEDS} draws nothing was flipped: half of the pairs should be")
    if flipped == len(cuts):
        raise Misconception("everything is flipped, so the network never sees a house the right way round: flip with a chance of 1/2")
    if len({cut[:2] for cut in cuts}) == 1:
        raise Misconception(f"always the same crop, at row {cuts[0].top}, column {cuts[0].left}: draw its position at random")
    tops, lefts = {cut.top for cut in cuts}, {cut.left for cut in cuts}
    if len(tops) == 1 or len(lefts) == 1:
        raise Misconception("the crop moves in one direction only: draw a row and a column")
    if all(cut.top == cut.left for cut in cuts):
        raise Misconception("row and column are always equal, so all crops are on the diagonal: draw two numbers")
    if max(tops) < HEIGHT - CROP or max(lefts) < WIDTH - CROP:
        raise Misconception("the last row or column is never reached: rng.integers(n) ends at n - 1, so n is height - size + 1")
    if not 0.3 < flipped / len(cuts) < 0.7:
        raise Misconception(f"{flipped} of {len(cuts)} were flipped: the chance should be 1/2")


@check
def still_paired(fn: Callable[[Tensor, Tensor], bool]) -> str:
    """Check a function that returns whether xs and ys are still paired, however bright the photos are."""
    for seed in range(3):
        xs, ys = stack_pairs(SyntheticPairs(12, 64, seed=40 + seed))
        for light, photos in (("usual", ys), ("dark", ys * 0.2 - 0.8), ("pale", ys * 0.1 + 0.5)):
            _check_answers(bool(fn(xs, photos)), bool(fn(xs, photos.roll(5, 0))), light)
    return "18 sets told apart: intact or shuffled, in the usual light, dark or pale"


def _check_answers(intact: bool, shuffled: bool, light: str) -> None:
    if intact and not shuffled:
        return
    if light != "usual":
        passed = "a shuffled set passed as paired" if shuffled else "an intact set was called destroyed"
        raise Misconception(f"with {light} photos {passed}: compare the set with a shuffled copy of itself, not with a fixed number")
    if intact:
        raise Misconception("a shuffled set passed as paired: its shapes, ranges and colours are the same, only its edges are elsewhere")
    if shuffled:
        raise Misconception("it is the wrong way round: in intact pairs the edges of x and y agree more often than in shuffled ones")
    raise Misconception("every set is called destroyed, intact ones too: compare the set with a shuffled copy of itself")
