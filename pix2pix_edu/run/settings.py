"""What a run is set to, and what is built from that: pairs, networks, objective."""

import json
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
    """Everything that decides how a run comes out, so that the same settings give the same run."""

    drawn: str = "facades"  # what is drawn where no folder is named
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
    fast: bool = False  # the arithmetic that is fastest on this device (acceleration.fastest); else as written, in 32 bits

    def __post_init__(self) -> None:
        for name in ("size", "depth", "width", "batch_size", "steps", "count"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name.replace('_', ' ')} must be 1 or more, got {getattr(self, name)}")
        if self.seed < 0:
            raise ValueError(f"seed must be 0 or more, got {self.seed}")


def open_pairs(settings: Settings, split: str) -> Pairs:
    """The pairs of a split, "train" or "val"; a folder that holds no such subfolder is taken whole."""
    size = settings.size * 286 // 256 if settings.jitter and split == "train" else settings.size  # the paper crops 256 out of 286
    if settings.y_folder and not settings.pairs:
        raise ValueError("--y-folder holds the targets of --pairs: name the folder of inputs as well")
    if settings.jitter and not settings.pairs:
        raise ValueError("drawings come in all variety and are not cropped: leave --jitter away, or name a folder of pairs")
    if not settings.pairs:
        return SyntheticPairs(
            settings.count if split == "train" else 100, size, 2 * settings.seed + (split == "val"), DRAWN[settings.drawn]
        )
    folder, y_folder = (Path(name) / split if (Path(name) / split).is_dir() else Path(name) for name in (settings.pairs, settings.y_folder))
    return ParallelPairs(folder, y_folder, size) if settings.y_folder else PhotoPairs(folder, size=size, direction=settings.direction)


def build(settings: Settings) -> Pix2Pix:
    """Two fresh networks with their optimizers: the same for the same seed."""
    torch.manual_seed(settings.seed)
    generator = Generator(**generator_settings(settings))
    discriminator = PatchDiscriminator(**discriminator_settings(settings))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Pix2Pix(generator.to(device), discriminator.to(device), settings.lr, settings.discriminator_lr)


def generator_settings(settings: Settings) -> dict[str, object]:
    """What of the settings shapes the generator."""
    return {"depth": settings.depth, "width": settings.width, "skips": settings.skips}


def discriminator_settings(settings: Settings) -> dict[str, object]:
    """What of the settings shapes the discriminator."""
    return {"patch": settings.patch, "width": settings.width, "conditional": PAPER_LOSSES[settings.loss][1]}


def read_settings(folder: Path) -> Settings:
    """What the run of this folder was set to."""
    try:
        return Settings(**json.loads((folder / "run.json").read_text()))
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"{folder} is not the folder of a run: it needs the run.json that training writes") from error


def choose_objective(settings: Settings) -> Objective:
    """What this run asks of G."""
    objective, _ = PAPER_LOSSES[settings.loss]
    return replace(objective, l1_weight=settings.l1_weight) if "L1" in settings.loss else objective
