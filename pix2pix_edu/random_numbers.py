"""Run a block of code without changing torch's random numbers outside it."""

import contextlib
from collections.abc import Iterator

import torch


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
