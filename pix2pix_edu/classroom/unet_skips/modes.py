"""What train() and eval() do to a generator with ordinary layers."""

import copy

import torch
from torch import Tensor, nn

from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_tensor
from pix2pix_edu.layers import AlwaysDropout
from pix2pix_edu.random_numbers import own_random_numbers


def three_ways_to_test(generator: Generator, x: Tensor, averaged_over: int) -> dict[str, Tensor]:
    """What the same weights make of x in three modes. The running averages are those of `averaged_over` single facades."""
    network = _with_ordinary_layers(generator).train()
    with torch.no_grad(), own_random_numbers(0):
        for number in range(averaged_over):
            network(to_tensor(draw_pair(seed=number, size=x.shape[-1])[0])[None])
    modes = {"train()": (True, True), "eval()": (False, False), "no dropout": (False, True)}
    return {name: _test(network, x, *switches) for name, switches in modes.items()}


def _with_ordinary_layers(generator: Generator) -> Generator:
    """The same weights, with a BatchNorm that keeps running averages and a dropout that eval() switches off."""
    network = copy.deepcopy(generator)
    for name, module in list(network.named_modules()):
        parent, _, place = name.rpartition(".")
        if isinstance(module, nn.BatchNorm2d):
            norm = nn.BatchNorm2d(module.num_features)
            norm.load_state_dict(module.state_dict(), strict=False)  # its scale and shift; the averages start anew
            setattr(network.get_submodule(parent), place, norm)
        elif isinstance(module, AlwaysDropout):
            setattr(network.get_submodule(parent), place, nn.Dropout(module.p))
    return network


def _test(network: Generator, x: Tensor, dropout: bool, batch_statistics: bool) -> Tensor:
    tested = copy.deepcopy(network)  # a copy: looking must not move the averages
    for module in tested.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.Dropout)):
            module.train(batch_statistics if isinstance(module, nn.BatchNorm2d) else dropout)
    with torch.no_grad(), own_random_numbers(0):
        return tested(x)
