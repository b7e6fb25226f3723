"""Write the model card of a run."""

import argparse

from pix2pix_edu.commands.options import add_record, path
from pix2pix_edu.sharing.card import write_card

HELP = "write a model card from the record of a run"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=path, help="folder of a run")
    parser.add_argument("file", type=path, nargs="?", help="Markdown file (default: README.md in the run's folder)")
    add_record(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace the file")


def run(arguments: argparse.Namespace) -> None:
    file = arguments.file or arguments.run / "README.md"
    write_card(arguments.run, file, arguments.record, arguments.overwrite)
    print(f"{file} is written: read it, and add what only you know, above all the licence")
