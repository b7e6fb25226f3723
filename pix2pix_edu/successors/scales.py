"""Discriminators at several scales, and feature matching: two ideas of pix2pixHD (Wang et al., 2018)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.training import Losses, Pix2Pix, descend

SCALES = 3
MATCHING_WEIGHT = 10.0  # of feature matching, as in pix2pixHD


class ScalesDiscriminator(nn.Module):
    """Several PatchGANs with the same patch. The first sees the pictures, each further one a copy half as large, and so twice as much."""

    def __init__(self, patch: int = 16, width: int = 24, scales: int = SCALES):
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(patch, width=width) for _ in range(scales))

    def forward(self, x: Tensor, y: Tensor) -> list[list[Tensor]]:
        """For each scale the values after each block of layers. The last ones are the logits."""
        image, found = torch.cat([x, y], dim=1), []
        for discriminator in self.scales:
            found.append(_values(discriminator, image))
            image = F.avg_pool2d(image, 2)
        return found


def _values(discriminator: PatchDiscriminator, image: Tensor) -> list[Tensor]:
    values = []
    for layer in discriminator.layers:
        image = layer(image)
        if isinstance(layer, nn.LeakyReLU):
            values.append(image)
    return [*values, image]


def feature_matching(of_fake: list[list[Tensor]], of_y: list[list[Tensor]]) -> Tensor:
    """The mean absolute difference of what D computes from the fake and from y, averaged over scales and blocks. Logits do not count."""
    pairs = [pair for fake, y in zip(of_fake, of_y, strict=True) for pair in zip(fake[:-1], y[:-1], strict=True)]
    return torch.stack([F.l1_loss(fake, y) for fake, y in pairs]).mean()


def scales_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """Update all of D once, then G once, which also learns to match D's features of y."""
    G, D = model.generator, model.discriminator
    fake = G(x)

    judged = zip(D(x, y), D(x, fake.detach()), strict=True)
    d_loss = torch.stack([(real_loss(of_y[-1]) + fake_loss(of_fake[-1])) / 2 for of_y, of_fake in judged]).mean()
    descend(d_loss, model.discriminator_optimizer)

    of_fake = D(x, fake)
    with torch.no_grad():
        of_y = D(x, y)
    adversarial = torch.stack([real_loss(values[-1]) for values in of_fake]).mean()
    matching, l1 = feature_matching(of_fake, of_y), F.l1_loss(fake, y)
    descend(objective.gan_weight * adversarial + MATCHING_WEIGHT * matching + objective.l1_weight * l1, model.generator_optimizer)

    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())
