"""Get one of the paper's data sets, or list them."""

import argparse
import shlex
from pathlib import Path

from pix2pix_edu.images import list_images
from pix2pix_edu.photos import catalogue
from pix2pix_edu.photos.fetch import ROOT, fetch

HELP = "get one of the paper's data sets, or list them"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which set is fetched, from where to where."""
    parser.description = (
        "A set is taken from --source; else from the root or the folder that the environment variable PIX2PIX_EDU_DATA names, where one "
        "of them holds NAME or NAME.tar.gz; else it is downloaded, from the address in PIX2PIX_EDU_MIRROR or from the paper's host."
    )
    parser.add_argument("name", nargs="?", help=f"one of {', '.join(catalogue.DATA_SETS)}; without it, they are listed")
    parser.add_argument("--root", type=Path, default=ROOT, help=f"folder in which the set's own folder is made (default: {ROOT})")
    parser.add_argument("--source", type=Path, help="a folder or a .tar.gz archive of the set that you have: nothing is downloaded")


def run(arguments: argparse.Namespace) -> None:
    """Bring a set here, and say how to go on with it; without a name, list the sets."""
    if not arguments.name:
        print(catalogue.listing())
        return
    folder = fetch(arguments.name, arguments.root, arguments.source)
    data_set = catalogue.find_data_set(arguments.name)
    counts = {split: len(list_images(folder / split)) for split in data_set.splits}
    less = "" if counts == data_set.splits else f" (the whole set has {data_set.pairs})"
    pairs = ", ".join(f"{count} {split}" for split, count in counts.items())
    train = ["train", f"runs/{data_set.name}", "--pairs", folder.as_posix(), "--direction", data_set.direction]
    print(f"{folder} is ready: {pairs} pairs{less}, {data_set.shows}. Go on with: python -m pix2pix_edu {shlex.join(train)}")
    print(f"Checked: {data_set.check}.\nLicence: {data_set.licence}. Cite: {data_set.citation}.")
