"""Short runs with one fault each, for the diagnosis in lesson 05."""

from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.classroom.small_runs import short_run, small_pairs
from pix2pix_edu.classroom.wrong_steps import altered_step, generator_only_step, hundredfold_step, shared_optimizer_step
from pix2pix_edu.objective import fake_loss, real_loss
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.training import Losses, Step, stack_pairs, train_step


class Fault(NamedTuple):
    """A train step with a fault, and the sign by which its runs are recognised."""

    step: Step
    sign: str


FAULTS = {
    "healthy": Fault(
        train_step,
        "D's loss settles a little below chance and G's adversarial loss above it; neither falls any further, and L1 falls.",
    ),
    "one optimizer for both": Fault(
        shared_optimizer_step,
        "D's loss rises above chance while G's falls: G's loss updates D's weights too, so D is taught to call fakes real.",
    ),
    "labels flipped for G": Fault(
        altered_step(wanted=fake_loss),
        "Both losses fall below chance together. In a game one side must lose: here G helps D to recognise fakes.",
    ),
    "D never updated": Fault(
        generator_only_step,
        "Both adversarial curves are flat from the first step on. Near 0.69 this is not a balance: D is not being trained.",
    ),
    "sigmoid twice": Fault(
        altered_step(
            real=lambda logits: real_loss(logits.sigmoid()),
            fake=lambda logits: fake_loss(logits.sigmoid()),
            wanted=lambda logits: real_loss(logits.sigmoid()),
        ),
        "G's curve starts near 0.48 and never passes 0.69; D's starts near 0.72 and stays above 0.50: one sigmoid in D, one in the loss.",
    ),
    "sum instead of mean": Fault(
        altered_step(share=1.0), "D's curve starts near 1.39 = 2 ln 2. The run is as healthy as any; only its chance line is higher."
    ),
    "L1 to the input": Fault(
        altered_step(distance=lambda fake, x, y: F.l1_loss(fake, x)),
        "L1 starts higher than in a healthy run, and the fakes take on the colours of the label map x.",
    ),
    "learning rate x 100": Fault(
        hundredfold_step, "In the first steps all curves jump; L1 rises and stays far above all others. The fakes are garish dots."
    ),
}


class Run(NamedTuple):
    """A short run: the name of its fault, its losses, and two rows of x, fake, y from its end."""

    name: str
    history: list[Losses]
    x: Tensor
    fake: Tensor
    y: Tensor


@cache
def mystery_runs(steps: int = 60, seed: int = 0) -> dict[str, Run]:
    """Return one run for each fault, named A, B, C and so on. The seed decides the order."""
    order = torch.randperm(len(FAULTS), generator=torch.Generator().manual_seed(seed + 5)).tolist()
    names = list(FAULTS)
    return {chr(ord("A") + place): _train_run(names[index], steps, seed) for place, index in enumerate(order)}


def _train_run(name: str, steps: int, seed: int) -> Run:
    model, history = short_run(FAULTS[name].step, steps, seed)
    x, y = stack_pairs(small_pairs()[index] for index in range(2))
    with torch.no_grad(), own_random_numbers(seed):  # for dropout
        fake = model.generator(x)
    return Run(name, history, x, fake, y)
