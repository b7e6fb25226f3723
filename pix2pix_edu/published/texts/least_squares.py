"""A study note, in English and Korean, titled as the paper: an instance-norm U-Net trained with least squares.

What it does best: one line on PatchGAN. Only convolutions and no linear layer, so each output is a patch and any size of picture works.
"""

from functools import partial

from pix2pix_edu.published.steps import SQUARED, generator_first
from pix2pix_edu.published.system import Fault, System
from pix2pix_edu.published.texts.instance_unet import InstanceDiscriminator, InstanceUNet

SYSTEM = System(
    name="least_squares",
    text="a study note in English and Korean, titled 'Image-to-Image Translation with Conditional Adversarial Nets'",
    generator=InstanceUNet,
    discriminator=InstanceDiscriminator,
    step=partial(generator_first, adversarial=SQUARED),
    open=(
        "UNetDown and UNetUp are used and not printed: those of the other text with the same class GeneratorUNet",
        "lambda_pixel, the optimizers, the batch size and how weights start are not said",
        "input and target are the halves B and A of a pair: section 'Training', first lines of the loop",
    ),
    faults=(
        Fault(
            "least squares, because D judges patches; the paper has cross entropy",
            "section 'Training', first bullet",
        ),
        Fault("four layers of stride 2: a patch of 94, where the paper has 70", "section 'Discriminator', class Discriminator"),
        Fault("a bias in front of each norm, which takes it away again", "section 'Discriminator', discriminator_block"),
        Fault("G is updated before D; the paper has D first", "section 'Training', loop"),
        Fault("the decoder is said to use transposed convolutions; its last layer is upsampling and a convolution", "section 'Generator'"),
    ),
)
