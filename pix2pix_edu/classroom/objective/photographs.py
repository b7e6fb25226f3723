"""One house in many photographs."""

from torch import Tensor

from pix2pix_edu.drawing.unpainted import draw_unpainted_pair, photographs_of
from pix2pix_edu.images import to_tensor

HOUSE, SIDE = 3, 64


def same_house(count: int) -> tuple[Tensor, Tensor]:
    """A label map (3, 64, 64) that says neither paint nor sky, and `count` photographs that fit it (count, 3, 64, 64)."""
    return to_tensor(draw_unpainted_pair(HOUSE, SIDE)[0]), photographs_of(HOUSE, SIDE, range(count))
