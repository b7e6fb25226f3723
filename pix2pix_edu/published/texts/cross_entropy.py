"""A paper-reading post in Chinese, titled as the paper: an instance-norm U-Net trained with cross entropy on probabilities.

What it does best: the min-max in two lines, each with the terms that its network sees, and labels as maps of ones and zeros.
"""

from functools import partial

from torch import nn

from pix2pix_edu.published.steps import ON_PROBABILITIES, discriminator_first
from pix2pix_edu.published.system import Fault, System
from pix2pix_edu.published.texts.instance_unet import InstanceDiscriminator, InstanceUNet


def discriminator(width: int = 64) -> nn.Module:
    """The same layers as in the text with least squares, and a sigmoid behind them."""
    return InstanceDiscriminator(width, sigmoid=True)


SYSTEM = System(
    name="cross_entropy",
    text="a post in Chinese from a series of paper readings, titled 'Image-to-Image Translation with Conditional Adversarial Networks'",
    generator=InstanceUNet,
    discriminator=discriminator,
    step=partial(discriminator_first, adversarial=ON_PROBABILITIES),
    open=("lambda_pixel, the optimizers, the batch size, the number of epochs and how weights start are not said",),
    faults=(
        Fault("a stray dot, `requires_grad_.(False)`: as printed it is no Python", "section 3, the two lines of valid and fake"),
        Fault("pairs come from two loaders side by side: if each shuffles, no pair stays", "section 3, line of the inner loop"),
        Fault("four layers of stride 2: a patch of 94, where the paper has 70", "section 2, class Discriminator"),
        Fault("a bias in front of each norm, which takes it away again", "section 2, discriminator_block"),
        Fault("a sigmoid in D and BCELoss: log 0 where D is sure, and refused under autocast on a GPU", "section 2, last layer; section 3"),
        Fault("x and y are drawn from two distributions of their own; a pair is drawn from their joint one", "section 3, formula of D"),
    ),
)
