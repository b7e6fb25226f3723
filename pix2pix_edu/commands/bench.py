"""Time one training step and one translation on this machine."""

import argparse

import torch

from pix2pix_edu.commands.options import path, whole
from pix2pix_edu.speed import bench
from pix2pix_edu.speed.fast_step import fastest

HELP = "time one training step and one translation on this machine"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", type=whole(16, 4096), default=256, help="side of the pictures in pixels (default: 256)")
    parser.add_argument("--width", type=whole(1, 1024), default=64, help="channels of the first layers (default: 64)")
    parser.add_argument("--batch-size", type=whole(1, 4096), default=1, help="pairs in a step (default: 1)")
    parser.add_argument("--repeats", type=whole(1, 10_000), default=7, help="how often each is timed; the median is shown (default: 7)")
    parser.add_argument("--reference", type=path, help="folder with the reference implementation's code, to be timed in the same turns")


def run(arguments: argparse.Namespace) -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(f"{arguments.size} px, width {arguments.width}, batch {arguments.batch_size}, {device}, {torch.get_num_threads()} threads")
    timings = bench.bench(arguments.size, arguments.width, arguments.batch_size, arguments.repeats, device, arguments.reference)
    print(f"fast: {fastest(torch.device(device))}\n{bench.report(timings)}")
