"""Explorable figures of pairs: a translation, the jitter that both halves share, and pairs damaged in several ways."""

import io
from collections.abc import Callable

import ipywidgets as widgets
import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from pix2pix_edu.classroom.display import draw_translations
from pix2pix_edu.classroom.explorer import choice, explore, menu, number, switch
from pix2pix_edu.classroom.pairs import figures
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.images import jitter, to_image, to_tensor
from pix2pix_edu.measures.pixels import l1
from pix2pix_edu.random_numbers import own_random_numbers

HOUSES = SyntheticPairs(100, 144, seed=5)  # each is drawn when first indexed
CROPS = (144, 136, 128, 112, 96)

Damage = Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor]]


def draw_translation(generator: nn.Module, pairs: SyntheticPairs, house: int, noise: int) -> tuple[Figure, str]:
    """Draw input | fake | target of one house, with dropout from the seed `noise`."""
    x, y = (side.unsqueeze(0) for side in pairs[house])
    with own_random_numbers(noise), torch.no_grad():
        fake = generator(x)
    alt = f"House {house}, noise {noise}: the label map x, the fake G(x) and the real photo y. L1 between fake and y: {l1(fake, y):.3f}."
    return draw_translations(x, fake, y), alt


def explore_translation(generator: nn.Module, pairs: SyntheticPairs) -> widgets.VBox:
    """Choose a house and a noise seed."""
    return explore(
        lambda house, noise: draw_translation(generator, pairs, house, noise),
        house=number("House", 0, len(pairs) - 1, 0),
        noise=number("Noise seed", 0, 99, 0),
    )


def draw_jitter(house: int, seed: int, crop: int, together: bool) -> tuple[Figure, str]:
    """Draw the crops of one pair, chosen once for both halves or once for each, and how well the cropped halves agree."""
    loaded = HOUSES[house]
    pair, boxes = _jittered(loaded, seed, crop, together)
    (top, left, flip), (y_top, y_left, y_flip) = boxes
    how = "one draw for both" if together else "a draw for each half"
    alt = (
        f"House {house}, seed {seed}, {how}: x is cut at row {top}, column {left}{' and flipped' if flip else ''}, "
        f"y at row {y_top}, column {y_left}{' and flipped' if y_flip else ''}; "
        f"{figures.edge_agreement(*pair):.2f} of the label edges are photo edges too (chance: 0.20)."
    )
    return figures.draw_crops(loaded, boxes, pair), alt


def _jittered(loaded: tuple[Tensor, Tensor], seed: int, crop: int, together: bool) -> tuple[tuple[Tensor, Tensor], list]:
    """Return the two crops and the place of each, which is read from a fourth channel with the number of every pixel."""
    height, width = loaded[0].shape[-2:]
    numbers = torch.arange(height * width, dtype=torch.float32).view(1, height, width)
    x, y = (torch.cat([half, numbers]) for half in loaded)
    rng = np.random.default_rng(seed)
    x, y = jitter(x, y, crop, rng) if together else (jitter(x, x, crop, rng)[0], jitter(y, y, crop, rng)[0])
    boxes = []
    for half in (x, y):
        first = int(half[3].min())
        boxes.append((first // width, first % width, bool(half[3, 0, 0] > half[3, 0, -1])))
    return (x[:3], y[:3]), boxes


def explore_jitter() -> widgets.VBox:
    """Choose a house, the seed of the jitter, the side of the crop, and whether both halves share one draw."""
    return explore(
        draw_jitter,
        house=number("House", 0, len(HOUSES) - 1, 12),
        seed=number("Seed", 0, 999, 0),
        crop=choice("Crop, of 144 px:", list(CROPS), 128),
        together=switch("one draw for both halves", True),
    )


def _through_jpeg(picture: Tensor) -> Tensor:
    file = io.BytesIO()
    to_image(picture).save(file, "JPEG", quality=75)
    return to_tensor(Image.open(file))


DAMAGES: dict[str, Damage] = {
    "none": lambda x, y, house: (x, y),
    "photo of the next house": lambda x, y, house: (x, HOUSES[(house + 1) % len(HOUSES)][1]),
    "only x flipped": lambda x, y, house: (x.flip(-1), y),
    "x one pixel to the right": lambda x, y, house: (x.roll(1, dims=-1), y),
    "crops drawn apart": lambda x, y, house: _jittered((x, y), house, 128, together=False)[0],
    "labels through JPEG": lambda x, y, house: (_through_jpeg(x), y),
}


def draw_destroyed(house: int, damage: str) -> tuple[Figure, str]:
    """Draw a pair after one kind of damage, and how well its halves still agree."""
    before = HOUSES[house]
    x, y = DAMAGES[damage](*before, house)
    alt = (
        f"House {house}, damage: {damage}. {figures.edge_agreement(x, y):.2f} of the label edges are photo edges too; "
        f"in the intact pair {figures.edge_agreement(*before):.2f}, by chance 0.20."
    )
    return figures.draw_overlays({"the photo": (x, y)}), alt


def explore_destroyed() -> widgets.VBox:
    """Choose a house and what happens to its pair."""
    return explore(draw_destroyed, house=number("House", 0, len(HOUSES) - 1, 12), damage=menu("Damage", list(DAMAGES), "none"))
