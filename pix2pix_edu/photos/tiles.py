"""Translate a large picture tile by tile, so that the network needs the memory of one tile only."""

import contextlib
import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pix2pix_edu.generator import Generator
from pix2pix_edu.held_norms import hold, norms_of
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.translation import translate


class Tiles(NamedTuple):
    """Square tiles of `side` pixels, of which neighbours have at least `overlap` pixels in common.

    With `whole`, the norms use the mean and the variance of the whole picture, otherwise those of each tile.
    """

    side: int = 512
    overlap: int = 64
    whole: bool = False

    def refuse_misfit(self, depth: int) -> None:
        """Raise an error if a generator of this depth cannot use such tiles."""
        unit = 2**depth
        if self.side % unit:
            fitting = max(unit, round(self.side / unit) * unit)
            raise ValueError(
                f"a generator of depth {depth} needs tiles whose side is a multiple of {unit}, got {self.side}: use --tile {fitting}"
            )
        if self.side == unit and self.overlap:
            raise ValueError(
                f"tiles of {unit} pixels cannot overlap with a generator of depth {depth}: use --tile {2 * unit} or another multiple of "
                f"{unit}, or --overlap 0"
            )
        if not 0 <= self.overlap <= self.side - unit:
            raise ValueError(
                f"tiles of {self.side} pixels can overlap by 0 to {self.side - unit} pixels with this generator, got {self.overlap}: "
                "change one of them"
            )


def translate_tiles(generator: Generator, x: Tensor, tiles: Tiles) -> Tensor:
    """G(x) for one image (channels, height, width) of any size, put together from tiles whose seams are blended.

    In each overlap the weight goes from one tile to the next over the middle half. The outer quarters are left out: there the
    translation depends on where the tile was cut.
    """
    tiles.refuse_misfit(generator.depth)
    if tiles.whole:
        generator = with_whole_statistics(generator, x, tiles)
    starts = [tile_starts(length, tiles, generator.depth) for length in x.shape[-2:]]
    down, across = (tile_shares(length, tiles.side, side) for length, side in zip(x.shape[-2:], starts, strict=True))
    fake = torch.zeros(generator.out_channels, *x.shape[-2:])
    for row, top in enumerate(starts[0]):
        for column, left in enumerate(starts[1]):
            place = (slice(top, top + tiles.side), slice(left, left + tiles.side))
            weight = down[row, place[0], None] * across[column, place[1]]
            fake[:, *place] += weight * translate(generator, x[:, *place])
    return fake


def tile_starts(length: int, tiles: Tiles, depth: int) -> list[int]:
    """The first pixel of each tile along a side. All are multiples of 2**depth, as if the network had moved over the picture."""
    unit = 2**depth
    stride = (tiles.side - tiles.overlap) // unit * unit
    last = max(0, -(-length // unit) * unit - tiles.side)
    return [*range(0, last, stride), last]


def tile_shares(length: int, side: int, starts: list[int]) -> Tensor:
    """The weight of each tile at each pixel along a side, (tiles, length). At each pixel they sum to 1."""
    pixels, taken_over = torch.arange(length) + 0.5, [torch.ones(length)]
    for one, other in pairwise(starts):
        common = one + side - other
        taken_over.append(((pixels - other - common / 4) / max(common / 2, 1e-6)).clamp(0.0, 1.0))
    return torch.stack([one - other for one, other in pairwise([*taken_over, torch.zeros(length)])])


def with_whole_statistics(generator: Generator, x: Tensor, tiles: Tiles) -> Generator:
    """A copy of the generator whose norms keep the mean and the variance that they have for the whole of x.

    A norm's input depends on the norms before it. So each norm needs a pass over all tiles, which ends where that norm stands.
    """
    held = copy.deepcopy(generator).eval()
    for norm in norms_of(held):
        sums = _Sums()
        hook = norm.register_forward_pre_hook(sums.add)
        with own_random_numbers(0):  # for the dropout
            for tile, sums.core in _cores(x, tiles, generator.depth):
                with contextlib.suppress(_Measured):
                    translate(held, tile)
        hook.remove()
        hold(norm, *sums.mean_and_var())
    return held


class _Measured(Exception):
    """The input of a norm has been measured, and the rest of the network is not needed."""


class _Sums:
    """Sums over the pixels of each channel. `core` is the part of the present tile that is counted, as shares of its sides."""

    def __init__(self):
        self.core, self.count, self.first, self.second = (), 0, 0.0, 0.0

    def add(self, norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        h = inputs[0].double()
        part = [slice(*(round(share * length) for share in ends)) for ends, length in zip(self.core, h.shape[-2:], strict=True)]
        h = h[..., *part]
        self.count += h[:, 0].numel()
        self.first, self.second = self.first + h.sum(dim=(0, 2, 3)), self.second + (h * h).sum(dim=(0, 2, 3))
        raise _Measured

    def mean_and_var(self) -> tuple[Tensor, Tensor]:
        mean = self.first / self.count
        return mean, (self.second / self.count - mean * mean).clamp(min=0.0)


def _cores(x: Tensor, tiles: Tiles, depth: int) -> Iterator[tuple[Tensor, tuple]]:
    """Each tile with its core. The cores of all tiles cover the picture without overlap; they end at multiples of 2**depth."""
    unit = 2**depth
    sides = []
    for length in x.shape[-2:]:
        starts, whole = tile_starts(length, tiles, depth), -(-length // unit) * unit
        ends = [min(start + tiles.side, whole) for start in starts]
        cuts = [0, *((end + start) // 2 // unit * unit for end, start in zip(ends, starts[1:], strict=False)), whole]
        sides.append(
            [
                (slice(start, end), ((first - start) / (end - start), (last - start) / (end - start)))
                for start, end, (first, last) in zip(starts, ends, pairwise(cuts), strict=True)
            ]
        )
    for rows, down in sides[0]:
        for columns, across in sides[1]:
            yield x[:, rows, columns], (down, across)
