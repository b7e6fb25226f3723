"""Time a training step and a translation on this machine, and the reference implementation beside them if you have its code."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator, largest_depth
from pix2pix_edu.objective import Objective
from pix2pix_edu.speed import cuda_graph
from pix2pix_edu.speed.fast_step import Speed, fast_generator, fast_step, fastest
from pix2pix_edu.speed.read_ahead import ReadAhead
from pix2pix_edu.speed.reference_code import ReferenceModel
from pix2pix_edu.speed.roofline import Peaks, count_costs, floor_seconds, seconds_of
from pix2pix_edu.training import Batches, Pix2Pix, Step, train_step

WARM_UP = cuda_graph.WARM_UP + 1  # turns that are not timed: the graph is recorded in the last of them


Data = Batches | ReadAhead


class Timing(NamedTuple):
    """The median time of one piece of work, and its counted cost."""

    name: str
    seconds: float
    floor: float  # the least seconds that its arithmetic and memory traffic allow
    flops: int
    bytes: int


class Work(NamedTuple):
    """Something to time: what to run, the same work in a form whose operations can be counted, and its precision."""

    run: Callable[[], object]
    counted: Callable[[], object]
    precision: torch.dtype


def prepare(
    size: int, width: int, batch_size: int, device: str, reference: Path | None = None, data: Data | None = None
) -> dict[str, Work]:
    """Every variant of a step and of a translation, by name.

    `reference` is a folder with the reference implementation's code, to be timed beside them. With `data`, one more fast step takes its
    batches from there; the others have one batch for all steps.
    """
    if size % 16:
        raise ValueError(f"size must be a multiple of 16, got {size}")
    torch.backends.cudnn.benchmark = True  # for all of them: the reference sets it too
    depth = largest_depth(size)
    model = ReferenceModel(reference, depth, width, device) if reference else None
    x, y = (torch.rand(batch_size, 3, size, size, device=device) * 2 - 1 for _ in range(2))
    work = {**steps(depth, width, x, y), **translations(depth, width, x)}
    if data:
        work["fast step, new pairs"] = with_data(depth, width, x, y, data)
    if model:
        for name, run in {"reference step": lambda: model.step(x, y), "reference translation": lambda: model.translate(x)}.items():
            work[name] = Work(run, run, torch.float32)
    return work


def time_in_turns(work: dict[str, Work], repeats: int, device: str) -> list[Timing]:
    """Time all the work in turns, so that a slow moment of the machine affects all of it."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    peaks = {precision: Peaks(device, precision) for precision in {piece.precision for piece in work.values()}}
    turns = [*work.items()] * (repeats + WARM_UP)
    for number, (name, piece) in enumerate(tqdm(turns, unit="piece", leave=False, delay=2.0), 1):
        seconds[name].append(seconds_of(piece.run, device))
        for peak in peaks.values() if number % len(work) == 0 else ():
            peak.take_turn()
    timings = []
    for name, piece in work.items():
        costs = count_costs(piece.counted)
        totals = (sum(column) for column in zip(*costs, strict=True))
        median = sorted(seconds[name][WARM_UP:])[repeats // 2]
        timings.append(Timing(name, median, floor_seconds(costs, peaks[piece.precision].best()), *totals))
    return timings


def steps(depth: int, width: int, x: Tensor, y: Tensor) -> dict[str, Work]:
    """The plain step, the fast one, and one variant per design choice."""
    speed = fastest(x.device)
    loop_adam = _model(depth, width, x.device)
    for optimizer in (loop_adam.generator_optimizer, loop_adam.discriminator_optimizer):
        optimizer.param_groups[0].update(fused=False, foreach=False)  # as the reference runs it on a CPU
    work = {"step": _work(_model(depth, width, x.device), train_step, x, y), "step, Adam as a loop": _work(loop_adam, train_step, x, y)}
    for name, tried in {
        "step, channels last": Speed(channels_last=True),
        "step, matrices": Speed(channels_last=True, matrices=True),
        "step, one pass": Speed(one_pass=True),
        "fast step": speed,
    }.items():
        model = _model(depth, width, x.device)
        work[name] = _work(model, fast_step(model, tried), x, y)._replace(precision=tried.precision)
        unrecorded = fast_step(model, replace(tried, graph=False))  # the operations of a replay cannot be counted
        work[name] = work[name]._replace(counted=lambda model=model, step=unrecorded: step(model, x, y, Objective()))
    return work


def with_data(depth: int, width: int, x: Tensor, y: Tensor, data: Data) -> Work:
    """The fast step with a new batch each time, reading it included."""
    speed, numbers = fastest(x.device), itertools.count()
    model = _model(depth, width, x.device)
    step, unrecorded = fast_step(model, speed), fast_step(model, replace(speed, graph=False))

    def run() -> object:
        return step(model, *(side.to(x.device) for side in data[next(numbers)]), Objective())

    return Work(run, lambda: unrecorded(model, x, y, Objective()), speed.precision)


def translations(depth: int, width: int, x: Tensor) -> dict[str, Work]:
    """G(x) with the generator as it is, and with a fast copy of it."""
    generator, speed = _model(depth, width, x.device).generator, fastest(x.device)
    fast = fast_generator(generator, speed)
    plain, quick = (torch.no_grad()(lambda network=network: network(x)) for network in (generator, fast))
    return {"translation": Work(plain, plain, torch.float32), "fast translation": Work(quick, quick, speed.precision)}


def _model(depth: int, width: int, device: torch.device) -> Pix2Pix:
    torch.manual_seed(0)
    patch = 70 if depth >= 5 else 16
    return Pix2Pix(Generator(depth=depth, width=width).to(device), PatchDiscriminator(patch, width=width).to(device))


def _work(model: Pix2Pix, step: Step, x: Tensor, y: Tensor) -> Work:
    def run() -> object:
        return step(model, x, y, Objective())

    return Work(run, run, torch.float32)


def report(timings: list[Timing]) -> str:
    """The timings as a table. The floor is the time that the counted work would take at this machine's best rates."""
    seconds = {timing.name: timing.seconds for timing in timings}
    lines = [f"{'':24}{'ms':>10}{'GFLOP':>10}{'GB':>8}{'floor ms':>10}{'of floor':>10}{'speed':>8}"]
    for name, taken, floor, flops, traffic in timings:
        kind = "translation" if "translation" in name else "step"
        ratio = seconds.get(f"reference {kind}", seconds[kind]) / taken
        lines.append(
            f"{name:24}{taken * 1e3:10.1f}{flops / 1e9:10.2f}{traffic / 1e9:8.2f}{floor * 1e3:10.1f}{floor / taken:10.0%}{ratio:7.2f}x"
        )
    compared = "the reference" if "reference step" in seconds else "the plain step or translation"
    return "\n".join([*lines, f"speed: compared with {compared}; of floor: 100% is as fast as this machine's matrix products and copies"])
