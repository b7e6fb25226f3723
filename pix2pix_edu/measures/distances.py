"""Distances between two sets of pictures, and between two pictures, measured on the features of a network.

The features of a set are rows of numbers (count, dimensions), from any network: measures.features for drawings, Inception for photographs.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Distances(NamedTuple):
    """How far fakes are from the real pictures."""

    fid: float  # of the set of fakes from the set of real pictures
    kid: float  # likewise
    perceptual: float  # of each fake from its own target, on average


def frechet_distance(fake: Tensor, real: Tensor) -> float:
    """FID: the distance between two normal distributions with the means and covariances of the features.

    It is biased: with few pictures it is too large, even for two sets of real ones. Compare only sets of equal size.
    """
    (mean, covariance), (other_mean, other_covariance) = (_mean_and_covariance(side) for side in (fake, real))
    mixed = torch.linalg.eigvals(covariance @ other_covariance).real.clamp(min=0.0).sqrt().sum()  # trace of the product's square root
    return ((mean - other_mean).square().sum() + covariance.trace() + other_covariance.trace() - 2 * mixed).item()


def _mean_and_covariance(features: Tensor) -> tuple[Tensor, Tensor]:
    if features.dim() != 2 or len(features) < 2:
        raise ValueError(f"features are rows of numbers of two pictures or more, got {tuple(features.shape)}")
    features = features.double()
    return features.mean(dim=0), features.T.cov()


def kernel_distance(fake: Tensor, real: Tensor) -> float:
    """KID: the squared difference of the sets in the features' products, up to the third power.

    It has no bias: about 0 for two independent sets of real pictures.

    Fakes that were made from the x of the real pictures are no such set: of good ones, the distance is below 0.
    """
    fake, real = fake.double(), real.double()

    def kernel(one: Tensor, other: Tensor) -> Tensor:
        return (one @ other.T / one.shape[1] + 1.0) ** 3

    def within(side: Tensor) -> Tensor:
        """The mean over all pairs of two different pictures."""
        products = kernel(side, side)
        return (products.sum() - products.trace()) / (len(side) * (len(side) - 1))

    if min(len(fake), len(real)) < 2:
        raise ValueError("a set of one picture has no pairs: give two pictures or more")
    return (within(fake) + within(real) - 2 * kernel(fake, real).mean()).item()


def perceptual_distance(levels: Sequence[Tensor], other_levels: Sequence[Tensor]) -> Tensor:
    """The distance of each picture from its counterpart (batch,), in the manner of LPIPS.

    At each place of each level the features are brought to length 1; what counts is how far apart they then are, averaged over the places.
    """
    total = torch.zeros(len(levels[0]))
    for level, other in zip(levels, other_levels, strict=True):
        ones = [side.double() / side.double().norm(dim=1, keepdim=True).clamp(min=1e-8) for side in (level, other)]
        total = total + (ones[0] - ones[1]).square().sum(dim=1).mean(dim=(1, 2)).cpu()
    return total / len(levels)
