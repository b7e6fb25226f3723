"""Drawn facades: a label map and one of its many possible photographs. The same seed gives the same pixels on every machine."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from pix2pix_edu.drawing.classes import CLASSES, PALETTE
from pix2pix_edu.drawing.layout import Box, facade_layout
from pix2pix_edu.drawing.look import facade_look
from pix2pix_edu.drawing.paint import paint_facade
from pix2pix_edu.drawing.seeds import APPEARANCE, LAYOUT, check_size, random_stream
from pix2pix_edu.images import to_tensor

PAIRS_PER_SEED = 1_000_000
Task = Callable[[int, int], tuple[Image.Image, Image.Image]]


def draw_pair(seed: int, size: int, appearance: int | None = None) -> tuple[Image.Image, Image.Image]:
    """Draw a facade's label map and a photograph of it. Another `appearance` gives another photograph of the same label map."""
    check_size(size)
    appearance = seed if appearance is None else appearance
    boxes = [box.scaled(size) for box in facade_layout(random_stream(seed, LAYOUT))]
    rng = random_stream(appearance, APPEARANCE)
    photo = paint_facade(boxes, facade_look(rng), size, rng)
    return paint_labels(boxes, size), Image.fromarray(photo)


def draw_reversed_pair(seed: int, size: int) -> tuple[Image.Image, Image.Image]:
    """Draw the photograph as x and its label map as y: a task with one right answer."""
    label_map, photo = draw_pair(seed, size)
    return photo, label_map


def paint_labels(boxes: Sequence[Box], size: int) -> Image.Image:
    """Paint the label map of a layout whose boxes are in pixels."""
    labels = np.zeros((size, size), dtype=np.uint8)  # class 0 is the background
    for box in boxes:
        labels[box.top : box.bottom, box.left : box.right] = CLASSES.index(box.kind)
    return Image.fromarray(PALETTE[labels])


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
