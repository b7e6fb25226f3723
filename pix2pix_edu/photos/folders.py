"""Pairs of photographs from disk: side by side in one file, or in two folders with the same file names."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from pix2pix_edu.images import list_images, open_image, split_pair, to_tensor

DIRECTIONS = ("left_to_right", "right_to_left")
MEMORY_LIMIT = 2 * 2**30  # bytes of decoded pictures kept in memory; a larger data set is read from disk in every epoch


class PhotoPairs:
    """Side-by-side image files in `folder`/`split`, as pairs (x, y) of tensors with side `size`.

    x is the half where `direction` starts: the left half for "left_to_right".
    """

    def __init__(self, folder: str | Path, split: str = "", size: int = 256, direction: str = "left_to_right"):
        if direction not in DIRECTIONS:
            raise ValueError(f"direction must be one of {DIRECTIONS}, got {direction!r}")
        self.files = list_images(Path(folder) / split)
        self.size, self.direction = size, direction
        self._keep = len(self.files) * 2 * 3 * size**2 <= MEMORY_LIMIT
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if not 0 <= index < len(self):
            raise IndexError(f"pair {index} of {len(self)}")
        pair = self._kept.get(index) or tuple(_as_bytes(image, self.size) for image in self._open(index))
        if self._keep:
            self._kept[index] = pair
        x, y = pair
        return x.float() / 127.5 - 1.0, y.float() / 127.5 - 1.0

    def _open(self, index: int) -> tuple[Image.Image, Image.Image]:
        try:
            left, right = split_pair(open_image(self.files[index]))
        except ValueError as error:
            raise ValueError(f"{self.files[index].name}: {error}") from error
        return (left, right) if self.direction == "left_to_right" else (right, left)


class ParallelPairs(PhotoPairs):
    """Two folders with the same file names: x from the first, y from the second."""

    def __init__(self, x_folder: str | Path, y_folder: str | Path, size: int = 256):
        super().__init__(x_folder, size=size)
        partners = {file.stem: file for file in list_images(y_folder)}
        if len(partners) < len(list_images(y_folder)) or len({file.stem for file in self.files}) < len(self.files):
            raise ValueError(f"two pictures in {x_folder} or {y_folder} have the same name: names must differ in more than their suffix")
        alone = sorted({file.stem for file in self.files} ^ partners.keys())
        if alone:
            raise ValueError(
                f"{x_folder} and {y_folder} do not match: {len(alone)} names are in only one of them "
                f"({', '.join(alone[:3])}{', ...' if len(alone) > 3 else ''}); every picture needs its partner of the same name"
            )
        self.partners = [partners[file.stem] for file in self.files]

    def _open(self, index: int) -> tuple[Image.Image, Image.Image]:
        x, y = open_image(self.files[index]), open_image(self.partners[index])
        if x.size[0] * y.size[1] != x.size[1] * y.size[0]:
            raise ValueError(f"{self.files[index].name} is {x.size} but its partner is {y.size}: both must have the same shape")
        return x, y


def _as_bytes(image: Image.Image, size: int) -> Tensor:
    """Resize to a square of `size` pixels, as bytes: a quarter of the memory of floats."""
    square = image.resize((size, size), Image.Resampling.BICUBIC)
    return ((to_tensor(square) + 1.0) * 127.5).round().to(torch.uint8)
