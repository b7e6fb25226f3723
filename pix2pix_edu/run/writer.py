"""Write the checkpoints of a run, while a GPU trains on or before the next step."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from pix2pix_edu.run import checkpoint
from pix2pix_edu.training import Pix2Pix


class Writer:
    """Writes checkpoints to the folder of a run. With `in_thread` the caller waits for a copy of the state only, and a thread writes it."""

    def __init__(self, folder: Path, about: Mapping[str, object], in_thread: bool):
        self.folder, self.about = folder, about
        self.threads = ThreadPoolExecutor(1) if in_thread else None
        self.pending: Future | None = None

    @property
    def busy(self) -> bool:
        """Whether a checkpoint is being written."""
        return self.pending is not None and not self.pending.done()

    def save(self, model: Pix2Pix) -> None:
        """Save the training as it is now. An error of the thread is raised here, or in `finish`."""
        self.finish()
        state = checkpoint.snapshot(model, self.about) if self.threads else checkpoint.state_of(model, self.about)
        if self.threads:
            self.pending = self.threads.submit(checkpoint.write_and_keep_previous, state, self.folder)
        else:
            checkpoint.write_and_keep_previous(state, self.folder)

    def finish(self) -> None:
        """Wait until the last checkpoint is written."""
        if self.pending is not None:
            pending, self.pending = self.pending, None
            pending.result()

    def close(self) -> None:
        """Wait as well, and forget an error: another one is being raised."""
        if self.threads:
            self.threads.shutdown()
