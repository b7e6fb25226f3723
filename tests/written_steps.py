"""Training steps as text, so that a test can exchange single pieces of the right one."""

import torch
import torch.nn.functional as F

from pix2pix_edu.objective import fake_loss, real_loss
from pix2pix_edu.training import Losses, descend

RIGHT_STEP = """
def answer(model, x, y, objective):
    G, D = model.generator, model.discriminator
    fake = G(x)
    d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake.detach()))) / 2
    descend(d_loss, model.discriminator_optimizer)
    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    descend(objective.gan_weight * adversarial + objective.l1_weight * l1, model.generator_optimizer)
    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())
"""


def edited(source, *changes):
    """Return the text with some pieces exchanged; each must be there."""
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    return source


def step_from(source):
    """Return the function that the text defines."""
    names = {"F": F, "Losses": Losses, "descend": descend, "fake_loss": fake_loss, "real_loss": real_loss, "torch": torch}
    exec(source, names)
    return names["answer"]
