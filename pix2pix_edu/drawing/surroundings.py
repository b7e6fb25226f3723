"""Moon, stars, clouds and trees around a drawn building: where they are, and which pixels they cover."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pix2pix_edu.drawing.layout import GRID
from pix2pix_edu.drawing.look import disc

PUFFS = ((0, 0, 4), (1, 4, 6), (0, 9, 4))  # of a cloud: up, right, radius


class Surroundings(NamedTuple):
    """Places in 64ths of the picture's side."""

    moon: tuple[int, int]  # row, column
    stars: list[tuple[int, int]]
    clouds: list[tuple[int, int]]
    trees: list[tuple[int, int, int]]  # row, column, radius of the crown

    def moon_mask(self, size: int) -> np.ndarray:
        return disc((size, size), *_pixels(size, *self.moon, 3))

    def cloud_masks(self, size: int) -> Iterator[np.ndarray]:
        for place in self.clouds:
            row, column = _pixels(size, *place)
            for puff in PUFFS:
                up, right, radius = _pixels(size, *puff)
                yield disc((size, size), row - up, column + right, radius, flat=2)

    def tree_masks(self, size: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Of each tree the trunk, the crown, and the bright part of the crown."""
        for tree in self.trees:
            row, column, radius = _pixels(size, *tree)
            trunk = np.zeros((size, size), dtype=bool)
            trunk[row:, max(0, column - size // 128) : column + size // 128 + 1] = True
            crown = disc((size, size), row, column, radius)
            yield trunk, crown, crown & disc((size, size), row - radius // 3, column - radius // 3, radius)


def random_surroundings(rng: np.random.Generator) -> Surroundings:
    """A moon, stars, two clouds, and a tree on each side."""
    moon = int(rng.integers(4, 12)), int(rng.integers(4, 60))
    stars = list(zip(rng.integers(1, 30, 24).tolist(), rng.integers(0, GRID, 24).tolist(), strict=True))
    clouds = [(int(rng.integers(3, 16)), int(rng.integers(-4, 56))) for _ in range(2)]
    columns = int(rng.integers(0, 5)), int(rng.integers(60, 65))
    trees = [(int(rng.integers(40, 54)), column, int(rng.integers(4, 8))) for column in columns]
    return Surroundings(moon, stars, clouds, trees)


def _pixels(size: int, *lengths: int) -> tuple[int, ...]:
    return tuple(length * size // GRID for length in lengths)
