"""Short runs with one thing wrong in each, for the diagnosis in lesson 05."""

from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.classroom.small_runs import short_run, small_pairs
from pix2pix_edu.classroom.wrong_steps import altered_step, generator_only_step, hundredfold_step, shared_optimizer_step
from pix2pix_edu.objective import fake_loss, real_loss
from pix2pix_edu.training import Losses, Step, stack_pairs, train_step


class Ailment(NamedTuple):
    """What ails a run: the step that it was trained with, and the sign by which you know it."""

    step: Step
    sign: str


AILMENTS = {
    "healthy": Ailment(
        train_step, "D settles a little below the line of chance, G's adversarial loss above it, neither falls any further, and L1 sinks."
    ),
    "one optimizer for both": Ailment(
        shared_optimizer_step,
        "D's loss rises above chance while G's falls: G's loss moves D's weights too, so D is taught to call fakes real.",
    ),
    "labels flipped for G": Ailment(
        altered_step(wanted=fake_loss),
        "Both losses fall below chance together. In a game somebody has to lose: here G helps D to recognise it.",
    ),
    "D never updated": Ailment(
        generator_only_step,
        "Both adversarial curves are flat from the first step on. Near 0.69 this is no balance: nobody plays.",
    ),
    "sigmoid twice": Ailment(
        altered_step(
            real=lambda logits: real_loss(logits.sigmoid()),
            fake=lambda logits: fake_loss(logits.sigmoid()),
            wanted=lambda logits: real_loss(logits.sigmoid()),
        ),
        "G's curve starts at 0.47 and never passes 0.69, D's starts at 0.72 and never falls below 0.50: one sigmoid in D, one in the loss.",
    ),
    "sum instead of mean": Ailment(
        altered_step(share=1.0), "D's curve starts near 1.39 = 2 ln 2. The run is as healthy as any: only its line of chance lies higher."
    ),
    "L1 to the input": Ailment(
        altered_step(distance=lambda fake, x, y: F.l1_loss(fake, x)),
        "L1 starts far higher, and the fakes take on the flat colours of the label map x.",
    ),
    "learning rate x 100": Ailment(
        hundredfold_step, "L1 starts at twice its usual value, jumps about and stays above all others; the fakes are garish blots."
    ),
}


class Patient(NamedTuple):
    """A run of the gallery: what ails it, its losses, and a row x, fake, y from its end."""

    name: str
    history: list[Losses]
    x: Tensor
    fake: Tensor
    y: Tensor


@cache
def gallery(steps: int = 60, seed: int = 0) -> dict[str, Patient]:
    """One run of each kind, under the letters A, B, C and so on, in an order that the seed decides."""
    order = torch.randperm(len(AILMENTS), generator=torch.Generator().manual_seed(seed + 5)).tolist()
    names = list(AILMENTS)
    return {chr(ord("A") + place): _train_patient(names[index], steps, seed) for place, index in enumerate(order)}


def _train_patient(name: str, steps: int, seed: int) -> Patient:
    model, history = short_run(AILMENTS[name].step, steps, seed)
    x, y = stack_pairs(small_pairs()[index] for index in range(2))
    with torch.no_grad():
        fake = model.generator(x)
    return Patient(name, history, x, fake, y)
