"""What `python -m pix2pix_edu pair` is asked and what it does."""

import argparse
import functools
import shlex
from pathlib import Path

from tqdm import tqdm

from pix2pix_edu.generator import largest_depth
from pix2pix_edu.photos.make_pairs import EDGE_SIGMA, INPUTS, VAL_EVERY, edges, pair_folder
from pix2pix_edu.run.settings import Settings

HELP = "make pairs out of a folder of photographs"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which photographs become which pairs."""
    parser.description = (
        "Make x from each photograph y of a folder and write both side by side, x left: ready for train --pairs. The photographs stay as "
        "they are. For the way back, from photograph to edges or to grey, train with --direction right_to_left."
    )
    parser.add_argument("input", choices=list(INPUTS), help="what x is: dark edges on white, or the photograph without its colours")
    parser.add_argument("photos", type=Path, help="folder of photographs, of any size")
    parser.add_argument("pairs", type=Path, help="folder for the pairs; it must not exist yet")
    parser.add_argument("--size", type=int, default=256, help="side of x and of y in pixels: as you will train (default: 256)")
    parser.add_argument(
        "--sigma", type=float, default=EDGE_SIGMA, help=f"smoothing before edges are sought, in pixels (default: {EDGE_SIGMA})"
    )
    parser.add_argument(
        "--val-every",
        type=int,
        default=VAL_EVERY,
        help=f"one photograph in so many goes to val, unseen, to judge by; 0: none (default: {VAL_EVERY})",
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the pairs, and say how to go on with them."""
    make_input = functools.partial(edges, sigma=arguments.sigma) if arguments.input == "edges" else INPUTS[arguments.input]
    writing = pair_folder(make_input, arguments.photos, arguments.pairs, arguments.size, arguments.val_every)
    written = list(tqdm(writing, unit="pair"))
    unseen = sum(path.parent != arguments.pairs and path.parent.name == "val" for path in written)
    print(f"{len(written)} pairs written to {arguments.pairs}, {unseen} of them set aside to judge by")
    print(_how_to_train(arguments.pairs, arguments.size))


def _how_to_train(pairs: Path, size: int) -> str:
    """The command that trains on these pairs, with as many levels as their side allows, up to the usual number."""
    depth = min(Settings.depth, largest_depth(size))
    if not depth:
        return f"No network halves a side of {size} pixels: make the pairs anew with a --size that {2**Settings.depth} divides"
    train = ["train", f"runs/{pairs.name}", "--pairs", pairs.as_posix(), "--size", str(size)]
    if depth == Settings.depth:
        return f"Go on with: python -m pix2pix_edu {shlex.join(train)}"
    why = f"{size} is halved only {depth} times; a --size that {2**Settings.depth} divides allows {Settings.depth} levels, which learn more"
    return f"Go on with: python -m pix2pix_edu {shlex.join([*train, '--depth', str(depth)])}\n({why})"
