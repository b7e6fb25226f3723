"""The two orders of a training step that write-ups of pix2pix use; the losses are theirs to choose."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.objective import Objective
from pix2pix_edu.published.losses import ON_LOGITS, Adversarial
from pix2pix_edu.training import Descend, Losses, Pix2Pix, descend

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
