"""Checks of the exercises about the full run: the schedule, the pairs of a step, the floor of a step, 16-bit gradients."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from pix2pix_edu.classroom.verdict import Misconception, check
from pix2pix_edu.speed.roofline import Cost, Machine, floor_seconds

PROBES = ((0, 100, 200), (50, 100, 200), (100, 100, 200), (150, 100, 200), (190, 100, 200), (200, 100, 200), (300, 200, 600))


@check
def decay(fn: Callable[[int, int, int], float]) -> str:
    """The share of the full rate at a step, of a schedule that falls from `start` to `stop`."""
    wrong: list[tuple[Callable[[int, int, int], float], str]] = [
        (lambda t, a, b: 1 - t / b, "it falls from the first step on: up to `start` the rate is full"),
        (lambda t, a, b: 1.0, "it never falls: from `start` to `stop` the rate comes down to zero"),
        (lambda t, a, b: 1 - max(0, t - a) // (b - a), "it stays full and drops at `stop`: // gives whole numbers, / gives shares"),
        (lambda t, a, b: float(t < a), "it drops to zero at `start`: that is a cliff, asked is a straight line"),
        (lambda t, a, b: (b - t) / (b - a), "before `start` the rate is above the full one: at step 0 it should be 1"),
        (lambda t, a, b: 1 - max(0, t - a) / b, "at `stop` something is left: the line is as long as stop - start, not as `stop`"),
        (lambda t, a, b: max(0, t - a) / (b - a), "it rises: take what you have from 1"),
        (lambda t, a, b: 2e-4 * _line(t, a, b), "that is the rate itself: asked is the share, 1 at first; `train` multiplies"),
        (
            lambda t, a, b: 1 - max(0, t - a) / (b - a + 1),
            "at `stop` a little is left: divide by stop - start, without the 1",
        ),
    ]
    said = [float(fn(*probe)) for probe in PROBES]
    if np.allclose(said, [_line(*probe) for probe in PROBES], atol=1e-6):
        return "full up to `start`, half in the middle, nothing at `stop`, whatever the two are"
    for formula, misconception in wrong:
        if np.allclose(said, [formula(*probe) for probe in PROBES], atol=1e-9):
            raise Misconception(misconception)
    shares = ", ".join(f"{value:.3g} at {step}" for value, (step, _, _) in zip(said[:6], PROBES, strict=False))
    raise Misconception(f"from start 100 to stop 200 you say {shares}: it should be 1, 1, 1, 0.5, 0.1 and 0")


def _line(step: int, start: int, stop: int) -> float:
    return 1.0 - max(0, step - start) / (stop - start)


COUNT, BATCH = 10, 4  # no batch size that divides the count: epochs end within a batch
EPOCHS = 6
STEPS = COUNT * EPOCHS // BATCH

PairsOfStep = Callable[[int, int, int, int], list[int]]


@check
def pairs_of_step(fn: PairsOfStep) -> str:
    """Which pairs a step takes, of `count`, in batches, by seed: the same after a stop."""
    torch_dice, numpy_dice = torch.get_rng_state(), np.random.get_state()[1].copy()
    batches = [_batch(fn, step, 0) for step in range(STEPS)]
    if not (torch.equal(torch_dice, torch.get_rng_state()) and np.array_equal(numpy_dice, np.random.get_state()[1])):
        raise Misconception("it turns the global dice, which dropout throws as well: use np.random.default_rng, a generator of its own")
    for step in reversed(range(STEPS)):  # as a resumed run would: from the middle, with nothing remembered
        if _batch(fn, step, 0) != batches[step]:
            raise Misconception(f"asked again, step {step} takes other pairs: its answer may depend on its arguments alone")
    _check_epochs([index for batch in batches for index in batch])
    if [_batch(fn, step, 1) for step in range(STEPS)] == batches:
        raise Misconception("another seed gives the same order: put the seed into the generator's seed")
    return f"{EPOCHS} epochs of {COUNT} pairs in batches of {BATCH}: each pair once an epoch, each epoch anew, and every step repeatable"


def _batch(fn: PairsOfStep, step: int, seed: int) -> list[int]:
    said = [int(index) for index in fn(step, COUNT, BATCH, seed)]
    if len(said) != BATCH:
        raise Misconception(f"step {step} has {len(said)} pairs in place of {BATCH}: where an epoch ends, the batch goes on into the next")
    if not all(0 <= index < COUNT for index in said):
        raise Misconception(f"step {step} asks for pairs {said}: there are {COUNT}, from 0 to {COUNT - 1}")
    return said


def _check_epochs(order: list[int]) -> None:
    epochs = [order[start : start + COUNT] for start in range(0, len(order), COUNT)]
    if all(sorted(epoch) == list(range(COUNT)) for epoch in epochs):
        if all(epoch == epochs[0] for epoch in epochs):
            if epochs[0] == sorted(epochs[0]):
                raise Misconception("the pairs come as they are numbered: shuffle them")
            raise Misconception("every epoch has the same order: put the epoch into the generator's seed as well")
        return
    whole = COUNT // BATCH * BATCH  # what is left of an epoch where its last, smaller batch is dropped
    if all(len(set(order[start : start + whole])) == whole for start in range(0, len(order) - whole + 1, whole)):
        raise Misconception(f"{COUNT - whole} of {COUNT} pairs are left out of each epoch: let the batch go on into the next epoch")
    number, epoch = next((number, epoch) for number, epoch in enumerate(epochs) if len(set(epoch)) < COUNT)
    twice = next(index for index in epoch if epoch.count(index) > 1)
    raise Misconception(f"pair {twice} comes twice in epoch {number}: shuffle once an epoch, not at every step, and draw nothing twice")


MACHINE = Machine(flops=2.0, bytes=1.0)


@check
def floor(fn: Callable[[list[Cost], Machine], float]) -> str:
    """The least time of operations one after the other: each waits for its arithmetic or for its memory."""
    cases = [[Cost(30, 2), Cost(2, 8), Cost(0, 4)], [Cost(8, 3), Cost(2, 20)]]  # arithmetic prevails, memory prevails
    said = [float(fn(costs, MACHINE)) for costs in cases]
    right = [floor_seconds(costs, MACHINE) for costs in cases]
    if np.allclose(said, right):
        return "the slower of arithmetic and memory for each operation, added up: a floor that no order of work can undercut"
    arithmetic, memory = ([_total(side, costs) for costs in cases] for side in (lambda a, m: a, lambda a, m: m))
    wrong = {
        "it adds the two: while numbers are multiplied, the next ones are already on their way": np.add(arithmetic, memory),
        "memory is left out: Adam multiplies next to nothing, and yet takes its time": arithmetic,
        "arithmetic is left out: a convolution uses each number that it reads many times": memory,
        "that is the shorter of the two: an operation is done when the slower one is": [_total(min, costs) for costs in cases],
        "that is the larger of two totals: an operation that waits for memory lends its time to no other": np.maximum(arithmetic, memory),
        "FLOP times FLOP/s is nothing: divide by the rate, and seconds are left": [_multiplied(costs) for costs in cases],
        "that is the slowest operation: they come one after the other, so add them up": [_slowest(costs) for costs in cases],
    }
    for misconception, values in wrong.items():
        if np.allclose(said, values):
            raise Misconception(misconception)
    raise Misconception(f"{[tuple(cost) for cost in cases[1]]} at 2 FLOP/s and 1 byte/s take {right[1]:g} s, and you say {said[1]:g} s")


def _total(rule: Callable[[float, float], float], costs: list[Cost]) -> float:
    return sum(rule(cost.flops / MACHINE.flops, cost.bytes / MACHINE.bytes) for cost in costs)


def _multiplied(costs: list[Cost]) -> float:
    return sum(max(cost.flops * MACHINE.flops, cost.bytes * MACHINE.bytes) for cost in costs)


def _slowest(costs: list[Cost]) -> float:
    return max(floor_seconds([cost], MACHINE) for cost in costs)


class _SixteenBits(torch.autograd.Function):
    """Hands a number on as it is, and its gradient in 16 bits."""

    @staticmethod
    def forward(_: object, values: Tensor) -> Tensor:
        return values.clone()

    @staticmethod
    def backward(_: object, gradient: Tensor) -> Tensor:
        return gradient.half().float()


FACTOR = 4096.0
USUAL, TINY, HUGE = 0.25, 1e-9, 1e3  # gradients: 16 bits hold nothing below 3e-8 or above 65504, and so not HUGE times the factor

Descend = Callable[[Tensor, torch.optim.Optimizer, float], None]


@check
def scaled(fn: Descend) -> str:
    """descend() with the loss multiplied by a factor on the way, and a step left out where it overflows."""
    moved = _moves(fn, [[USUAL]])[0]
    if moved == 0:
        raise Misconception("nothing moves: backward() of the larger loss, then the gradients divided, then optimizer.step()")
    if np.isclose(moved, USUAL * FACTOR, rtol=0.01):
        raise Misconception(f"the step is {FACTOR:g} times too long (Adam would hide it): divide each gradient before optimizer.step()")
    if np.isclose(moved, USUAL / FACTOR, rtol=0.01):
        raise Misconception(f"the step is {FACTOR:g} times too short: the gradient is divided, but the loss was not multiplied")
    if not np.isclose(moved, USUAL, rtol=0.01):
        raise Misconception(f"a gradient of {USUAL} should move the weight by as much at rate 1, and it moved by {moved:g}")
    if not np.isclose(_moves(fn, [[TINY]])[0], TINY, rtol=0.05, atol=0):
        raise Misconception("a gradient of 1e-9 is lost: in 16 bits it is 0, and stays 0. Multiply the *loss*, before backward()")
    if not np.isclose(_moves(fn, [[USUAL], [USUAL]])[0], 2 * USUAL, rtol=1e-6):
        raise Misconception("the second step is not as long as the first: clear the gradients before backward()")
    held = _moves(fn, [[HUGE, USUAL]])
    if held[0] != 0:
        raise Misconception("a gradient overflowed to infinity, and the weight went with it: leave such a step out")
    if held[1] != 0:
        raise Misconception("one gradient overflowed and the other weights moved without it: leave the whole step out")
    return "a gradient of 1e-9 arrives through 16 bits, a usual one is as long as ever, and an overflow moves nothing"


def _moves(fn: Descend, gradients: list[list[float]]) -> list[float]:
    """How far gradient descent at rate 1 moves each weight down the given gradients, one step for each row."""
    weights = [nn.Parameter(torch.zeros(())) for _ in gradients[0]]
    optimizer = torch.optim.SGD(weights, lr=1.0)
    for row in gradients:
        fn(sum(value * _SixteenBits.apply(weight) for value, weight in zip(row, weights, strict=True)), optimizer, FACTOR)
    return [-weight.item() for weight in weights]
