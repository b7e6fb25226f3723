"""A training's log, and the signs of sickness that can be read in it, without a look at any picture."""

from typing import NamedTuple

import torch
from torch import Tensor

from pix2pix_edu.objective import CHANCE


class Log(NamedTuple):
    """What a program can write down at each step: one value a step for each curve."""

    discriminator: Tensor
    adversarial: Tensor
    l1: Tensor
    on_real: Tensor  # the probability of "real" that D gives y, mean over patches
    on_fake: Tensor
    generator_gradient: Tensor  # lengths
    discriminator_gradient: Tensor
    innermost_gradient: Tensor  # in the convolution that leads into G's bottleneck


def averaged(log: Log, points: int) -> Log:
    """The same log with at most so many values a curve, each the mean over equally many steps; the last may cover fewer."""
    stretch = -(-len(log.l1) // points)
    return Log(*(torch.stack([part.mean() for part in curve.split(stretch)]) for curve in log))


def start(curve: Tensor) -> float:
    """The mean over the first fortieth."""
    return curve[: max(1, len(curve) // 40)].mean().item()


def end(curve: Tensor) -> float:
    """The mean over the last quarter."""
    return curve[-max(1, len(curve) // 4) :].mean().item()


def _growth(curve: Tensor) -> float:
    return end(curve) / start(curve)


def d_wins_and_g_struggles(log: Log) -> bool:
    """D is sure, G pays, and G's gradient grows without bringing it forward."""
    return _d_wins(log) and _growth(log.generator_gradient) > 2.0


def d_wins_unopposed(log: Log) -> bool:
    """D is sure, G pays, and G's gradient takes no notice."""
    return _d_wins(log) and _growth(log.generator_gradient) < 1.2


def _d_wins(log: Log) -> bool:
    return end(log.discriminator) < 0.45 and end(log.adversarial) > 1.2


def l1_does_not_count(log: Log) -> bool:
    """G's gradient is short from the first step on, and L1 stays where it began."""
    return start(log.generator_gradient) < 0.5 and _growth(log.l1) > 0.9


def d_taught_by_g(log: Log) -> bool:
    """D says real of y and of the fake, and the gradients are of ordinary length."""
    return _both_real(log) and _growth(log.generator_gradient) < 1.3


def gradients_pile_up(log: Log) -> bool:
    """D says real of y and of the fake, and G's gradient grows."""
    return _both_real(log) and _growth(log.generator_gradient) > 1.3


def _both_real(log: Log) -> bool:
    return min(end(log.on_real), end(log.on_fake)) > 0.6


def l1_in_other_units(log: Log) -> bool:
    """L1 starts higher than fakes near grey can be from photos, and ends lower than a network can learn so soon."""
    return start(log.l1) > 0.48 and end(log.l1) < 0.22


def d_is_blind(log: Log) -> bool:
    """D learns for a moment, then says exactly one half of everything."""
    later = log.discriminator[len(log.discriminator) // 2 :]
    return bool((later - CHANCE).abs().max() < 0.003) and 0 < end(log.discriminator_gradient) < 0.3 * start(log.discriminator_gradient)


def both_win(log: Log) -> bool:
    """In a game that one has to lose, both losses fall, and D is right."""
    return max(end(log.discriminator), end(log.adversarial)) < 0.45 and end(log.on_real) > end(log.on_fake)


def both_win_upside_down(log: Log) -> bool:
    """Both losses fall, and D calls y fake."""
    return max(end(log.discriminator), end(log.adversarial)) < 0.45 and end(log.on_real) < end(log.on_fake)


def d_is_squeezed(log: Log) -> bool:
    """No answer of D leaves the half between 0.5 and 0.73, and G starts well below chance."""
    answers = torch.cat([log.on_real, log.on_fake])
    return bool(answers.min() >= 0.5 and answers.max() <= 0.7311) and start(log.adversarial) < 0.55


def nothing_innermost(log: Log) -> bool:
    """No gradient ever comes to G's innermost layer."""
    return bool(log.innermost_gradient.max() < 1e-3 * log.generator_gradient.mean())


def l1_stands_still(log: Log) -> bool:
    """The game is played as in health, and L1 stops far too early."""
    played = 0.5 < end(log.discriminator) < CHANCE < end(log.adversarial) < 1.2
    return played and start(log.l1) < 0.48 and end(log.l1) > 0.352 and start(log.generator_gradient) > 0.5


def thrown_about(log: Log) -> bool:
    """The first steps already throw D far above chance and L1 far above what a grey picture costs."""
    return start(log.discriminator) > 0.8 and start(log.l1) > 0.5


def d_stands_still(log: Log) -> bool:
    """D's gradient is nothing at all."""
    return bool(log.discriminator_gradient.max() == 0)


def l1_too_good(log: Log) -> bool:
    """The game is played as in health, and L1 falls to less than a healthy run can reach."""
    return start(log.l1) < 0.48 and end(log.l1) < 0.22
