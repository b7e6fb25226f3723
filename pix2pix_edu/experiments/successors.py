"""Methods trained on the same pairs for about as long, and their answers to an x that leaves much open."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.drawing.classes import UNPAINTED_COLOURS, label_ids, wall_mask
from pix2pix_edu.drawing.facades import PAIRS_PER_SEED, SyntheticPairs
from pix2pix_edu.drawing.unpainted import draw_unpainted_pair, photographs_of
from pix2pix_edu.files import DATA
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_tensor
from pix2pix_edu.measures.pixels import high_frequency_power, wall_blotchiness
from pix2pix_edu.measures.variety import variety
from pix2pix_edu.objective import Objective
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.run.evaluation import distances
from pix2pix_edu.successors.flow import FlowNetwork, sample, train_flow
from pix2pix_edu.successors.latent import NUMBERS, LatentGenerator, latent_step
from pix2pix_edu.successors.scales import ScalesDiscriminator, scales_step
from pix2pix_edu.training import Batches, Pix2Pix, Step, linear_decay, train, train_step
from pix2pix_edu.weights.bundled import WEIGHTS, open_network

SIZE, PAIRS, DEPTH, WIDTH, PATCH = 64, 3000, 4, 24, 16
TEST_SEED = 4000  # of houses on which nothing is trained
FLOW_STEPS = 16  # in which the flow makes a picture, if nothing else is said
COUNTED = (1, 2, 4, 8, 16, 32)  # its numbers of steps that are compared


class Method(NamedTuple):
    """A way to train, and its number of steps: all of them take four to eight minutes on one core."""

    network: type[nn.Module]
    steps: int
    batch_size: int
    step: Step | None = None  # None for the flow, which has no discriminator
    discriminator: type[nn.Module] = PatchDiscriminator
    objective: Objective = Objective()


METHODS = {
    "L1+cGAN": Method(Generator, 16000, 1, train_step),
    "latent": Method(LatentGenerator, 8400, 1, latent_step),
    "scales": Method(Generator, 12000, 1, scales_step, ScalesDiscriminator, Objective(l1_weight=0.0)),
    "flow": Method(FlowNetwork, 7800, 8),
}
STEMS = {name: name.replace("+", "_") for name in METHODS}  # of their files


def record_file(name: str, seed: int) -> Path:
    """Where the record of a training is."""
    return DATA / "successors" / f"{STEMS[name]}-{seed}.json"


def network_name(name: str) -> str:
    """The name of the bundled network of a method."""
    return f"unpainted_64_{STEMS[name]}"


def open_successor(name: str) -> nn.Module:
    """The bundled network of a method, trained with seed 0."""
    return open_network(WEIGHTS / f"{network_name(name)}.safetensors", METHODS[name].network)


@functools.cache
def training_pairs() -> SyntheticPairs:
    return SyntheticPairs(PAIRS, SIZE, 0, draw_unpainted_pair)


def train_method(name: str, seed: int) -> tuple[nn.Module, Iterator[float]]:
    """A new network, and the iterator that trains it and yields the losses."""
    method = METHODS[name]
    torch.manual_seed(seed)
    network, batches = method.network(depth=DEPTH, width=WIDTH), Batches(training_pairs(), method.batch_size, seed)
    if method.step is None:
        return network, train_flow(network, batches, method.steps, seed=seed)
    model = Pix2Pix(network, method.discriminator(PATCH, width=WIDTH), lr=5e-4)
    decay = linear_decay(method.steps // 2, method.steps)
    losses = train(model, batches, method.steps, method.objective, decay, _in_bfloat16(method.step))
    return network, (float(loss.l1) for loss in losses)


def _in_bfloat16(step: Step) -> Step:
    def faster(model: Pix2Pix, *rest: object) -> object:
        with torch.autocast(model.device.type, dtype=torch.bfloat16):
            return step(model, *rest)

    return faster


class Houses(NamedTuple):
    """Label maps with many photographs each."""

    x: Tensor  # (houses, 3, 64, 64)
    photographs: Tensor  # (houses, photographs, 3, 64, 64)
    walls: Tensor  # (houses, 64, 64)


def unseen_houses(houses: int = 16, photographs: int = 16) -> Houses:
    """Unseen label maps, and photographs that fit them."""
    seeds = [TEST_SEED * PAIRS_PER_SEED + house for house in range(houses)]
    x = torch.stack([to_tensor(draw_unpainted_pair(seed, SIZE)[0]) for seed in seeds])
    possible = torch.stack([photographs_of(seed, SIZE, (seed + houses * (1 + look) for look in range(photographs))) for seed in seeds])
    return Houses(x, possible, wall_mask(label_ids(x, UNPAINTED_COLOURS), UNPAINTED_COLOURS))


@torch.no_grad()
def answers(network: nn.Module, x: Tensor, count: int, seed: int = 0, steps: int = FLOW_STEPS) -> Tensor:
    """`count` answers to each x (houses, count, 3, height, width). They differ by dropout, z, or the flow's noise."""
    with own_random_numbers(seed):
        return torch.stack([torch.stack([_answer(network, each[None], steps)[0] for _ in range(count)]) for each in x])


def _answer(network: nn.Module, x: Tensor, steps: int) -> Tensor:
    match network:
        case FlowNetwork():
            return sample(network, x, torch.randn_like(x), steps).clamp(-1.0, 1.0)
        case LatentGenerator():
            return network(x, torch.randn(1, NUMBERS, device=x.device))
    return network(x)


def measure(network: nn.Module, houses: Houses) -> dict[str, dict[str, float]]:
    """The scores of a network's answers, and for a flow, those of each number of steps. See `score`."""
    counts = COUNTED if isinstance(network, FlowNetwork) else (1,)
    return {str(steps): score(answers(network, houses.x, houses.photographs.shape[1], steps=steps), houses) for steps in counts}


def score(made: Tensor, houses: Houses) -> dict[str, float]:
    """How varied, how sharp, how even the answers to each x are, and how near, as a set, to the photographs that fit."""
    flat, real = made.flatten(0, 1), houses.photographs.flatten(0, 1)
    walls = houses.walls.repeat_interleave(made.shape[1], dim=0)
    sets = distances(flat, real)
    return {
        **variety(made, houses.walls)._asdict(),
        "sharpness": high_frequency_power(flat, real),
        "blotchiness": wall_blotchiness(flat, real, walls),
        "fid": sets.fid,
        "kid": sets.kid,
    }
