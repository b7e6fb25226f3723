"""Short trainings of small networks on 32-pixel facades: seconds each on the CPU, and exactly repeatable."""

from functools import cache

import torch

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.training import Batches, Losses, Pix2Pix, Step, train_step

OBJECTIVE = Objective(l1_weight=10.0)  # with 100, the adversarial loss would hardly matter at this size


@cache
def small_pairs() -> SyntheticPairs:
    return SyntheticPairs(64, 32)


def small_batches(seed: int = 0) -> Batches:
    return Batches(small_pairs(), batch_size=2, seed=seed)


def small_model(seed: int = 0) -> Pix2Pix:
    """Return two small untrained networks with their optimizers. The seed decides the weights, and torch's random numbers go on from it."""
    torch.manual_seed(seed)
    return Pix2Pix(Generator(depth=3, width=8), PatchDiscriminator(16, width=8), lr=2e-3, discriminator_lr=1e-3)


def short_run(step: Step = train_step, steps: int = 60, seed: int = 0) -> tuple[Pix2Pix, list[Losses]]:
    """Train a small model with any step that takes the arguments of train_step. Return the model and its losses."""
    with own_random_numbers():
        model, batches = small_model(seed), small_batches(seed)
        return model, [step(model, *batches[number], OBJECTIVE) for number in range(steps)]
