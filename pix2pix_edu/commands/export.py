"""Write a run's networks as files that the reference implementation reads."""

import argparse
from pathlib import Path

from pix2pix_edu.run.networks import export

HELP = "write a run's networks as files that the reference implementation reads"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("outputs", type=Path, help="folder for latest_net_G.pth and latest_net_D.pth")


def run(arguments: argparse.Namespace) -> None:
    export(arguments.run, arguments.outputs)
    print(f"latest_net_G.pth and latest_net_D.pth written to {arguments.outputs}")
