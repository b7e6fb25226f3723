"""Write the networks of a run for the reference implementation."""

import argparse
from pathlib import Path

from pix2pix_edu.run.networks import export

HELP = "write a run's networks as files that the reference implementation reads"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What is written where."""
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("outputs", type=Path, help="folder for latest_net_G.pth and latest_net_D.pth")


def run(arguments: argparse.Namespace) -> None:
    """Write the run's networks for the reference implementation."""
    export(arguments.run, arguments.outputs)
    print(f"latest_net_G.pth and latest_net_D.pth written to {arguments.outputs}")
