"""Discriminators at two scales, and their inner values as a target for G: two of the changes of pix2pixHD (Wang et al., 2018)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.training import Descend, Losses, Pix2Pix, descend

MATCHING_WEIGHT = 10.0  # of pix2pixHD


class TwoScales(nn.Module):
    """Two discriminators of the same build. The second one is given the pictures at half their size, so its patch covers twice the side."""

    def __init__(self, patch: int = 16, width: int = 24):
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(patch, width=width) for _ in range(2))

    def forward(self, x: Tensor, y: Tensor) -> list[list[Tensor]]:
        """For each scale, what each of its layers gives; the logits are the last."""
        results, picture = [], torch.cat([x, y], dim=1)
        for scale in self.scales:
            values = [picture]
            for layer in scale.layers:
                values.append(layer(values[-1]))
            results.append([value for value, layer in zip(values[1:], scale.layers, strict=True) if not isinstance(layer, nn.BatchNorm2d)])
            picture = F.avg_pool2d(picture, 2)
        return results


def matching_loss(fake: list[list[Tensor]], real: list[list[Tensor]]) -> Tensor:
    """The mean absolute difference between a discriminator's inner values for the fake and for y."""
    pairs = [pair for scales in zip(fake, real, strict=True) for pair in zip(scales[0][:-1], scales[1][:-1], strict=True)]
    return torch.stack([F.l1_loss(one, other.detach()) for one, other in pairs]).mean()


def two_scale_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective, descend: Descend = descend) -> Losses:
    """Update both discriminators once, then G once."""
    G, D = model.generator, model.discriminator
    fake = G(x)

    d_loss = sum(real_loss(real[-1]) + fake_loss(made[-1]) for real, made in zip(D(x, y), D(x, fake.detach()), strict=True)) / 4
    descend(d_loss, model.discriminator_optimizer)

    of_fake, of_y = D(x, fake), D(x, y)
    adversarial, l1 = sum(real_loss(values[-1]) for values in of_fake) / 2, F.l1_loss(fake, y)
    matching = MATCHING_WEIGHT * matching_loss(of_fake, of_y)
    descend(objective.gan_weight * (adversarial + matching) + objective.l1_weight * l1, model.generator_optimizer)

    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())
