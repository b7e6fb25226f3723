"""Drawn pairs without end: a facade's label map and one of its many possible photographs, the same on every machine."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from pix2pix_edu.drawing.classes import CLASSES, PALETTE
from pix2pix_edu.drawing.layout import facade_layout
from pix2pix_edu.drawing.look import facade_look
from pix2pix_edu.drawing.paint import paint_facade
from pix2pix_edu.drawing.seeds import APPEARANCE, LAYOUT, check_size, random_stream
from pix2pix_edu.images import to_tensor

PAIRS_PER_SEED = 1_000_000
Task = Callable[[int, int], tuple[Image.Image, Image.Image]]


def draw_pair(seed: int, size: int, appearance: int | None = None) -> tuple[Image.Image, Image.Image]:
    """A facade's label map and a photograph of it; another `appearance` is another photograph of the same label map."""
    check_size(size)
    appearance = seed if appearance is None else appearance
    boxes = [box.scaled(size) for box in facade_layout(random_stream(seed, LAYOUT))]
    rng = random_stream(appearance, APPEARANCE)
    photo = paint_facade(boxes, facade_look(rng), size, rng)
    return Image.fromarray(_paint_labels(boxes, size)), Image.fromarray(photo)


def draw_reversed_pair(seed: int, size: int) -> tuple[Image.Image, Image.Image]:
    """The photograph first, its label map second: a task with one right answer."""
    label_map, photo = draw_pair(seed, size)
    return photo, label_map


def _paint_labels(boxes: list, size: int) -> np.ndarray:
    labels = np.zeros((size, size), dtype=np.uint8)  # class 0 is the background
    for box in boxes:
        labels[box.top : box.bottom, box.left : box.right] = CLASSES.index(box.kind)
    return PALETTE[labels]


class SyntheticPairs:
    """A data set of `count` drawn pairs (x, y) in [-1, 1]; two seeds share no pair."""

    def __init__(self, count: int, size: int, seed: int = 0, task: Task = draw_pair):
        if not 0 <= count <= PAIRS_PER_SEED:
            raise ValueError(f"count must be from 0 to {PAIRS_PER_SEED}, got {count}")
        check_size(size)
        self.count, self.size, self.seed, self.task = count, size, seed, task
        self._drawn: dict[int, tuple[Image.Image, Image.Image]] = {}

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if not 0 <= index < self.count:  # IndexError is also what ends `for x, y in pairs`
            raise IndexError(f"index must be from 0 to {self.count - 1}, got {index}")
        if index not in self._drawn:
            self._drawn[index] = self.task(self.seed * PAIRS_PER_SEED + index, self.size)
        x, y = self._drawn[index]
        return to_tensor(x), to_tensor(y)


def write_pairs(folder: str | Path, count: int, size: int, seed: int) -> list[Path]:
    """Write drawn pairs as side-by-side PNG files, the label map left."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{index:03d}.png" for index in range(count)]
    for index, path in enumerate(paths):
        label_map, photo = draw_pair(seed * PAIRS_PER_SEED + index, size)
        Image.fromarray(np.hstack([label_map, photo])).save(path, optimize=True)
    return paths
