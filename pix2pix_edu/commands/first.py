"""The first translation: painted facades that the bundled network was not trained on."""

import argparse
import time
from pathlib import Path

import torch
from PIL import Image

from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.files import whole_file
from pix2pix_edu.run.evaluation import draw_grid, translate_each
from pix2pix_edu.training import stack_pairs
from pix2pix_edu.weights.bundled import load_pretrained

HELP = "see a translation at once, by the bundled network"
PICTURE = Path("runs") / "first_translation.png"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = f"Translate eight label maps with the bundled network, and write the picture {PICTURE.as_posix()}."


def run(arguments: argparse.Namespace) -> None:
    started = time.perf_counter()
    image = translations(8)
    PICTURE.parent.mkdir(exist_ok=True)
    with whole_file(PICTURE) as file:
        image.save(file, "PNG")
    seconds = time.perf_counter() - started
    print(f"{PICTURE}: eight label maps, below them the network's translations, at the bottom the drawn photographs ({seconds:.1f} s)")


def translations(count: int) -> Image.Image:
    """Label maps, their translations and the drawn photographs in three rows."""
    torch.manual_seed(0)
    generator, _ = load_pretrained("houses_128")
    xs, ys = stack_pairs(SyntheticPairs(count, 128, seed=777))
    return draw_grid([xs, translate_each(generator, xs), ys])
