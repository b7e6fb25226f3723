"""The training step with one pass through D for real and fake pairs together: the same losses with fewer operations."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.training import Descend, Losses, Pix2Pix, descend


class HalvesNorm(nn.BatchNorm2d):
    """Batch norm. While `halves` is set, each half of the batch is normalised on its own, as if D had been called twice."""

    halves = False

    def forward(self, x: Tensor) -> Tensor:
        if not self.halves:
            return super().forward(x)
        return torch.cat([super(HalvesNorm, self).forward(half) for half in x.chunk(2)])


def use_halves(discriminator: nn.Module) -> None:
    """Turn the network's batch norms into HalvesNorm. Weights and their names stay the same."""
    for module in discriminator.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = HalvesNorm


def judge_both(discriminator: nn.Module, x: Tensor, y: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """D(x, y) and D(x, fake) in one pass."""
    norms = [module for module in discriminator.modules() if isinstance(module, HalvesNorm)]
    for norm in norms:
        norm.halves = True
    try:
        real, fake = discriminator(torch.cat([x, x]), torch.cat([y, fake])).chunk(2)
    finally:
        for norm in norms:
            norm.halves = False
    return real, fake


def train_step_in_one_pass(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective, descend: Descend = descend) -> Losses:
    """training.train_step, with D's two calls for its own loss as one. Its norms must be HalvesNorm."""
    G, D = model.generator, model.discriminator
    fake = G(x)
    real_logits, fake_logits = judge_both(D, x, y, fake.detach().to(y.dtype))
    d_loss = (real_loss(real_logits) + fake_loss(fake_logits)) / 2
    descend(d_loss, model.discriminator_optimizer)

    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    descend(objective.gan_weight * adversarial + objective.l1_weight * l1, model.generator_optimizer)
    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())
