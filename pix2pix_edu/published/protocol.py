"""How a step trains, found out by running it on two networks with one weight each."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pix2pix_edu.objective import Objective
from pix2pix_edu.published.steps import CRITIC, ON_LOGITS, ON_PROBABILITIES, SQUARED
from pix2pix_edu.training import Pix2Pix, Step

OUTPUT = 0.3  # D's output for every picture: valid as a probability and as a logit
DISTANCE = 0.5  # from G's output to y
LOSSES = {"BCE of a probability": ON_PROBABILITIES, "BCE of a logit": ON_LOGITS, "least squares": SQUARED, "critic": CRITIC}
DISTANCES = {"L1": DISTANCE, "L2": DISTANCE**2}


class Protocol(NamedTuple):
    """The order of a step's updates, its losses, and the factor of D's two loss terms."""

    order: str
    adversarial: str
    share: float | None  # None for a critic, whose two terms cancel here
    distance: str


class Constant(nn.Module):
    """A network with the same output everywhere, whatever its input."""

    def __init__(self, value: float):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self, *pictures: Tensor) -> Tensor:
        return self.value.expand_as(pictures[0])


def read_protocol(step: Step) -> Protocol:
    """The protocol of a step: its losses from the numbers it returns, its order from hooks on the optimizers."""
    model, order = Pix2Pix(Constant(0.0), Constant(OUTPUT), lr=0.0), []
    model.generator_optimizer.register_step_post_hook(lambda *_: order.append("G"))
    model.discriminator_optimizer.register_step_post_hook(lambda *_: order.append("D"))
    y = torch.full((1, 3, 2, 2), DISTANCE)
    d_loss, g_loss, distance = (loss.item() for loss in step(model, y, y, Objective()))
    output = torch.tensor(OUTPUT)
    adversarial = _nearest({name: losses.real(output).item() for name, losses in LOSSES.items()}, g_loss)
    both = sum(loss(output).item() for loss in LOSSES[adversarial])
    return Protocol(", ".join(order), adversarial, round(d_loss / both, 3) if abs(both) > 1e-6 else None, _nearest(DISTANCES, distance))


def _nearest(known: dict[str, float], found: float) -> str:
    name = min(known, key=lambda name: abs(known[name] - found))
    return name if abs(known[name] - found) < 1e-4 else "unknown"
