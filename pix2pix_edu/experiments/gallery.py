"""The gallery that comes along: what every cell of the experiments drew at several moments, with its scores."""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pix2pix_edu.experiments.cells import SHOWN, judge, unseen_pairs
from pix2pix_edu.files import DATA, write_text
from pix2pix_edu.images import to_tensor
from pix2pix_edu.run.record import read_record
from pix2pix_edu.training import stack_pairs

GALLERY = DATA / "gallery"


def hang(cell: Path, name: str, seed: int, gallery: Path = GALLERY) -> None:
    """Put a finished cell into the gallery: its record, and its fakes as one picture with a row for each moment."""
    record = cell / "record.json"
    steps = [int(step) for step in read_record(record)["scores"]]
    rows = [np.asarray(Image.open(cell / f"fakes_{step:06d}.png")) for step in steps]
    gallery.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.vstack(rows)).save(gallery / f"{name}-{seed}.jpg", quality=90, subsampling=0)
    write_text(gallery / f"{name}-{seed}.json", record.read_text())


def hang_yardsticks(size: int, gallery: Path = GALLERY) -> None:
    """Put beside the cells what their reading scores are held against."""
    rows = {name: row._asdict() for name, row in judge(size)[1]._asdict().items()}
    write_text(gallery / "yardsticks.json", json.dumps(rows, indent=1) + "\n")


@lru_cache(maxsize=256)
def record(name: str, seed: int, gallery: Path = GALLERY) -> dict:
    """What was run, how long it took, its curve, and its scores at each moment."""
    return read_record(gallery / f"{name}-{seed}.json")


def moments(name: str, seed: int, gallery: Path = GALLERY) -> list[int]:
    """The steps after which a cell's fakes were kept."""
    return [int(step) for step in record(name, seed, gallery)["scores"]]


@lru_cache(maxsize=64)
def fakes(name: str, seed: int, step: int, gallery: Path = GALLERY) -> Tensor:
    """What a cell drew for the shown inputs after so many steps: (inputs, 3, size, size) in [-1, 1]."""
    known = moments(name, seed, gallery)
    if step not in known:
        raise ValueError(f"the fakes of {name} were kept after {', '.join(map(str, known))} steps, not after {step}")
    size = record(name, seed, gallery)["settings"]["size"]
    with Image.open(gallery / f"{name}-{seed}.jpg") as picture:
        row = picture.crop((0, known.index(step) * size, picture.width, (known.index(step) + 1) * size)).convert("RGB")
    return torch.stack(to_tensor(row).split(size, dim=-1))


def shown_pairs(name: str, seed: int = 0, gallery: Path = GALLERY) -> tuple[Tensor, Tensor]:
    """The inputs x of those fakes and their targets y: (inputs, 3, size, size) each."""
    settings = record(name, seed, gallery)["settings"]
    return stack_pairs(unseen_pairs(settings["drawn"], settings["size"])[:SHOWN])


@lru_cache(maxsize=1)
def yardsticks(gallery: Path = GALLERY) -> dict[str, dict[str, float]]:
    """What to hold a reading score against: real photos, the labels of another picture, a median colour for each class."""
    return json.loads((gallery / "yardsticks.json").read_text())
