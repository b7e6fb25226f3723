"""Bright spots at fixed places: trainings on the Earth's relief that differ in one setting of G or in the batch."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.experiments.grids import use_resize_convolutions
from pix2pix_edu.files import DATA
from pix2pix_edu.generator import Generator
from pix2pix_edu.layers import group_norm, replace_norms
from pix2pix_edu.objective import Objective
from pix2pix_edu.photos.bundled import open_photographs
from pix2pix_edu.speed.fast_step import fast_step
from pix2pix_edu.training import Batches, Losses, Pix2Pix, linear_decay, stack_pairs, train

SIZE, DEPTH, WIDTH, PATCH, STEPS = 64, 6, 16, 16, 3000
PLACES = (2, 40, 75, 110)  # unseen ones whose pictures are kept
RECORDS = DATA / "droplets"


class Variant(NamedTuple):
    """What a training changes."""

    norms: str = "batch"  # of the generator: "batch", "group", "none"; "none at the end": batch norm in all blocks but the decoder's last
    batch_size: int = 1
    resize: bool = False  # resize-convolutions in the decoder


VARIANTS = {
    "batch norm": Variant(),
    "group norm": Variant(norms="group"),
    "no norm": Variant(norms="none"),
    "batch norm, batch of 4": Variant(batch_size=4),
    "no norm at the end": Variant(norms="none at the end"),
    "resize-convolutions": Variant(resize=True),
}


def file_name(name: str) -> str:
    """The name of a variant, as its files have it."""
    return name.replace(",", "").replace(" ", "_")


def train_variant(name: str, seed: int) -> tuple[Generator, Iterator[Losses]]:
    """A new generator, and the iterator that trains it."""
    variant = VARIANTS[name]
    torch.manual_seed(seed)
    generator = Generator(depth=DEPTH, width=WIDTH)
    if variant.norms != "batch":
        of_generator = generator.up[-1:] if variant.norms == "none at the end" else generator
        replace_norms(of_generator, group_norm if variant.norms == "group" else lambda channels: nn.Identity())
    if variant.resize:
        use_resize_convolutions(generator)
    model = Pix2Pix(generator, PatchDiscriminator(PATCH, width=WIDTH), lr=5e-4, discriminator_lr=2e-4)
    batches = Batches(open_photographs("earth_relief", "train", SIZE), variant.batch_size, seed)
    return generator, train(model, batches, STEPS, Objective(), linear_decay(STEPS // 2, STEPS), fast_step(model))


@torch.no_grad()
def unseen_places(generator: nn.Module, name: str = "earth_relief", size: int = SIZE) -> tuple[Tensor, Tensor, Tensor]:
    """Map, fake and photograph of places on which nothing was trained, (places, 3, size, size) each."""
    pairs = open_photographs(name, "val", size)
    x, y = stack_pairs(pairs[place] for place in range(len(pairs)))
    return x, torch.cat([generator(each[None]) for each in x]), y


def spot(pictures: Tensor, around: int = 9) -> float:
    """How much a pixel differs from the mean around it, averaged over all pictures: the strongest place, relative to the median one."""
    grey = pictures.mean(dim=1, keepdim=True)
    change = (grey - F.avg_pool2d(grey, around, stride=1, padding=around // 2, count_include_pad=False)).abs()
    places = change.mean(dim=(0, 1))[2:-2, 2:-2]  # the edges of a picture are a case of their own
    return (places.max() / places.median()).item()
