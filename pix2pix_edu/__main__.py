"""The command line: python -m pix2pix_edu COMMAND, and --help to see the commands."""

import argparse
import sys

import torch

from pix2pix_edu.commands import bench, compare, evaluate, experiments, export, fetch, first, page, pair, train, translate

COMMANDS = {
    "first": first,
    "fetch": fetch,
    "pair": pair,
    "train": train,
    "translate": translate,
    "evaluate": evaluate,
    "export": export,
    "bench": bench,
    "compare": compare,
    "experiments": experiments,
    "page": page,
}


def build_parser() -> argparse.ArgumentParser:
    """What can be asked for, in words that a student understands."""
    parser = argparse.ArgumentParser(
        prog="python -m pix2pix_edu", description="Train a pix2pix, translate pictures with it, judge it, or time it."
    )
    parsers = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        command.add_options(parsers.add_parser(name, help=command.HELP))
    return parser


def main() -> None:
    """Do what was asked; whatever was wrong with it is said in one sentence."""
    arguments = build_parser().parse_args()
    try:
        COMMANDS[arguments.command].run(arguments)
    except torch.OutOfMemoryError:
        sys.exit(f"{arguments.command}: the GPU's memory is full: use a smaller size, width or batch size")
    except (ValueError, OSError) as error:
        sys.exit(f"{arguments.command}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"\n{arguments.command}: stopped. Repeat the command to go on; a training goes on from its last checkpoint")


if __name__ == "__main__":
    main()
