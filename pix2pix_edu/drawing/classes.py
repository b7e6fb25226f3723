"""The classes of drawn facades: names, colours, and class numbers from a label map."""

from collections.abc import Mapping

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pix2pix_edu.images import to_tensor

Colours = Mapping[str, tuple[int, int, int]]  # of the classes, by name, in the order of their numbers

PARTS = {  # as in the label maps of the CMP facades
    "window": (1, 127, 255),
    "door": (1, 207, 255),
    "cornice": (34, 254, 226),
    "sill": (112, 253, 144),
    "balcony": (192, 255, 63),
    "blind": (252, 240, 8),
    "deco": (255, 159, 2),
    "molding": (254, 80, 0),
    "pillar": (248, 2, 4),
    "shop": (174, 0, 1),
}
# Painted label maps, the course's own, say also which sky, which wall, and what is around the house.
SKY_COLOURS = {"day": (150, 206, 250), "dusk": (255, 188, 150), "night": (44, 50, 112)}
WALL_COLOURS = {
    "red bricks": (186, 96, 78),
    "ochre bricks": (206, 156, 90),
    "green boards": (136, 158, 112),
    "blue boards": (104, 142, 176),
    "rose bricks": (206, 136, 140),
    "lilac boards": (144, 122, 164),
    "teal boards": (84, 150, 146),
    "sand bricks": (206, 186, 152),
}
AROUND = {"cloud": (250, 250, 252), "sun or moon": (255, 246, 170), "tree": (40, 104, 56), "street": (108, 104, 102)}
CLASS_COLOURS = {**SKY_COLOURS, **AROUND, **WALL_COLOURS, **PARTS}
UNPAINTED_COLOURS = {"background": (0, 0, 222), "facade": (0, 48, 255), **PARTS}  # those of the CMP facades
COLOURS_OF = {"painted": CLASS_COLOURS, "unpainted": UNPAINTED_COLOURS}  # by the name of what is drawn

CLASSES = tuple(CLASS_COLOURS)
PALETTE = np.array(list(CLASS_COLOURS.values()), dtype=np.uint8)  # (25, 3)
WALLS = ("facade", *WALL_COLOURS)  # the classes that are wall


def label_ids(label_map: Image.Image | Tensor, colours: Colours = CLASS_COLOURS) -> Tensor:
    """The class number of each pixel of a label map, a picture or x in [-1, 1]: the class of the nearest colour."""
    x = to_tensor(label_map) if isinstance(label_map, Image.Image) else label_map
    if x.dim() not in (3, 4) or x.shape[-3] != 3:
        raise ValueError(f"a label map is a picture or a tensor of shape (3, height, width), got {tuple(x.shape)}")
    palette = torch.tensor(list(colours.values())).to(x) / 127.5 - 1.0
    distances = (x.movedim(-3, -1).unsqueeze(-2) - palette).square().sum(dim=-1)  # (..., height, width, classes)
    return distances.argmin(dim=-1)


def wall_mask(labels: Tensor, colours: Colours = CLASS_COLOURS) -> Tensor:
    """Which pixels are wall, from their class numbers."""
    return torch.isin(labels, torch.tensor([number for number, name in enumerate(colours) if name in WALLS]))
