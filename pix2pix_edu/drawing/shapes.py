"""A second drawn task: outlines on paper, and toys that fit them."""

import numpy as np
from PIL import Image

from pix2pix_edu.drawing.seeds import APPEARANCE, LAYOUT, check_size, random_stream

# The outline determines the toy; its colour, the table and the side of the lamp are left open.
KINDS = ("ball", "crate", "gem", "tree")
COLOURS = {
    "ball": [(214, 74, 70), (238, 176, 72), (72, 140, 196), (150, 104, 176)],
    "crate": [(196, 142, 90), (150, 104, 74), (222, 186, 132), (120, 122, 128)],
    "gem": [(84, 190, 186), (224, 120, 160), (140, 196, 96), (118, 136, 216)],
    "tree": [(66, 132, 88), (112, 150, 72), (52, 112, 116), (204, 142, 70)],
}
TABLES = [(238, 224, 204), (206, 222, 230), (224, 208, 222), (198, 214, 192), (246, 214, 190)]
PAPER, INK = (252, 250, 246), (44, 48, 60)


def draw_shapes_pair(seed: int, size: int, appearance: int | None = None) -> tuple[Image.Image, Image.Image]:
    """Draw outlines and a picture of toys with these outlines. Another `appearance` gives other colours and another light."""
    check_size(size)
    rng = random_stream(seed, LAYOUT)
    toys = [_place(rng, cell, size) for cell in range(4)]
    outlines, picture = _paint_pages(size, random_stream(seed if appearance is None else appearance, APPEARANCE), toys)
    return Image.fromarray(outlines), Image.fromarray(picture)


def _place(rng: np.random.Generator, cell: int, size: int) -> tuple[str, int, int, int]:
    """A kind, the row and column of the centre, and a radius in pixels, inside one quarter of the page."""
    kind = KINDS[rng.integers(len(KINDS))]
    radius, row, column = (int(value) for value in (rng.integers(9, 14), rng.integers(14, 18), rng.integers(14, 18)))
    return kind, *((value * size + 32) // 64 for value in (row + cell // 2 * 32, column + cell % 2 * 32, radius))


def _paint_pages(size: int, rng: np.random.Generator, toys: list) -> tuple[np.ndarray, np.ndarray]:
    side = [-1, 1][rng.integers(2)]  # of the lamp
    outlines, picture = np.empty((size, size, 3), dtype=np.int64), np.empty((size, size, 3), dtype=np.int64)
    outlines[:] = PAPER
    picture[:] = np.array(TABLES[rng.integers(len(TABLES))]) - (np.arange(size) * 24 // size)[:, None, None]
    rows, columns = np.mgrid[:size, :size]
    for _, row, column, radius in toys:
        y, x = rows - row, columns - column
        shadow = (x + side * radius // 3) ** 2 + (y - radius) ** 2 * 9 <= radius**2
        picture[shadow] = picture[shadow] * 78 // 100
    for kind, row, column, radius in toys:
        y, x = rows - row, columns - column
        inside = _inside(kind, y, x, radius)
        outlines[inside & ~_shrunk(inside, max(1, size // 48))] = INK
        colour = np.array(COLOURS[kind][rng.integers(len(COLOURS[kind]))])
        light = _light(kind, y, x * side, radius)
        picture[inside] = (colour * light[..., None] // 100)[inside]
    noise = rng.integers(-3, 4, (size, size, 1))
    return outlines.astype(np.uint8), (picture + noise).clip(0, 255).astype(np.uint8)


def _inside(kind: str, y: np.ndarray, x: np.ndarray, radius: int) -> np.ndarray:
    if kind == "ball":
        return y**2 + x**2 <= radius**2
    if kind == "crate":
        return np.maximum(abs(y), abs(x)) <= radius * 7 // 8
    if kind == "gem":
        return abs(y) + abs(x) <= radius
    return (y <= radius) & (2 * abs(x) <= y + radius)


def _shrunk(inside: np.ndarray, pixels: int) -> np.ndarray:
    """The mask without its rim."""
    for _ in range(pixels):
        inside = inside & np.roll(inside, 1, 0) & np.roll(inside, -1, 0) & np.roll(inside, 1, 1) & np.roll(inside, -1, 1)
    return inside


def _light(kind: str, y: np.ndarray, x: np.ndarray, radius: int) -> np.ndarray:
    """Per cent of light on each pixel; the lamp is where x is large."""
    if kind == "ball":
        distance = (x - radius // 3) ** 2 + (y + radius // 3) ** 2
        return np.where(distance * 16 < radius**2, 150, 118 - 40 * distance // radius**2)
    if kind == "crate":
        board = (y + radius) % max(4, radius // 2) == 0
        edge = np.maximum(abs(y), abs(x)) > radius * 5 // 8
        return np.where(board & ~edge, 70, np.where(edge, 108, 92)) + 8 * x // radius
    if kind == "gem":
        return np.where(y < 0, 116, 84) + np.where(x > 0, 16, -16)
    tier = (y + radius) % max(4, radius * 2 // 3) * 3 // radius
    return 100 + np.where(x > 0, 10, -12) - 8 * tier
