"""Generators of which a part is held as it was for another input: to find out what carries a change across the picture."""

import copy

import torch
from torch import Tensor, nn

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


def with_norms_of(generator: Generator, x: Tensor) -> Generator:
    """A copy whose norms keep the mean and the variance that they have for x."""

    def keep(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        norm.running_mean = inputs[0].mean(dim=(0, 2, 3))
        norm.running_var = inputs[0].var(dim=(0, 2, 3), unbiased=False)

    held = copy.deepcopy(generator)
    hooks = [module.register_forward_pre_hook(keep) for module in held.modules() if isinstance(module, nn.BatchNorm2d)]
    paint(held, x)
    for hook in hooks:
        hook.remove()
    return held.eval()
