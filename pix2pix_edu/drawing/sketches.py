"""Label maps and colours for the drawing board."""

from PIL import Image

from pix2pix_edu.drawing.classes import CLASS_COLOURS
from pix2pix_edu.drawing.facades import PAIRS_PER_SEED, paint_labels
from pix2pix_edu.drawing.layout import Box, facade_layout
from pix2pix_edu.drawing.seeds import LAYOUT, random_stream

SEED = 2017  # no data set of the course uses it
BUILDINGS = {"gable": 7, "shop": 3}  # numbers of two buildings of this seed
PLAIN_HOUSE = (  # in 64ths of the picture's side
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
    """Label maps by name: a plain house and two drawn buildings. None of them is in any training data."""
    drawn = {name: facade_layout(random_stream(SEED * PAIRS_PER_SEED + number, LAYOUT)) for name, number in BUILDINGS.items()}
    layouts = {"plain house": PLAIN_HOUSE, **drawn}
    return {name: paint_labels([box.scaled(size) for box in boxes], size) for name, boxes in layouts.items()}


def paints() -> list[dict[str, str]]:
    """The name and colour of each class, in the order of the class numbers."""
    return [{"name": name, "color": "#{:02x}{:02x}{:02x}".format(*colour)} for name, colour in CLASS_COLOURS.items()]
