"""Networks whose norms keep statistics that were measured once, so that a change cannot spread through them."""

import copy

import torch
from torch import Tensor, nn

from pix2pix_edu.random_numbers import own_random_numbers


def with_norms_of(network: nn.Module, *inputs: Tensor) -> nn.Module:
    """A copy of a generator or discriminator whose norms keep the mean and the variance that they have for these inputs."""

    def keep(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        hold(norm, inputs[0].mean(dim=(0, 2, 3)), inputs[0].var(dim=(0, 2, 3), unbiased=False))

    held = copy.deepcopy(network).eval()
    hooks = [norm.register_forward_pre_hook(keep) for norm in norms_of(held)]
    with torch.no_grad(), own_random_numbers(0):
        held(*inputs)
    for hook in hooks:
        hook.remove()
    return held


def norms_of(network: nn.Module) -> list[nn.BatchNorm2d]:
    """The norms of a network, in the order in which it uses them."""
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]


def hold(norm: nn.BatchNorm2d, mean: Tensor, var: Tensor) -> None:
    """Let a norm in eval mode use this mean and this variance of each channel instead of those of its input."""
    norm.running_mean, norm.running_var = mean.to(norm.weight), var.to(norm.weight)
