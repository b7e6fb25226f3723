"""Record what a train step does: which network reads what, which optimizer moves its weights, along which gradient."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from pix2pix_edu.classroom.small_runs import small_batches, small_model
from pix2pix_edu.objective import Objective
from pix2pix_edu.training import Pix2Pix, Step

TRACED = Objective(gan_weight=2.0, l1_weight=10.0)  # two weights that differ from each other and from every default
SEED = 3


@dataclass
class Trace:
    """The events of one step in their order, the gradients that the optimizers used, and what the step returned."""

    events: list[str] = field(default_factory=list)
    gradients: dict[str, Tensor] = field(default_factory=dict)
    result: object = None
    steps_counted: int = 0

    def before(self, event: str) -> list[str]:
        """Return the events before the first `event`, or all events if there is none."""
        return self.events[: self.events.index(event)] if event in self.events else self.events

    def after(self, event: str) -> list[str]:
        """Return the events after the last `event`."""
        return self.events[len(self.events) - self.events[::-1].index(event) :] if event in self.events else []


def trace_step(step: Step, count: int = 2) -> list[Trace]:
    """Train a small model with `step`, and record what happens at each of the first `count` steps."""
    model, batches, traces = small_model(SEED), small_batches(SEED), []
    for number in range(count):
        x, y = batches[number]
        torch.manual_seed(number)
        traces.append(_observe(step, model, x, y))
    return traces


def _observe(step: Step, model: Pix2Pix, x: Tensor, y: Tensor) -> Trace:
    trace, fakes, before = Trace(), [], model.step

    def on_drawn(_: nn.Module, inputs: tuple, fake: Tensor) -> None:
        fakes.append(fake)
        trace.events.append("G draws")

    def on_judged(_: nn.Module, inputs: tuple) -> None:
        trace.events.append(f"D reads {_name(inputs, x, y, fakes)}")

    def on_step(name: str, network: nn.Module) -> None:
        trace.events.append(f"{name} moves")
        empty = [weight.grad if weight.grad is not None else torch.zeros_like(weight) for weight in network.parameters()]
        trace.gradients.setdefault(name, torch.cat([gradient.detach().flatten().clone() for gradient in empty]))

    hooks = [
        model.generator.register_forward_hook(on_drawn),
        model.discriminator.register_forward_pre_hook(on_judged),
        model.discriminator_optimizer.register_step_pre_hook(lambda *_: on_step("D", model.discriminator)),
        model.generator_optimizer.register_step_pre_hook(lambda *_: on_step("G", model.generator)),
    ]
    try:
        trace.result = step(model, x, y, TRACED)
    finally:
        for hook in hooks:
            hook.remove()
    trace.steps_counted = model.step - before
    return trace


def _name(inputs: tuple, x: Tensor, y: Tensor, fakes: list[Tensor]) -> str:
    """Name the pictures that D was given."""
    if len(inputs) != 2 or not torch.equal(inputs[0], x):
        return "no x"
    shown = inputs[1]
    if torch.equal(shown, y):
        return "y"
    if not any(torch.equal(shown, fake) for fake in fakes):
        return "something else"
    return "fake" if shown.requires_grad else "fake, detached"
