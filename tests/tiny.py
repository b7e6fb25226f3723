"""A small model and small pairs for the tests, and what the tests compare of networks and saved states."""

import torch

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.training import Pix2Pix


def small_model(seed=0, depth=3, width=4, dropout=0.5, conditional=True, lr=2e-4):
    torch.manual_seed(seed)
    generator = Generator(depth=depth, width=width, dropout=dropout)
    return Pix2Pix(generator, PatchDiscriminator(16, width=width, conditional=conditional), lr)


def random_pairs(count=5, size=32):
    """Pairs of random pixels, the same in every call."""
    generator = torch.Generator().manual_seed(1)
    return [tuple(torch.rand(2, 3, size, size, generator=generator) * 2 - 1) for _ in range(count)]


def weights(network):
    """A copy of all weights as one vector."""
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def parameters(network):
    """The number of a network's parameters."""
    return sum(weight.numel() for weight in network.parameters())


def same(one, other):
    """Whether two saved states hold the same bits."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
