"""What can be drawn on the board: the classes to paint with, and label maps to begin with."""

from PIL import Image

from pix2pix_edu.drawing.classes import AROUND, COLOURS_OF, PARTS, SKY_COLOURS, WALL_COLOURS
from pix2pix_edu.drawing.facades import PAIRS_PER_SEED, draw_pair, paint_labels
from pix2pix_edu.drawing.layout import Box
from pix2pix_edu.drawing.look import Paint
from pix2pix_edu.drawing.painted import draw_painted_pair, paint_label_map
from pix2pix_edu.drawing.surroundings import Surroundings

SEED = 2017  # no data set of the course uses it
BUILDINGS = {  # numbers of two buildings of this seed, for each task
    "facades": {"gable": 7, "shop": 3},
    "painted": {"green shop": 18, "gable at night": 13},
}
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
GROUPS = {"Sky": SKY_COLOURS, "Around the house": AROUND, "Walls": WALL_COLOURS, "Parts": PARTS}


def sample_sketches(size: int, drawn: str = "painted") -> dict[str, Image.Image]:
    """Label maps by name: a plain house and two drawn buildings. None of them is in any training data."""
    boxes = [box.scaled(size) for box in PLAIN_HOUSE]
    if drawn == "painted":
        around = Surroundings(moon=(9, 50), stars=[], clouds=[(8, 8)], trees=[(48, 3, 6)])
        plain, draw = paint_label_map(boxes, Paint(wall=0, sky=0), around, size), draw_painted_pair
    else:
        plain, draw = paint_labels(boxes, size), draw_pair
    buildings = {name: draw(SEED * PAIRS_PER_SEED + number, size)[0] for name, number in BUILDINGS[drawn].items()}
    return {"plain house": plain, **buildings}


def paints(drawn: str = "painted") -> list[dict[str, str]]:
    """The name, colour and group of each class, in the order of the class numbers."""
    groups = {name: group for group, names in GROUPS.items() for name in names} if drawn == "painted" else {}
    colours = {name: "#{:02x}{:02x}{:02x}".format(*colour) for name, colour in COLOURS_OF[drawn].items()}
    return [{"name": name, "color": colour, "group": groups.get(name, "")} for name, colour in colours.items()]
