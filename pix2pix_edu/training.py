"""Training: the two networks with their optimizers, one step, and the loop (section 3.3 of the paper)."""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.images import jitter
from pix2pix_edu.objective import Objective, fake_loss, real_loss


class Losses(NamedTuple):
    """The losses of one step: detached and unweighted."""

    discriminator: Tensor
    adversarial: Tensor
    l1: Tensor


class Pix2Pix:
    """The state of a training: generator, discriminator, an Adam optimizer for each, and the number of steps done."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module, lr: float = 2e-4, discriminator_lr: float | None = None):
        self.generator, self.discriminator = generator, discriminator
        self.lr, self.discriminator_lr = lr, lr if discriminator_lr is None else discriminator_lr
        self.generator_optimizer = paper_adam(generator, self.lr)
        self.discriminator_optimizer = paper_adam(discriminator, self.discriminator_lr)
        self.step = 0

    @property
    def device(self) -> torch.device:
        return next(self.generator.parameters()).device


def paper_adam(network: nn.Module, lr: float) -> torch.optim.Adam:
    """Adam with the paper's betas, in its fused implementation."""
    return torch.optim.Adam(network.parameters(), lr=lr, betas=(0.5, 0.999), fused=True)


def descend(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
    """Take one optimizer step on `loss`. Gradients are computed for the weights of `optimizer` and for no others."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    optimizer.zero_grad()
    loss.backward(inputs=weights)
    optimizer.step()


Descend = Callable[[Tensor, torch.optim.Optimizer], None]


def train_step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective, descend: Descend = descend) -> Losses:
    """Update D once, then G once, with the same batch of fakes."""
    G, D = model.generator, model.discriminator
    fake = G(x)

    # D learns to tell y from fake. detach(): this loss needs no gradient in G.
    d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake.detach()))) / 2
    descend(d_loss, model.discriminator_optimizer)

    # G learns to make the updated D answer "real", and to stay close to y.
    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    descend(objective.gan_weight * adversarial + objective.l1_weight * l1, model.generator_optimizer)

    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())


Step = Callable[[Pix2Pix, Tensor, Tensor, Objective], Losses]


class Pairs(Protocol):
    """A data set of (x, y) tensors: anything with a length and an index."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]: ...


def stack_pairs(pairs: Iterable[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """All x of some pairs as one batch, and all y as another."""
    xs, ys = zip(*pairs, strict=True)
    return torch.stack(xs), torch.stack(ys)


@functools.lru_cache(maxsize=2)
def shuffled(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the pairs in an epoch."""
    return np.random.default_rng([seed, 0, epoch]).permutation(count)


class Batches:
    """Shuffled batches, without end. The batch of a step depends only on the seed and the step, so a run can be resumed at any step."""

    def __init__(self, pairs: Pairs, batch_size: int = 1, seed: int = 0, crop: int | None = None, share: tuple[int, int] = (0, 1)):
        if len(pairs) == 0:
            raise ValueError("there are no pairs to train on: the data set is empty")
        self.pairs, self.batch_size, self.seed, self.crop, self.share = pairs, batch_size, seed, crop, share

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        """The batch of step `step`. With `crop`, each pair is cropped and flipped at random, x and y in the same way.

        With `share` (k, n), only pairs k, k + n, k + 2n, ... of the batch: the part of process k out of n.
        """
        first, every = self.share
        numbers = range(step * self.batch_size + first, (step + 1) * self.batch_size, every)
        return stack_pairs(self._pair(number) for number in numbers)

    def _pair(self, number: int) -> tuple[Tensor, Tensor]:
        epoch, position = divmod(number, len(self.pairs))
        index = int(shuffled(len(self.pairs), self.seed, epoch)[position])
        x, y = self.pairs[index]
        if self.crop:
            x, y = jitter(x, y, self.crop, np.random.default_rng([self.seed, 1, number]))
        # Only on the CPU: reading a value from a GPU waits for it, and pairs on a GPU have been checked (PairsOnDevice).
        if x.device.type == "cpu" and not (x.isfinite().all() and y.isfinite().all()):
            raise ValueError(f"pair {index} contains NaN or infinite values: repair or remove it")
        return x, y


def constant(step: int) -> float:
    """A schedule that keeps the learning rate constant."""
    return 1.0


def linear_decay(start: int, stop: int) -> Callable[[int], float]:
    """The schedule of the authors' PyTorch code: full learning rate until step `start`, then linear decay to zero at `stop`."""
    return lambda step: 1.0 - max(0, step - start) / max(1, stop - start)


def train(
    model: Pix2Pix,
    batches: Batches | Sequence[tuple[Tensor, Tensor]],
    until: int,
    objective: Objective = Objective(),
    schedule: Callable[[int], float] = constant,
    step: Step = train_step,
) -> Iterator[Losses]:
    """Train up to step `until`, and yield the losses of each step."""
    while model.step < until:
        x, y = batches[model.step]
        set_learning_rate(model.generator_optimizer, model.lr * schedule(model.step))
        set_learning_rate(model.discriminator_optimizer, model.discriminator_lr * schedule(model.step))
        yield step(model, x.to(model.device), y.to(model.device), objective)


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Set the learning rate of an optimizer."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):  # a CUDA graph reads the rate from this tensor at each replay
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr
