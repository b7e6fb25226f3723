"""Training steps with one mistake each, for the lessons that show what the mistake does to a training."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Optimizer

from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.training import Losses, Pix2Pix, Step, descend, train_step


def forgetful_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """Never call zero_grad(): each plain backward() adds to the gradients of all steps before."""

    def descend_without_zero_grad(loss: Tensor, optimizer: Optimizer) -> None:
        loss.backward()
        optimizer.step()

    return train_step(model, x, y, objective, descend_without_zero_grad)


def shared_optimizer_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """Let each loss update every weight that it reaches, as with one Adam for both networks."""

    def descend_in_both(loss: Tensor, _: Optimizer) -> None:
        _descend_in_both(model, loss)

    return train_step(model, x, y, objective, descend_in_both)


def joint_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """Add both losses, without detach(), and let one backward() update every weight."""
    G, D = model.generator, model.discriminator
    fake = G(x)
    d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake))) / 2
    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    _descend_in_both(model, d_loss + objective.gan_weight * adversarial + objective.l1_weight * l1)
    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())


def old_verdict_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """Not wrong, but unusual: as in the paper's own code, G gets D's verdict from before D's update, sent back through the updated D."""
    G, D = model.generator, model.discriminator
    fake = G(x)
    verdict = D(x, fake.detach())
    logits = verdict.detach().requires_grad_()
    adversarial = real_loss(logits)
    (asked,) = torch.autograd.grad(adversarial, logits)
    d_loss = (real_loss(D(x, y)) + fake_loss(verdict)) / 2
    descend(d_loss, model.discriminator_optimizer)
    l1 = F.l1_loss(fake, y)
    descend(objective.gan_weight * (asked * D(x, fake)).sum() + objective.l1_weight * l1, model.generator_optimizer)
    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())


def _descend_in_both(model: Pix2Pix, loss: Tensor) -> None:
    optimizers = (model.discriminator_optimizer, model.generator_optimizer)
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()


def generator_only_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """Compute D's loss, but never update D."""

    def descend_in_g_only(loss: Tensor, optimizer: Optimizer) -> None:
        if optimizer is model.generator_optimizer:
            descend(loss, optimizer)

    return train_step(model, x, y, objective, descend_in_g_only)


def hundredfold_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """Take the right step with learning rates a hundred times too high."""
    for optimizer, lr in ((model.generator_optimizer, model.lr), (model.discriminator_optimizer, model.discriminator_lr)):
        optimizer.param_groups[0]["lr"] = 100 * lr
    return train_step(model, x, y, objective)


AdversarialLoss = Callable[[Tensor], Tensor]


def altered_step(
    real: AdversarialLoss = real_loss,
    fake: AdversarialLoss = fake_loss,
    wanted: AdversarialLoss = real_loss,
    share: float = 0.5,
    distance: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda fake, x, y: F.l1_loss(fake, y),
) -> Step:
    """Return a train step with other losses.

    D minimises `share` * (`real` on y + `fake` on fakes); G minimises `wanted` on fakes, plus `distance`(fake, x, y).
    """

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
