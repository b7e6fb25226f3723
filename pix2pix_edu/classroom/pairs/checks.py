"""Checks of the exercises about pairs: L1, range, split, matches, jitter, and an inspector of whole sets."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from pix2pix_edu.classroom.verdict import Misconception, check
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.training import stack_pairs

HEIGHT, WIDTH, CROP = 12, 15, 8  # of the jitter's test picture: no side equals another
JITTER_SEEDS = 200


@check
def l1(fn: Callable[[Tensor, Tensor], float]) -> str:
    """The mean absolute difference of two batches."""
    fake, y = torch.tensor([-0.5, 0.5, 1.0, 0.0]).view(1, 1, 2, 2), torch.tensor([0.5, 0.0, 0.5, 0.0]).view(1, 1, 2, 2)
    said, difference = fn(fake, y), fake - y  # differences: -1, 0.5, 0.5, 0
    if isinstance(said, Tensor) and said.numel() > 1:
        raise Misconception("that is one number for each pixel: L1 is their mean, one number for the whole batch")
    wrong = {
        difference.mean().item(): "the differences keep their sign, so too dark and too bright cancel to 0: take their absolute value",
        difference.abs().sum().item(): "that is the sum, which grows with the picture: L1 as the paper trains it is the mean",
        difference.square().mean().item(): "the differences are squared: that is L2, which forgives small errors and punishes large ones",
        difference.square().mean().sqrt().item(): "that is the root of the mean square, the length of L2: no squares in L1",
        difference.abs().max().item(): "that is the largest difference: L1 averages over all of them",
    }
    right = difference.abs().mean().item()
    for value, misconception in wrong.items():
        if not math.isclose(said, right, abs_tol=1e-5) and math.isclose(said, value, abs_tol=1e-5):
            raise Misconception(misconception)
    if not math.isclose(said, right, abs_tol=1e-5):
        raise Misconception(f"on differences of -1, 0.5, 0.5 and 0 the answer should be {right:g}, and yours is {said:g}")
    return "on four pixels with differences -1, 0.5, 0.5 and 0, L1 is 0.5: their mean size"


@check
def to_minus_one_one(fn: Callable[[np.ndarray], Tensor]) -> str:
    """Bytes (height, width, 3) to a float tensor (3, height, width) in [-1, 1]."""
    pixels = np.arange(768).reshape(8, 32, 3) % 256  # every byte three times
    said = fn(pixels.astype(np.uint8))
    if not isinstance(said, Tensor):
        raise Misconception(f"a tensor is asked for, and a {type(said).__name__} came back: torch.from_numpy makes one")
    if not said.is_floating_point():
        raise Misconception("the tensor holds whole numbers: between -1 and 1 there are only three of them, so change to float first")
    right = torch.from_numpy(pixels).permute(2, 0, 1) / 127.5 - 1.0
    _check_axes(said, right)
    _check_range(said.double(), right.double())
    return "0 becomes -1, 255 becomes 1, 127.5 would be 0, and channels come first: the range of the generator's tanh"


def _check_axes(said: Tensor, right: Tensor) -> None:
    if said.shape == (8, 32, 3):
        raise Misconception("the channels are still last: a network reads (3, height, width), so permute(2, 0, 1)")
    if said.shape == (3, 32, 8):
        raise Misconception("rows and columns changed places: permute(2, 0, 1), while .T or permute(2, 1, 0) turns the picture on its side")
    if said.shape != right.shape:
        raise Misconception(f"the shape should be (3, 8, 32) for a picture of 8 rows and 32 columns, and yours is {tuple(said.shape)}")
    flat = torch.from_numpy(np.arange(768) % 256)
    if torch.equal(said.flatten().argsort(stable=True), flat.argsort(stable=True)):  # a reshape keeps the order of all numbers
        raise Misconception("reshape and view count the same numbers off anew, which scrambles the colours: use permute(2, 0, 1)")


def _check_range(said: Tensor, right: Tensor) -> None:
    low, high = said.min().item(), said.max().item()
    wrong = {
        "that is the range [0, 1]: G ends in tanh and also gives negative values, so go on to * 2 - 1": (right + 1) / 2,
        "divided by 255 twice: everything lies within 0.008 of -1, and the picture is black": (right + 1) / 255 - 1,
        "nothing has been scaled: subtracting 127.5 centres the bytes, dividing by 127.5 comes after it": right * 127.5,
        "white and black have changed places: 0 must become -1": -right,
        "clamping cuts off, it does not scale: every byte above 0 became 1": ((right + 1) * 127.5).clamp(-1.0, 1.0),
        "255 became 0.99: 128 is one half of 256, but the largest byte is 255, so divide by 127.5": (right + 1) * 127.5 / 128 - 1,
        "the arithmetic was done in bytes, where 200 * 2 is 144: change to float before you multiply": _in_bytes(right),
    }
    if torch.allclose(said, right, atol=1e-5):
        return
    for misconception, values in wrong.items():
        if torch.allclose(said, values, atol=1e-5):
            raise Misconception(misconception)
    raise Misconception(f"your values go from {low:.3f} to {high:.3f}: 0 should become -1, 255 should become 1, on a straight line")


def _in_bytes(right: Tensor) -> Tensor:
    return ((right + 1) * 127.5).round().to(torch.uint8).mul(2).sub(255).double() / 255


@check
def split(fn: Callable[[Tensor, str], tuple[Tensor, Tensor]]) -> str:
    """A side-by-side picture to (x, y), in either direction."""
    left = torch.arange(3 * 6 * 10, dtype=torch.float32).view(3, 6, 10)
    right = -1 - left
    for direction, halves in (("left_to_right", (left, right)), ("right_to_left", (right, left))):
        _check_halves(fn(torch.cat([left, right], dim=-1), direction), halves, direction)
    return "both directions give (x, y), of halves that are not square either: nothing is lost and nothing is mirrored"


def _check_halves(said: tuple[Tensor, Tensor], halves: tuple[Tensor, Tensor], direction: str) -> None:
    if not isinstance(said, (tuple, list)) or len(said) != 2:
        raise Misconception("two tensors are asked for: return x, y")
    x, y = said
    if x.shape[-2] == 3 or y.shape[-2] == 3:
        raise Misconception("the cut goes through the rows, so x is the sky and y the street: cut the last dimension, the columns")
    if x.shape != halves[0].shape or y.shape != halves[1].shape:
        widths = f"{x.shape[-1]} and {y.shape[-1]}"
        raise Misconception(f"20 columns were cut into {widths}: the middle is half of the picture's own width, not its height")
    if torch.equal(x, halves[1]) and torch.equal(y, halves[0]):
        side = direction.split("_")[0]
        raise Misconception(f"x and y are swapped for {direction}: x is where the direction starts, the {side} half")
    if torch.equal(x, halves[0].flip(-1)) or torch.equal(x, halves[1].flip(-1)):
        raise Misconception("a half came out mirrored: the direction changes which half is x, not what is in it")
    if not (torch.equal(x, halves[0]) and torch.equal(y, halves[1])):
        raise Misconception("the sizes are right but the pixels are not: each half is one connected block of columns")


@check
def expected_matches(fn: Callable[[int], float]) -> str:
    """How many of n pairs stay matched when x and y are shuffled separately; a simulation may be 0.3 off."""
    wrong: list[tuple[Callable[[int], float], str]] = [
        (lambda n: n, "that is what happens without shuffling, or with one shuffle for both sides"),
        (lambda n: n / 2, "as if each x met its y with a chance of 1/2: there are n places where its y may have gone"),
        (lambda n: math.sqrt(n), "no root grows out of this: n places, each with a chance of 1/n"),
        (lambda n: 1 / n, "1/n is the chance of one pair to stay matched: there are n pairs that have it"),
        (lambda n: 0, "by chance some y comes back to its x: for n = 1 it must"),
        (lambda n: 1 / math.factorial(n), "1/n! is the chance that all stay matched: asked is how many do on average"),
    ]
    said = {n: float(fn(n)) for n in (2, 9, 100)}
    if all(abs(value - 1.0) < 0.3 for value in said.values()) and abs(float(fn(1)) - 1.0) < 1e-6:
        return "one pair in expectation, whether n is 1, 2, 9 or 100: n pairs, each with a chance of 1/n"
    for formula, misconception in wrong:
        if all(math.isclose(value, formula(n), abs_tol=1e-3 / n) for n, value in said.items()):
            raise Misconception(misconception)
    raise Misconception(f"you say {said[2]:g} of 2, {said[9]:g} of 9 and {said[100]:g} of 100: try n = 2 by hand")


class Cut(NamedTuple):
    """Where a crop came from, read off the numbers that its pixels carry."""

    top: int
    left: int
    mirrored: bool
    upside_down: bool


@check
def jitter(fn: Callable[[Tensor, Tensor, int, np.random.Generator], tuple[Tensor, Tensor]]) -> str:
    """The same crop and the same flip for x and y, anywhere, from the generator that is handed in."""
    numbers = 1.0 + torch.arange(HEIGHT * WIDTH).view(1, HEIGHT, WIDTH).expand(3, -1, -1)  # each pixel is its own number
    cuts = []
    for seed in range(JITTER_SEEDS):
        said = fn(numbers.clone(), -numbers.clone(), CROP, np.random.default_rng(seed))
        cuts.append(tuple(_cut(half) for half in _in_order(said)))
    _check_alike(cuts)
    _check_variety([x for x, _ in cuts])
    again = [_cut(fn(numbers.clone(), -numbers.clone(), CROP, np.random.default_rng(seed))[0]) for seed in range(5)]
    if again != [x for x, _ in cuts[:5]]:
        raise Misconception("the same seed gave another crop: draw from the rng that is handed in, not from a generator of your own")
    return f"{JITTER_SEEDS} draws: crop and flip alike for x and y, every position reached, half of them flipped, repeatable by seed"


def _in_order(said: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    if not isinstance(said, (tuple, list)) or len(said) != 2:
        raise Misconception("two tensors are asked for: return x, y")
    for half in said:
        if half.shape == (3, HEIGHT, WIDTH):
            raise Misconception("nothing was cut out: the crop must be of side `size`")
        if half.shape != (3, CROP, CROP):
            raise Misconception(f"the crop should be {CROP} x {CROP}, and yours is {half.shape[-2]} x {half.shape[-1]}")
    if (said[0] < 0).all() and (said[1] > 0).all():
        raise Misconception("x and y came back swapped: return them in the order in which they came")
    return said[0], -said[1]


def _cut(half: Tensor) -> Cut:
    numbers = half[0].abs().round().long() - 1
    rows, columns = numbers // WIDTH, numbers % WIDTH
    top, left = int(rows.min()), int(columns.min())
    mirrored, upside_down = bool(columns[0, 0] > columns[0, -1]), bool(rows[0, 0] > rows[-1, 0])
    block = torch.arange(HEIGHT * WIDTH).view(HEIGHT, WIDTH)[top : top + CROP, left : left + CROP]
    block = block.flip([axis for axis, turned in ((0, upside_down), (1, mirrored)) if turned])
    if not torch.equal(numbers, block):
        raise Misconception("what came back is no crop, for its pixels are no connected square of the picture: cut it out, do not resize")
    return Cut(top, left, mirrored, upside_down)


def _check_alike(cuts: list[tuple[Cut, Cut]]) -> None:
    if any(x.upside_down or y.upside_down for x, y in cuts):
        raise Misconception("the house stands on its roof: a flip from left to right turns the last dimension, flip(-1)")
    if any(x[:2] != y[:2] for x, y in cuts):
        raise Misconception("two crops were drawn, one for x and one for y: draw top and left once and use them twice")
    flips = [(x.mirrored, y.mirrored) for x, y in cuts]
    if all(x == y for x, y in flips):
        return
    if not any(y for _, y in flips):
        raise Misconception("only x is ever flipped: what is left in the label map is then right in the photo")
    if not any(x for x, _ in flips):
        raise Misconception("only y is ever flipped: what is left in the label map is then right in the photo")
    raise Misconception("two coins were tossed, one for x and one for y: toss once and flip both or none")


def _check_variety(cuts: list[Cut]) -> None:
    flipped = sum(cut.mirrored for cut in cuts)
    if flipped == 0:
        raise Misconception(f"in {JITTER_SEEDS} draws nothing was flipped: half of the pairs should be")
    if flipped == len(cuts):
        raise Misconception("everything is flipped: then the network never sees a house the right way round; flip with a chance of 1/2")
    if len({cut[:2] for cut in cuts}) == 1:
        raise Misconception(f"always the same crop, at row {cuts[0].top}, column {cuts[0].left}: draw where it begins")
    tops, lefts = {cut.top for cut in cuts}, {cut.left for cut in cuts}
    if len(tops) == 1 or len(lefts) == 1:
        raise Misconception("the crop moves in one direction only: draw a row and a column")
    if all(cut.top == cut.left for cut in cuts):
        raise Misconception("row and column are always equal, so crops lie on the diagonal only: draw two numbers")
    if max(tops) < HEIGHT - CROP or max(lefts) < WIDTH - CROP:
        raise Misconception("the last row or column is never reached: rng.integers(n) ends at n - 1, so n is height - size + 1")
    if not 0.3 < flipped / len(cuts) < 0.7:
        raise Misconception(f"{flipped} of {len(cuts)} were flipped: the chance should be 1/2")


@check
def still_paired(fn: Callable[[Tensor, Tensor], bool]) -> str:
    """Whether a set of xs and ys still belongs together, whatever the brightness of its photos."""
    for seed in range(3):
        xs, ys = stack_pairs(SyntheticPairs(12, 64, seed=40 + seed))
        for light, photos in (("usual", ys), ("dark", ys * 0.2 - 0.8), ("pale", ys * 0.1 + 0.5)):
            _check_inspector(bool(fn(xs, photos)), bool(fn(xs, photos.roll(5, 0))), light)
    return "18 sets told apart: intact or shuffled, in the usual light, dark or pale"


def _check_inspector(intact: bool, shuffled: bool, light: str) -> None:
    if intact and not shuffled:
        return
    if light != "usual":
        passed = "a shuffled set passed as paired" if shuffled else "an intact set was called destroyed"
        raise Misconception(f"with {light} photos {passed}: hold the set against a shuffled copy of itself, not against a fixed number")
    if intact:
        raise Misconception("a shuffled set passed as paired: shapes, ranges and colours are the same there, only the places of edges tell")
    if shuffled:
        raise Misconception("it is the wrong way round: in intact pairs the edges of x and y agree more often than in shuffled ones")
    raise Misconception("every set is called destroyed, intact ones too: hold the set against a shuffled copy of itself")
