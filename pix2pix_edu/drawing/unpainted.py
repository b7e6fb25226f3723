"""Unpainted facades: label maps that say the layout and nothing else. They show what happens when x leaves the paint and the sky open."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pix2pix_edu.drawing.classes import UNPAINTED_COLOURS
from pix2pix_edu.drawing.layout import Box, facade_layout
from pix2pix_edu.drawing.look import facade_look
from pix2pix_edu.drawing.paint import paint_facade
from pix2pix_edu.drawing.seeds import APPEARANCE, LAYOUT, check_size, random_stream
from pix2pix_edu.images import to_tensor


def draw_unpainted_pair(seed: int, size: int, appearance: int | None = None) -> tuple[Image.Image, Image.Image]:
    """Draw a facade's label map and a photograph of it. Another `appearance` gives another photograph of the same label map."""
    check_size(size)
    boxes = [box.scaled(size) for box in facade_layout(random_stream(seed, LAYOUT))]
    rng = random_stream(seed if appearance is None else appearance, APPEARANCE)
    photo = paint_facade(boxes, facade_look(rng), size, rng)
    return paint_unpainted_labels(boxes, size), Image.fromarray(photo)


def photographs_of(seed: int, size: int, appearances: Iterable[int]) -> Tensor:
    """Photographs of one label map, one for each appearance: (count, 3, size, size) in [-1, 1]."""
    return torch.stack([to_tensor(draw_unpainted_pair(seed, size, appearance)[1]) for appearance in appearances])


def paint_unpainted_labels(boxes: Sequence[Box], size: int) -> Image.Image:
    """Paint the label map of a layout whose boxes are in pixels."""
    picture = np.empty((size, size, 3), dtype=np.uint8)
    picture[:] = UNPAINTED_COLOURS["background"]
    for box in boxes:
        picture[box.top : box.bottom, box.left : box.right] = UNPAINTED_COLOURS[box.kind]
    return Image.fromarray(picture)
