"""The first translation: houses that nobody has trained on, through the network that comes along."""

import argparse
import time
from pathlib import Path

import torch
from PIL import Image

from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.images import to_image
from pix2pix_edu.translation import translate
from pix2pix_edu.weights.bundled import load_pretrained

HELP = "see a translation at once, by the network that comes along"
PICTURE = Path("runs") / "first_translation.png"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose."""
    parser.description = f"Translate eight label maps with the network that comes along, and write the picture {PICTURE.as_posix()}."


def run(arguments: argparse.Namespace) -> None:
    """Write the picture, and say what is to be seen on it."""
    started = time.perf_counter()
    image = translations(8)
    PICTURE.parent.mkdir(exist_ok=True)
    image.save(PICTURE)
    seconds = time.perf_counter() - started
    print(f"{PICTURE}: above eight label maps, in the middle what the network makes of them, below their photographs ({seconds:.1f} s)")


def translations(count: int) -> Image.Image:
    """Label maps that the shipped generator has never seen, what it makes of them, and the drawn originals."""
    torch.manual_seed(0)
    generator, _ = load_pretrained("facades_64")
    pairs = SyntheticPairs(count, 64, seed=777)
    columns = [torch.cat([x, translate(generator, x), y], dim=1) for x, y in pairs]
    image = to_image(torch.cat(columns, dim=2))
    return image.resize((2 * image.width, 2 * image.height), Image.Resampling.NEAREST)
