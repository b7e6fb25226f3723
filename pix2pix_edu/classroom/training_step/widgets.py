"""Explorable figures of lesson 05: where a gradient flows, what a factor on a loss does, what is wrong with a run."""

from functools import cache

import torch
import torch.nn.functional as F
from ipywidgets import VBox
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn.utils import parameters_to_vector

from pix2pix_edu.classroom.curves import as_table
from pix2pix_edu.classroom.display import new_figure
from pix2pix_edu.classroom.explorer import choice, explore, menu, switch
from pix2pix_edu.classroom.small_runs import short_run, small_batches, small_model
from pix2pix_edu.classroom.training_step.faults import FAULTS, mystery_runs
from pix2pix_edu.classroom.training_step.figures import Flow, draw_case, draw_flow
from pix2pix_edu.objective import fake_loss, real_loss
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.training import Pix2Pix, descend, paper_adam

LOSSES = ("D's loss", "G, adversarial", "G, L1")
GUESS = "your guess"


@cache
def _warm_model() -> Pix2Pix:
    """A small model after 20 steps, so that its gradients are typical."""
    return short_run(steps=20)[0]


def draw_gradient_flow(loss: str = "D's loss", detach: bool = True, freeze: bool = False) -> tuple[Figure, str]:
    """Draw how far back the gradient of a loss flows, with or without detach() after fake, with D free or frozen."""
    flow = _flow(loss, detach, freeze)
    reached = [f"{name} {value:.3g}" for name, value in zip(("D's weights", "fake", "G's weights"), flow, strict=True) if value is not None]
    alt = (
        f"{loss}, detach {'on' if detach else 'off'}, D {'frozen' if freeze else 'free'}. "
        f"Its gradient reaches: {', '.join(reached) or 'nothing at all (backward() would raise an error)'}."
    )
    return draw_flow(flow, loss != "G, L1", detach, loss), alt


def _flow(loss: str, detach: bool, freeze: bool) -> Flow:
    G, D = _warm_model().generator, _warm_model().discriminator
    x, y = small_batches()[0]
    with own_random_numbers(0):
        fake = G(x)
    shown = fake.detach() if detach else fake
    parts = [] if freeze else list(D.parameters())
    D.requires_grad_(not freeze)
    value = {
        "D's loss": lambda: (real_loss(D(x, y)) + fake_loss(D(x, shown))) / 2,
        "G, adversarial": lambda: real_loss(D(x, shown)),
        "G, L1": lambda: F.l1_loss(shown, y),
    }[loss]()
    D.requires_grad_(True)
    if not value.requires_grad:
        return Flow(None, None, None)
    wanted = [*parts, fake, *G.parameters()]
    gradients = torch.autograd.grad(value, wanted, allow_unused=True)
    count = len(parts)
    return Flow(_length(gradients[:count]), _length(gradients[count : count + 1]), _length(gradients[count + 1 :]))


def _length(gradients: tuple[Tensor | None, ...]) -> float | None:
    arrived = [gradient.flatten() for gradient in gradients if gradient is not None]
    return torch.cat(arrived).norm().item() if arrived else None


def explore_gradient_flow() -> VBox:
    """Choose a loss, switch detach() on or off, freeze D, and see where the gradient flows."""
    return explore(
        draw_gradient_flow, loss=choice("loss", list(LOSSES), LOSSES[0]), detach=switch("detach()", True), freeze=switch("freeze D", False)
    )


FACTORS = (0.1, 0.5, 1.0, 2.0, 10.0)


def draw_factor(optimizer: str = "Adam", factor: float = 0.5) -> tuple[Figure, str]:
    """Draw the length of D's step when its loss is multiplied by a factor."""
    lengths = [first_step(optimizer, value).norm().item() for value in (1.0, factor)]
    change = (first_step(optimizer, factor) - first_step(optimizer, 1.0)).norm().item() / lengths[0]
    figure, (axes,) = new_figure(6, 1.7)
    axes.barh(["loss", f"loss x {factor:g}"], [1.0, lengths[1] / lengths[0]], color="black")
    axes.invert_yaxis()
    axes.set(xlabel=f"length of D's step under {optimizer} (loss alone = 1)", xlim=(0, max(1.0, lengths[1] / lengths[0]) * 1.1))
    times = f"the step is {lengths[1] / lengths[0]:.4f} times as long, and differs by {change:.1e} of its length."
    return figure, f"{optimizer}, D's loss times {factor:g}: {times}"


@cache
def first_step(optimizer: str, factor: float) -> Tensor:
    """Return the change of D's weights in one step on its loss times the factor."""
    with own_random_numbers():
        model = small_model()
        (x, y), weights = small_batches()[0], list(model.discriminator.parameters())
        fake = model.generator(x).detach()
    before = parameters_to_vector(weights).detach()
    loss = (real_loss(model.discriminator(x, y)) + fake_loss(model.discriminator(x, fake))) / 2
    descend(factor * loss, paper_adam(model.discriminator, 1e-3) if optimizer == "Adam" else torch.optim.SGD(weights, 1e-3))
    return parameters_to_vector(weights).detach() - before


def explore_factor() -> VBox:
    """Multiply D's loss by a factor, under Adam and under SGD."""
    return explore(draw_factor, optimizer=choice("optimizer", ["Adam", "SGD"], "Adam"), factor=choice("factor", list(FACTORS), 0.5))


def draw_run(run: str = "A", guess: str = GUESS, steps: int = 60) -> tuple[Figure, str]:
    """Draw the curves and the pictures of one mystery run. The caption says whether `guess` names its fault."""
    truth, history, x, fake, y = mystery_runs(steps)[run]
    figure = draw_case(run, history, x, fake, y)
    start, end = (as_table(part).mean(0).tolist() for part in (history[:5], history[-10:]))
    courses = [f"{name} from {a:.2f} to {b:.2f}" for name, a, b in zip(("D's loss", "G's", "L1"), start, end, strict=True)]
    alt = f"Run {run}: {', '.join(courses)}."
    if guess == GUESS:
        return figure, alt
    return figure, f"{alt} {'Yes' if guess == truth else 'No'}: {guess}. How to recognise it: {FAULTS[guess].sign}"


def explore_mystery_runs(steps: int = 60) -> VBox:
    """Choose a run, and guess what is wrong with it."""
    guesses = menu("I think it is", [GUESS, *FAULTS], GUESS)
    return explore(lambda run, guess: draw_run(run, guess, steps), run=choice("run", list(mystery_runs(steps)), "A"), guess=guesses)
