"""Make the drawn pairs, checksums and pictures in this folder: python data/make.py. With RUN, also bundle the networks of that run."""

import hashlib
import sys
from pathlib import Path

from pix2pix_edu.commands.first import translations
from pix2pix_edu.drawing.facades import write_pairs
from pix2pix_edu.run.networks import save_for_sharing

HERE = Path(__file__).parent


def checksums(folder: Path) -> str:
    """A line per picture and record in the folder, as sha256sum writes them."""
    files = sorted(file for file in folder.rglob("*") if file.suffix in (".png", ".avif", ".json"))
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}\n" for file in files)


if __name__ == "__main__":
    for run in sys.argv[1:]:
        save_for_sharing(Path(run), Path(run).name, HERE / "weights")
    write_pairs(HERE / "drawn" / "train", count=36, size=128, seed=1)
    write_pairs(HERE / "drawn" / "val", count=12, size=128, seed=2)
    for folder in (HERE / "drawn", HERE / "gallery"):
        (folder / "MANIFEST.sha256").write_text(checksums(folder))
    (HERE / "pictures").mkdir(exist_ok=True)
    translations(8).save(HERE / "pictures" / "translations.png", optimize=True)
