"""Adversarial losses and training steps as the write-ups have them."""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.training import Descend, Losses, Pix2Pix, descend


class Adversarial(NamedTuple):
    """What D minimises on y and on fakes; G minimises the first one on its fakes."""

    real: Callable[[Tensor], Tensor]
    fake: Callable[[Tensor], Tensor]


def against(distance: Callable[[Tensor, Tensor], Tensor]) -> Adversarial:
    """A distance to a map of ones on y, to a map of zeros on fakes."""
    return Adversarial(
        real=lambda verdict: distance(verdict, torch.ones_like(verdict)),
        fake=lambda verdict: distance(verdict, torch.zeros_like(verdict)),
    )


ON_LOGITS = Adversarial(real_loss, fake_loss)
ON_PROBABILITIES = against(F.binary_cross_entropy)
SQUARED = against(F.mse_loss)
CRITIC = Adversarial(real=lambda verdict: -verdict.mean(), fake=lambda verdict: verdict.mean())


def in_32_bits(adversarial: Adversarial) -> Adversarial:
    """The same losses, calculated in 32 bits even inside autocast: BCE of a probability is refused there on a GPU."""

    def widened(loss: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def calculate(verdict: Tensor) -> Tensor:
            with torch.autocast(verdict.device.type, enabled=False):
                return loss(verdict.float())

        return calculate

    return Adversarial(*map(widened, adversarial))


Distance = Callable[[Tensor, Tensor], Tensor]


def discriminator_first(
    model: Pix2Pix,
    x: Tensor,
    y: Tensor,
    objective: Objective,
    adversarial: Adversarial = ON_LOGITS,
    share: float = 0.5,
    distance: Distance = F.l1_loss,
    descend_d: Descend = descend,
    descend_g: Descend = descend,
) -> Losses:
    """Update D once, then G once through the D just updated: the paper's order."""
    G, D = model.generator, model.discriminator
    fake = G(x)

    d_loss = share * (adversarial.real(D(x, y)) + adversarial.fake(D(x, fake.detach())))
    descend_d(d_loss, model.discriminator_optimizer)

    g_loss, l1 = adversarial.real(D(x, fake)), distance(fake, y)
    descend_g(objective.gan_weight * g_loss + objective.l1_weight * l1, model.generator_optimizer)

    model.step += 1
    return Losses(d_loss.detach(), g_loss.detach(), l1.detach())


def generator_first(
    model: Pix2Pix,
    x: Tensor,
    y: Tensor,
    objective: Objective,
    adversarial: Adversarial = ON_LOGITS,
    share: float = 0.5,
    distance: Distance = F.l1_loss,
) -> Losses:
    """Update G once through the D of the step before, then D once on the fake from before G's update."""
    G, D = model.generator, model.discriminator
    fake = G(x)

    g_loss, l1 = adversarial.real(D(x, fake)), distance(fake, y)
    descend(objective.gan_weight * g_loss + objective.l1_weight * l1, model.generator_optimizer)

    d_loss = share * (adversarial.real(D(x, y)) + adversarial.fake(D(x, fake.detach())))
    descend(d_loss, model.discriminator_optimizer)

    model.step += 1
    return Losses(d_loss.detach(), g_loss.detach(), l1.detach())
