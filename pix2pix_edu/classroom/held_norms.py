"""Networks whose norms are held as they were for one input, so that a change cannot spread through them."""

import copy

import torch
from torch import Tensor, nn

from pix2pix_edu.random_numbers import own_random_numbers


def with_norms_of(network: nn.Module, *inputs: Tensor) -> nn.Module:
    """A copy of a generator or discriminator whose norms keep the mean and the variance that they have for these inputs."""

    def keep(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        norm.running_mean = inputs[0].mean(dim=(0, 2, 3))
        norm.running_var = inputs[0].var(dim=(0, 2, 3), unbiased=False)

    held = copy.deepcopy(network).eval()
    hooks = [module.register_forward_pre_hook(keep) for module in held.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad(), own_random_numbers(0):
        held(*inputs)
    for hook in hooks:
        hook.remove()
    return held
