"""Make pairs from a folder of photographs."""

import argparse
import functools
import shlex
from pathlib import Path

from tqdm import tqdm

from pix2pix_edu.commands.options import path, real, refuse_ignored, whole
from pix2pix_edu.files import printable
from pix2pix_edu.generator import largest_depth
from pix2pix_edu.images import skipped
from pix2pix_edu.photos.make_pairs import EDGE_SIGMA, INPUTS, SIGMAS, SIZES, VAL_EVERY, edges, pair_folder
from pix2pix_edu.run.settings import Settings

HELP = "make pairs from a folder of photographs"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compute x from each photograph y in a folder and write both side by side, x on the left, ready for train --pairs. The photographs "
        "are not changed. To translate photographs to edges or grey, train with --direction right_to_left."
    )
    parser.add_argument("input", choices=list(INPUTS), help="what x is: black edges on white, or the photograph in grey")
    parser.add_argument("photos", type=path, help="folder of photographs, of any size")
    parser.add_argument("pairs", type=path, help="folder for the pairs; it must not exist yet")
    side = "side of x and y in pixels, even; train with the same size (default: 256)"
    parser.add_argument("--size", type=whole(*SIZES), default=256, help=side)
    smoothing = f"smoothing before edge detection (default: {EDGE_SIGMA} pixels)"
    parser.add_argument("--sigma", type=real(*SIGMAS), help=smoothing)
    every = f"one photograph in this many is set aside for validation; 0: none (default: {VAL_EVERY})"
    parser.add_argument("--val-every", type=whole(0, 10**6), default=VAL_EVERY, help=every)


def run(arguments: argparse.Namespace) -> None:
    make_input = INPUTS[arguments.input]
    if make_input is not edges:
        refuse_ignored(arguments, ["sigma"], f"on {arguments.input}, which needs no smoothing: leave it out, or make edges")
    elif arguments.sigma is not None:
        make_input = functools.partial(edges, sigma=arguments.sigma)
    if arguments.photos.is_dir() and (left_out := skipped(arguments.photos)):
        print(printable(left_out))
    writing = pair_folder(make_input, arguments.photos, arguments.pairs, arguments.size, arguments.val_every)
    written = list(tqdm(writing, unit="pair", delay=0.5))
    unseen = sum(path.parent != arguments.pairs and path.parent.name == "val" for path in written)
    print(f"{len(written)} pairs written to {arguments.pairs}, {unseen} of them for validation")
    print(_how_to_train(arguments.pairs, arguments.size))


def _how_to_train(pairs: Path, size: int) -> str:
    """The command that trains on these pairs, with as many levels as their size allows."""
    depth = largest_depth(size)
    train = ["train", f"runs/{pairs.name}", "--pairs", pairs.as_posix(), "--size", str(size), "--depth", str(depth)]
    command = f"Train on them: python -m pix2pix_edu {shlex.join(train)}"
    if depth >= Settings.depth:
        return command
    better = f"a multiple of {2**Settings.depth} allows {Settings.depth} levels or more, which learn more"
    return f"{command}\n({size} can be halved only {'once' if depth == 1 else f'{depth} times'}; {better})"
