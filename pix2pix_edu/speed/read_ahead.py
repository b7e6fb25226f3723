"""Read and decode pairs ahead, in processes of their own, so that the training does not wait for its data."""

import os
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from pix2pix_edu.training import Batches

Batch = tuple[Tensor, Tensor]


class ReadAhead:
    """The same batches in the same order, prepared up to step `until` by `workers` processes, at most one for each core."""

    def __init__(self, batches: Batches, until: int, workers: int):
        self.batches, self.until = _Careful(batches), until
        self.workers = min(workers, _cores())
        self._coming: Iterator[Batch | Exception] = iter(())
        self._step: int | None = None

    def __getitem__(self, step: int) -> Batch:
        if step != self._step:  # the first one, or the caller has gone elsewhere
            steps = range(step, self.until)
            own = torch.Generator()  # the loader draws a number that it does not need: from torch's own, the dropout would change
            self._coming = iter(DataLoader(self.batches, batch_size=None, sampler=steps, num_workers=self.workers, generator=own))
        self._step = step + 1
        batch = next(self._coming)
        if isinstance(batch, Exception):
            raise batch
        return batch


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Careful:
    """Returns an error in place of the batch: raised in a worker, its message would become a traceback."""

    def __init__(self, batches: Batches):
        self.batches = batches

    def __getitem__(self, step: int) -> Batch | Exception:
        try:
            return self.batches[step]
        except (ValueError, OSError) as error:
            return error
