"""Drawn facades: painted label maps (walls, sky, and what is around the house) and a photograph of each.

x leaves open the lit windows, curtains, flowers, goods, cats, stars, and all colours of doors and shutters.
The same seed gives the same pixels on every machine.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from pix2pix_edu.drawing.classes import AROUND, PARTS, SKY_COLOURS, WALL_COLOURS
from pix2pix_edu.drawing.layout import GRID, STREET, Box, facade_layout
from pix2pix_edu.drawing.look import Paint, facade_look
from pix2pix_edu.drawing.paint import paint_facade
from pix2pix_edu.drawing.seeds import APPEARANCE, LAYOUT, PAINT, check_size, random_stream
from pix2pix_edu.drawing.surroundings import Surroundings, random_surroundings
from pix2pix_edu.images import to_tensor

PAIRS_PER_SEED = 1_000_000
Task = Callable[[int, int], tuple[Image.Image, Image.Image]]


def draw_pair(seed: int, size: int, appearance: int | None = None) -> tuple[Image.Image, Image.Image]:
    """Draw a label map and a photograph of it. Another `appearance` gives another photograph of the same label map."""
    check_size(size)
    boxes = [box.scaled(size) for box in facade_layout(random_stream(seed, LAYOUT))]
    painting = random_stream(seed, PAINT)
    paint = Paint(int(painting.integers(len(WALL_COLOURS))), int(painting.integers(len(SKY_COLOURS))))
    around = random_surroundings(painting)
    around = around._replace(clouds=around.clouds[: painting.integers(3)])
    rng = random_stream(seed if appearance is None else appearance, APPEARANCE)
    stars = random_surroundings(rng).stars
    photo = paint_facade(boxes, facade_look(rng, paint), size, rng, around._replace(stars=stars))
    return paint_label_map(boxes, paint, around, size), Image.fromarray(photo)


def draw_reversed_pair(seed: int, size: int) -> tuple[Image.Image, Image.Image]:
    """Draw the photograph as x and its label map as y: a task with one right answer."""
    label_map, photo = draw_pair(seed, size)
    return photo, label_map


def paint_label_map(boxes: Sequence[Box], paint: Paint, around: Surroundings, size: int) -> Image.Image:
    """Paint the label map of a layout whose boxes are in pixels."""
    walls, skies = list(WALL_COLOURS.values()), list(SKY_COLOURS.values())
    picture = np.empty((size, size, 3), dtype=np.uint8)
    picture[:] = skies[paint.sky]
    picture[around.moon_mask(size)] = AROUND["sun or moon"]
    for cloud in around.cloud_masks(size):
        picture[cloud] = AROUND["cloud"]
    for trunk, crown, _ in around.tree_masks(size):
        picture[trunk | crown] = AROUND["tree"]
    picture[STREET * size // GRID :] = AROUND["street"]
    for box in boxes:
        picture[box.top : box.bottom, box.left : box.right] = walls[paint.wall] if box.kind == "facade" else PARTS[box.kind]
    return Image.fromarray(picture)


class SyntheticPairs:
    """A data set of `count` drawn pairs (x, y) in [-1, 1]. Different seeds have no pair in common."""

    def __init__(self, count: int, size: int, seed: int = 0, task: Task = draw_pair):
        if not 0 <= count <= PAIRS_PER_SEED:
            raise ValueError(f"count must be from 0 to {PAIRS_PER_SEED}, got {count}")
        check_size(size)
        self.count, self.size, self.seed, self.task = count, size, seed, task
        self._drawn: dict[int, tuple[Image.Image, Image.Image]] = {}

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if not 0 <= index < self.count:  # IndexError also ends `for x, y in pairs`
            raise IndexError(f"index must be from 0 to {self.count - 1}, got {index}")
        if index not in self._drawn:
            self._drawn[index] = self.task(self.seed * PAIRS_PER_SEED + index, self.size)
        x, y = self._drawn[index]
        return to_tensor(x), to_tensor(y)


def write_pairs(folder: str | Path, count: int, size: int, seed: int) -> list[Path]:
    """Write drawn pairs as side-by-side PNG files, with the label map on the left."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{index:03d}.png" for index in range(count)]
    for index, path in enumerate(paths):
        label_map, photo = draw_pair(seed * PAIRS_PER_SEED + index, size)
        Image.fromarray(np.hstack([label_map, photo])).save(path, optimize=True)
    return paths
