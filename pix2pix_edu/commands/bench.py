"""Print how long a step and a translation take here."""

import argparse
from pathlib import Path

import torch

from pix2pix_edu.speed import bench
from pix2pix_edu.speed.fast_step import fastest

HELP = "time one step and one translation on this machine"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What is timed."""
    parser.add_argument("--size", type=int, default=256, help="side of the pictures in pixels")
    parser.add_argument("--width", type=int, default=64, help="channels of the first layers")
    parser.add_argument("--batch-size", type=int, default=1, help="pairs in a step")
    parser.add_argument("--repeats", type=int, default=7, help="timed turns; the median is shown")
    parser.add_argument("--peer", type=Path, help="a checkout of the reference implementation, to be timed in turns with this library")


def run(arguments: argparse.Namespace) -> None:
    """Print how long a step and a translation take here."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(f"{arguments.size} px, width {arguments.width}, batch {arguments.batch_size}, {device}, {torch.get_num_threads()} threads")
    timings = bench.bench(arguments.size, arguments.width, arguments.batch_size, arguments.repeats, device, arguments.peer)
    print(f"fast: {fastest(torch.device(device))}\n{bench.report(timings)}")
