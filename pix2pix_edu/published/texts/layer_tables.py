"""The README of a collection of GANs: two tables of layers and a paragraph on losses; the classes themselves lie elsewhere.

What it does best: the tables. Ours (audit.table) are printed from the live module, so that sizes and strides cannot disagree.
"""

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.published.steps import CRITIC, ON_LOGITS, discriminator_first
from pix2pix_edu.published.system import Fault, System
from pix2pix_edu.published.texts.reflect_unet import ReflectUNet, mirrored_block

# Table 'Discriminator of Pix2Pix': its last two sizes, 31 and 30, need stride 1; its column of strides has 2 in every row.
SIZES, STRIDES = (2, 2, 2, 1, 1), (2, 2, 2, 2, 2)
# Table 'Generator of Pix2Pix', row D1-D7: "64, 128, 512 (5)". 64 is the row above it, and 256 is missing.
PRINTED_CHANNELS = (1, 2, 8, 8, 8, 8, 8, 8)


class TableDiscriminator(nn.Module):
    """The discriminator of its table, with the strides that one reads in it; no activation at the end, so logits."""

    def __init__(self, width: int = 64, strides: Sequence[int] = SIZES):
        super().__init__()
        first = nn.Conv2d(6, width, 4, strides[0], 1, padding_mode="reflect")
        blocks = (mirrored_block(width * 2**i, width * 2 ** (i + 1), stride) for i, stride in enumerate(strides[1:4]))
        last = nn.Conv2d(8 * width, 1, 4, strides[4], 1, padding_mode="reflect")
        self.layers = nn.Sequential(first, nn.LeakyReLU(0.2), *blocks, last)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.layers(torch.cat([x, y], dim=1))


def generator(depth: int = 8, width: int = 64) -> nn.Module:
    """The generator of its table, with 256 channels put back where its code has them."""
    return ReflectUNet(depth, width, bottleneck_padding="zeros")


def printed_generator(depth: int = 8, width: int = 64) -> nn.Module:
    """The generator of its table with the channels as printed; of a smaller one, the levels next to the picture."""
    return ReflectUNet(depth, width, PRINTED_CHANNELS[:depth], bottleneck_padding="zeros")


SYSTEM = System(
    name="layer_tables",
    text="the README of a collection of GANs: tables of layers, a paragraph on losses",
    generator=generator,
    discriminator=TableDiscriminator,
    # Section 'Loss': D's two terms "are summed", so they are not halved.
    step=partial(discriminator_first, adversarial=ON_LOGITS, share=1.0),
    open=(
        "mirrored borders (the bottleneck has zeros), no bias below a norm, dropout in the first three decoder blocks: as in its code",
        "the norm of the decoder is printed as 'CONV 2D' without kernel or stride: a batch norm, as in its code",
        "lambda, the optimizers, the batch size, the order of the updates and how weights start are not said: D first",
    ),
    faults=(
        Fault("rows 6 and 8 shrink 32 to 31 and 30 with stride 2: only stride 1 does that", "table 'Discriminator', Stride and Size"),
        Fault("the output is called probabilities, with no sigmoid in the table", "table 'Discriminator', rows 8 and OUTPUT"),
        Fault("seven blocks lead from 128 to 2 pixels: that takes six, or counts the row above", "table 'Generator', row D1-D7"),
        Fault("the channels leap from 128 to 512: 256 is missing", "table 'Generator', rows D1-D7 and UP1-UP7"),
        Fault("words of cross entropy, formulas of a Wasserstein critic", "section 'Loss', the two bullets"),
        Fault("max closes before + lambda * L1: a G that maximised the whole sum would flee from y", "section 'Loss', second bullet"),
        Fault("D stands where G is meant, inside the L1 term", "section 'Loss', second bullet"),
        Fault("doubled channels for the concatenation are called a result of the L1 term", "section 'Loss', fourth sentence"),
    ),
)


def _reading(name: str, text: str, **changes: object) -> System:
    parts = {"generator": generator, "discriminator": TableDiscriminator, "step": SYSTEM.step, **changes}
    return System(name=f"layer_tables_{name}", text=f"the README's tables: {text}", **parts)


READINGS = (
    _reading("by_strides", "D by its column of strides", discriminator=partial(TableDiscriminator, strides=STRIDES)),
    _reading("by_channels", "G by its column of channels", generator=printed_generator),
    # L1 is minimised: whoever maximises the whole line pays G for its distance from the target.
    _reading("by_formulas", "the losses by its formulas", step=partial(discriminator_first, adversarial=CRITIC, share=1.0)),
    _reading("squared", "the losses of its code, whose 'L1' is a squared error", step=partial(discriminator_first, distance=F.mse_loss)),
)
