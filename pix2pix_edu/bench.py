"""How long a step and a translation take on this machine, and how much of its arithmetic that uses."""

import time
from collections.abc import Callable
from typing import NamedTuple

import torch

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective
from pix2pix_edu.training import Pix2Pix, train_step


class Timing(NamedTuple):
    """What one piece of work costs."""

    name: str
    seconds: float
    flops: int


def bench(size: int, width: int, batch_size: int, repeats: int, device: str) -> tuple[float, list[Timing]]:
    """The machine's own matrix peak in FLOP/s, and each way of doing a step and a translation, timed in turns."""
    if min(size, width, batch_size, repeats) < 1:
        raise ValueError("size and width must be positive, and so must batch size and repeats")
    if size % 16:
        raise ValueError(f"size must be a multiple of 16, got {size}")
    depth = min(8, (size & -size).bit_length() - 1)
    patch = 70 if size >= 32 else 16
    x, y = (torch.rand(batch_size, 3, size, size, device=device) * 2 - 1 for _ in range(2))
    work: dict[str, Callable[[], object]] = {}
    for name, prepare in STEPS.items():
        model = prepare(Generator(depth=depth, width=width).to(device), PatchDiscriminator(patch, width=width).to(device))
        work[name] = lambda model=model: train_step(model, x, y, Objective())
    generator = Generator(depth=depth, width=width).to(device)
    work["translation"] = torch.no_grad()(lambda: generator(x))
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32  # the peak in the arithmetic that the convolutions use
    peak = work.setdefault("matrix product", matrix_product(device))
    seconds = in_turns(work, repeats, device)
    return count_flops(peak) / seconds["matrix product"], [Timing(name, seconds[name], count_flops(work[name])) for name in work]


def loop_adam(generator: Generator, discriminator: PatchDiscriminator) -> Pix2Pix:
    """Adam as a loop over the weights, as the reference runs it on a CPU."""
    model = Pix2Pix(generator, discriminator)
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        optimizer.param_groups[0].update(fused=False, foreach=False)
    return model


def channels_last(generator: Generator, discriminator: PatchDiscriminator) -> Pix2Pix:
    """The weights laid out so that the channels of a pixel lie side by side."""
    layout = torch.channels_last
    return Pix2Pix(generator.to(memory_format=layout), discriminator.to(memory_format=layout))


STEPS = {"step": Pix2Pix, "step, channels last": channels_last, "step, Adam as a loop": loop_adam}


def matrix_product(device: str) -> Callable[[], object]:
    """A product of two large square matrices: about as fast as this machine can calculate."""
    a, b = torch.rand(2, 2048, 2048, device=device)
    return lambda: a @ b


def in_turns(work: dict[str, Callable[[], object]], repeats: int, device: str) -> dict[str, float]:
    """Median seconds of each piece of work. They take turns, so that a slow moment of the machine strikes all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repeats + 1):
        for name, run in work.items():
            synchronize(device)
            start = time.perf_counter()
            run()
            synchronize(device)
            seconds[name].append(time.perf_counter() - start)
    return {name: sorted(times[1:])[repeats // 2] for name, times in seconds.items()}  # the first turn only warms up


def synchronize(device: str) -> None:
    """Wait until the device has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()


def count_flops(run: Callable[[], object]) -> int:
    """Additions and multiplications of the matrix products and convolutions in one call."""
    from torch.utils.flop_counter import FlopCounterMode  # here, for it takes longer to import than all of this library

    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def report(peak: float, timings: list[Timing]) -> str:
    """The timings as a table; "of peak" compares with the machine's own matrix product."""
    lines = [f"{'':24}{'ms':>10}{'GFLOP':>10}{'GFLOP/s':>10}{'of peak':>10}{'step =':>10}"]
    step = next(timing.seconds for timing in timings if timing.name == "step")
    for name, seconds, flops in timings:
        rate = flops / seconds
        lines.append(f"{name:24}{seconds * 1e3:10.1f}{flops / 1e9:10.2f}{rate / 1e9:10.1f}{rate / peak:10.0%}{seconds / step:9.2f}x")
    return "\n".join(lines)
