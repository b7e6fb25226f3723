"""Pairs out of photographs: an input x that is computed from the photograph y itself."""

import argparse
import os
import shlex
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from pix2pix_edu.images import list_images, open_image, to_rgb

# skimage is imported where it is used: it takes longer than all the rest of this package.

EDGE_SIGMA = 1.0  # of the Gaussian that smooths before edges are sought, in pixels of the pair
VAL_EVERY = 10

MakeInput = Callable[[Image.Image], Image.Image]


def edges(photo: Image.Image, sigma: float = EDGE_SIGMA) -> Image.Image:
    """The outlines of a photograph, dark lines on white; a larger sigma leaves fewer of them."""
    from skimage.feature import canny

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


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `python -m pix2pix_edu pair` is asked."""
    parser.description = (
        "Make x from each photograph y of a folder and write both side by side, x left: ready for train --pairs. The photographs stay as "
        "they are. For the way back, photograph to edges, train with --direction right_to_left."
    )
    parser.add_argument("input", choices=list(INPUTS), help="what x is: dark edges on white, or the photograph without its colours")
    parser.add_argument("photos", type=Path, help="folder of photographs, of any size")
    parser.add_argument("pairs", type=Path, help="folder for the pairs; it must not exist yet")
    parser.add_argument("--size", type=int, default=256, help="side of x and of y in pixels: as you will train (default: 256)")
    parser.add_argument("--sigma", type=float, default=EDGE_SIGMA, help="smoothing before edges are sought, in pixels (default: 1.0)")
    parser.add_argument(
        "--val-every", type=int, default=VAL_EVERY, help="each such photograph goes to val, unseen, to judge by; 0: none (default: 10)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the pairs, and say how to go on with them."""
    if arguments.sigma <= 0:
        raise ValueError(f"sigma must be above 0, got {arguments.sigma:g}")
    make_input = (lambda photo: edges(photo, arguments.sigma)) if arguments.input == "edges" else INPUTS[arguments.input]
    written = list(tqdm(pair_folder(make_input, arguments.photos, arguments.pairs, arguments.size, arguments.val_every), unit="pair"))
    unseen = sum(path.parent.name == "val" for path in written) if arguments.val_every else 0
    print(f"{len(written)} pairs written to {arguments.pairs}, {unseen} of them set aside to judge by")
    train = ["train", f"runs/{arguments.pairs.name}", "--pairs", arguments.pairs.as_posix(), "--size", str(arguments.size)]
    print(f"Go on with: python -m pix2pix_edu {shlex.join(train)}")
