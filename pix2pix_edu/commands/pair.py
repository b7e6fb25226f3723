"""Make pairs from a folder of photographs."""

import argparse
import functools
import shlex
from pathlib import Path

from tqdm import tqdm

from pix2pix_edu.generator import largest_depth
from pix2pix_edu.photos.make_pairs import EDGE_SIGMA, INPUTS, VAL_EVERY, edges, pair_folder
from pix2pix_edu.run.settings import Settings

HELP = "make pairs from a folder of photographs"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compute x from each photograph y in a folder and write both side by side, x on the left, ready for train --pairs. The photographs "
        "are not changed. To translate photographs to edges or grey, train with --direction right_to_left."
    )
    parser.add_argument("input", choices=list(INPUTS), help="what x is: black edges on white, or the photograph in grey")
    parser.add_argument("photos", type=Path, help="folder of photographs, of any size")
    parser.add_argument("pairs", type=Path, help="folder for the pairs; it must not exist yet")
    parser.add_argument("--size", type=int, default=256, help="side of x and y in pixels; train with the same size (default: 256)")
    parser.add_argument("--sigma", type=float, default=EDGE_SIGMA, help=f"smoothing before edge detection (default: {EDGE_SIGMA} pixels)")
    every = f"one photograph in this many is set aside for validation; 0: none (default: {VAL_EVERY})"
    parser.add_argument("--val-every", type=int, default=VAL_EVERY, help=every)


def run(arguments: argparse.Namespace) -> None:
    make_input = functools.partial(edges, sigma=arguments.sigma) if arguments.input == "edges" else INPUTS[arguments.input]
    writing = pair_folder(make_input, arguments.photos, arguments.pairs, arguments.size, arguments.val_every)
    written = list(tqdm(writing, unit="pair"))
    unseen = sum(path.parent != arguments.pairs and path.parent.name == "val" for path in written)
    print(f"{len(written)} pairs written to {arguments.pairs}, {unseen} of them for validation")
    print(_how_to_train(arguments.pairs, arguments.size))


def _how_to_train(pairs: Path, size: int) -> str:
    """The command that trains on these pairs, with as many levels as their size allows, up to the default."""
    depth = min(Settings.depth, largest_depth(size))
    if not depth:
        return f"No network can halve a side of {size} pixels: make the pairs again with a --size that is a multiple of {2**Settings.depth}"
    train = ["train", f"runs/{pairs.name}", "--pairs", pairs.as_posix(), "--size", str(size)]
    if depth == Settings.depth:
        return f"Train on them: python -m pix2pix_edu {shlex.join(train)}"
    why = f"{size} can be halved only {depth} times; a multiple of {2**Settings.depth} allows {Settings.depth} levels, which learn more"
    return f"Train on them: python -m pix2pix_edu {shlex.join([*train, '--depth', str(depth)])}\n({why})"
