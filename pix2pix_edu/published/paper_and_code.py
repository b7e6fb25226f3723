"""Where the paper and its authors' code differ: for each difference two settings that run, and one number measured for both."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective, fake_loss, real_loss
from pix2pix_edu.published.audit import convs_of
from pix2pix_edu.published.texts import linked_code, paper_words
from pix2pix_edu.published.texts.reflect_unet import ReflectUNet
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.receptive_field import receptive_field
from pix2pix_edu.training import Batches, Pix2Pix, constant, descend, linear_decay, paper_adam, train


class Difference(NamedTuple):
    """What the paper says, what the code does, the setting of each, and what `measure` computes from a setting."""

    words: str
    code: str
    by_words: object
    by_code: object
    measure: Callable[[object], float]
    measures: str


def counted_patch(discriminator: Callable[..., nn.Module]) -> float:
    """Side, in pixels, of the patch of one output."""
    return receptive_field(convs_of(discriminator(width=4)))


@own_random_numbers(0)
def noise_spread(generator: Callable[..., nn.Module], draws: int = 8) -> float:
    """Standard deviation of a pixel over draws of the dropout: one untrained generator, one input."""
    network, x = generator(depth=8, width=8), _pictures(1, 256)
    with torch.no_grad():
        return torch.cat([network(x) for _ in range(draws)]).std(dim=0).mean().item()


@own_random_numbers(0)
def distance_moved(share: float, make_optimizer: Callable[..., torch.optim.Optimizer] = paper_adam, steps: int = 10) -> float:
    """How far D's weights move in a few steps on the same pictures. `share` is the factor of D's two loss terms."""
    D = PatchDiscriminator(16, width=8)
    x, y, fake = _pictures(3, 32).split(1)
    optimizer, before = make_optimizer(D, lr=2e-4), _weights(D)
    for _ in range(steps):
        descend(share * (real_loss(D(x, y)) + fake_loss(D(x, fake))), optimizer)
    return (_weights(D) - before).norm().item()


@own_random_numbers(0)
def last_l1(schedule: Callable[[int], float]) -> float:
    """Mean L1 over the last tenth of a short training with this schedule."""
    model = Pix2Pix(Generator(depth=3, width=8), PatchDiscriminator(16, width=8), lr=4e-3)
    losses = train(model, Batches(SyntheticPairs(16, 32), batch_size=2), SHORT, Objective(l1_weight=10.0), schedule)
    return sum(step.l1.item() for step in list(losses)[-SHORT // 10 :]) / (SHORT // 10)


@own_random_numbers(0)
def negative_share(generator: Callable[..., nn.Module]) -> float:
    """Share of negative numbers in the inputs of the decoder's transposed convolutions."""
    network, shares = generator(depth=5, width=8), []
    for module in network.modules():
        if isinstance(module, nn.ConvTranspose2d):
            module.register_forward_pre_hook(lambda _, given: shares.append((given[0] < 0).float().mean().item()))
    with torch.no_grad():
        network(_pictures(1, 32))
    return sum(shares) / len(shares)


class NormOfOnePicture(nn.Module):
    """Batch norm that also normalises a single number, which nn.BatchNorm2d refuses."""

    def forward(self, h: Tensor) -> Tensor:
        return torch.batch_norm(h, None, None, None, None, True, 0.0, 1e-5, False)


@own_random_numbers(0)
def bottleneck_spread(norm: bool) -> float:
    """Standard deviation of the 1 x 1 bottleneck over four pictures, one at a time, with a norm on it or without."""
    network = Generator(depth=5, width=8)
    if norm:
        network.down[-1].insert(1, NormOfOnePicture())
    with torch.no_grad():
        return torch.cat([network.encode(x)[-1] for x in _pictures(4, 32).split(1)]).std(dim=0).mean().item()


def _pictures(count: int, size: int) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def _weights(network: nn.Module) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


SHORT = 120  # steps of a training that takes a few seconds

DIFFERENCES = {
    "patch": Difference(
        words="all convolutions have stride 2, and the patch is 70",
        code="the last two convolutions of D have stride 1",
        by_words=paper_words.WordsDiscriminator,
        by_code=linked_code.discriminator,
        measure=counted_patch,
        measures="side of the patch in pixels",
    ),
    "dropout": Difference(
        words="dropout on the first three decoder blocks, whose outputs have side 2, 4, 8",
        code="dropout on outputs of side 4, 8, 16 (the PyTorch code; the original in Lua follows the paper)",
        by_words=paper_words.generator,
        by_code=linked_code.generator,
        measure=noise_spread,
        measures="standard deviation of a pixel over draws of the noise, before training",
    ),
    "half": Difference(
        words="D's objective is divided by 2, which slows D down",
        code="under Adam, which both use, D moves just as far without the half",
        by_words=0.5,
        by_code=1.0,
        measure=distance_moved,
        measures="how far D's weights move in ten steps of Adam",
    ),
    "schedule": Difference(
        words="a learning rate of 0.0002; a schedule is not mentioned",
        code="constant for the first half, then linear decay to zero (the PyTorch code)",
        by_words=constant,
        by_code=linear_decay(SHORT // 2, SHORT),
        measure=last_l1,
        measures="L1 at the end of a short training",
    ),
    "skips": Difference(
        words="a skip concatenates all channels of layer i, whose ReLUs are leaky",
        code="a ReLU follows the concatenation, so no negative value of a skip reaches the decoder",
        by_words=ReflectUNet,  # its decoder is conv, norm, ReLU, as the paper's Ck
        by_code=linked_code.generator,
        measure=negative_share,
        measures="share of negative numbers in the inputs of the decoder's convolutions",
    ),
    "bottleneck": Difference(
        words="batch norm on every layer but the first, so also on the 1 x 1 bottleneck",
        code="no norm on the bottleneck",
        by_words=True,
        by_code=False,
        measure=bottleneck_spread,
        measures="standard deviation of the bottleneck over four pictures, one at a time",
    ),
}


def measure_all() -> str:
    lines = []
    for name, difference in DIFFERENCES.items():
        by_words, by_code = map(difference.measure, (difference.by_words, difference.by_code))
        lines += [f"{name}: {difference.measures}", f"  {by_words:10.5g}  {difference.words}", f"  {by_code:10.5g}  {difference.code}"]
    return "\n".join(lines)
