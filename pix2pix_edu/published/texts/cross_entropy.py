"""A paper-reading post in Chinese, titled as the paper: an instance-norm U-Net trained with cross entropy on probabilities.

Its strength: the min-max in two lines, each with the terms that its network can change, and labels as maps of ones and zeros.
"""

from functools import partial

from pix2pix_edu.published.steps import ON_PROBABILITIES, adversarial_step
from pix2pix_edu.published.system import Fault, System
from pix2pix_edu.published.texts.instance_unet import InstanceDiscriminator, InstanceUNet

SYSTEM = System(
    name="cross_entropy",
    text="a post in Chinese from a series of paper readings, titled 'Image-to-Image Translation with Conditional Adversarial Networks'",
    address="https://0809zheng.github.io/2022/03/10/p2p.html",
    generator=InstanceUNet,
    discriminator=partial(InstanceDiscriminator, sigmoid=True),
    step=partial(adversarial_step, adversarial=ON_PROBABILITIES),
    open=("lambda_pixel, the optimizers, the batch size, the number of epochs and the initial weights are not stated",),
    faults=(
        Fault("a stray dot, `requires_grad_.(False)`: this is not valid Python", "section 3, the two lines of valid and fake"),
        Fault("x and y come from two loaders side by side: if each one shuffles, the pairs are lost", "section 3, line of the inner loop"),
        Fault("four layers of stride 2 give a patch of 94; the paper's is 70", "section 2, class Discriminator"),
        Fault("a bias before each norm, which removes it again", "section 2, discriminator_block"),
        Fault("a sigmoid in D and BCELoss: log 0 where D is sure, and refused under autocast on a GPU", "section 2, last layer; section 3"),
        Fault("x and y are drawn from two separate distributions; a pair is drawn from their joint one", "section 3, formula of D"),
    ),
)
