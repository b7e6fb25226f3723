"""The pairs of the game: a fake from the gallery and the real picture, compressed alike."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from pix2pix_edu.classroom.real_or_fake.votes import SIDES, Trial
from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import SEEDS, SHOWN, unseen_pairs
from pix2pix_edu.images import to_image, to_tensor


def usable_runs(models: Sequence[str], folder: Path) -> list[int]:
    """Return the seeds for which the gallery has all of the models."""
    runs = [seed for seed in SEEDS if all((folder / f"{model}-{seed}.avif").exists() for model in models)]
    if not runs:
        train = f"python -m pix2pix_edu experiments RUNS --cells {' '.join(models)} --gallery {folder}"
        raise ValueError(f"{folder} has no seed with all of {', '.join(models)}: choose other models, or train them with  {train}")
    return runs


def find_pair(trial: Trial, folder: Path, patch: int | None = None) -> tuple[Tensor, Tensor]:
    """Return the left and the right picture of a trial, or the same patch of both. The fake is that of the finished run."""
    last = gallery.moments(trial.model, trial.run, folder)[-1]
    fake = gallery.fakes(trial.model, trial.run, last, folder)[trial.building]
    real = real_pictures(trial.model, trial.run, folder)[trial.building]
    if patch:
        top, left = (round(share * (side - patch)) for share, side in zip((trial.down, trial.across), real.shape[-2:], strict=True))
        fake, real = (picture[:, top : top + patch, left : left + patch] for picture in (fake, real))
    return (fake, real) if trial.fake == SIDES[0] else (real, fake)


def real_pictures(model: str, run: int, folder: Path) -> Tensor:
    """Return the targets y of the shown inputs, compressed like the fakes: otherwise the compression would tell them apart."""
    settings = gallery.record(model, run, folder)["settings"]
    return _compressed(settings["drawn"], settings["size"])


@cache
def _compressed(drawn: str, size: int) -> Tensor:
    buffer = io.BytesIO()
    row = torch.cat([y for _, y in unseen_pairs(drawn, size)[:SHOWN]], dim=-1)  # as in the gallery
    gallery.write_picture(to_image(row), buffer)
    return torch.stack(to_tensor(Image.open(buffer).convert("RGB")).split(size, dim=-1))
