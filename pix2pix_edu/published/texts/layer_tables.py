"""The README of a collection of GANs: two tables of layers and a paragraph on losses, without the classes themselves.

Its strength: the tables. Ours (audit.table) are printed from the module, so sizes and strides cannot disagree.
"""

from collections.abc import Sequence
from functools import partial

import torch.nn.functional as F
from torch import nn

from pix2pix_edu.published.steps import CRITIC, adversarial_step
from pix2pix_edu.published.system import Fault, System
from pix2pix_edu.published.texts.reflect_unet import ReflectDiscriminator, ReflectUNet

# The strides according to two columns of table 'Discriminator of Pix2Pix': the last two sizes, 31 and 30, need stride 1.
SIZES, STRIDES = (2, 2, 2, 1, 1), (2, 2, 2, 2, 2)
# Table 'Generator of Pix2Pix', row D1-D7: "64, 128, 512 (5)". 64 belongs to the row above, and 256 is missing.
PRINTED_CHANNELS = (1, 2, 8, 8, 8, 8, 8, 8)


def discriminator(width: int = 64, strides: Sequence[int] = SIZES) -> nn.Module:
    """The discriminator of the table, with the strides of one of its columns. There is no last activation, so it outputs logits."""
    return ReflectDiscriminator((width, 2 * width, 4 * width, 8 * width), sigmoid=False, strides=strides)


# The generator of the table, with the missing 256 channels, which its code has.
generator = partial(ReflectUNet, bottleneck_padding="zeros")

SYSTEM = System(
    name="layer_tables",
    text="the README 'Pix2Pix' of a collection of GANs: tables of layers, a paragraph on losses",
    address="https://github.com/giakou4/gans/blob/10a51b3ebc492eb84f4d69bd4057a29816ea3e13/6.%20Pix2Pix/README.md",
    generator=generator,
    discriminator=discriminator,
    step=partial(adversarial_step, share=1.0),  # section 'Loss': D's two terms "are summed", so they are not halved
    open=(
        "mirrored borders (zeros at the bottleneck), no bias before a norm, dropout in the first three decoder blocks: as in its code",
        "the norm of the decoder is printed as 'CONV 2D' without kernel or stride: a batch norm, as in its code",
        "lambda, the optimizers, the batch size, the order of the updates and the initial weights are not stated: D first",
    ),
    faults=(
        Fault("rows 6 and 8 go from 32 to 31 and 30 with stride 2: only stride 1 does that", "table 'Discriminator', Stride and Size"),
        Fault("the output is called probabilities, but the table has no sigmoid", "table 'Discriminator', rows 8 and OUTPUT"),
        Fault("seven blocks lead from 128 to 2 pixels: it takes six, or seven with the row above", "table 'Generator', row D1-D7"),
        Fault("the channels jump from 128 to 512: 256 is missing", "table 'Generator', rows D1-D7 and UP1-UP7"),
        Fault("the words describe cross entropy, the formulas a Wasserstein critic", "section 'Loss', the two bullets"),
        Fault("max() ends before + lambda * L1: a G that maximised the whole sum would move away from y", "section 'Loss', second bullet"),
        Fault("inside the L1 term, D is printed in place of G", "section 'Loss', second bullet"),
        Fault("the doubled channels of the concatenation are called a result of the L1 term", "section 'Loss', fourth sentence"),
    ),
)


def _reading(name: str, text: str, **changes: object) -> System:
    parts = {"generator": generator, "discriminator": discriminator, "step": SYSTEM.step, **changes}
    return System(name=f"layer_tables_{name}", text=f"the README's tables: {text}", **parts)


READINGS = (
    _reading("by_strides", "D by its column of strides", discriminator=partial(discriminator, strides=STRIDES)),
    _reading("by_channels", "G by its column of channels", generator=partial(generator, multiples=PRINTED_CHANNELS)),
    # L1 is minimised: maximising the whole formula would reward G for its distance from the target.
    _reading("by_formulas", "the losses by its formulas", step=partial(adversarial_step, adversarial=CRITIC, share=1.0)),
    _reading("squared", "the losses of its code, whose 'L1' is a squared error", step=partial(adversarial_step, distance=F.mse_loss)),
)
