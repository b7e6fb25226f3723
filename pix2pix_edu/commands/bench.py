"""Time one training step and one translation on this machine."""

import argparse

import torch

from pix2pix_edu.commands.options import path, refuse_ignored, whole
from pix2pix_edu.photos.shards import open_folder
from pix2pix_edu.run.settings import part_of, refuse_more_than_memory
from pix2pix_edu.speed import bench
from pix2pix_edu.speed.fast_step import fastest
from pix2pix_edu.speed.read_ahead import ReadAhead
from pix2pix_edu.training import Batches

HELP = "time one training step and one translation on this machine"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", type=whole(16, 4096), default=256, help="side of the pictures in pixels (default: 256)")
    parser.add_argument("--width", type=whole(1, 1024), default=64, help="channels of the first layers (default: 64)")
    parser.add_argument("--batch-size", type=whole(1, 4096), default=1, help="pairs in a step (default: 1)")
    parser.add_argument("--repeats", type=whole(1, 10_000), default=7, help="how often each is timed; the median is shown (default: 7)")
    parser.add_argument("--reference", type=path, help="folder with the reference implementation's code, to be timed in the same turns")
    parser.add_argument("--pairs", type=path, help="folder of side-by-side images: also time a step that reads its pairs from there")
    parser.add_argument("--workers", type=whole(0, 64), help="processes that read those pairs ahead (default: 0)")


def run(arguments: argparse.Namespace) -> None:
    refuse_more_than_memory(arguments.size, arguments.width, arguments.batch_size)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = None
    if not arguments.pairs:
        refuse_ignored(arguments, ["workers"], "without --pairs: add that, or leave it out")
    else:
        data = Batches(open_folder(part_of(arguments.pairs, "train"), arguments.size), arguments.batch_size)
        if arguments.workers:
            data = ReadAhead(data, 10**9, arguments.workers)
    work = bench.prepare(arguments.size, arguments.width, arguments.batch_size, device, arguments.reference, data)
    print(f"{arguments.size} px, width {arguments.width}, batch {arguments.batch_size}, {device}, {torch.get_num_threads()} threads")
    timings = bench.time_in_turns(work, arguments.repeats, device)
    print(f"fast: {fastest(torch.device(device))}\n{bench.report(timings)}")
