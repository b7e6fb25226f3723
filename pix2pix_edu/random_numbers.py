"""Run a block of code without changing torch's random numbers outside it."""

import contextlib
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode


@contextlib.contextmanager
def own_random_numbers(seed: int | None = None) -> Iterator[None]:
    """Restore the state of torch's random generators, the GPU's too, when the block ends. With `seed`, the block starts from that seed."""
    gpu = torch.cuda.is_initialized()  # torch.manual_seed would also seed a GPU that is not in use yet, which cannot be undone
    with torch.random.fork_rng([torch.cuda.current_device()] if gpu else []):
        if seed is not None:
            torch.default_generator.manual_seed(seed)
            if gpu:
                torch.cuda.manual_seed(seed)
        yield


class dropout_from(TorchFunctionMode):
    """Within the block, and in its thread alone, dropout is drawn from this seed: on a CPU, as after `own_random_numbers(seed)`.

    Torch's random numbers are not touched at all, so a training in another thread may go on meanwhile.
    """

    def __init__(self, seed: int):
        super().__init__()
        self.seed, self.generator = seed, None

    def __torch_function__(self, function, types, arguments=(), options=None):
        if function is not F.dropout:
            return function(*arguments, **(options or {}))
        return self.drop(*arguments, **(options or {}))

    def drop(self, x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
        """Set a share p of the values to zero, and make up for it in the others."""
        if not training or p == 0:
            return x
        if p == 1:
            return torch.zeros_like(x)
        if self.generator is None:
            self.generator = torch.Generator(x.device).manual_seed(self.seed)
        return x * torch.empty_like(x).bernoulli_(1 - p, generator=self.generator).div_(1 - p)
