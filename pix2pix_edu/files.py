"""Where the bundled data is, writing a file whole or not at all, reading weights without trusting the file."""

import os
from pathlib import Path

import torch


def replace_text(path: Path, text: str) -> None:
    """Write a text file so that it is always whole: the old one or the new one."""
    unfinished = path.with_name(path.name + ".part")
    with open(unfinished, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)


HERE = Path(__file__).parent
DATA = HERE / "data" if (HERE / "data").is_dir() else HERE.parent / "data"  # installed, or in the checkout


def read_weights(path: str | Path) -> object:
    """What the file holds, as tensors, numbers and containers; no code in it is ever run."""
    if not Path(path).is_file():
        raise ValueError(f"there is no weight file at {path}: check the path")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can end in almost any kind of error; each means the same to you
        raise ValueError(f"{path} is not a plain weight file, or is damaged; nothing in it was run: use another file") from error
