"""The published systems side by side. Every number in this table is read from the modules, none is typed."""

import statistics
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import nn

from pix2pix_edu.generator import largest_depth
from pix2pix_edu.objective import Objective
from pix2pix_edu.published import audit
from pix2pix_edu.published.protocol import Protocol, read_protocol
from pix2pix_edu.published.system import System
from pix2pix_edu.receptive_field import receptive_field
from pix2pix_edu.speed.roofline import count_costs, seconds_of
from pix2pix_edu.training import Pix2Pix

ADAM_PASSES = 7  # Adam reads weights, gradients and its two averages, and writes all of these but the gradients


class Row(NamedTuple):
    name: str
    generator_parameters: int
    discriminator_parameters: int
    norm: str
    borders: str
    dropout: audit.Places
    generator_head: str
    discriminator_head: str
    strides: tuple[int, ...]
    patch: int
    map_size: int
    protocol: Protocol
    flops: int  # of one step with one pair
    bytes: int
    seconds: float | None = None  # of one step, if it was timed


def compare(systems: Iterable[System], size: int = 256, width: int = 64, timed_on: str | None = None) -> list[Row]:
    """A row for each system, for pictures of this size. With `timed_on`, a device, a step of each is timed there."""
    rows = []
    for system in systems:
        seconds = time_step(system, size, width, timed_on) if timed_on else None
        rows.append(read_system(system, size, width)._replace(seconds=seconds))
    return rows


def depth_for(size: int) -> int:
    """The levels of the generators for pictures of this size; at 256 pixels the eight of the texts."""
    if not 64 <= size <= 512 or size % 64:
        raise ValueError(f"size must be 64, 128, 256 or another multiple of 64 up to 512, got {size}")
    return largest_depth(size)


def read_system(system: System, size: int, width: int) -> Row:
    with torch.device("meta"):
        model = system.build(depth_for(size), width, device="meta")
    G, D = model.generator, model.discriminator
    g_layers, d_layers, convs = audit.generator_layers(G, size), audit.discriminator_layers(D, size), audit.convs_of(D)
    flops, traffic = flops_and_bytes(system, model, size)
    return Row(
        name=system.name,
        generator_parameters=audit.count_parameters(G),
        discriminator_parameters=audit.count_parameters(D),
        norm=audit.norm_of(G),
        borders=audit.borders_of(G),
        dropout=audit.dropout_places(g_layers),
        generator_head=audit.head_of(g_layers),
        discriminator_head=audit.head_of(d_layers),
        strides=tuple(conv.stride for conv in convs),
        patch=receptive_field(convs),
        map_size=d_layers[-1].shape[-1],
        protocol=read_protocol(system.step),
        flops=flops,
        bytes=traffic,
    )


class Idle(torch.optim.Optimizer):
    """An optimizer whose step does nothing, so that only the networks are counted."""

    def __init__(self, network: nn.Module):
        super().__init__(network.parameters(), {})

    def step(self, closure: None = None) -> None:
        pass


def flops_and_bytes(system: System, model: Pix2Pix, size: int) -> tuple[int, int]:
    """Floating-point operations of a step with one pair, and bytes read and written, Adam's included. The model gets Idle optimizers."""
    model.generator_optimizer, model.discriminator_optimizer = Idle(model.generator), Idle(model.discriminator)
    x = audit.picture(size)
    costs = count_costs(lambda: system.step(model, x, x, Objective()))
    weights = sum(weight.nbytes for network in (model.generator, model.discriminator) for weight in network.parameters())
    return sum(cost.flops for cost in costs), sum(cost.bytes for cost in costs) + ADAM_PASSES * weights


def time_step(system: System, size: int, width: int, device: str, repeats: int = 5) -> float:
    """Seconds for a step with one pair on this device: the median of the repeats, after two steps to warm up."""
    model = system.build(depth_for(size), width, device=device)
    step = system.step_on(model.device)
    x = torch.rand(1, 3, size, size, device=device) * 2 - 1
    taken = [seconds_of(lambda: step(model, x, x, Objective()), device) for _ in range(2 + repeats)]
    return statistics.median(taken[2:])


def report(rows: list[Row]) -> str:
    """The rows as two tables: the generators, then the discriminators with losses, order of updates and costs."""
    name = 2 + max(len(row.name) for row in rows)
    lines = [f"{'generator':{name}}{'parameters':>11}  {'norm':25}{'borders':19}{'dropout on sides':29}ends in"]
    for row in rows:
        numbers = f"{row.generator_parameters:11,}"
        lines.append(f"{row.name:{name}}{numbers}  {row.norm:25}{row.borders:19}{str(row.dropout):29}{row.generator_head}")
    lines += ["", f"{'discriminator':{name}}{'parameters':>11}  {'strides':11}{'patch':>5}{'map':>5}  {'ends in':15}"]
    lines[-1] += f"{'adversarial loss':22}{'share':>5}  {'other':7}{'order':7}{'GFLOP':>7}{'GB':>6}{'ms':>7}"
    for row in rows:
        order, adversarial, share, distance = row.protocol
        strides, shown = " ".join(map(str, row.strides)), "" if share is None else f"{share:g}"
        seen = f"{row.discriminator_parameters:11,}  {strides:11}{row.patch:5}{row.map_size:5}  {row.discriminator_head:15}"
        taken = "" if row.seconds is None else f"{row.seconds * 1e3:7.0f}"
        lines.append(
            f"{row.name:{name}}{seen}{adversarial:22}{shown:>5}  {distance:7}{order:7}{row.flops / 1e9:7.1f}{row.bytes / 1e9:6.2f}{taken}"
        )
    return "\n".join(lines)
