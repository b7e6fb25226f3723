"""One house in many photographs."""

import torch
from torch import Tensor

from pix2pix_edu.drawing.unpainted import draw_unpainted_pair
from pix2pix_edu.images import to_tensor

HOUSE, SIDE = 3, 64


def same_house(count: int) -> tuple[Tensor, Tensor]:
    """A label map (3, 64, 64) that says neither paint nor sky, and `count` photographs that fit it (count, 3, 64, 64)."""
    photos = [to_tensor(draw_unpainted_pair(HOUSE, SIDE, appearance=look)[1]) for look in range(count)]
    return to_tensor(draw_unpainted_pair(HOUSE, SIDE)[0]), torch.stack(photos)
