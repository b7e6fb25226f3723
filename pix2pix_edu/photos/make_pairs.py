"""Pairs out of photographs: an input x that is computed from the photograph y itself."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from pix2pix_edu.images import list_images, open_image, to_rgb

# skimage is imported where it is used: it takes longer than all the rest of this package.

EDGE_SIGMA = 1.0  # of the Gaussian that smooths before edges are sought, in pixels of the pair
VAL_EVERY = 10

MakeInput = Callable[[Image.Image], Image.Image]


def edges(photo: Image.Image, sigma: float = EDGE_SIGMA) -> Image.Image:
    """The outlines of a photograph, dark lines on white; a larger sigma leaves fewer of them."""
    from skimage.feature import canny

    if not sigma > 0:
        raise ValueError(f"sigma must be above 0, got {sigma:g}")
    lightness = np.asarray(to_rgb(photo).convert("L"), dtype=np.float64) / 255.0
    return Image.fromarray(np.where(canny(lightness, sigma), 0, 255).astype(np.uint8)).convert("RGB")


def grey(photo: Image.Image) -> Image.Image:
    """The photograph without its colours."""
    return to_rgb(photo).convert("L").convert("RGB")


INPUTS: dict[str, MakeInput] = {"edges": edges, "grey": grey}


def square(photo: Image.Image, size: int) -> Image.Image:
    """The largest square in the middle of a photograph, at side `size`."""
    return ImageOps.fit(photo, (size, size), Image.Resampling.BICUBIC)


def pair_folder(
    make_input: MakeInput, photos: str | Path, pairs: str | Path, size: int = 256, val_every: int = VAL_EVERY
) -> Iterator[Path]:
    """Write a side-by-side pair for each photograph, x left, naming each as it is written; `pairs` appears when all are there.

    Every `val_every`-th photograph goes to pairs/val and is never trained on, the others to pairs/train; with 0 all lie in `pairs` itself.
    """
    pairs, files = Path(pairs), list_images(photos)
    _check(files, pairs, size, val_every)
    unfinished = pairs.with_name(f".{pairs.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a call that was killed
    try:
        for number, file in enumerate(files):
            photo = square(open_image(file), size)  # first small, then the edges: shrunk lines would be grey
            part = "" if val_every == 0 else "train" if number % val_every else "val"
            (unfinished / part).mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.hstack([make_input(photo), photo])).save(unfinished / part / f"{file.stem}.png")
            yield pairs / part / f"{file.stem}.png"
        os.rename(unfinished, pairs)
    except OSError as error:
        raise OSError(f"could not write {pairs} ({error}): free some space or choose another folder; nothing was left there") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _check(files: list[Path], pairs: Path, size: int, val_every: int) -> None:
    if pairs.exists():
        raise ValueError(f"{pairs} exists already: name a new folder, so that nothing is overwritten")
    if size < 16:
        raise ValueError(f"size must be 16 or more, got {size}")
    if val_every < 0 or val_every == 1:
        raise ValueError(f"val-every must be 2 or more, or 0 to set none aside, got {val_every}")
    if val_every and len(files) < 2:
        raise ValueError(f"{files[0]} is the only photograph there: add more, for one in {val_every} is set aside to judge by")
    names = Counter(file.stem.lower() for file in files)  # some disks hold A.png and a.png to be one
    twice = next((file for file in files if names[file.stem.lower()] > 1), None)
    if twice:
        raise ValueError(f"{twice.name} is not the only photograph of that name: give each its own, whatever its suffix and its capitals")
