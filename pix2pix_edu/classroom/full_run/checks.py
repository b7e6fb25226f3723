"""Checks of lesson 06: the schedule, the pairs of a step, the floor of a step, 16-bit gradients."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from pix2pix_edu.classroom.verdict import Misconception, agrees, check
from pix2pix_edu.speed.roofline import Cost, Machine, floor_seconds

Schedule = Callable[[int, int, int], float]
PROBES = ((0, 100, 200), (50, 100, 200), (100, 100, 200), (150, 100, 200), (190, 100, 200), (200, 100, 200), (300, 200, 600))


def _line(step: int, start: int, stop: int) -> float:
    return 1.0 - max(0, step - start) / (stop - start)


WRONG_SCHEDULES: list[tuple[Schedule, str]] = [
    (lambda t, a, b: 1 - t / b, "it falls from the first step on: up to `start` the rate is full"),
    (lambda t, a, b: 1.0, "it never falls: from `start` to `stop` the rate should fall to zero"),
    (lambda t, a, b: 1 - max(0, t - a) // (b - a), "it stays full and drops at `stop`: // gives whole numbers, / gives shares"),
    (lambda t, a, b: float(t < a), "it drops to zero at `start`: that is a cliff, and it should be a straight line"),
    (lambda t, a, b: (b - t) / (b - a), "before `start` the rate is above the full one: at step 0 it should be 1"),
    (lambda t, a, b: 1 - max(0, t - a) / b, "at `stop` something is left: the line is as long as stop - start, not as `stop`"),
    (lambda t, a, b: max(0, t - a) / (b - a), "it rises: subtract what you have from 1"),
    (lambda t, a, b: 2e-4 * _line(t, a, b), "that is the rate itself: return the share, 1 at first; `train` multiplies"),
    (lambda t, a, b: 1 - max(0, t - a) / (b - a + 1), "at `stop` a little is left: divide by stop - start, without the 1"),
]


@check
def decay(fn: Schedule) -> str:
    """Check a schedule: the share of the full rate at a step, falling from `start` to `stop`."""
    given = [float(fn(*probe)) for probe in PROBES]
    right = [_line(*probe) for probe in PROBES]
    wrongs = (([formula(*probe) for probe in PROBES], message) for formula, message in WRONG_SCHEDULES)
    if agrees(given, right, wrongs, lambda a, b: np.allclose(a, b, atol=1e-6)):
        return "full up to `start`, half in the middle, nothing at `stop`, whatever the two are"
    shares = ", ".join(f"{value:.3g} at {step}" for value, (step, _, _) in zip(given[:6], PROBES, strict=False))
    raise Misconception(f"from start 100 to stop 200 you return {shares}: it should be 1, 1, 1, 0.5, 0.1 and 0")


COUNT, BATCH = 10, 4  # the batch size does not divide the count, so epochs end within a batch
EPOCHS = 6
STEPS = COUNT * EPOCHS // BATCH

PairsOfStep = Callable[[int, int, int, int], list[int]]


@check
def pairs_of_step(fn: PairsOfStep) -> str:
    """Check which of `count` pairs each step takes: every pair once per epoch, and the same ones after a stop."""
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    batches = [_batch(fn, step, 0) for step in range(STEPS)]
    if not (torch.equal(torch_state, torch.get_rng_state()) and np.array_equal(numpy_state, np.random.get_state()[1])):
        raise Misconception(
            "it changes the global random numbers, which dropout uses too: use a generator of your own, np.random.default_rng"
        )
    for step in reversed(range(STEPS)):  # like a resumed run: from the middle, with nothing remembered
        if _batch(fn, step, 0) != batches[step]:
            raise Misconception(f"called again, step {step} takes other pairs: the result may depend only on the arguments")
    _check_epochs([index for batch in batches for index in batch])
    if [_batch(fn, step, 1) for step in range(STEPS)] == batches:
        raise Misconception("another seed gives the same order: put the seed into the generator's seed")
    return (
        f"{EPOCHS} epochs of {COUNT} pairs in batches of {BATCH}: each pair once per epoch, in a new order each time, every step repeatable"
    )


def _batch(fn: PairsOfStep, step: int, seed: int) -> list[int]:
    given = [int(index) for index in fn(step, COUNT, BATCH, seed)]
    if len(given) != BATCH:
        raise Misconception(f"step {step} has {len(given)} pairs instead of {BATCH}: where an epoch ends, the batch continues in the next")
    if not all(0 <= index < COUNT for index in given):
        raise Misconception(f"step {step} takes the pairs {given}: there are {COUNT}, from 0 to {COUNT - 1}")
    return given


def _check_epochs(order: list[int]) -> None:
    epochs = [order[start : start + COUNT] for start in range(0, len(order), COUNT)]
    if all(sorted(epoch) == list(range(COUNT)) for epoch in epochs):
        if any(epoch != epochs[0] for epoch in epochs):
            return
        if epochs[0] == sorted(epochs[0]):
            raise Misconception("the pairs come in the order of their numbers: shuffle them")
        raise Misconception("every epoch has the same order: put the epoch into the generator's seed as well")
    whole = COUNT // BATCH * BATCH  # the pairs of an epoch if its last, smaller batch is dropped
    if all(len(set(order[start : start + whole])) == whole for start in range(0, len(order) - whole + 1, whole)):
        raise Misconception(f"{COUNT - whole} of {COUNT} pairs are left out of each epoch: let the batch continue in the next epoch")
    number, epoch = next((number, epoch) for number, epoch in enumerate(epochs) if len(set(epoch)) < COUNT)
    twice = next(index for index in epoch if epoch.count(index) > 1)
    raise Misconception(f"pair {twice} comes twice in epoch {number}: shuffle once per epoch, not at every step, and draw nothing twice")


MACHINE = Machine(flops=2.0, bytes=1.0)
WORK = [[Cost(30, 2), Cost(2, 8), Cost(0, 4)], [Cost(8, 3), Cost(2, 20)]]  # the first limited by arithmetic, the second by memory


def _total(rule: Callable[[float, float], float], costs: list[Cost]) -> float:
    """Sum rule(seconds of arithmetic, seconds of memory) over the operations."""
    return sum(rule(cost.flops / MACHINE.flops, cost.bytes / MACHINE.bytes) for cost in costs)


WRONG_FLOORS: list[tuple[Callable[[list[Cost]], float], str]] = [
    (lambda costs: _total(lambda a, m: a + m, costs), "you add the two: while numbers are multiplied, the next ones are already loading"),
    (lambda costs: _total(lambda a, m: a, costs), "memory is left out: Adam multiplies next to nothing, and still takes its time"),
    (lambda costs: _total(lambda a, m: m, costs), "arithmetic is left out: a convolution uses each number that it reads many times"),
    (lambda costs: _total(min, costs), "that is the shorter of the two: an operation is done when the slower one is"),
    (
        lambda costs: max(_total(lambda a, m: a, costs), _total(lambda a, m: m, costs)),
        "that is the larger of two totals: time that one operation spends waiting for memory is of no use to another",
    ),
    (
        lambda costs: sum(max(cost.flops * MACHINE.flops, cost.bytes * MACHINE.bytes) for cost in costs),
        "FLOP times FLOP/s means nothing: divide by the rate, and seconds are left",
    ),
    (
        lambda costs: max(floor_seconds([cost], MACHINE) for cost in costs),
        "that is the slowest operation: they come one after the other, so add them up",
    ),
]


@check
def floor(fn: Callable[[list[Cost], Machine], float]) -> str:
    """Check the least time of operations one after the other, each limited by its arithmetic or by its memory."""
    given = [float(fn(costs, MACHINE)) for costs in WORK]
    right = [floor_seconds(costs, MACHINE) for costs in WORK]
    if agrees(given, right, (([rule(costs) for costs in WORK], message) for rule, message in WRONG_FLOORS), np.allclose):
        return "the slower of arithmetic and memory for each operation, added up: a floor for any order of the work"
    work = [tuple(cost) for cost in WORK[1]]
    raise Misconception(f"{work} at 2 FLOP/s and 1 byte/s take {right[1]:g} s, and you return {given[1]:g} s")


class _SixteenBits(torch.autograd.Function):
    """Passes a number through unchanged, and its gradient rounded to 16 bits."""

    @staticmethod
    def forward(_: object, values: Tensor) -> Tensor:
        return values.clone()

    @staticmethod
    def backward(_: object, gradient: Tensor) -> Tensor:
        return gradient.half().float()


FACTOR = 4096.0
USUAL, TINY, HUGE = 0.25, 1e-9, 1e3  # gradients; 16 bits hold nothing below 3e-8 or above 65504, so not HUGE * FACTOR
WRONG_MOVES = [
    (0.0, "nothing moves: backward() of the larger loss, then the gradients divided, then optimizer.step()"),
    (USUAL * FACTOR, f"the step is {FACTOR:g} times too long (Adam would hide it): divide each gradient before optimizer.step()"),
    (USUAL / FACTOR, f"the step is {FACTOR:g} times too short: the gradient is divided, but the loss was not multiplied"),
]

Descend = Callable[[Tensor, torch.optim.Optimizer, float], None]


@check
def scaled(fn: Descend) -> str:
    """Check a descend() that multiplies the loss by a factor for the backward pass, and skips a step that overflows."""
    moved = _moves(fn, [[USUAL]])[0]
    if not agrees(moved, USUAL, WRONG_MOVES, lambda a, b: np.isclose(a, b, rtol=0.01, atol=0)):
        raise Misconception(f"at rate 1, a gradient of {USUAL} should move the weight by {USUAL}, and it moved by {moved:g}")
    if not np.isclose(_moves(fn, [[TINY]])[0], TINY, rtol=0.05, atol=0):
        raise Misconception("a gradient of 1e-9 is lost: in 16 bits it is 0, and stays 0. Multiply the *loss*, before backward()")
    if not np.isclose(_moves(fn, [[USUAL], [USUAL]])[0], 2 * USUAL, rtol=1e-6):
        raise Misconception("the second step is not as long as the first: clear the gradients before backward()")
    overflowed, other = _moves(fn, [[HUGE, USUAL]])
    if overflowed != 0:
        raise Misconception("a gradient overflowed to infinity, and the weight went with it: skip such a step")
    if other != 0:
        raise Misconception("one gradient overflowed and the other weights moved without it: skip the whole step")
    return "a gradient of 1e-9 survives 16 bits, a usual one keeps its length, and an overflow moves nothing"


def _moves(fn: Descend, gradients: list[list[float]]) -> list[float]:
    """How far gradient descent at rate 1 moves each weight along the given gradients; each row is one step."""
    weights = [nn.Parameter(torch.zeros(())) for _ in gradients[0]]
    optimizer = torch.optim.SGD(weights, lr=1.0)
    for row in gradients:
        fn(sum(value * _SixteenBits.apply(weight) for value, weight in zip(row, weights, strict=True)), optimizer, FACTOR)
    return [-weight.item() for weight in weights]
