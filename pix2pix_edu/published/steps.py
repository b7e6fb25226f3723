"""The training step of the write-ups, with the losses and the order of updates that each of them uses."""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.training import Descend, Losses, Pix2Pix, descend

Distance = Callable[[Tensor, Tensor], Tensor]


class Adversarial(NamedTuple):
    """Losses of D's output: D minimises `real` on y and `fake` on fakes, G minimises `real` on its fakes."""

    real: Callable[[Tensor], Tensor]
    fake: Callable[[Tensor], Tensor]


def to_ones_and_zeros(distance: Distance) -> Adversarial:
    """The distance of D's output from a map of ones (real), or from a map of zeros (fake)."""
    return Adversarial(
        real=lambda output: distance(output, torch.ones_like(output)),
        fake=lambda output: distance(output, torch.zeros_like(output)),
    )


ON_LOGITS = Adversarial(real_loss, fake_loss)
ON_PROBABILITIES = to_ones_and_zeros(F.binary_cross_entropy)
SQUARED = to_ones_and_zeros(F.mse_loss)
CRITIC = Adversarial(real=lambda output: -output.mean(), fake=lambda output: output.mean())


def in_32_bits(adversarial: Adversarial) -> Adversarial:
    """The same losses, computed in 32 bits even under autocast, where PyTorch refuses BCE of a probability on a GPU."""

    def widened(loss: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def compute(output: Tensor) -> Tensor:
            with torch.autocast(output.device.type, enabled=False):
                return loss(output.float())

        return compute

    return Adversarial(*map(widened, adversarial))


def adversarial_step(
    model: Pix2Pix,
    x: Tensor,
    y: Tensor,
    objective: Objective,
    adversarial: Adversarial = ON_LOGITS,
    share: float = 0.5,
    distance: Distance = F.l1_loss,
    generator_first: bool = False,
    descend_d: Descend = descend,
    descend_g: Descend = descend,
) -> Losses:
    """Update D and then G with the same batch of fakes, as in the paper, or with `generator_first` the other way round.

    `share` is the factor of D's two loss terms, `distance` the loss in the place of L1.
    """
    G, D = model.generator, model.discriminator
    fake = G(x)

    def update_d() -> Tensor:
        loss = share * (adversarial.real(D(x, y)) + adversarial.fake(D(x, fake.detach())))
        descend_d(loss, model.discriminator_optimizer)
        return loss.detach()

    def update_g() -> tuple[Tensor, Tensor]:
        loss, away = adversarial.real(D(x, fake)), distance(fake, y)
        descend_g(objective.gan_weight * loss + objective.l1_weight * away, model.generator_optimizer)
        return loss.detach(), away.detach()

    if generator_first:
        (g_loss, l1), d_loss = update_g(), update_d()
    else:
        d_loss, (g_loss, l1) = update_d(), update_g()
    model.step += 1
    return Losses(d_loss, g_loss, l1)
