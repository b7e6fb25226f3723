"""Make again what lies beside this file: python data/make.py, or python data/make.py RUN to ship the networks of a run as well."""

import hashlib
import sys
from pathlib import Path

import torch
from PIL import Image

from pix2pix_edu.images import to_image
from pix2pix_edu.pretrained import load_pretrained
from pix2pix_edu.runs import ship
from pix2pix_edu.synthetic import SyntheticPairs, write_pairs
from pix2pix_edu.translation import translate

HERE = Path(__file__).parent


def translations(count: int = 8) -> Image.Image:
    """Label maps that the shipped generator has never seen, what it makes of them, and the drawn originals."""
    torch.manual_seed(0)
    generator, _ = load_pretrained("facades_64")
    pairs = SyntheticPairs(count, 64, seed=777)
    columns = [torch.cat([x, translate(generator, x), y], dim=1) for x, y in pairs]
    image = to_image(torch.cat(columns, dim=2))
    return image.resize((2 * image.width, 2 * image.height), Image.Resampling.NEAREST)


def checksums(folder: Path) -> str:
    """One line for each picture below the folder, as sha256sum writes them."""
    files = sorted(folder.rglob("*.png"))
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}\n" for file in files)


if __name__ == "__main__":
    for run in sys.argv[1:]:
        ship(Path(run), Path(run).name, HERE / "weights")
    write_pairs(HERE / "drawn" / "train", count=36, size=128, seed=1)
    write_pairs(HERE / "drawn" / "val", count=12, size=128, seed=2)
    (HERE / "drawn" / "MANIFEST.sha256").write_text(checksums(HERE / "drawn"))
    (HERE / "pictures").mkdir(exist_ok=True)
    translations().save(HERE / "pictures" / "translations.png", optimize=True)
