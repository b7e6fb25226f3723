"""Fakes of a generator whose deep levels are held as they were for another input."""

import torch
from torch import Tensor

from pix2pix_edu.generator import Generator
from pix2pix_edu.random_numbers import own_random_numbers

DEEP = 3  # the levels below the third are the deep ones


@torch.no_grad()
def paint(generator: Generator, x: Tensor, deep_of: Tensor | None = None) -> Tensor:
    """The fake (3, height, width), always with the same dropout; with `deep_of`, the deep levels are those of another x."""
    with own_random_numbers(0):
        levels = generator.encode(x)
        if deep_of is not None:
            levels[DEEP:] = generator.encode(deep_of)[DEEP:]
        return generator.decode(levels)[0].cpu()
