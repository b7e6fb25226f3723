"""Find which known mistake a train step makes: in its order, in D's inputs, in its gradients, in what it returns."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.classroom.training_step.trace import TRACED, Trace, trace_step
from pix2pix_edu.classroom.verdict import Misconception, agrees
from pix2pix_edu.classroom.wrong_steps import altered_step
from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.training import Losses, Step, train_step

ORDERS = [  # the optimizers that moved, in their order, and what that means
    (("G", "D"), "G moves before D: by the time D learns, `fake` is a picture that G no longer draws. Let D move first"),
    (("G",), "D never moves: it stays as it was initialised. D's loss needs a descent of its own, before G's"),
    (("D",), "G never moves: its adversarial loss may be computed, but no descent follows"),
    (("D", "D"), "D's optimizer moves twice and G's never: G's loss belongs to model.generator_optimizer"),
    (("G", "G"), "G's optimizer moves twice and D's never: D's loss belongs to model.discriminator_optimizer"),
    ((), "no optimizer moves: the losses are computed, but no descent follows"),
]
NO_DETACH = (
    "D's loss reaches back into G: the fake that D learns from is not detached. Here `descend` prevents any harm to the weights, "
    "but the graph through G is kept for nothing, and a plain backward() leaves a gradient in G that would make it help D"
)
THE_D_OF_BEFORE = (
    "G's loss uses logits from before D moved, computed with weights that D no longer has. Compute D(x, fake) again after D's descent"
)


def examine_step(fn: Step) -> str:
    """Check whether this step does what the paper's does, gradient by gradient."""
    first, second = _traced(fn)
    _check_moves(first)
    _check_readings(first)
    right = trace_step(train_step)
    for network in ("D", "G"):
        if not agrees(first.gradients[network], right[0].gradients[network], _wrong_gradients(network), _close):
            raise Misconception(f"{network}'s gradient is not the paper's: compare {network}'s loss with its formula, term by term")
    if not all(_close(second.gradients[network], right[1].gradients[network]) for network in ("D", "G")):
        raise Misconception(
            "the first step is right and the second is not: gradients add up from step to step. "
            "PyTorch adds each new gradient to the old one until zero_grad() clears it; `descend` does"
        )
    _check_result(first, right[0])
    return "both networks follow the right gradients, D first, on one and the same fake, step after step; the losses come back detached"


def _traced(fn: Step) -> list[Trace]:
    try:
        return trace_step(fn)
    except NotImplementedError:  # a RuntimeError too, but it means "not started"
        raise
    except RuntimeError as error:
        if "second time" in str(error):
            raise Misconception(
                "PyTorch refuses to go backward through G a second time: D's loss has already done so. detach() ends its way at fake"
            ) from error
        if "inplace" in str(error):
            raise Misconception(THE_D_OF_BEFORE) from error
        raise


def _check_moves(trace: Trace) -> None:
    drawn = trace.events.count("G draws")
    if drawn != 1:
        raise Misconception(
            f"G draws {drawn} times in one step. Each time, dropout uses new random numbers, so D and G learn from different fakes, "
            "and each pass through G costs time: draw fake once, and use it for both"
        )
    moves = tuple(event.split()[0] for event in trace.events if event.endswith("moves"))
    if not agrees(moves, ("D", "G"), ORDERS):
        raise Misconception(
            f"the optimizers move in the order {', '.join(moves)}: a loss moves weights that are not its own. "
            "D's loss moves D alone, G's loss moves G alone; G's would teach D to call fakes real"
        )


def _check_readings(trace: Trace) -> None:
    if "D reads no x" in trace.events:
        raise Misconception(
            "D does not get x as its first input: an unconditional D only judges whether fake looks like a photo, not whether it fits x. "
            "Give it D(x, y) and D(x, fake)"
        )
    if "D reads something else" in trace.events:
        raise Misconception("D gets a picture that is neither y nor this step's fake: its second input is y, then fake")
    readings = trace.before("D moves")
    if "D reads fake" in readings:
        raise Misconception(THE_D_OF_BEFORE if "D reads fake, detached" in readings else NO_DETACH)
    if "D reads y" not in readings or "D reads fake, detached" not in readings:
        raise Misconception("D's loss has two halves: it needs both D(x, y) and D(x, fake.detach()) before D moves")
    judged = trace.after("D moves")
    if "D reads fake" not in judged:
        raise Misconception(
            "the fake in G's own loss must not be detached: G's gradient comes through it. With D(x, fake.detach()) only L1 still teaches G"
            if "D reads fake, detached" in judged
            else "G learns nothing from the D just updated: call D(x, fake) after D's descent"
        )


