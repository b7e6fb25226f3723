"""What a published system is: two networks, a step, and what can be said of the text that describes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import nn

from pix2pix_edu.training import Pix2Pix, Step


class Fault(NamedTuple):
    """Something wrong, and the place in the text where it can be read."""

    what: str
    where: str


@dataclass(frozen=True)
class System:
    """A generator, a discriminator and a step, as one text defines them."""

    name: str
    text: str  # what kind of text it is, with its title
    generator: Callable[[int, int], nn.Module]  # of depth and width; the texts have 8 and 64
    discriminator: Callable[[int], nn.Module]  # of width
    step: Step
    claimed_patch: int | None = None  # the side of a patch in the text's own words, where it has any
    open: tuple[str, ...] = ()  # what the text leaves open, and how it is settled here
    faults: tuple[Fault, ...] = ()
    mixed_step: Callable[[torch.device], Step] | None = None  # the step on a GPU, where the text has another one there

    def step_on(self, device: torch.device) -> Step:
        """The step as this device takes it."""
        return self.mixed_step(device) if self.mixed_step and device.type == "cuda" else self.step

    def build(self, depth: int = 8, width: int = 64, seed: int = 0, device: str | torch.device = "cpu") -> Pix2Pix:
        """Two fresh networks with their optimizers: the same for the same seed."""
        torch.manual_seed(seed)
        return Pix2Pix(self.generator(depth, width).to(device), self.discriminator(width).to(device))
