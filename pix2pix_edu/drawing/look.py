"""The appearance of a drawn facade: colours, material and light."""

from typing import NamedTuple

import numpy as np

# All arithmetic is in whole numbers, so that every machine paints the same bytes.
WALLS = [(186, 96, 78), (206, 156, 90), (136, 158, 112), (104, 142, 176), (206, 136, 140), (144, 122, 164), (84, 150, 146), (206, 186, 152)]
BRICKS = (0, 1, 4, 7)  # of the walls whose paint is known, the warm ones are bricks and the cool ones boards
ACCENTS = [(48, 88, 72), (44, 64, 104), (122, 46, 50), (206, 156, 64), (42, 110, 118), (92, 66, 52), (228, 222, 208), (104, 72, 112)]
TRIMS = [(244, 238, 222), (214, 206, 192)]
FLOWERS = [(226, 84, 92), (250, 196, 84), (236, 160, 190)]
SKIES = [  # day, dusk, night: colour at the top, colour at the horizon, per cent of light on the house
    ((112, 168, 220), (210, 230, 240), 100),
    ((136, 130, 188), (250, 208, 176), 96),
    ((54, 66, 122), (142, 128, 170), 88),
]
LIT = (0.2, 0.5, 0.75)  # the share of lit windows under each sky, where the label map says the sky
MOON, CLOUD, LEAVES, STONE, IRON = (np.array(c) for c in [(255, 240, 190), (255, 250, 244), (80, 120, 76), (152, 146, 140), (52, 54, 60)])
LAMP, AMBER, GLASS, SHEEN, CURTAIN = (np.array(c) for c in [(255, 232, 168), (240, 176, 88), (54, 68, 90), (96, 118, 142), (238, 226, 206)])


class Look(NamedTuple):
    """The appearance of one building."""

    sky: tuple
    wall: np.ndarray
    trim: np.ndarray
    shutter: np.ndarray
    door: np.ndarray
    awning: np.ndarray
    flower: np.ndarray
    railing: np.ndarray
    bricks: bool  # or boards
    bars: int  # glazing bars: 0 none, 1 vertical, 2 horizontal too
    phase: tuple[float, float]  # offset of the first course and of the first brick
    slope: int  # per cent of light lost or gained from left to right
    lit: float = 0.5  # the share of lit windows


class Paint(NamedTuple):
    """What a painted label map says of the look: numbers in WALLS and SKIES."""

    wall: int
    sky: int


def facade_look(rng: np.random.Generator, paint: Paint | None = None) -> Look:
    """A random look, as far as `paint` leaves it open.

    Choices are continuous or about equally likely: otherwise L1, which gives the median, would pick the most likely.
    """
    sky = SKIES[rng.integers(len(SKIES))]
    wall = np.array(WALLS[rng.integers(len(WALLS))]) + rng.integers(-10, 11, 3)
    if paint:
        sky, wall = SKIES[paint.sky], np.array(WALLS[paint.wall])
    trim = np.array(TRIMS[rng.integers(len(TRIMS))])
    shutter, door, awning = (np.array(ACCENTS[i]) for i in rng.integers(len(ACCENTS), size=3))
    colours = [colour * sky[2] // 100 for colour in (wall, trim, shutter, door, awning, np.array(FLOWERS[rng.integers(len(FLOWERS))]))]
    look = Look(
        sky,
        *colours,
        railing=[IRON, colours[1]][rng.integers(2)],
        bricks=rng.random() < 0.6,
        bars=int(rng.integers(3)),
        phase=(rng.random(), rng.random()),
        slope=int(rng.integers(-14, 15)),
    )
    return look._replace(bricks=paint.wall in BRICKS, lit=LIT[paint.sky]) if paint else look


def mix(first: np.ndarray, second: np.ndarray, percent: int | np.ndarray) -> np.ndarray:
    """Mix two colours, with `percent` of the second."""
    return (first * (100 - percent) + second * percent) // 100


def disc(shape: tuple[int, ...], row: int, column: int, radius: int, flat: int = 1) -> np.ndarray:
    """A mask, as high and wide as `shape`, of a disc `flat` times as wide as high."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - row) ** 2 * flat**2 + (columns - column) ** 2 <= radius**2