def _weighted(gan_weight: float = TRACED.gan_weight, l1_weight: float = TRACED.l1_weight) -> Step:
    return lambda model, x, y, objective: train_step(model, x, y, Objective(gan_weight, l1_weight))


WRONG_LOSSES = {  # by network: a step with one mistake in that network's loss, and the message
    "D": [
        (
            altered_step(share=1.0),
            "D's two terms are summed, not averaged. Adam divides the factor 2 out again, so D learns almost as before; "
            "but the curve changes: chance is then 2 ln 2 = 1.386, and 0.69 no longer means a guess. Divide by 2",
        ),
        (
            altered_step(real=fake_loss, fake=real_loss),
            "D is taught the wrong way round: real_loss belongs to D(x, y) and fake_loss to D(x, fake)",
        ),
        (altered_step(fake=real_loss), "D is taught that both y and fake are real: its second term is fake_loss"),
    ],
    "G": [
        (
            altered_step(wanted=fake_loss),
            "G is taught to be recognised: its loss is fake_loss. G should make D call its fakes real: real_loss(D(x, fake))",
        ),
        (
            altered_step(wanted=lambda logits: -fake_loss(logits)),
            "G maximises D's loss, as the min-max formula says. The goal is the same, but where D is certain the gradient vanishes: "
            "use real_loss(D(x, fake))",
        ),
        (
            altered_step(distance=lambda fake, x, y: F.l1_loss(fake, x)),
            "L1 pulls fake towards the input x. It should pull it towards the target: F.l1_loss(fake, y)",
        ),
        (altered_step(distance=lambda fake, x, y: F.mse_loss(fake, y)), "this distance is squared (L2, a mean): the paper's is F.l1_loss"),
        (_weighted(l1_weight=1.0), "L1 is added without its weight: objective.l1_weight * l1 (the paper's lambda, 100)"),
        (_weighted(gan_weight=1.0), "the adversarial loss is added without objective.gan_weight (with 0 it gives the paper's L1 row)"),
        (_weighted(l1_weight=0.0), "L1 is missing from G's loss"),
        (_weighted(gan_weight=0.0), "the adversarial loss is missing from G's loss"),
    ],
}


def _wrong_gradients(network: str) -> Iterator[tuple[Tensor, str]]:
    nothing = torch.zeros(())
    yield nothing, f"{network} moves without any gradient: zero_grad() comes between backward() and step(). It must come before backward()"
    for step, message in WRONG_LOSSES[network]:
        yield trace_step(step, count=1)[0].gradients[network], message


def _check_result(trace: Trace, right: Trace) -> None:
    result = trace.result
    if not (isinstance(result, tuple) and len(result) == 3 and all(isinstance(value, Tensor) for value in result)):
        raise Misconception("return Losses(d_loss, adversarial, l1), three tensors: the curves are drawn from them")
    if any(value.requires_grad for value in result):
        raise Misconception(
            "the losses come back attached: each keeps the whole graph of its step, and a list of them fills the memory. Detach them"
        )
    for name, value, expected in zip(Losses._fields, result, right.result, strict=True):
        if not torch.isclose(value, expected, rtol=1e-3):
            raise Misconception(f"the {name} loss comes back as {value:.4f}, unweighted it is {expected:.4f}: return what was measured")
    if trace.steps_counted != 1:
        raise Misconception("model.step does not count this step: train() would give you the same batch again and again. Add 1 to it")


def _close(gradient: Tensor, expected: Tensor) -> bool:
    return bool((gradient - expected).norm() <= 1e-3 * expected.norm())
