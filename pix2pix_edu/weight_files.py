"""Read a file that torch wrote without trusting it."""

from pathlib import Path

import torch


def read_weights(path: str | Path) -> object:
    """What the file holds, as tensors, numbers and containers; no code in it is ever run."""
    if not Path(path).is_file():
        raise ValueError(f"there is no weight file at {path}: check the path")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can end in almost any kind of error; each means the same to you
        raise ValueError(f"{path} is not a plain weight file, or is damaged; nothing in it was run: use another file") from error
