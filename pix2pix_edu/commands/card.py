"""Write the model card of a run."""

import argparse

from pix2pix_edu.commands.options import path
from pix2pix_edu.sharing.card import RECORD, write_card

HELP = "write a model card from the record of a run"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=path, help="folder of a run")
    parser.add_argument("file", type=path, nargs="?", help="Markdown file (default: README.md in the run's folder)")
    scores = f"take the scores from this file, which evaluate --record wrote (default: {RECORD} in the run's folder, if it is there)"
    parser.add_argument("--record", type=path, metavar="FILE", help=scores)
    parser.add_argument("--overwrite", action="store_true", help="replace the file")


def run(arguments: argparse.Namespace) -> None:
    file = arguments.file or arguments.run / "README.md"
    write_card(arguments.run, file, arguments.record, arguments.overwrite)
    print(f"{file} is written: read it, and add what only you know, above all the licence")
