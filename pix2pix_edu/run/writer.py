"""Write the checkpoints of a run, while a GPU trains on or before the next step."""

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from pix2pix_edu.run import checkpoint
from pix2pix_edu.training import Pix2Pix

SHARE_OF_TIME = 0.05  # that the training may wait for checkpoints: at the paper's size one is 0.7 GB


class Writer:
    """Writes checkpoints to the folder of a run. With `in_thread` the caller waits for a copy of the state only, and a thread writes it."""

    def __init__(self, folder: Path, about: Mapping[str, object], step: int, in_thread: bool = False):
        self.folder, self.about = folder, about
        self.step = step  # of the last checkpoint
        self.moment, self.seconds = time.perf_counter(), 0.0  # when it was saved, and how long the training waited for it
        self.threads = ThreadPoolExecutor(1) if in_thread else None
        self.pending: Future | None = None

    def is_due(self, wait: float = 0.0) -> bool:
        """Whether another checkpoint may be saved: after at least `wait` seconds, and where checkpoints take no more than their share."""
        busy = self.pending is not None and not self.pending.done()
        return not busy and time.perf_counter() - self.moment >= max(wait, self.seconds / SHARE_OF_TIME)

    def save(self, model: Pix2Pix, about: Mapping[str, object]) -> None:
        """Save the training as it is now, and something about it. An error of the thread is raised here, or in `finish`."""
        start = time.perf_counter()
        self.finish()
        state = (checkpoint.snapshot if self.threads else checkpoint.state_of)(model, {**self.about, **about})
        if self.threads:
            self.pending = self.threads.submit(checkpoint.write_and_keep_previous, state, self.folder)
        else:
            checkpoint.write_and_keep_previous(state, self.folder)
        self.step, self.moment, self.seconds = model.step, time.perf_counter(), time.perf_counter() - start

    def finish(self) -> None:
        """Wait until the last checkpoint is written."""
        if self.pending is not None:
            pending, self.pending = self.pending, None
            pending.result()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        if self.threads:  # wait; if an error is on its way, one of the thread is not told besides
            self.threads.shutdown()
