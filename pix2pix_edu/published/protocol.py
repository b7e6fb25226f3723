"""How a step trains, found out by running it on two networks of one number each."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pix2pix_edu.objective import Objective
from pix2pix_edu.training import Pix2Pix, Step

VERDICT = 0.3  # what the stand-in D says of everything: a probability, and a logit as well
DISTANCE = 0.5  # how far the stand-in G is from the target
ON_Y = {  # what losses cost where D says VERDICT of a picture that is to be real
    "BCE of a probability": -math.log(VERDICT),
    "BCE of a logit": math.log1p(math.exp(-VERDICT)),
    "least squares": (1 - VERDICT) ** 2,
    "critic": -VERDICT,
}
ON_FAKES = {
    "BCE of a probability": -math.log(1 - VERDICT),
    "BCE of a logit": math.log1p(math.exp(VERDICT)),
    "least squares": VERDICT**2,
    "critic": VERDICT,
}
DISTANCES = {"L1": DISTANCE, "L2": DISTANCE**2}


class Protocol(NamedTuple):
    """What a step does: who is updated first, by which losses, and with which share of D's two terms."""

    order: str
    adversarial: str
    share: float | None  # None for a critic, whose two terms cancel here
    distance: str


class Says(nn.Module):
    """A network that gives the same number everywhere, whatever it sees."""

    def __init__(self, value: float):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self, *pictures: Tensor) -> Tensor:
        return self.value.expand_as(pictures[0])


def read_protocol(step: Step) -> Protocol:
    """The protocol of a step: the numbers that it returns tell its losses, the optimizers tell its order."""
    model, order = Pix2Pix(Says(0.0), Says(VERDICT), lr=0.0), []
    model.generator_optimizer.register_step_post_hook(lambda *_: order.append("G"))
    model.discriminator_optimizer.register_step_post_hook(lambda *_: order.append("D"))
    y = torch.full((1, 3, 2, 2), DISTANCE)
    d_loss, g_loss, distance = (loss.item() for loss in step(model, y, y, Objective()))
    adversarial = _nearest(ON_Y, g_loss)
    both = ON_Y[adversarial] + ON_FAKES[adversarial]
    return Protocol(", ".join(order), adversarial, round(d_loss / both, 3) if abs(both) > 1e-6 else None, _nearest(DISTANCES, distance))


def _nearest(known: dict[str, float], found: float) -> str:
    name = min(known, key=lambda name: abs(known[name] - found))
    return name if abs(known[name] - found) < 1e-4 else "unknown"
