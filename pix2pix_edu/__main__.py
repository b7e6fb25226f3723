"""The command line: python -m pix2pix_edu COMMAND, and --help to see the commands."""

import argparse
import sys

import torch

from pix2pix_edu.commands import bench, compare, evaluate, experiments, export, fetch, first, page, pair, train, translate

MODULES = (first, fetch, pair, train, translate, evaluate, export, bench, compare, experiments, page)
COMMANDS = {module.__name__.rpartition(".")[2]: module for module in MODULES}


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pix2pix_edu", description="Train a pix2pix model, translate pictures with it, measure it, or time it."
    )
    parsers = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        command.add_options(parsers.add_parser(name, help=command.HELP))
    return parser


def main() -> None:
    """Run a command, and print an error as one sentence."""
    arguments = build_parser().parse_args()
    try:
        COMMANDS[arguments.command].run(arguments)
    except torch.OutOfMemoryError:
        sys.exit(f"{arguments.command}: the GPU's memory is full: use a smaller size, width or batch size")
    except (ValueError, OSError) as error:
        sys.exit(f"{arguments.command}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"\n{arguments.command}: stopped. A training or a download continues when you repeat the command")


if __name__ == "__main__":
    main()
