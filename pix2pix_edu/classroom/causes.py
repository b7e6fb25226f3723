"""What goes wrong in the clinic's runs: steps that do too much or too little, networks and settings that do not fit."""

from dataclasses import replace

import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.runs import Settings
from pix2pix_edu.training import Losses, Pix2Pix


def joint_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """Both losses in one sum, the fake not detached, one backward: every weight goes down everything that it reaches."""
    G, D = model.generator, model.discriminator
    fake = G(x)
    d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake))) / 2
    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    optimizers = (model.discriminator_optimizer, model.generator_optimizer)
    for optimizer in optimizers:
        optimizer.zero_grad()
    (d_loss + objective.gan_weight * adversarial + objective.l1_weight * l1).backward()
    for optimizer in optimizers:
        optimizer.step()
    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())


def forgetful_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """The right order with a plain backward(), and nowhere a zero_grad()."""
    G, D = model.generator, model.discriminator
    fake = G(x)
    d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake.detach()))) / 2
    d_loss.backward()
    model.discriminator_optimizer.step()
    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    (objective.gan_weight * adversarial + objective.l1_weight * l1).backward()
    model.generator_optimizer.step()
    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())


def rates(settings: Settings, generator: float, discriminator: float) -> Settings:
    """The learning rates so many times as high."""
    return replace(settings, lr=generator * settings.lr, discriminator_lr=discriminator * settings.discriminator_lr)


def normalise_bottleneck(model: Pix2Pix) -> None:
    """A norm of each picture by itself on the innermost map: where that map is 1x1, every value is its own mean."""
    innermost = model.generator.down[-1]
    innermost.insert(1, nn.GroupNorm(innermost[0].out_channels, innermost[0].out_channels))


def end_in_sigmoid(model: Pix2Pix) -> None:
    """D hands out probabilities; the losses expect logits."""
    model.discriminator.register_forward_hook(lambda module, inputs, logits: logits.sigmoid())
