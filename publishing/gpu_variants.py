"""The variants of a training step that gpu_measurements times."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective
from pix2pix_edu.speed.cuda_graph import RecordedStep
from pix2pix_edu.speed.fast_step import Speed, fast_step, lay_out
from pix2pix_edu.speed.one_pass import train_step_in_one_pass, use_halves
from pix2pix_edu.speed.processes import shared_step
from pix2pix_edu.speed.shadows import Shadows
from pix2pix_edu.training import Pix2Pix, Step, descend, train_step

GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda" if GPU else "cpu")
BF16 = Speed(torch.bfloat16, channels_last=True, one_pass=True)
FP16 = replace(BF16, precision=torch.float16)


def build(tiny: bool, dropout: float = 0.5) -> Pix2Pix:
    torch.manual_seed(0)
    depth, width, patch = (3, 4, 16) if tiny else (8, 64, 70)
    return Pix2Pix(Generator(depth=depth, width=width, dropout=dropout).to(DEVICE), PatchDiscriminator(patch, width=width).to(DEVICE))


def batch(tiny: bool) -> tuple[Tensor, Tensor]:
    side = 32 if tiny else 256
    x, y = torch.rand(2, 1, 3, side, side, device=DEVICE) * 2 - 1
    return x, y


def recorded(model: Pix2Pix, step: Step) -> Step:
    return RecordedStep(model, step) if GPU else step


def with_copies(model: Pix2Pix, layout: torch.memory_format) -> Step:
    """A recorded step in bfloat16 with 16-bit copies of the weights."""
    lay_out(model, layout)
    use_halves(model.discriminator)
    shadows = Shadows(model, torch.bfloat16)
    descending = shadows.refreshing(descend, model)

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> object:
        with torch.autocast(DEVICE.type, torch.bfloat16, cache_enabled=False), shadows:
            return train_step_in_one_pass(model, x, y, objective, descending)

    return recorded(model, step)


def compiled(model: Pix2Pix) -> Step:
    """A recorded step whose networks torch.compile has turned into fewer kernels."""
    model.generator.compile()
    model.discriminator.compile()
    return fast_step(model, Speed(torch.bfloat16, channels_last=True, graph=True))


def shared(model: Pix2Pix) -> Step:
    """The step of several processes, taken by one."""
    if not torch.distributed.is_initialized():
        store = torch.distributed.HashStore()
        torch.distributed.init_process_group("nccl" if GPU else "gloo", store=store, rank=0, world_size=1)
    return shared_step(model, 0, fast_step(model, replace(BF16, one_pass=False)))


VARIANTS: dict[str, Callable[[Pix2Pix], Step]] = {
    "plain": lambda model: train_step,
    "bf16": partial(fast_step, speed=BF16),
    "bf16, graph": partial(fast_step, speed=replace(BF16, graph=True)),
    "bf16, graph, contiguous": partial(fast_step, speed=replace(BF16, graph=True, channels_last=False)),
    "bf16, graph, two passes": partial(fast_step, speed=replace(BF16, graph=True, one_pass=False)),
    "bf16, graph, matrices": partial(fast_step, speed=replace(BF16, graph=True, matrices=True)),
    "bf16, graph, copies": partial(with_copies, layout=torch.channels_last),
    "bf16, graph, copies, contiguous": partial(with_copies, layout=torch.contiguous_format),
    "fp32, graph": partial(fast_step, speed=Speed(graph=True)),
    "fp16": partial(fast_step, speed=FP16),
    "fp16, graph": partial(fast_step, speed=replace(FP16, graph=True)),
    "one process over NCCL": shared,
}
