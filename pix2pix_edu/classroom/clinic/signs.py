"""The log of a training, and the signs of a fault that can be read from it without looking at a picture."""

from typing import NamedTuple

import torch
from torch import Tensor

from pix2pix_edu.objective import CHANCE


class Log(NamedTuple):
    """The curves of a training: one value per step for each."""

    discriminator: Tensor
    adversarial: Tensor
    l1: Tensor
    on_real: Tensor  # the probability of "real" that D gives y, mean over patches
    on_fake: Tensor
    generator_gradient: Tensor  # lengths
    discriminator_gradient: Tensor
    innermost_gradient: Tensor  # in the convolution that leads into G's bottleneck


def averaged(log: Log, points: int) -> Log:
    """Return the log with at most `points` values per curve, each the mean over equally many steps; the last may cover fewer."""
    stretch = -(-len(log.l1) // points)
    return Log(*(torch.stack([part.mean() for part in curve.split(stretch)]) for curve in log))


def mean_of_start(curve: Tensor) -> float:
    """Return the mean over the first fortieth."""
    return curve[: max(1, len(curve) // 40)].mean().item()


def mean_of_end(curve: Tensor) -> float:
    """Return the mean over the last quarter."""
    return curve[-max(1, len(curve) // 4) :].mean().item()


def growth(curve: Tensor) -> float:
    """Return how many times as large the end is as the start."""
    return mean_of_end(curve) / mean_of_start(curve)


def d_wins(log: Log) -> bool:
    """Check whether D's loss is low and G's is high."""
    return mean_of_end(log.discriminator) < 0.45 and mean_of_end(log.adversarial) > 1.2


def both_called_real(log: Log) -> bool:
    """Check whether D gives y and the fake a high probability."""
    return min(mean_of_end(log.on_real), mean_of_end(log.on_fake)) > 0.6


def both_called_real_without_growth(log: Log) -> bool:
    """Check whether D gives y and the fake a high probability, and G's gradient does not grow."""
    return both_called_real(log) and growth(log.generator_gradient) < 1.3


def both_losses_fall(log: Log) -> bool:
    """Check whether both losses fall, although one side's gain should be the other's loss."""
    return max(mean_of_end(log.discriminator), mean_of_end(log.adversarial)) < 0.45


def stays_at_chance(log: Log) -> bool:
    """Check whether D learns briefly, then gives everything a probability of one half."""
    later, gradient = log.discriminator[len(log.discriminator) // 2 :], log.discriminator_gradient
    return bool((later - CHANCE).abs().mean() < 0.001) and 0 < mean_of_end(gradient) < 0.3 * mean_of_start(gradient)


def probabilities_squeezed(log: Log) -> bool:
    """Check whether all probabilities are between 0.5 and 0.73, and G's loss starts well below chance."""
    probabilities = torch.cat([log.on_real, log.on_fake])
    return bool(probabilities.min() >= 0.5 and probabilities.max() <= 0.7311) and mean_of_start(log.adversarial) < 0.55


def l1_stops_early(log: Log) -> bool:
    """Check whether the adversarial losses are as in a healthy run, but L1 stops far too early."""
    usual_losses = 0.5 < mean_of_end(log.discriminator) < CHANCE < mean_of_end(log.adversarial) < 1.2
    usual_start = mean_of_start(log.l1) < 0.48 and mean_of_start(log.generator_gradient) > 0.5
    return usual_losses and usual_start and mean_of_end(log.l1) > 0.3
