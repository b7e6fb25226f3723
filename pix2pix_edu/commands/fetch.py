"""Fetch one of the paper's data sets, or list them."""

import argparse
import shlex

from pix2pix_edu.images import list_images
from pix2pix_edu.photos import catalogue
from pix2pix_edu.photos.fetch import ROOT, fetch

HELP = "fetch one of the paper's data sets, or list them"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "The data set is taken from --source; else from NAME or NAME.tar.gz in the root or in the folder PIX2PIX_EDU_DATA (an environment "
        "variable); else it is downloaded from the address in PIX2PIX_EDU_MIRROR, or from the paper's host."
    )
    parser.add_argument("name", nargs="?", help=f"one of {', '.join(catalogue.DATA_SETS)}; without it, all are listed")
    parser.add_argument("--root", default=ROOT, help=f"parent of the data set's folder (default: {ROOT})")
    parser.add_argument("--source", help="a folder or .tar.gz archive that you have: nothing is downloaded")


def run(arguments: argparse.Namespace) -> None:
    if not arguments.name:
        print(catalogue.listing())
        return
    folder = fetch(arguments.name, arguments.root, arguments.source)
    data_set = catalogue.find_data_set(arguments.name)
    counts = {split: len(list_images(folder / split)) for split in data_set.splits}
    less = "" if counts == data_set.splits else f" (the complete data set has {data_set.pairs})"
    pairs = ", ".join(f"{count} {split}" for split, count in counts.items())
    train = ["train", f"runs/{data_set.name}", "--pairs", folder.as_posix(), "--direction", data_set.direction]
    print(f"{folder} is ready: {pairs} pairs{less}, {data_set.shows}. Train on it: python -m pix2pix_edu {shlex.join(train)}")
    print(f"Checked: {data_set.check}.\nLicence: {data_set.licence}. Cite: {data_set.citation}.")
