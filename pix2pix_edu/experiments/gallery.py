"""The bundled gallery: the fakes of every cell of the experiments at several moments, with their scores."""

import io
import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pix2pix_edu.experiments.cells import SHOWN, reader_of, unseen_pairs
from pix2pix_edu.files import DATA, write_text
from pix2pix_edu.images import to_tensor
from pix2pix_edu.run.evaluation import as_dict
from pix2pix_edu.run.record import read_record
from pix2pix_edu.training import stack_pairs

GALLERY = DATA / "gallery"
QUALITY = 60  # of the pictures, which are AVIF files


def add_cell(cell: Path, name: str, seed: int, gallery: Path = GALLERY) -> None:
    """Copy a finished cell to the gallery: its record, and its fakes as one picture with a row for each moment."""
    steps = [int(step) for step in read_record(cell / "record.json")["scores"]]
    rows = [np.asarray(Image.open(cell / f"fakes_{step:06d}.png")) for step in steps]
    gallery.mkdir(parents=True, exist_ok=True)
    write_picture(Image.fromarray(np.vstack(rows)), gallery / f"{name}-{seed}.avif")
    write_text(gallery / f"{name}-{seed}.json", (cell / "record.json").read_text())


def write_picture(picture: Image.Image, file: Path | io.BytesIO) -> None:
    """Compress a picture as all pictures of the gallery are compressed."""
    picture.save(file, format="AVIF", quality=QUALITY, subsampling="4:4:4", speed=6)


def save_yardsticks(size: int, gallery: Path = GALLERY) -> None:
    """Save the baseline scores (real photos, shuffled labels, median colours) of both drawn tasks beside the cells."""
    found = {task: as_dict(reader_of(task, size)[1]) for task in ("painted", "unpainted")}
    write_text(gallery / "yardsticks.json", json.dumps(found, indent=1) + "\n")


@lru_cache(maxsize=256)
def record(name: str, seed: int, gallery: Path = GALLERY) -> dict:
    """The record of a cell: its command, times, losses, and the scores of each moment."""
    return read_record(gallery / f"{name}-{seed}.json")


def moments(name: str, seed: int, gallery: Path = GALLERY) -> list[int]:
    """The steps after which a cell's fakes were saved."""
    return [int(step) for step in record(name, seed, gallery)["scores"]]


@lru_cache(maxsize=64)
def fakes(name: str, seed: int, step: int, gallery: Path = GALLERY) -> Tensor:
    """A cell's fakes of the shown inputs after `step` steps: (inputs, 3, size, size) in [-1, 1]."""
    known = moments(name, seed, gallery)
    if step not in known:
        raise ValueError(f"the fakes of {name} were saved after {', '.join(map(str, known))} steps, not after {step}")
    size = record(name, seed, gallery)["settings"]["size"]
    with Image.open(gallery / f"{name}-{seed}.avif") as picture:
        row = picture.crop((0, known.index(step) * size, picture.width, (known.index(step) + 1) * size)).convert("RGB")
    return torch.stack(to_tensor(row).split(size, dim=-1))


def shown_pairs(name: str, seed: int = 0, gallery: Path = GALLERY) -> tuple[Tensor, Tensor]:
    """The inputs x of those fakes and their targets y: (inputs, 3, size, size) each."""
    settings = record(name, seed, gallery)["settings"]
    return stack_pairs(unseen_pairs(settings["drawn"], settings["size"])[:SHOWN])


@lru_cache(maxsize=8)
def yardsticks(task: str = "painted", gallery: Path = GALLERY) -> dict[str, dict[str, float]]:
    """Baseline reading scores: of real photos, of photos with the labels of another, and of each class in its median colour."""
    return json.loads((gallery / "yardsticks.json").read_text())[task]
