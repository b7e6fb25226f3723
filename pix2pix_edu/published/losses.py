"""The adversarial losses that write-ups of pix2pix use, each as two functions of what D says."""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.objective import fake_loss, real_loss


class Adversarial(NamedTuple):
    """What D minimises on y and on fakes; G minimises the first one on its fakes."""

    real: Callable[[Tensor], Tensor]
    fake: Callable[[Tensor], Tensor]


def against(distance: Callable[[Tensor, Tensor], Tensor]) -> Adversarial:
    """A distance to a map of ones on y, to a map of zeros on fakes."""
    return Adversarial(
        real=lambda verdict: distance(verdict, torch.ones_like(verdict)),
        fake=lambda verdict: distance(verdict, torch.zeros_like(verdict)),
    )


ON_LOGITS = Adversarial(real_loss, fake_loss)
ON_PROBABILITIES = against(F.binary_cross_entropy)
SQUARED = against(F.mse_loss)
CRITIC = Adversarial(real=lambda verdict: -verdict.mean(), fake=lambda verdict: verdict.mean())


def in_32_bits(adversarial: Adversarial) -> Adversarial:
    """The same losses, calculated in 32 bits even inside autocast: BCE of a probability is refused there on a GPU."""

    def widened(loss: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def calculate(verdict: Tensor) -> Tensor:
            with torch.autocast(verdict.device.type, enabled=False):
                return loss(verdict.float())

        return calculate

    return Adversarial(*map(widened, adversarial))
