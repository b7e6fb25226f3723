"""Painted facades: drawn facades whose label map also says the sky, the wall, and what is around the house.

Left open are the lit windows, curtains, flowers, goods, cats, stars, and all colours of doors and shutters.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from pix2pix_edu.drawing.classes import AROUND, PARTS, SKY_COLOURS, WALL_COLOURS
from pix2pix_edu.drawing.layout import GRID, STREET, Box, facade_layout
from pix2pix_edu.drawing.look import Paint, facade_look
from pix2pix_edu.drawing.paint import paint_facade
from pix2pix_edu.drawing.seeds import APPEARANCE, LAYOUT, PAINT, check_size, random_stream
from pix2pix_edu.drawing.surroundings import Surroundings, random_surroundings


def draw_painted_pair(seed: int, size: int, appearance: int | None = None) -> tuple[Image.Image, Image.Image]:
    """Draw a painted label map and a photograph of it. Another `appearance` gives another photograph of the same label map."""
    check_size(size)
    boxes = [box.scaled(size) for box in facade_layout(random_stream(seed, LAYOUT))]
    painting = random_stream(seed, PAINT)
    paint = Paint(int(painting.integers(len(WALL_COLOURS))), int(painting.integers(len(SKY_COLOURS))))
    around = random_surroundings(painting)
    around = around._replace(clouds=around.clouds[: painting.integers(3)])
    rng = random_stream(seed if appearance is None else appearance, APPEARANCE)
    stars = random_surroundings(rng).stars
    photo = paint_facade(boxes, facade_look(rng, paint), size, rng, around._replace(stars=stars))
    return paint_label_map(boxes, paint, around, size), Image.fromarray(photo)


def draw_painted_labels_pair(seed: int, size: int) -> tuple[Image.Image, Image.Image]:
    """Draw the photograph as x and its painted label map as y: a task with one right answer."""
    label_map, photo = draw_painted_pair(seed, size)
    return photo, label_map


def paint_label_map(boxes: Sequence[Box], paint: Paint, around: Surroundings, size: int) -> Image.Image:
    """Paint the label map of a layout whose boxes are in pixels."""
    walls, skies = list(WALL_COLOURS.values()), list(SKY_COLOURS.values())
    picture = np.empty((size, size, 3), dtype=np.uint8)
    picture[:] = skies[paint.sky]
    picture[around.moon_mask(size)] = AROUND["sun or moon"]
    for cloud in around.cloud_masks(size):
        picture[cloud] = AROUND["cloud"]
    for trunk, crown, _ in around.tree_masks(size):
        picture[trunk | crown] = AROUND["tree"]
    picture[STREET * size // GRID :] = AROUND["street"]
    for box in boxes:
        picture[box.top : box.bottom, box.left : box.right] = walls[paint.wall] if box.kind == "facade" else PARTS[box.kind]
    return Image.fromarray(picture)
