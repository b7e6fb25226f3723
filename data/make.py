"""Make the drawn pairs, checksums and pictures in this folder: python data/make.py. With RUN, also bundle the networks of that run."""

import hashlib
import sys
from pathlib import Path

import torch
from PIL import Image

from pix2pix_edu.commands.first import translations
from pix2pix_edu.drawing.facades import write_pairs
from pix2pix_edu.photos.bundled import open_photographs
from pix2pix_edu.run.evaluation import draw_grid, translate_each
from pix2pix_edu.run.networks import save_for_sharing
from pix2pix_edu.training import stack_pairs
from pix2pix_edu.weights.bundled import load_pretrained, trained_on

HERE = Path(__file__).parent


def checksums(folder: Path) -> str:
    """A line per picture and record in the folder, as sha256sum writes them."""
    files = sorted(file for file in folder.rglob("*") if file.suffix in (".png", ".avif", ".json"))
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}\n" for file in files)


def of_photographs(network: str, count: int = 8) -> Image.Image:
    """Inputs x on which a network was not trained, evenly spread over the set, their translations and the targets in three rows."""
    torch.manual_seed(0)
    size, name = trained_on(network)
    pairs = open_photographs(name, "val", size)
    xs, ys = stack_pairs(pairs[place * len(pairs) // count] for place in range(count))
    return draw_grid([xs, translate_each(load_pretrained(network)[0], xs), ys])


if __name__ == "__main__":
    for run in sys.argv[1:]:
        save_for_sharing(Path(run), Path(run).name, HERE / "weights", bits=8)
    write_pairs(HERE / "drawn" / "train", count=36, size=128, seed=1)
    write_pairs(HERE / "drawn" / "val", count=12, size=128, seed=2)
    for folder in (HERE / "drawn", HERE / "gallery"):
        (folder / "MANIFEST.sha256").write_text(checksums(folder))
    (HERE / "pictures").mkdir(exist_ok=True)
    translations(8).save(HERE / "pictures" / "translations.png", optimize=True)
    for network in ("earth_128", "openmoji_128"):
        of_photographs(network).save(HERE / "pictures" / f"{network}.webp", quality=90, method=6)
