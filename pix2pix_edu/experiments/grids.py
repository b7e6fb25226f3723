"""Grids that the stride leaves: trainings on painted facades that differ in how G enlarges or in the patch of D."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.drawing.classes import CLASSES, SKY_COLOURS
from pix2pix_edu.experiments.cells import BASE
from pix2pix_edu.files import DATA
from pix2pix_edu.layers import start_as_the_paper
from pix2pix_edu.run.settings import build, choose_objective, open_pairs
from pix2pix_edu.speed.fast_step import fast_step
from pix2pix_edu.training import Batches, Losses, Pix2Pix, linear_decay, train

RECORDS = DATA / "grids"


class Variant(NamedTuple):
    """What a training changes in the settings of the gallery's cells."""

    resize: bool = False  # resize-convolutions in the decoder
    patch: int = BASE.patch


VARIANTS = {
    "as the paper": Variant(),
    "resize-convolutions": Variant(resize=True),
    "patch 70": Variant(patch=70),
}


def train_variant(name: str, seed: int) -> tuple[nn.Module, Iterator[Losses]]:
    """A new generator, and the iterator that trains it."""
    variant = VARIANTS[name]
    settings = replace(BASE, patch=variant.patch, seed=seed)
    model = build(settings)
    if variant.resize:
        use_resize_convolutions(model.generator)
        model = Pix2Pix(model.generator, model.discriminator, settings.lr, settings.discriminator_lr)  # optimizers of the new weights
    batches = Batches(open_pairs(settings, "train"), settings.batch_size, seed)
    decay = linear_decay(settings.steps // 2, settings.steps)
    return model.generator, train(model, batches, settings.steps, choose_objective(settings), decay, fast_step(model))


def use_resize_convolutions(generator: nn.Module) -> None:
    """Put a resize-convolution in the place of each transposed one: repeat each value 2 x 2 times, then a 3 x 3 convolution."""
    for block in [each for each in generator.modules() if isinstance(each, nn.Sequential)]:
        for place, layer in enumerate(block):
            if isinstance(layer, nn.ConvTranspose2d):
                conv = nn.Conv2d(layer.in_channels, layer.out_channels, 3, padding=1, bias=layer.bias is not None)
                block[place] = nn.Sequential(nn.Upsample(scale_factor=2), conv)
                start_as_the_paper(block[place])
                block[place].to(layer.weight.device)


def sky_grid(fakes: Tensor, ys: Tensor, labels: Tensor, period: int = 8) -> float:
    """How strong a pattern is that all blocks of sky share, relative to the photographs: far above 1 is a grid.

    `labels` (pictures, height, width) has the class of each pixel. The blocks, `period` pixels a side, have sky only.
    """
    sky = torch.isin(labels, torch.tensor([CLASSES.index(name) for name in SKY_COLOURS]))
    whole = F.avg_pool2d(sky[:, None].float(), period).flatten() == 1
    place = torch.arange(period) - (period - 1) / 2
    powers = []
    for pictures in (fakes, ys):
        blocks = F.pixel_unshuffle(pictures.mean(dim=1, keepdim=True), period).movedim(1, -1).flatten(0, 2)[whole]
        shared = blocks.mean(dim=0).view(period, period)
        shared = shared - shared.mean()
        for ramp in (place[:, None], place[None]):  # a sky grows lighter towards the horizon, which is no grid
            shared = shared - ramp * (shared * ramp).mean() / place.square().mean()
        powers.append(shared.square().mean().item())
    return powers[0] / powers[1]
