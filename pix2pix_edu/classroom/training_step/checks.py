"""Checks of lesson 05: slow D down, write the step, diagnose runs, remember and restore a training."""

import copy
from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor

from pix2pix_edu.classroom.small_runs import OBJECTIVE, short_run, small_batches, small_model
from pix2pix_edu.classroom.training_step.diagnosis import examine_step
from pix2pix_edu.classroom.training_step.faults import FAULTS
from pix2pix_edu.classroom.training_step.gradients import weights
from pix2pix_edu.classroom.verdict import Misconception, check
from pix2pix_edu.training import Losses, Pix2Pix, Step, train


@check
def train_step(fn: Step) -> str:
    """Check whether this step does what the paper's does, gradient by gradient."""
    return examine_step(fn)


@check
def slow_down(fn: Callable[[Pix2Pix], object]) -> str:
    """Check whether D learns half as fast, and G as fast as before."""
    usual, slowed = small_model(), small_model()
    fn(slowed)
    if not torch.equal(_weights(usual)[0], _weights(slowed)[0]):
        raise Misconception("D's weights have changed: not the weights, but the step from one to the next should become shorter")
    only_the_optimizer = slowed.discriminator_optimizer.param_groups[0]["lr"] != slowed.discriminator_lr == usual.discriminator_lr
    d_ratio, g_ratio = (after / before for before, after in zip(_first_moves(usual), _first_moves(slowed), strict=True))
    if abs(g_ratio - 1) > 0.05:
        raise Misconception(f"G moves {g_ratio:.2f} times as far as before: it has its own rate, model.lr. Do not change that one")
    if only_the_optimizer and abs(d_ratio - 1) < 0.02:
        raise Misconception("D's optimizer has a new rate, but train() resets it before each step: it takes model.discriminator_lr")
    if abs(d_ratio - 1) < 0.02:
        raise Misconception(
            f"D moves {d_ratio:.2f} times as far as before. Adam divides each gradient by its own usual size, so half a loss or half "
            "a gradient does not change the step: only the learning rate makes it shorter"
        )
    if abs(d_ratio - 0.5) > 0.02:
        raise Misconception(f"D moves {d_ratio:.2f} times as far as before: it should be 0.50")
    return f"D's first step is {d_ratio:.2f} times as long as before, and G's {g_ratio:.2f} times"


def _first_moves(model: Pix2Pix) -> list[float]:
    """How far one step moves D and G."""
    before = _weights(model)
    torch.manual_seed(0)
    next(train(model, small_batches(), until=1, objective=OBJECTIVE))
    return [(b - a).norm().item() for a, b in zip(before, _weights(model), strict=True)]


def _weights(model: Pix2Pix) -> list[Tensor]:
    return [weights(network) for network in (model.discriminator, model.generator)]


KINDS = ("healthy", "one optimizer for both", "labels flipped for G", "D never updated", "sum instead of mean")
TAKEN_FOR_HEALTHY = {
    "one optimizer for both": "G's loss falls to {g:.2f}, and that looks like success. But D's has risen to {d:.2f}, above chance: "
    "D is worse than a guess, so something is teaching it to be wrong",
    "labels flipped for G": "both losses fall, to {d:.2f} and {g:.2f}, as in a classifier that learns well. In a game one side's gain is "
    "the other's loss: where both win, G works for D",
    "D never updated": "D's loss stays at {d:.2f}, near chance, and that looks like a balance. A balance comes after ups and downs: "
    "this curve has been flat since the first step",
    "sum instead of mean": "its D starts at {first:.2f}. It learns well, but two terms were summed: its chance is 1.39, so name it",
}


@check
def diagnose(fn: Callable[[Sequence[Losses]], str]) -> str:
    """Check whether this function names the fault of a run from its losses alone."""
    given = {kind: fn(list(_recorded_run(kind))) for kind in KINDS}
    if unknown := [answer for answer in given.values() if answer not in KINDS]:
        raise Misconception(f"the answer {unknown[0]!r} is none of {', '.join(map(repr, KINDS))}")
    if set(given.values()) == {"healthy"}:
        falls = ", ".join(f"{_mean(_recorded_run(kind)[:5]).l1:.2f} to {_mean(_recorded_run(kind)[-10:]).l1:.2f}" for kind in KINDS)
        raise Misconception(f"all five are called healthy. L1 cannot tell them apart: it falls in each one ({falls})")
    for kind in KINDS:
        if given[kind] != kind:
            raise Misconception(_misreading(kind, given[kind]))
    return "five runs from a new seed, each named from its curves alone"


