"""Short trainings of small networks on 32-pixel facades, healthy and sick: seconds each, on the CPU, exactly repeatable."""

from functools import cache

import torch

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.training import Batches, Losses, Pix2Pix, Step, train_step

OBJECTIVE = Objective(l1_weight=10.0)  # at this size 100 leaves the adversarial loss no say


@cache
def small_pairs() -> SyntheticPairs:
    """The pairs that small networks learn from."""
    return SyntheticPairs(64, 32)


def small_batches(seed: int = 0) -> Batches:
    """Batches of two small pairs."""
    return Batches(small_pairs(), batch_size=2, seed=seed)


def small_model(seed: int = 0) -> Pix2Pix:
    """Two small networks with their optimizers: the same for the same seed."""
    torch.manual_seed(seed)
    return Pix2Pix(Generator(depth=3, width=8), PatchDiscriminator(16, width=8), lr=2e-3, discriminator_lr=1e-3)


def short_run(step: Step = train_step, steps: int = 60, seed: int = 0) -> tuple[Pix2Pix, list[Losses]]:
    """Train a small model with any step that is called as train_step is."""
    with own_random_numbers():
        model, batches = small_model(seed), small_batches(seed)
        return model, [step(model, *batches[number], OBJECTIVE) for number in range(steps)]
