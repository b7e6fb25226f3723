"""Pairs of photographs from disk: side by side in one file, in two folders with the same names, or fetched by the name of their set."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from pix2pix_edu.fetching.catalogue import DataSet, find
from pix2pix_edu.fetching.downloads import WAITS, download
from pix2pix_edu.fetching.installation import OtherArchive, compare_with_record, install
from pix2pix_edu.fetching.verification import verify
from pix2pix_edu.images import list_images, open_image, split_pair, to_tensor

DIRECTIONS = ("left_to_right", "right_to_left")
ROOT = Path("data_sets")  # where you work, so that you see what fills your disk; git ignores it
MIRRORS = ("https://efrosgans.eecs.berkeley.edu/pix2pix/datasets", "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets")
MEMORY_LIMIT = 2 * 2**30  # bytes of decoded pictures that are kept; a larger set is read from disk again and again


class PhotoPairs:
    """Side-by-side image files of `folder`/`split` as (x, y) tensors of side `size`; x is the half where `direction` starts."""

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
            raise ValueError(f"two pictures of one name in {x_folder} or {y_folder}: give each picture its own name, whatever its suffix")
        alone = sorted({file.stem for file in self.files} ^ partners.keys())
        if alone:
            raise ValueError(
                f"{x_folder} and {y_folder} do not match: {len(alone)} names stand in one of them only "
                f"({', '.join(alone[:3])}{', ...' if len(alone) > 3 else ''}); every picture needs its partner of the same name"
            )
        self.partners = [partners[file.stem] for file in self.files]

    def _open(self, index: int) -> tuple[Image.Image, Image.Image]:
        x, y = open_image(self.files[index]), open_image(self.partners[index])
        if x.size[0] * y.size[1] != x.size[1] * y.size[0]:
            raise ValueError(f"{self.files[index].name} is {x.size} but its partner is {y.size}: the two must have the same shape")
        return x, y


def _as_bytes(image: Image.Image, size: int) -> Tensor:
    """A square of `size` pixels as bytes: a quarter of the memory that floats would take."""
    square = image.resize((size, size), Image.Resampling.BICUBIC)
    return ((to_tensor(square) + 1.0) * 127.5).round().to(torch.uint8)


def fetch(
    name: str | DataSet,
    root: str | Path = ROOT,
    source: str | Path | None = None,
    mirrors: Sequence[str] | None = None,
    waits: Sequence[float] = WAITS,
) -> Path:
    """The folder of a named set: from `source`, from where it lies already, or from the first mirror that has it."""
    data_set = name if isinstance(name, DataSet) else find(name)
    folder = Path(root) / data_set.name
    copy = _local_copy(data_set, Path(root), source)
    if copy:
        return _take(copy, folder, data_set)
    archive = folder.with_name(f".{data_set.name}.tar.gz")  # hidden, for it goes when it is unpacked
    if not archive.is_file():  # else it came whole, but there was no room to unpack it
        _download(data_set, archive, mirrors or os.environ.get("PIX2PIX_EDU_MIRROR", "").split() or MIRRORS, waits)
    try:
        install(archive, folder, data_set)
    except OtherArchive as error:  # kept, so that trusting it costs no second download
        raise ValueError(f"what was downloaded is not {data_set.name} as it was: {error}") from error
    except ValueError as error:
        archive.unlink()
        raise ValueError(f"what was downloaded is not {data_set.name}, and was removed: {error}; another mirror may help") from error
    archive.unlink()
    return folder


def _local_copy(data_set: DataSet, root: Path, source: str | Path | None) -> Path | None:
    """A folder or an archive that is there already: what `source` names, else in the root, else in PIX2PIX_EDU_DATA."""
    if source and not Path(source).exists():
        raise ValueError(f"{source} does not exist: name a folder or a .tar.gz archive of {data_set.name}")
    for place in [source] if source else [root, os.environ.get("PIX2PIX_EDU_DATA") or root]:
        for file in (data_set.name, f"{data_set.name}.tar.gz"):
            if (Path(place) / file).exists():
                return Path(place) / file
    return Path(source) if source else None


def _take(copy: Path, folder: Path, data_set: DataSet) -> Path:
    """A folder stays where it is; an archive is unpacked to `folder`, unless that is there."""
    try:
        if copy.is_file() and not folder.is_dir():
            install(copy, folder, data_set)
            return folder
        if copy.is_file():
            compare_with_record(copy, folder, data_set)
            copy = folder
        verify(copy, data_set)
    except ValueError as error:
        raise ValueError(f"{copy} is not {data_set.name} as it should be: {error}; use another copy, or remove this one") from error
    return copy


def _download(data_set: DataSet, archive: Path, mirrors: Sequence[str], waits: Sequence[float]) -> None:
    name, root = data_set.name, archive.parent
    try:
        root.mkdir(parents=True, exist_ok=True)
        free, needed = shutil.disk_usage(root).free // 10**6, 2 * data_set.megabytes
        if free < needed:
            raise OSError(f"{name} needs some {needed} MB, packed and unpacked; {free} MB are free")
        download([f"{mirror.rstrip('/')}/{name}.tar.gz" for mirror in mirrors], archive, waits)
    except ConnectionError as error:
        raise OSError(
            f"{name} could not be downloaded: {error}. Repeat this later, and it goes on with what has come; or name an archive or a "
            f"folder that you have (--source); or set PIX2PIX_EDU_DATA to a folder that holds {name} or {name}.tar.gz; "
            "or train on drawn pairs, which need nothing"
        ) from error
    except OSError as error:
        raise OSError(f"could not write below {root} ({error}): free some space or choose another root, and repeat this") from error
