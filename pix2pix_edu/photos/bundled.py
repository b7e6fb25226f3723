"""The pairs that come with the library: photographs of the Earth from orbit, and emoji."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pix2pix_edu.files import DATA
from pix2pix_edu.photos.folders import Halves, ParallelPairs

# The colours of the climate maps of "earth", in the order of the numbers in their files.
CLIMATE_PALETTE = {
    "deep sea": (27, 72, 134),
    "shelf": (137, 194, 232),
    "rain forest": (0, 98, 52),
    "savanna": (163, 192, 62),
    "steppe": (226, 192, 82),
    "desert": (250, 229, 188),
    "Mediterranean": (214, 126, 60),
    "temperate": (76, 164, 92),
    "continental": (64, 156, 160),
    "boreal": (52, 92, 98),
    "tundra": (184, 168, 200),
    "ice": (255, 255, 255),
    "lake": (104, 104, 220),
}


@dataclass(frozen=True)
class BundledSet:
    """A bundled set of pairs: the pictures x and y are in x_folder/SPLIT and y_folder/SPLIT, under the same names."""

    shows: str
    x_folder: Path
    y_folder: Path
    flat: bool = False  # x has flat colours, and keeps them when it is made smaller
    licence: str = "cc0-1.0"  # under which networks are published that were trained on the set

    def credit(self) -> str:
        """Whose work the pictures are, to be told wherever they are shown."""
        return " ".join((self.x_folder.parent / "CREDIT.txt").read_text("utf-8").split())


EARTH, OPENMOJI = DATA / "earth", DATA / "openmoji"
BUNDLED = {
    "earth": BundledSet("climate map -> photograph from orbit", EARTH / "climate", EARTH / "photo", flat=True),
    "earth_relief": BundledSet("shaded relief -> photograph from orbit", EARTH / "relief", EARTH / "photo"),
    "openmoji": BundledSet("outline -> coloured emoji", OPENMOJI / "outline", OPENMOJI / "colour", licence="cc-by-sa-4.0"),
}


def open_photographs(name: str, split: str = "train", size: int = 128) -> ParallelPairs:
    """A bundled set as pairs (x, y) of tensors with side `size`. The files have 128 pixels; `split` is "train" or "val"."""
    if name not in BUNDLED:
        raise ValueError(f"no bundled photographs are named {name!r}: choose one of {', '.join(BUNDLED)}")
    found = BUNDLED[name]
    return (FlatPairs if found.flat else ParallelPairs)(found.x_folder / split, found.y_folder / split, size)


class FlatPairs(ParallelPairs):
    """Pairs whose x is a map of flat colours. It is resized without mixing them, so that it looks like one that was painted."""

    def _open(self, index: int) -> Halves:
        x, y = super()._open(index)
        return np.asarray(Image.fromarray(x).resize((self.size, self.size), Image.Resampling.NEAREST)), y
