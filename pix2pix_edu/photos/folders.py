"""Pairs of pictures from disk: side by side in one file, or in two folders with the same file names."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
from torch import Tensor
from tqdm import tqdm

from pix2pix_edu.files import printable
from pix2pix_edu.photos.picture_files import (
    Header,
    list_pictures,
    read_header,
    read_picture,
    refuse_channels,
    resized,
    skipped_pictures,
    to_values,
    with_channels,
)

DIRECTIONS = ("left_to_right", "right_to_left")
MEMORY_LIMIT = 2 * 2**30  # bytes of decoded pictures kept in memory; a larger data set is read from disk in every epoch
NARROW, WIDE = 1.9, 2.1  # two squares side by side are twice as wide as high, or nearly so
NAMED = 5  # so many bad files are named in an error

Result = TypeVar("Result")
Halves = tuple[np.ndarray, np.ndarray]


class PhotoPairs:
    """Side-by-side picture files in `folder`/`split`, as pairs (x, y) of tensors with side `size`.

    x is the half where `direction` starts: the left half for "left_to_right". All files are checked at once, as far as their
    headers tell.
    """

    def __init__(
        self,
        folder: str | Path,
        split: str = "",
        size: int = 256,
        direction: str = "left_to_right",
        x_channels: int = 3,
        y_channels: int = 3,
    ):
        if direction not in DIRECTIONS:
            raise ValueError(f"direction must be one of {DIRECTIONS}, got {direction!r}")
        self.folders = [Path(folder) / split]
        self.files = list_pictures(self.folders[0])
        self.direction = direction
        self._prepare(size, (x_channels, y_channels))
        self._refuse_narrow()

    def _refuse_narrow(self) -> None:
        narrow = [index for index, header in enumerate(self.headers) if header.width < NARROW * header.height]
        if narrow:
            raise ValueError(
                f"{len(narrow)} of {len(self)} pictures are not two squares side by side ({self._sizes(narrow)}): make pairs from "
                "photographs with the command `pair`, or put x and y into two folders"
            )

    def _prepare(self, size: int, channels: tuple[int, int]) -> None:
        self.size, self.channels = size, channels
        self.headers = for_each(self._header, range(len(self.files)))
        self._keep = sum(header.itemsize for header in self.headers) * sum(channels) * size**2 <= MEMORY_LIMIT
        self._kept: dict[int, Halves] = {}

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if not 0 <= index < len(self):
            raise IndexError(f"pair {index} of {len(self)}")
        x, y = self._pixels(index)
        return to_values(x), to_values(y)

    def read_ahead(self, count: int) -> None:
        """Read the first `count` pairs if all pairs fit into memory, so that a bad file is found before the work begins."""
        if self._keep:
            for_each(self._pixels, range(min(count, len(self))), "reading pictures")

    def stored_bytes(self, index: int) -> int:
        """The size of a pair on the disk."""
        return self.files[index].stat().st_size

    def stored(self, index: int) -> bytes:
        """A pair as it is on the disk, not decoded."""
        return self.files[index].read_bytes()

    def remarks(self) -> list[str]:
        """What the user should know before these pairs are used, as sentences."""
        return [printable(remark) for remark in self._remarks() if remark]

    def _remarks(self) -> list[str]:
        return [*map(skipped_pictures, self.folders), self._squeezed()]

    def _squeezed(self) -> str:
        """Which pictures lose their shape when both halves become squares, as a sentence; empty if none does."""
        wide = [index for index, header in enumerate(self.headers) if header.width > WIDE * header.height]
        if not wide:
            return ""
        return f"{len(wide)} of {len(self)} pictures are wider than two squares and are squeezed to them: {self._sizes(wide)}."

    def _sizes(self, indices: list[int]) -> str:
        sizes = [f"{self.files[index].name} is {self.headers[index].width} x {self.headers[index].height}" for index in indices[:NAMED]]
        return ", ".join(sizes) + ", ..." * (len(indices) > NAMED)

    def _pixels(self, index: int) -> Halves:
        """x and y as they are kept in memory: a quarter of the memory of floats for pictures in 8 bits."""
        if index in self._kept:
            return self._kept[index]
        sides = zip(self._open(index), self.channels, strict=True)
        x, y = (np.array(resized(with_channels(side, channels), self.size).transpose(2, 0, 1), order="C") for side, channels in sides)
        if self._keep:
            self._kept[index] = x, y
        return x, y

    def _header(self, index: int) -> Header:
        return self._refuse_odd(read_header(self.files[index]), self.files[index])

    def _refuse_odd(self, header: Header, file: Path) -> Header:
        if header.width % 2:
            raise ValueError(f"{file.name}: a side-by-side pair needs an even width, got {header.width} x {header.height}")
        for channels in self.channels:
            refuse_channels(header.channels, channels, file)
        return header

    def _open(self, index: int) -> Halves:
        pixels, header = read_picture(self.files[index]), self.headers[index]
        if pixels.shape[:2] != header[:2]:  # the file was replaced, or PNG has its orientation at the end
            raise ValueError(f"{self.files[index]} is not {header.width} x {header.height} as its header said: save it again")
        return self._split(pixels)

    def _split(self, pixels: np.ndarray) -> Halves:
        left, right = np.split(pixels, 2, axis=1)
        return (left, right) if self.direction == "left_to_right" else (right, left)


class ParallelPairs(PhotoPairs):
    """Two folders with the same file names: x from the first, y from the second."""

    def __init__(self, x_folder: str | Path, y_folder: str | Path, size: int = 256, x_channels: int = 3, y_channels: int = 3):
        if os.path.realpath(x_folder) == os.path.realpath(y_folder):
            raise ValueError(
                f"{x_folder} is named for the inputs and for the targets: name two folders, or leave out the folder of targets"
            )
        self.folders = [Path(x_folder), Path(y_folder)]
        for folder in self.folders:
            if any(folder.glob("*.tar")):
                raise ValueError(f"{folder} holds .tar files, and those hold both halves of a pair: leave out the folder of targets")
        self.files = list_pictures(x_folder)
        y_files = list_pictures(y_folder)
        partners = {file.stem: file for file in y_files}
        if len(partners) < len(y_files) or len({file.stem for file in self.files}) < len(self.files):
            raise ValueError(f"two pictures in {x_folder} or {y_folder} have the same name: names must differ in more than their suffix")
        alone = sorted({file.stem for file in self.files} ^ partners.keys())
        if alone:
            raise ValueError(
                f"{x_folder} and {y_folder} do not match: {len(alone)} names are in only one of them "
                f"({', '.join(alone[:3])}{', ...' if len(alone) > 3 else ''}); every picture needs its partner of the same name"
            )
        self.partners = [partners[file.stem] for file in self.files]
        self._prepare(size, (x_channels, y_channels))

    def stored_bytes(self, index: int) -> int:
        return self.files[index].stat().st_size + self.partners[index].stat().st_size

    def stored(self, index: int) -> bytes:
        return self.files[index].read_bytes() + self.partners[index].read_bytes()

    def _squeezed(self) -> str:
        odd = [index for index, header in enumerate(self.headers) if not NARROW <= 2 * header.width / header.height <= WIDE]
        return f"{len(odd)} of {len(self)} pictures are not square and are squeezed to squares: {self._sizes(odd)}." if odd else ""

    def _header(self, index: int) -> Header:
        x, y = read_header(self.files[index]), read_header(self.partners[index])
        if x.width * y.height != x.height * y.width:
            raise ValueError(
                f"{self.files[index].name} is {(x.width, x.height)} but its partner is {(y.width, y.height)}: both must have the same shape"
            )
        refuse_channels(x.channels, self.channels[0], self.files[index])
        refuse_channels(y.channels, self.channels[1], self.partners[index])
        return x._replace(itemsize=max(x.itemsize, y.itemsize))

    def _open(self, index: int) -> Halves:
        return read_picture(self.files[index]), read_picture(self.partners[index])


def for_each(do: Callable[[int], Result], numbers: Sequence[int], bar: str = "") -> list[Result]:
    """Do something with each file, several at a time. One error names the bad files, and how many there are."""

    def attempt(number: int) -> tuple[Result | None, str]:
        try:
            return do(number), ""
        except ValueError as error:
            return None, str(error)

    with ThreadPoolExecutor() as threads:
        attempts = threads.map(attempt, numbers)
        done = list(tqdm(attempts, bar, len(numbers), leave=False, delay=2.0, disable=not bar))
    errors = [error for _, error in done if error]
    if len(errors) > 1:
        more = f"; and {len(errors) - NAMED} more" * (len(errors) > NAMED)
        raise ValueError(f"{len(errors)} of {len(numbers)} files cannot be used: {'; '.join(errors[:NAMED])}{more}")
    if errors:
        raise ValueError(errors[0])
    return [result for result, _ in done]
