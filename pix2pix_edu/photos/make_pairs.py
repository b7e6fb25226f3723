"""Make pairs from photographs: the input x is computed from the photograph y."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from pix2pix_edu.files import one_writer, refuse_unwritable, remove_unfinished_folders, whole_folder
from pix2pix_edu.images import list_images, open_image, to_rgb
from pix2pix_edu.photos.folders import for_each
from pix2pix_edu.photos.picture_files import read_header

EDGE_SIGMA = 1.0  # standard deviation, in pixels, of the smoothing before edge detection
SIGMAS = (0.1, 100.0)
VAL_EVERY = 10
SIZES = (16, 8192)

MakeInput = Callable[[Image.Image], Image.Image]


def edges(photo: Image.Image, sigma: float = EDGE_SIGMA) -> Image.Image:
    """The edges of a photograph, black on white (Canny). A larger sigma gives fewer of them."""
    from skimage.feature import canny  # slow to import

    if not SIGMAS[0] <= sigma <= SIGMAS[1]:  # true for NaN as well
        raise ValueError(f"sigma must be from {SIGMAS[0]:g} to {SIGMAS[1]:g}, got {sigma:g}")
    lightness = np.asarray(to_rgb(photo).convert("L"), dtype=np.float64) / 255.0
    return Image.fromarray(np.where(canny(lightness, sigma), 0, 255).astype(np.uint8)).convert("RGB")


def grey(photo: Image.Image) -> Image.Image:
    return to_rgb(photo).convert("L").convert("RGB")


INPUTS: dict[str, MakeInput] = {"edges": edges, "grey": grey}


def square(photo: Image.Image, size: int) -> Image.Image:
    """Crop the largest square from the middle of a photograph, and resize it to side `size`."""
    return ImageOps.fit(photo, (size, size), Image.Resampling.BICUBIC)


def pair_folder(
    make_input: MakeInput, photos: str | Path, pairs: str | Path, size: int = 256, val_every: int = VAL_EVERY
) -> Iterator[Path]:
    """Write a side-by-side pair for each photograph, x on the left, and yield its path. The folder `pairs` appears once all are written.

    Every `val_every`-th photograph goes to pairs/val, which is not trained on, the others to pairs/train; with 0, all go to `pairs`.
    """
    pairs, files = Path(pairs), list_images(photos)
    _check(files, pairs, size, val_every)
    refuse_unwritable(pairs)
    for_each(lambda number: read_header(files[number]), range(len(files)))
    try:
        with one_writer(pairs):
            remove_unfinished_folders(pairs)
            if pairs.exists():
                raise ValueError(f"{pairs} was written by another call meanwhile: name a new folder")
            with whole_folder(pairs) as unfinished:
                for number, file in enumerate(files):
                    photo = square(open_image(file), size)  # resize before finding edges: resized lines would be grey
                    part = "" if val_every == 0 else "train" if number % val_every else "val"
                    (unfinished / part).mkdir(exist_ok=True)
                    Image.fromarray(np.hstack([make_input(photo), photo])).save(unfinished / part / f"{file.stem}.png")
                    yield pairs / part / f"{file.stem}.png"
    except OSError as error:
        raise OSError(f"could not write {pairs} ({error}): free some space or choose another folder; no files were left there") from error


def _check(files: list[Path], pairs: Path, size: int, val_every: int) -> None:
    if os.path.lexists(pairs):
        raise ValueError(f"{pairs} already exists: name a new folder, so that nothing is overwritten")
    if not SIZES[0] <= size <= SIZES[1]:
        raise ValueError(f"size must be from {SIZES[0]:,} to {SIZES[1]:,}, got {size:,}")
    if size % 2:
        raise ValueError(f"size must be even, because a network halves it, got {size}: a multiple of 32 or more serves best")
    if val_every < 0 or val_every == 1:
        raise ValueError(f"val-every must be 2 or more, or 0 for no validation pairs, got {val_every}")
    if val_every and len(files) < 2:
        raise ValueError(f"{files[0]} is the only photograph there: add more, because one in {val_every} is set aside for validation")
    names = Counter(file.stem.lower() for file in files)  # some file systems treat A.png and a.png as one file
    twice = next((file for file in files if names[file.stem.lower()] > 1), None)
    if twice:
        raise ValueError(f"{twice.name} is not the only photograph of that name: names must differ in more than suffix and capitals")
