"""Training steps with one thing wrong in each: for the lessons that show what goes wrong, and how it looks."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.training import Losses, Pix2Pix, Step, descend, train_step


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


AdversarialLoss = Callable[[Tensor], Tensor]


def altered_step(
    real: AdversarialLoss = real_loss,
    fake: AdversarialLoss = fake_loss,
    wanted: AdversarialLoss = real_loss,
    share: float = 0.5,
    distance: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda fake, x, y: F.l1_loss(fake, y),
) -> Step:
    """A train step with other losses: D's for y and for fakes, G's, the share of D's terms, the distance of (fake, x, y)."""

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        G, D = model.generator, model.discriminator
        drawn = G(x)
        d_loss = share * (real(D(x, y)) + fake(D(x, drawn.detach())))
        descend(d_loss, model.discriminator_optimizer)
        adversarial, l1 = wanted(D(x, drawn)), distance(drawn, x, y)
        descend(objective.gan_weight * adversarial + objective.l1_weight * l1, model.generator_optimizer)
        model.step += 1
        return Losses(d_loss.detach(), adversarial.detach(), l1.detach())

    return step


def shared_optimizer_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """Each loss moves every weight that it reaches, as with one Adam for both networks."""
    G, D = model.generator, model.discriminator
    optimizers = (model.discriminator_optimizer, model.generator_optimizer)

    def descend_everywhere(loss: Tensor) -> None:
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()

    fake = G(x)
    d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake.detach()))) / 2
    descend_everywhere(d_loss)
    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    descend_everywhere(objective.gan_weight * adversarial + objective.l1_weight * l1)
    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())


def generator_only_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """D judges, and never learns."""
    G, D = model.generator, model.discriminator
    fake = G(x)
    with torch.no_grad():
        d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake))) / 2
    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    descend(objective.gan_weight * adversarial + objective.l1_weight * l1, model.generator_optimizer)
    model.step += 1
    return Losses(d_loss, adversarial.detach(), l1.detach())


def hundredfold_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """The right step, a hundred times as far."""
    for optimizer, lr in ((model.generator_optimizer, model.lr), (model.discriminator_optimizer, model.discriminator_lr)):
        optimizer.param_groups[0]["lr"] = 100 * lr
    return train_step(model, x, y, objective)
