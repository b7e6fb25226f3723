"""Write a run's networks as files that the reference implementation reads."""

import argparse

from pix2pix_edu.commands import options
from pix2pix_edu.run.networks import export

HELP = "write a run's networks as files that the reference implementation reads"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=options.path, help="folder of a run")
    parser.add_argument("outputs", type=options.path, help="folder for latest_net_G.pth and latest_net_D.pth")
    parser.add_argument("--overwrite", action="store_true", help="replace files of these names")


def run(arguments: argparse.Namespace) -> None:
    export(arguments.run, arguments.outputs, arguments.overwrite)
    print(f"latest_net_G.pth and latest_net_D.pth written to {arguments.outputs}")
    print(
        "In the reference, use them with --no_dropout and without --eval: it has its dropout on other layers than this library, "
        "and the running averages in the files are placeholders, because this library keeps none"
    )
