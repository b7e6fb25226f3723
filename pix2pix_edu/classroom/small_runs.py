"""Short trainings of small networks on 32-pixel facades, healthy and sick: seconds each, on the CPU, exactly repeatable."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.synthetic import SyntheticPairs
from pix2pix_edu.training import Batches, Losses, Pix2Pix, descend, train_step

Step = Callable[[Pix2Pix, Tensor, Tensor, Objective], Losses]
AdversarialLoss = Callable[[Tensor], Tensor]

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
    model, batches = small_model(seed), small_batches(seed)
    return model, [step(model, *batches[number], OBJECTIVE) for number in range(steps)]


def altered_step(
    real: AdversarialLoss = real_loss,
    fake: AdversarialLoss = fake_loss,
    wanted: AdversarialLoss = real_loss,
    share: float = 0.5,
    distance: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda fake, x, y: F.l1_loss(fake, y),
) -> Step:
    """A train step with other losses: D's for y and for fakes, G's, the share of D's terms, the distance of (fake, x, y)."""

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        G, D = model.generator, model.discriminator
        drawn = G(x)
        d_loss = share * (real(D(x, y)) + fake(D(x, drawn.detach())))
        descend(d_loss, model.discriminator_optimizer)
        adversarial, l1 = wanted(D(x, drawn)), distance(drawn, x, y)
        descend(objective.gan_weight * adversarial + objective.l1_weight * l1, model.generator_optimizer)
        model.step += 1
        return Losses(d_loss.detach(), adversarial.detach(), l1.detach())

    return step


def shared_optimizer_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """Each loss moves every weight that it reaches, as with one Adam for both networks."""
    G, D = model.generator, model.discriminator
    optimizers = (model.discriminator_optimizer, model.generator_optimizer)

    def descend_everywhere(loss: Tensor) -> None:
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()

    fake = G(x)
    d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake.detach()))) / 2
    descend_everywhere(d_loss)
    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    descend_everywhere(objective.gan_weight * adversarial + objective.l1_weight * l1)
    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())


def generator_only_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """D judges, and never learns."""
    G, D = model.generator, model.discriminator
    fake = G(x)
    with torch.no_grad():
        d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake))) / 2
    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    descend(objective.gan_weight * adversarial + objective.l1_weight * l1, model.generator_optimizer)
    model.step += 1
    return Losses(d_loss, adversarial.detach(), l1.detach())


def hundredfold_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
    """The right step, a hundred times as far."""
    for optimizer, lr in ((model.generator_optimizer, model.lr), (model.discriminator_optimizer, model.discriminator_lr)):
        optimizer.param_groups[0]["lr"] = 100 * lr
    return train_step(model, x, y, objective)


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
    x, y = (torch.stack(side) for side in zip(*(small_pairs()[index] for index in range(2)), strict=True))
    with torch.no_grad():
        fake = model.generator(x)
    return Patient(name, history, x, fake, y)
