"""The settings of a run, and what is built from them: pairs, networks, objective."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.drawing.facades import SyntheticPairs, draw_pair, draw_reversed_pair
from pix2pix_edu.drawing.shapes import draw_shapes_pair
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import PAPER_LOSSES, Objective
from pix2pix_edu.photos.folders import ParallelPairs, PhotoPairs
from pix2pix_edu.training import Pairs, Pix2Pix

DRAWN = {"facades": draw_pair, "facade_labels": draw_reversed_pair, "shapes": draw_shapes_pair}


@dataclass(frozen=True)
class Settings:
    """Everything that decides how a run turns out: the same settings give the same run (but see `fast`)."""

    drawn: str = "facades"  # what is drawn if `pairs` names no folder
    pairs: str = ""  # a folder of side-by-side images; with y_folder, the folder of inputs
    y_folder: str = ""
    direction: str = "left_to_right"
    size: int = 64
    depth: int = 5
    width: int = 32
    skips: bool = True
    patch: int = 16
    loss: str = "L1+cGAN"
    l1_weight: float = 100.0
    lr: float = 2e-4
    discriminator_lr: float = 2e-4
    batch_size: int = 4
    jitter: bool = False
    steps: int = 1200
    count: int = 400
    seed: int = 0
    # In the device's fastest arithmetic (speed.fast_step.fastest): the same settings give the same run on the same kind of device only.
    fast: bool = False

    def __post_init__(self) -> None:
        for name in ("size", "depth", "width", "batch_size", "steps", "count"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name.replace('_', ' ')} must be 1 or more, got {getattr(self, name)}")
        if self.seed < 0:
            raise ValueError(f"seed must be 0 or more, got {self.seed}")


def open_pairs(settings: Settings, split: str) -> Pairs:
    """The pairs of a split, "train" or "val". A folder without such a subfolder is used whole."""
    size = settings.size * 286 // 256 if settings.jitter and split == "train" else settings.size  # the paper crops 256 out of 286
    if settings.y_folder and not settings.pairs:
        raise ValueError("--y-folder is the folder of targets: name the folder of inputs with --pairs as well")
    if settings.jitter and not settings.pairs:
        raise ValueError("--jitter crops photographs, not drawings: leave it out, or name a folder with --pairs")
    if not settings.pairs:
        count = settings.count if split == "train" else 100
        return SyntheticPairs(count, size, 2 * settings.seed + (split == "val"), DRAWN[settings.drawn])
    folder, y_folder = (Path(name) / split if (Path(name) / split).is_dir() else Path(name) for name in (settings.pairs, settings.y_folder))
    return ParallelPairs(folder, y_folder, size) if settings.y_folder else PhotoPairs(folder, size=size, direction=settings.direction)


def build(settings: Settings) -> Pix2Pix:
    """Two untrained networks with their optimizers, the same for the same seed."""
    torch.manual_seed(settings.seed)
    generator = Generator(**generator_settings(settings))
    discriminator = PatchDiscriminator(**discriminator_settings(settings))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Pix2Pix(generator.to(device), discriminator.to(device), settings.lr, settings.discriminator_lr)


def generator_settings(settings: Settings) -> dict[str, object]:
    return {"depth": settings.depth, "width": settings.width, "skips": settings.skips}


def discriminator_settings(settings: Settings) -> dict[str, object]:
    return {"patch": settings.patch, "width": settings.width, "conditional": PAPER_LOSSES[settings.loss][1]}


def choose_objective(settings: Settings) -> Objective:
    objective, _ = PAPER_LOSSES[settings.loss]
    return replace(objective, l1_weight=settings.l1_weight) if "L1" in settings.loss else objective


def read_settings(folder: Path) -> Settings:
    """The settings of the run in this folder."""
    try:
        return Settings(**json.loads((folder / "run.json").read_text()))
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"{folder} is not the folder of a run: it needs the run.json that training writes") from error


def refuse_changes(holder: str, before: Mapping[str, object], now: Mapping[str, object]) -> None:
    """Raise an error that names each setting which differs. `holder` is the start of its sentence: "FOLDER holds a run"."""
    changed = [f"{name} was {before.get(name)} and is now {now[name]}" for name in now if before.get(name) != now[name]]
    if changed:
        raise ValueError(f"{holder} with other settings: {'; '.join(changed)}. Repeat the earlier ones, or name another folder")
