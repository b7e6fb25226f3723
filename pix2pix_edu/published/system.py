"""A published system: two networks, a training step, and notes on the text that describes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import nn

from pix2pix_edu.training import Pix2Pix, Step


class Fault(NamedTuple):
    """An error in a text, and the place where it can be read."""

    what: str
    where: str


@dataclass(frozen=True)
class System:
    """A generator, a discriminator and a step, as one text defines them."""

    name: str
    text: str  # what kind of text it is, with its title
    generator: Callable[[int, int], nn.Module]  # from depth and width; the texts have 8 and 64
    discriminator: Callable[[int], nn.Module]  # from width
    step: Step
    address: str = ""  # where to read the text
    claimed_patch: int | None = None  # the side of a patch according to the text, if it states one
    open: tuple[str, ...] = ()  # what the text leaves open, and what is chosen here
    faults: tuple[Fault, ...] = ()
    mixed_step: Callable[[torch.device], Step] | None = None  # makes the step for a GPU, if the text has another one there

    def step_on(self, device: torch.device) -> Step:
        """The step to use on this device."""
        return self.mixed_step(device) if self.mixed_step and device.type == "cuda" else self.step

    def build(self, depth: int = 8, width: int = 64, seed: int = 0, device: str | torch.device = "cpu", lr: float = 2e-4) -> Pix2Pix:
        """Two untrained networks with their optimizers, the same for the same seed."""
        torch.manual_seed(seed)
        return Pix2Pix(self.generator(depth, width).to(device), self.discriminator(width).to(device), lr)
