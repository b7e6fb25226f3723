"""What can be drawn on the board, by the name of what a network was trained on: the classes to paint with, and maps to begin with."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from PIL import Image

from pix2pix_edu.drawing.classes import AROUND, CLASS_COLOURS, PARTS, SKY_COLOURS, UNPAINTED_COLOURS, WALL_COLOURS, Colours
from pix2pix_edu.drawing.facades import PAIRS_PER_SEED, draw_pair, paint_label_map
from pix2pix_edu.drawing.layout import Box
from pix2pix_edu.drawing.look import Paint
from pix2pix_edu.drawing.surroundings import Surroundings
from pix2pix_edu.drawing.unpainted import draw_unpainted_pair, paint_unpainted_labels
from pix2pix_edu.images import to_image
from pix2pix_edu.photos.bundled import CLIMATE_PALETTE, open_photographs

SEED = 2017  # no data set of the course uses it
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
Samples = dict[str, Image.Image]


class Subject(NamedTuple):
    """The classes with their colours, samples of a size, and the classes of each group, if there are groups."""

    colours: Colours
    samples: Callable[[int], Samples]
    groups: Mapping[str, Colours] = {}


def _unpainted(size: int) -> Samples:
    plain = paint_unpainted_labels([box.scaled(size) for box in PLAIN_HOUSE], size)
    return {"plain house": plain, **_buildings(draw_unpainted_pair, {"gable": 7, "shop": 3}, size)}


def _painted(size: int) -> Samples:
    around = Surroundings(moon=(9, 50), stars=[], clouds=[(8, 8)], trees=[(48, 3, 6)])
    plain = paint_label_map([box.scaled(size) for box in PLAIN_HOUSE], Paint(wall=0, sky=0), around, size)
    return {"plain house": plain, **_buildings(draw_pair, {"green shop": 18, "gable at night": 13}, size)}


def _buildings(draw: Callable, numbers: Mapping[str, int], size: int) -> Samples:
    return {name: draw(SEED * PAIRS_PER_SEED + number, size)[0] for name, number in numbers.items()}


def _photographs(name: str, numbers: Mapping[str, int], size: int) -> Samples:
    """Maps from the held-out part of a bundled set."""
    pairs = open_photographs(name, "val", size)
    return {title: to_image(pairs[number][0]) for title, number in numbers.items()}


SUBJECTS = {
    "painted": Subject(CLASS_COLOURS, _painted, GROUPS),
    "unpainted": Subject(UNPAINTED_COLOURS, _unpainted),
    "earth": Subject(CLIMATE_PALETTE, partial(_photographs, "earth", {"islands": 15, "gulf": 20, "Black Sea": 50})),
    "openmoji": Subject(
        {"paper": (255, 255, 255), "ink": (0, 0, 0)}, partial(_photographs, "openmoji", {"snake": 64, "cake": 86, "umbrella": 39})
    ),
}


def paints(name: str = "painted") -> list[dict[str, str]]:
    """The name, colour and group of each class, in the order of the class numbers."""
    subject = SUBJECTS[name]
    group_of = {each: group for group, classes in subject.groups.items() for each in classes}
    colours = {each: "#{:02x}{:02x}{:02x}".format(*colour) for each, colour in subject.colours.items()}
    return [{"name": each, "color": colour, "group": group_of.get(each, "")} for each, colour in colours.items()]


def sample_sketches(size: int, name: str = "painted") -> Samples:
    """Label maps by title. None of them is in any training data."""
    return SUBJECTS[name].samples(size)
