"""What the figure of the flow network shows: its answers to label maps that leave much open, beside those of L1+cGAN."""

import functools

import torch
from PIL import Image
from torch import Tensor

from pix2pix_edu.drawing.classes import UNPAINTED_COLOURS, label_ids, wall_mask
from pix2pix_edu.drawing.facades import PAIRS_PER_SEED
from pix2pix_edu.drawing.unpainted import draw_unpainted_pair, photographs_of
from pix2pix_edu.experiments.successors import COUNTED, FLOW_STEPS, SIZE, answers, network_name, open_successor
from pix2pix_edu.images import to_image, to_tensor
from pix2pix_edu.measures.variety import variety
from pix2pix_edu.play.normals import normals
from pix2pix_edu.play.pictures import sheet, webp
from pix2pix_edu.successors.flow import FlowNetwork, sample

HOUSES = {"gable": 10, "shop": 3, "two floors": 8}
SEED = 2017 * PAIRS_PER_SEED  # no data set of the course uses it
PICTURES, LOOKS = 6, 16
NOISE = 1  # the seed of the noise that the figure begins with

open_flow = functools.cache(functools.partial(open_successor, "flow"))


def flow_answers() -> dict:
    """The houses, what the flow makes of the first one, and what L1+cGAN makes of each."""
    maps = {name: draw_unpainted_pair(SEED + number, SIZE)[0] for name, number in HOUSES.items()}
    first, gan = next(iter(maps)), open_successor("L1+cGAN")
    begun = {"sample": first, "steps": FLOW_STEPS, "seed": NOISE, "guesses": _row(walk(open_flow(), to_tensor(maps[first]), NOISE))}
    return {
        "size": SIZE,
        "network": network_name("flow"),
        "wall": list(UNPAINTED_COLOURS).index("facade"),
        "pictures": PICTURES,
        "counts": COUNTED,
        "maps": maps,
        "spreads": {name: spread(number, maps[name]) for name, number in HOUSES.items()},
        "begun": begun,
        "one_answer": {name: _row(answers(gan, to_tensor(map_)[None], PICTURES)[0]) for name, map_ in maps.items()},
    }


def walk(network: FlowNetwork, x: Tensor, seed: int, steps: int = FLOW_STEPS) -> Tensor:
    """The network's answers to x, from the noise that the browser draws with this seed."""
    noise = torch.from_numpy(normals(seed, PICTURES * x.numel())).float().view(PICTURES, *x.shape)
    return sample(network, x.expand_as(noise), noise, steps)


def spread(number: int, label_map: Image.Image) -> float:
    """How much the wall's colour varies between photographs that fit the label map of a house."""
    photographs = photographs_of(SEED + number, SIZE, (SEED + 1000 * (look + 1) for look in range(LOOKS)))
    walls = wall_mask(label_ids(label_map, UNPAINTED_COLOURS), UNPAINTED_COLOURS)
    return variety(photographs[None], walls[None]).wall


def _row(pictures: Tensor) -> str:
    return webp(sheet([to_image(picture) for picture in pictures], PICTURES))
