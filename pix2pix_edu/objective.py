"""What the two networks are asked to do: the adversarial loss on logits, and how much L1 is added."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

CHANCE = math.log(2)  # the loss of a D that cannot tell: it gives every patch the probability 1/2


@dataclass(frozen=True)
class Objective:
    """G* = arg min_G max_D gan_weight * L_cGAN(G, D) + l1_weight * L_L1(G); the paper's lambda is l1_weight."""

    gan_weight: float = 1.0
    l1_weight: float = 100.0


# The paper's Table 1, row by row: an objective, and whether D sees x beside y.
PAPER_LOSSES = {
    "L1": (Objective(gan_weight=0.0), True),
    "GAN": (Objective(l1_weight=0.0), False),
    "cGAN": (Objective(l1_weight=0.0), True),
    "L1+GAN": (Objective(), False),
    "L1+cGAN": (Objective(), True),
}


def real_loss(logits: Tensor) -> Tensor:
    """-log sigmoid(logits), averaged over patches: small where D says "real"."""
    return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))


def fake_loss(logits: Tensor) -> Tensor:
    """-log(1 - sigmoid(logits)), averaged over patches: small where D says "fake"."""
    return F.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))
