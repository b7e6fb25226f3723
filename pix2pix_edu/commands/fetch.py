"""Fetch one of the paper's data sets or one of its authors' trained generators, or list them."""

import argparse
import shlex
from pathlib import Path

from pix2pix_edu.commands.options import refuse_ignored
from pix2pix_edu.images import list_images
from pix2pix_edu.photos import catalogue
from pix2pix_edu.photos.fetch import ROOT, fetch
from pix2pix_edu.weights import published_generators as published

HELP = "fetch one of the paper's data sets or of its authors' trained generators, or list them"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "A data set is taken from --source; else from NAME or NAME.tar.gz in the root or in the folder PIX2PIX_EDU_DATA (an environment "
        "variable); else it is downloaded from the address in PIX2PIX_EDU_MIRROR, or from the paper's host. A generator, NAME.pth, "
        "likewise. Nobody of this project has verified the published generators' bytes: the SHA-256 of the first file is noted beside it, "
        "and a later file that differs is refused."
    )
    generators = ", ".join(f"{name}.pth" for name in published.GENERATORS)
    names = f"a data set: {', '.join(catalogue.DATA_SETS)}; or a generator: {generators}; without it, all are listed"
    parser.add_argument("name", nargs="?", help=names)
    parser.add_argument("--root", help=f"where to put it (default: {ROOT} for a data set, {published.ROOT} for a generator)")
    parser.add_argument("--source", help="a folder, .tar.gz archive or .pth file that you have: nothing is downloaded")


def run(arguments: argparse.Namespace) -> None:
    name, root = arguments.name, arguments.root
    if name is None:
        refuse_ignored(arguments, ["root", "source"], "without a name: name a data set or a generator, or leave it out")
        print(f"Data sets:\n{catalogue.listing()}\n\nTrained generators:\n{published.listing()}")
    elif name in catalogue.DATA_SETS:
        if arguments.source and Path(arguments.source).is_dir():
            refuse_ignored(arguments, ["root"], "with a folder as --source, which is used where it is: leave one of them out")
        _fetch_data_set(name, ROOT if root is None else root, arguments.source)
    elif published.is_published(name):
        _fetch_generator(name, published.ROOT if root is None else root, arguments.source)
    else:
        known = ", ".join([*catalogue.DATA_SETS, *(f"{generator}.pth" for generator in published.GENERATORS)])
        raise ValueError(f"there is no data set or generator named {name!r}: choose one of {known}")


def _fetch_data_set(name: str, root: str, source: str | None) -> None:
    folder, data_set = fetch(name, root, source), catalogue.find_data_set(name)
    counts = {split: len(list_images(folder / split)) for split in data_set.splits}
    less = "" if counts == data_set.splits else f" (the complete data set has {data_set.pairs})"
    pairs = ", ".join(f"{count} {split}" for split, count in counts.items())
    train = ["train", f"runs/{data_set.name}", "--pairs", folder.as_posix(), "--direction", data_set.direction]
    print(f"{folder} is ready: {pairs} pairs{less}, {data_set.shows}. Train on it: python -m pix2pix_edu {shlex.join(train)}")
    print(f"Checked: {data_set.check}.\nLicence: {data_set.licence}. Cite: {data_set.citation}.")


def _fetch_generator(name: str, root: str, source: str | None) -> None:
    file = published.fetch_generator(name, root, source)
    translate = shlex.join(["translate", file.as_posix(), "INPUTS", "OUTPUTS"])
    print(f"{file} is ready: {published.GENERATORS[file.stem]}. Translate a folder of pictures: python -m pix2pix_edu {translate}")
    print(f"Each picture is first resized to {published.SIZE} x {published.SIZE} pixels, the size that this generator was trained on.")
    print(
        f"Checked: it holds a U-Net, and its SHA-256 is the one in {published.note_of(file)}. "
        "Nobody of this project has verified the published bytes."
    )
