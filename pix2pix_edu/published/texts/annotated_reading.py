"""A blog post in Chinese that reads the paper section by section and then implements it.

Its strength: every section of the paper has a paragraph of its own, quoted and explained.
"""

from functools import partial

import torch
from torch import Tensor, nn

from pix2pix_edu.objective import Objective
from pix2pix_edu.published.steps import ON_LOGITS, ON_PROBABILITIES, Adversarial, adversarial_step, in_32_bits
from pix2pix_edu.published.system import Fault, System
from pix2pix_edu.published.texts.reflect_unet import ReflectDiscriminator, ReflectUNet
from pix2pix_edu.speed.fast_step import scaled_descend
from pix2pix_edu.training import Descend, Losses, Pix2Pix, Step, descend


def discriminator(width: int = 64) -> nn.Module:
    return ReflectDiscriminator((width, 2 * width, 4 * width, 8 * width))  # the text has 64, 128, 256, 512


def autocast_step(
    device: torch.device, precision: torch.dtype, adversarial: Adversarial, descend_d: Descend = descend, descend_g: Descend = descend
) -> Step:
    """The text's step with networks and losses under autocast, as section 'Train' prints it."""

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        # No cache: the text opens autocast again for G, so G is never trained against D's 16-bit weights from before D's update.
        with torch.autocast(device.type, precision, cache_enabled=False):
            return adversarial_step(model, x, y, objective, adversarial, descend_d=descend_d, descend_g=descend_g)

    return step


def printed_step(device: torch.device) -> Step:
    """The step as printed, under the device's autocast. On a GPU the first loss raises an error; on a CPU, in bfloat16, it runs."""
    return autocast_step(device, torch.float16 if device.type == "cuda" else torch.bfloat16, ON_PROBABILITIES)


def mixed_step(device: torch.device) -> Step:
    """The smallest change that lets the step train on a GPU: BCE in 32 bits. Each network has a scaler, as printed."""
    for_d, for_g = (scaled_descend(torch.amp.GradScaler(device.type)) for _ in range(2))
    return autocast_step(device, torch.float16, in_32_bits(ON_PROBABILITIES), for_d, for_g)


SYSTEM = System(
    name="annotated_reading",
    text="a blog post in Chinese, titled '论文精读 - pix2pix', that reads the paper section by section, then implements it",
    address="https://www.cnblogs.com/guapiii/p/pix2pix.html",
    generator=ReflectUNet,
    discriminator=discriminator,
    step=partial(adversarial_step, adversarial=ON_PROBABILITIES),  # without a GPU the text's autocast does nothing
    mixed_step=mixed_step,
    claimed_patch=70,
    open=(
        "section 'Train' uses bce and l1 without defining them: BCELoss and L1Loss, which fit the sigmoid in D",
        "the initial weights are not stated: PyTorch's default",
        "the batch size, the number of epochs and how its own program is tested are not stated; eval() is never called",
    ),
    faults=(
        Fault("BCE of a probability under autocast, which PyTorch refuses on a GPU", "section 'Train', function train_fn"),
        Fault("stride depends on `feature == features[-1]`: a deeper D has a smaller patch than meant", "class Discriminator, __init__"),
        Fault(
            "min log(1 - D) and max log D are joined by a double arrow: they have the same goal but different gradients",
            "section 'Optimization and inference', first bullet",
        ),
        Fault("halving D's loss is said to slow D down: under Adam it does nothing", "section 'Optimization and inference', second bullet"),
        Fault("the L1 term is said to pull towards the input: it pulls towards the target", "section 'Objective', below the L1 formula"),
        Fault(
            "more patches are said to give more realistic detail: a medium size did best",
            "section 'Analysis of the objective function'",
        ),
    ),
)

# The code that the post links ends D in a sigmoid and uses BCEWithLogitsLoss, which applies a second one.
SIGMOID_TWICE = System(
    name="annotated_reading_sigmoid_twice",
    text="the code that the blog post links: a sigmoid in D, and another one in the loss",
    generator=ReflectUNet,
    discriminator=discriminator,
    step=partial(adversarial_step, adversarial=ON_LOGITS),
    mixed_step=lambda device: autocast_step(device, torch.float16, ON_LOGITS),
    claimed_patch=70,
    faults=(Fault("a sigmoid of a sigmoid: D's loss cannot fall below 0.503, and G's stays between 0.313 and 0.693", "the linked code"),),
)
