"""An explorable figure of how long the paper's run takes: picture, width and batch size, on several machines."""

import functools
from collections.abc import Mapping

import ipywidgets
import torch
from matplotlib.figure import Figure

from pix2pix_edu.classroom.explorer import choice, explore
from pix2pix_edu.classroom.full_run.figures import draw_durations, duration
from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator, largest_depth
from pix2pix_edu.objective import Objective
from pix2pix_edu.speed.roofline import Cost, Machine, count_costs, floor_seconds
from pix2pix_edu.training import Pix2Pix, train_step

SIZES, WIDTHS, BATCHES = (64, 128, 256), (16, 64), (1, 4, 16)
PAIRS_SEEN = 80_000  # of the paper's facades: 400 pairs, 200 times
ADAM_TENSORS = 7  # Adam reads weight, gradient and two moments, and writes all but the gradient


def costs_of_a_step(size: int, width: int, batch_size: int) -> list[Cost]:
    """Return the costs of a training step, counted on the meta device: no memory, no arithmetic."""
    # Each operation costs a part for the weights and a part for each pair, so two counts determine every batch size.
    one, two = _counted(size, width, 1), _counted(size, width, 2)
    return [Cost(*(a + (batch_size - 1) * (b - a) for a, b in zip(*both, strict=True))) for both in zip(one, two, strict=True)]


@functools.cache
def _counted(size: int, width: int, batch_size: int) -> list[Cost]:
    with torch.device("meta"):
        model = Pix2Pix(Generator(depth=largest_depth(size), width=width), PatchDiscriminator(70, width=width))
        x, y = torch.empty(2, batch_size, 3, size, size)
    networks = (model.generator, model.discriminator)
    adam = [Cost(0, ADAM_TENSORS * sum(weight.nbytes for weight in network.parameters())) for network in networks]
    return count_costs(lambda: train_step(model, x, y, Objective(), _backward)) + adam


def _backward(loss: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
    """descend() without its step: fused Adam rejects tensors on the meta device, so its cost is added by formula."""
    loss.backward(inputs=[weight for group in optimizer.param_groups for weight in group["params"]])


def draw_run_time(machines: Mapping[str, Machine], size: int = 256, width: int = 64, batch_size: int = 1) -> tuple[Figure, str]:
    """Draw the least time of a run over 80,000 pairs on each machine, and the share of it that is spent waiting for memory."""
    costs, steps = costs_of_a_step(size, width, batch_size), PAIRS_SEEN // batch_size
    seconds, notes = {}, {}
    for name, machine in machines.items():
        label, floor = f"{name}, floor", floor_seconds(costs, machine)
        memory = sum(cost.bytes / machine.bytes for cost in costs if cost.bytes / machine.bytes > cost.flops / machine.flops)
        seconds[label], notes[label] = steps * floor, f"{memory / floor:.0%} of it for memory"
    flops, traffic = (sum(column) for column in zip(*costs, strict=True))
    told = "; ".join(f"{label} {duration(value)}, {notes[label]}" for label, value in seconds.items())
    return draw_durations(seconds, notes), (
        f"{size} px, width {width}, batch {batch_size}: {flops / 1e9:.3g} GFLOP and {traffic / 1e9:.3g} GB a step, "
        f"{steps:,} steps for 80,000 pairs. {told}."
    )


def explore_run_time(machines: Mapping[str, Machine]) -> ipywidgets.VBox:
    """Choose picture, width and batch size, and see every machine's floor."""
    for size in SIZES:
        for width in WIDTHS:
            costs_of_a_step(size, width, 1)  # count now, so that no click has to wait
    return explore(
        functools.partial(draw_run_time, machines),
        size=choice("Picture (px)", list(SIZES), 256),
        width=choice("Width", list(WIDTHS), 64),
        batch_size=choice("Batch", list(BATCHES), 1),
    )
