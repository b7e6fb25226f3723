"""A blog post in Chinese that reads the paper section by section and then implements it.

What it does best: every section of the paper has its own paragraph, quoted and explained.
"""

from functools import partial

import torch
from torch import Tensor, nn

from pix2pix_edu.objective import Objective
from pix2pix_edu.published.steps import ON_LOGITS, ON_PROBABILITIES, Adversarial, discriminator_first, in_32_bits
from pix2pix_edu.published.system import Fault, System
from pix2pix_edu.published.texts.reflect_unet import ReflectDiscriminator, ReflectUNet
from pix2pix_edu.speed.fast_step import scaled_descend
from pix2pix_edu.training import Descend, Losses, Pix2Pix, Step, descend


def discriminator(width: int = 64) -> nn.Module:
    """Its PatchGAN; the text's features are 64, 128, 256, 512."""
    return ReflectDiscriminator((width, 2 * width, 4 * width, 8 * width))


def autocast_step(
    device: torch.device, precision: torch.dtype, adversarial: Adversarial, descend_d: Descend = descend, descend_g: Descend = descend
) -> Step:
    """Its step with networks and losses under autocast, as section 'Train' prints it."""

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        # No cache: the text opens autocast anew for G, so that G never meets D's 16-bit weights from before D's update.
        with torch.autocast(device.type, precision, cache_enabled=False):
            return discriminator_first(model, x, y, objective, adversarial, descend_d=descend_d, descend_g=descend_g)

    return step


def printed_step(device: torch.device) -> Step:
    """Its step under the device's own autocast: as printed, on a GPU, it raises at the first loss; on a processor, in bfloat16, it runs."""
    return autocast_step(device, torch.float16 if device.type == "cuda" else torch.bfloat16, ON_PROBABILITIES)


def mixed_step(device: torch.device) -> Step:
    """The least change that lets its step train on a GPU: BCE of the probability in 32 bits. A scaler for each network, as printed."""
    for_d, for_g = (scaled_descend(torch.amp.GradScaler(device.type)) for _ in range(2))
    return autocast_step(device, torch.float16, in_32_bits(ON_PROBABILITIES), for_d, for_g)


SYSTEM = System(
    name="annotated_reading",
    text="a blog post in Chinese that reads the paper section by section, then implements it",
    generator=ReflectUNet,
    discriminator=discriminator,
    # Without a GPU the text's autocast does nothing: all is in 32 bits.
    step=partial(discriminator_first, adversarial=ON_PROBABILITIES),
    mixed_step=mixed_step,
    claimed_patch=70,
    open=(
        "bce and l1 are arguments that section 'Train' does not define: BCELoss and L1Loss, which fit the sigmoid in D",
        "how weights start is not said: PyTorch's own way",
        "the batch size, the number of epochs and how its own program is tested are not said; eval() is never called",
    ),
    faults=(
        Fault("BCE of a probability inside autocast: PyTorch refuses it on a GPU", "section 'Train', function train_fn"),
        Fault("the stride hangs on `feature == features[-1]`: a deeper D gets a smaller patch than meant", "class Discriminator, __init__"),
        Fault(
            "a double arrow joins min log(1 - D) and max log D: same goal, other slopes",
            "section 'Optimization and inference', first bullet",
        ),
        Fault("halving D's loss is said to slow D: under Adam it does nothing", "section 'Optimization and inference', second bullet"),
        Fault("the distance is said to pull towards the input: it pulls towards the target", "section 'Objective', below the L1 formula"),
        Fault(
            "more patches are said to give more lifelike detail: a middle size did best",
            "section 'Analysis of the objective function'",
        ),
    ),
)

# The code that the post links ends D in a sigmoid and takes BCEWithLogitsLoss, which applies a second one.
SIGMOID_TWICE = System(
    name="annotated_reading_sigmoid_twice",
    text="the code that the blog post links: a sigmoid in D, and another one in the loss",
    generator=ReflectUNet,
    discriminator=discriminator,
    step=partial(discriminator_first, adversarial=ON_LOGITS),
    mixed_step=lambda device: autocast_step(device, torch.float16, ON_LOGITS),
    claimed_patch=70,
    faults=(Fault("sigmoid of a sigmoid: D's loss cannot fall below 0.503, G's stays within 0.313 and 0.693", "the linked code"),),
)
