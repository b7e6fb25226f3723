"""A study note, in English and Korean, titled as the paper: an instance-norm U-Net trained with least squares.

Its strength: one line on PatchGAN. It has only convolutions and no linear layer, so each output is a patch and any image size works.
"""

from functools import partial

from pix2pix_edu.published.steps import SQUARED, adversarial_step
from pix2pix_edu.published.system import Fault, System
from pix2pix_edu.published.texts.instance_unet import InstanceDiscriminator, InstanceUNet

SYSTEM = System(
    name="least_squares",
    text="a study note in English and Korean, titled 'Image-to-Image Translation with Conditional Adversarial Nets'",
    address="https://github.com/givenone/GAN/blob/a882cdc8e4e68f829d333abca18f4bf920a8f2cb/pix2pix.md",
    generator=InstanceUNet,
    discriminator=InstanceDiscriminator,
    step=partial(adversarial_step, adversarial=SQUARED, generator_first=True),
    open=(
        "UNetDown and UNetUp are used but not printed: those of the other text with the same class GeneratorUNet",
        "lambda_pixel, the optimizers, the batch size and the initial weights are not stated",
        "input and target are the halves B and A of a pair: section 'Training', first lines of the loop",
    ),
    faults=(
        Fault("least squares, with the reason that D judges patches; the paper uses cross entropy", "section 'Training', first bullet"),
        Fault("four layers of stride 2 give a patch of 94; the paper's is 70", "section 'Discriminator', class Discriminator"),
        Fault("a bias before each norm, which removes it again", "section 'Discriminator', discriminator_block"),
        Fault("G is updated before D; the paper updates D first", "section 'Training', loop"),
        Fault("the decoder is said to use transposed convolutions; its last layer is upsampling and a convolution", "section 'Generator'"),
    ),
)
