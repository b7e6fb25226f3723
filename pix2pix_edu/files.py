"""Where the bundled data is, writing a file whole or not at all, reading weights without trusting the file."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import torch

HERE = Path(__file__).parent
DATA = HERE / "data" if (HERE / "data").is_dir() else HERE.parent / "data"  # in the installed package, or in the checkout


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to. It replaces `path` when the block ends without an error, so `path` never holds half of it."""
    unfinished = path.with_name(path.name + ".part")
    try:
        with open(unfinished, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with whole_file(path) as file:
        file.write(text.encode())


def read_weights(path: str | Path) -> object:
    """What torch.save wrote to `path`: tensors, numbers and containers. Any code in the file is refused, never run."""
    if not Path(path).is_file():
        raise ValueError(f"there is no weight file at {path}: check the path")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can raise almost any kind of error
        raise ValueError(f"{path} is damaged or is not a plain weight file; nothing in it was run: use another file") from error
