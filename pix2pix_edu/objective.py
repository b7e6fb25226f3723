"""The objective: adversarial loss plus L1 (section 3.1 of the paper)."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

CHANCE = math.log(2)  # the loss of a D that gives every patch the probability 1/2


@dataclass(frozen=True)
class Objective:
    """G* = arg min_G max_D gan_weight * L_cGAN(G, D) + l1_weight * L_L1(G); the paper's lambda is l1_weight.

    In training, G maximises log D(x, G(x)), and D's loss is halved and not weighted: see training.train_step.
    """

    gan_weight: float = 1.0
    l1_weight: float = 100.0


# The rows of the paper's Table 1: an objective, and whether D is conditional (is given x as well as y).
PAPER_LOSSES = {
    "L1": (Objective(gan_weight=0.0), True),
    "GAN": (Objective(l1_weight=0.0), False),
    "cGAN": (Objective(l1_weight=0.0), True),
    "L1+GAN": (Objective(), False),
    "L1+cGAN": (Objective(), True),
}


def real_loss(logits: Tensor) -> Tensor:
    """-log sigmoid(logits), averaged over patches: low where D gives a high probability of real."""
    return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))


def fake_loss(logits: Tensor) -> Tensor:
    """-log(1 - sigmoid(logits)), averaged over patches: low where D gives a low probability of real."""
    return F.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))
