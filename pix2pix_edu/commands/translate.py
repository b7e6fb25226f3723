"""Translate every picture in a folder."""

import argparse

from tqdm import tqdm

from pix2pix_edu.commands.options import SEED, path, refuse_ignored, whole
from pix2pix_edu.files import printable
from pix2pix_edu.layers import AlwaysDropout
from pix2pix_edu.photos.picture_files import skipped_pictures
from pix2pix_edu.photos.tiles import Tiles
from pix2pix_edu.photos.translate_folder import translate_folder
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.speed.fast_step import place
from pix2pix_edu.weights.published_generators import SIZE, find_fetched

HELP = "translate every picture in a folder"
GENERATOR = (
    "folder of a run, or one that was downloaded from a hub; or a weight file: NAME.generator.safetensors, latest_net_G.pth; or the name "
    "of a published generator that you fetched"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("generator", type=path, help=GENERATOR)
    parser.add_argument("inputs", type=path, help="folder of pictures, of any size, or of .npy arrays (height, width, channels)")
    parser.add_argument("outputs", type=path, help="folder for the translations: PNG, or .npy where PNG does not fit")
    parser.add_argument("--overwrite", action="store_true", help="replace files in the folder for the translations")
    sixteen = "16: write PNG in 16 bits if the translations are grey, otherwise .npy (default: 8)"
    parser.add_argument("--bits", type=int, choices=(8, 16), default=8, help=sixteen)
    square = f"resize each picture to a square of this side first (default: {SIZE} for a published generator, otherwise leave it as it is)"
    parser.add_argument("--size", type=whole(1, 2**13), help=square)
    tile = "for large pictures: translate squares of this side, one after the other, and blend their seams; try 512"
    parser.add_argument("--tile", type=whole(1, 2**13), metavar="SIDE", help=tile)
    overlap = "pixels that neighbouring tiles have in common, or more (default: an eighth of the tile)"
    parser.add_argument("--overlap", type=whole(0, 2**13), metavar="PIXELS", help=overlap)
    statistics = (
        "what the norms take their mean and variance from: each tile, and then tiles may differ in brightness; or the whole picture, "
        "which takes several times as long (default: tile)"
    )
    parser.add_argument("--statistics", choices=("tile", "whole"), help=statistics)
    parser.add_argument("--seed", type=SEED, help="seed of the dropout; another seed gives another picture (default: 0)")
    parser.add_argument("--fast", action="store_true", help="use 16-bit arithmetic if this device has it: nearly the same pictures, faster")


def run(arguments: argparse.Namespace) -> None:
    tiles = _tiles(arguments)
    published = find_fetched(arguments.generator)
    size = arguments.size or (SIZE if published else None)
    generator = open_generator(published or arguments.generator)
    if not any(isinstance(module, AlwaysDropout) and module.p for module in generator.modules()):
        refuse_ignored(arguments, ["seed"], "on this generator, which has no dropout: leave it out")
    generator = place(generator, arguments.fast)
    if arguments.inputs.is_dir() and (left_out := skipped_pictures(arguments.inputs)):
        print(printable(left_out))
    translating = translate_folder(
        generator, arguments.inputs, arguments.outputs, arguments.bits, arguments.overwrite, size, tiles, arguments.seed or 0
    )
    written = list(tqdm(translating, unit="picture", delay=0.5))
    print(f"{len(written)} pictures written to {arguments.outputs}" + (f", each of {size} x {size} pixels" if size else ""))


def _tiles(arguments: argparse.Namespace) -> Tiles | None:
    """The tiles that the options name."""
    if arguments.tile is None:
        refuse_ignored(arguments, ["overlap", "statistics"], "without --tile: add that, or leave it out")
        return None
    overlap = arguments.tile // 8 if arguments.overlap is None else arguments.overlap
    return Tiles(arguments.tile, overlap, arguments.statistics == "whole")
