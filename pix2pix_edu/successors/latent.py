"""A generator that uses its noise: a small BicycleGAN (Zhu et al., 2017).

In training an encoder reads from y what x leaves open, and G is given that as z, so that L1 has one right answer. Later z is random.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from pix2pix_edu.generator import Generator
from pix2pix_edu.layers import down_block
from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.training import Losses, Pix2Pix, descend

NUMBERS = 8  # in z
KL_WEIGHT = 0.5  # how much the encoder's z should look like the random one
RECOVERY_WEIGHT = 0.5  # how much the encoder should find the random z again in the picture that G made of it


class LatentGenerator(nn.Module):
    """A U-Net that is given z, a few numbers for each picture, beside x; and the encoder that finds z in y."""

    def __init__(self, depth: int = 4, width: int = 24):
        super().__init__()
        self.unet = Generator(in_channels=3 + NUMBERS, depth=depth, width=width, dropout=0.0)
        channels = [6, *(width * 2**level for level in range(depth - 1))]
        blocks = [down_block(*channels[level : level + 2], norm=False) for level in range(depth - 1)]
        self.encoder = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels[-1], 2 * NUMBERS))

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """The fake (batch, 3, height, width). Each number of z (batch, 8) is a channel of its own, the same at every pixel."""
        return self.unet(torch.cat([x, z[:, :, None, None].expand(-1, -1, *x.shape[-2:])], dim=1))

    def encode(self, x: Tensor, y: Tensor) -> Normal:
        """The distribution of the z that would make y of x."""
        mean, log_variance = self.encoder(torch.cat([x, y], dim=1)).float().chunk(2, dim=1)
        return Normal(mean, (log_variance.clamp(-8.0, 4.0) / 2).exp())


def latent_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """Update D once, then G and its encoder once: with a fake made with the z of y, and another one with a random z."""
    G, D = model.generator, model.discriminator
    of_y = G.encode(x, y)
    random = torch.randn_like(of_y.loc)
    fake, other = G(x, of_y.rsample()), G(x, random)

    d_loss = (real_loss(D(x, y)) + (fake_loss(D(x, fake.detach())) + fake_loss(D(x, other.detach()))) / 2) / 2
    descend(d_loss, model.discriminator_optimizer)

    adversarial = (real_loss(D(x, fake)) + real_loss(D(x, other))) / 2
    l1 = F.l1_loss(fake, y)  # not for the other fake: it is free to be another photograph
    prior = Normal(torch.zeros_like(random), torch.ones_like(random))
    close = kl_divergence(of_y, prior).sum(dim=1).mean()
    recovery = F.l1_loss(G.encode(x, other).loc, random)
    loss = objective.gan_weight * adversarial + objective.l1_weight * l1 + KL_WEIGHT * close + RECOVERY_WEIGHT * recovery
    descend(loss, model.generator_optimizer)

    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())