def _misreading(kind: str, given: str) -> str:
    """Return the likely reason for calling a run of this kind by another name."""
    d, g, _ = _mean(_recorded_run(kind)[-10:])
    if kind == "healthy":
        return (
            f"the healthy run is called {given!r}. Its D ends at {d:.2f}, its G at {g:.2f} and rising: that is what health looks like. "
            "In a GAN neither loss goes to zero, because each is the other's opponent"
        )
    if given == "healthy":
        return "a faulty run is called healthy: " + TAKEN_FOR_HEALTHY[kind].format(d=d, g=g, first=_recorded_run(kind)[0].discriminator)
    return f"{kind!r} is called {given!r}. It ends with D at {d:.2f} and G at {g:.2f}; chance is 0.69. {FAULTS[kind].sign}"


@cache
def _recorded_run(kind: str) -> tuple[Losses, ...]:
    return tuple(Losses(*(float(value) for value in losses)) for losses in short_run(FAULTS[kind].step, seed=1)[1])


def _mean(history: Sequence[Losses]) -> Losses:
    return Losses(*(sum(column) / len(column) for column in zip(*history, strict=True)))


@check
def resume(remember: Callable[[Pix2Pix], object], restore: Callable[[Pix2Pix, object], object]) -> str:
    """Check whether a training continues exactly where it stopped."""
    model, batches = small_model(), small_batches()
    for _ in train(model, batches, until=3, objective=OBJECTIVE):
        pass
    random = torch.get_rng_state()
    saved = remember(model)
    before, at_once = _state(model, random), _restored(restore, copy.deepcopy(saved))
    torch.set_rng_state(random)
    straight = [float(value) for losses in train(model, batches, until=6, objective=OBJECTIVE) for value in losses]
    other = small_model(seed=9)
    restore(other, saved)
    after = _state(other, torch.get_rng_state())
    if any(_same(before[part], at_once[part]) and not _same(before[part], after[part]) for part in before):
        raise Misconception(
            "what you saved has changed while the training continued: state_dict() returns the live tensors, not a copy. "
            "Use copy.deepcopy, or write them to a file"
        )
    missing = {part for part in before if not _same(before[part], after[part])}
    for parts, message in MISSING:
        if missing.issuperset(parts):
            raise Misconception(message)
    resumed = [float(value) for losses in train(other, batches, until=6, objective=OBJECTIVE) for value in losses]
    if resumed != straight:
        raise Misconception("all parts are back, but the next three steps differ from those of the run that was never stopped")
    return "the next three steps have the same losses, bit for bit, as those of the run that was never stopped"


def _restored(restore: Callable[[Pix2Pix, object], object], saved: object) -> dict[str, object]:
    """The state of a new model after `restore`."""
    model = small_model(seed=9)
    restore(model, saved)
    return _state(model, torch.get_rng_state())


def _state(model: Pix2Pix, random: Tensor) -> dict[str, object]:
    """Copy everything that the next step depends on."""
    return copy.deepcopy(
        {
            "G": model.generator.state_dict(),
            "D": model.discriminator.state_dict(),
            "G's Adam": model.generator_optimizer.state_dict()["state"],
            "D's Adam": model.discriminator_optimizer.state_dict()["state"],
            "step": model.step,
            "random numbers": random,
        }
    )


MISSING = [  # parts that were not restored, and what follows; the first match counts
    (("G", "D"), "neither network's weights come back: restore(model, saved) must change the model that it is given, in place"),
    (("D",), "only G comes back: it would play on against a D that has never seen a facade. Save both networks"),
    (("G",), "D comes back and G does not: save both networks"),
    (
        ("G's Adam", "D's Adam"),
        "the weights are back, the optimizers are not: Adam has lost its record of each gradient's usual size, "
        "so its first steps are too long and the run becomes another. Save both optimizers' state_dict()",
    ),
    (("D's Adam",), "G's Adam is back and D's is not: there are two optimizers, and each has its own state"),
    (("G's Adam",), "D's Adam is back and G's is not: there are two optimizers, and each has its own state"),
    (("step",), "model.step is back at 0: the same batches come again, and a schedule starts again at its full rate"),
    (("random numbers",), "dropout now draws other random numbers: save them too (torch.get_rng_state, torch.set_rng_state)"),
]


def _same(one: object, other: object) -> bool:
    """Check whether two saved states hold the same bits."""
    if isinstance(one, Tensor):
        return isinstance(other, Tensor) and torch.equal(one, other)
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return type(one) is type(other) and len(one) == len(other) and all(map(_same, one, other))
    return one == other
