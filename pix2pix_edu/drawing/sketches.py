"""Sketches to begin a drawing with: label maps that no network was trained on, and the colours to go on with."""

from collections.abc import Sequence

from PIL import Image

from pix2pix_edu.drawing.classes import CLASS_COLOURS
from pix2pix_edu.drawing.facades import PAIRS_PER_SEED
from pix2pix_edu.drawing.layout import Box, facade_layout
from pix2pix_edu.drawing.seeds import LAYOUT, random_stream

SEED = 2017  # no data set of the course has it
BUILDINGS = {"gable": 7, "shop": 3}  # the number of a building of this seed
BY_HAND = (  # measured in 64ths of the picture's side
    Box("facade", 16, 10, 60, 54),
    Box("cornice", 14, 8, 17, 56),
    Box("window", 22, 15, 32, 23),
    Box("window", 22, 28, 32, 36),
    Box("window", 22, 41, 32, 49),
    Box("window", 40, 15, 50, 23),
    Box("door", 44, 28, 60, 36),
    Box("window", 40, 41, 50, 49),
)


def sample_sketches(size: int) -> dict[str, Image.Image]:
    """Label maps by name: a plain house made by hand, and two drawn buildings."""
    drawn = {name: facade_layout(random_stream(SEED * PAIRS_PER_SEED + number, LAYOUT)) for name, number in BUILDINGS.items()}
    return {name: _paint(boxes, size) for name, boxes in {"plain house": BY_HAND, **drawn}.items()}


def paints() -> list[dict[str, str]]:
    """What a drawing board paints with: name and colour of each class, in the order of their numbers."""
    return [{"name": name, "color": "#{:02x}{:02x}{:02x}".format(*colour)} for name, colour in CLASS_COLOURS.items()]


def _paint(boxes: Sequence[Box], size: int) -> Image.Image:
    label_map = Image.new("RGB", (size, size), CLASS_COLOURS["background"])
    for box in (box.scaled(size) for box in boxes):
        label_map.paste(CLASS_COLOURS[box.kind], (box.left, box.top, box.right, box.bottom))
    return label_map
