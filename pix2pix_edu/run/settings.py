"""The settings of a run, and what is built from them: pairs, networks, objective."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch

from pix2pix_edu.discriminator import PATCHES, PatchDiscriminator, patch_convs
from pix2pix_edu.drawing.facades import PAIRS_PER_SEED, SyntheticPairs, draw_pair, draw_reversed_pair
from pix2pix_edu.drawing.shapes import draw_shapes_pair
from pix2pix_edu.drawing.unpainted import draw_unpainted_pair
from pix2pix_edu.files import read_text
from pix2pix_edu.generator import Generator, largest_depth
from pix2pix_edu.objective import PAPER_LOSSES, Objective
from pix2pix_edu.photos.bundled import BUNDLED, open_photographs
from pix2pix_edu.photos.folders import DIRECTIONS, ParallelPairs, PhotoPairs
from pix2pix_edu.photos.shards import open_folder
from pix2pix_edu.receptive_field import smallest_input
from pix2pix_edu.training import Pairs, Pix2Pix
from pix2pix_edu.weights.bundled import load_pretrained
from pix2pix_edu.weights.fitting import some

# The least and the most that a number may be. The most is far above what is of use, and below what overflows or takes forever.
BOUNDS = {
    "size": (2, 8192),
    "depth": (1, 13),
    "width": (1, 1024),
    "batch_size": (1, 4096),
    "steps": (1, 10**9),
    "x_channels": (1, 1024),
    "y_channels": (1, 1024),
    "count": (1, PAIRS_PER_SEED),
    "seed": (0, 2**31 - 1),
    "l1_weight": (0.0, 1e6),
    "lr": (0.0, 10.0),
    "discriminator_lr": (0.0, 10.0),
}
SHOWN = 4  # pairs of which a training shows the translations
DRAWN = {
    "painted": draw_pair,
    "painted_labels": draw_reversed_pair,
    "unpainted": draw_unpainted_pair,
    "shapes": draw_shapes_pair,
}
CHOICES = {
    "drawn": DRAWN,
    "photographs": ("", *BUNDLED),
    "direction": DIRECTIONS,
    "patch": PATCHES,
    "loss": PAPER_LOSSES,
}


@dataclass(frozen=True)
class Settings:
    """Everything that decides how a run turns out: the same settings give the same run (but see `fast`)."""

    drawn: str = "painted"  # what is drawn if neither `photographs` nor `pairs` is given
    photographs: str = ""  # the name of a bundled set
    pairs: str = ""  # a folder of side-by-side images; with y_folder, the folder of inputs
    y_folder: str = ""
    direction: str = "left_to_right"
    x_channels: int = 3
    y_channels: int = 3
    size: int = 64
    depth: int = 5
    width: int = 32
    skips: bool = True
    patch: int = 16
    loss: str = "L1+cGAN"
    l1_weight: float = 100.0
    lr: float = 2e-4
    discriminator_lr: float = 2e-4
    batch_size: int = 1
    jitter: bool = False
    steps: int = 3000
    count: int = 400
    seed: int = 0
    start: str = ""  # the bundled networks whose weights the run starts with
    # In the device's fastest arithmetic (speed.fast_step.fastest): the same settings give the same run on the same kind of device only.
    fast: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value, kind = getattr(self, field.name), type(field.default)
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise ValueError(f"{field.name} must be of type {kind.__name__}, got {value!r}")
            least, most = BOUNDS.get(field.name, (value, value))
            if not least <= value <= most:  # true for NaN as well
                raise ValueError(f"{field.name.replace('_', ' ')} must be from {least:,} to {most:,}, got {value:,}")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name} must be one of {', '.join(str(choice) for choice in choices if choice)}, got {getattr(self, name)!r}"
                )
        if self.size % 2**self.depth:
            shallower = f", or choose a depth of {largest_depth(self.size)} or less" if self.size % 2 == 0 else ""
            fitting = f"a size that is a multiple of {2**self.depth}, got {self.size}"
            raise ValueError(f"a generator of depth {self.depth} needs {fitting}: change the size{shallower}")
        smallest = smallest_input(patch_convs(self.patch))
        if self.size < smallest:
            raise ValueError(f"a patch of {self.patch} needs a size of {smallest} or more, got {self.size}: change one of them")


def open_pairs(settings: Settings, split: str) -> Pairs:
    """The pairs of a split, "train" or "val". A folder without such a subfolder is used whole."""
    _refuse_together(settings)
    size = settings.size * 286 // 256 if settings.jitter and split == "train" else settings.size  # the paper crops 256 out of 286
    if settings.photographs:
        pairs = open_photographs(settings.photographs, split, size)
    elif settings.pairs:
        pairs = open_folders(settings, split, size)
    else:
        seed = 2 * settings.seed + (split == "val")
        return SyntheticPairs(settings.count if split == "train" else 100, size, seed, DRAWN[settings.drawn])
    pairs.read_ahead(len(pairs) if split == "train" else SHOWN)
    for remark in pairs.remarks() if split == "train" else ():
        print(remark)
    return pairs


def _refuse_together(settings: Settings) -> None:
    """Raise an error if one setting makes no sense with another."""
    if settings.y_folder and settings.photographs:
        raise ValueError("--y-folder goes with --pairs, not with --photographs, which have their targets: leave it out")
    if settings.y_folder and not settings.pairs:
        raise ValueError("--y-folder is the folder of targets: name the folder of inputs with --pairs as well")
    if settings.photographs and settings.pairs:
        raise ValueError("--photographs and --pairs are two sets of pairs: leave one of them out")
    if settings.jitter and not (settings.photographs or settings.pairs):
        raise ValueError("--jitter crops photographs, not drawings: leave it out, or name a folder with --pairs")
    if (settings.x_channels, settings.y_channels) != (3, 3) and not settings.pairs:
        bundled = "bundled photographs" if settings.photographs else "drawings"
        raise ValueError(f"{bundled} have 3 channels: leave out --x-channels and --y-channels, or name a folder with --pairs")


def open_folders(settings: Settings, split: str, size: int) -> PhotoPairs:
    """The pairs of a split from the folders that the settings name; nothing is read ahead."""
    folder, y_folder = (part_of(Path(name), split) for name in (settings.pairs, settings.y_folder))
    if settings.y_folder:
        return ParallelPairs(folder, y_folder, size, settings.x_channels, settings.y_channels)
    return open_folder(folder, size, settings.direction, settings.x_channels, settings.y_channels)


def part_of(folder: Path, split: str) -> Path:
    """Where the pictures of a split are: without a folder of its own, with those of the training."""
    return next((part for part in (folder / split, folder / "train") if part.is_dir()), folder)


def build(settings: Settings) -> Pix2Pix:
    """Two untrained networks with their optimizers, the same for the same seed."""
    refuse_more_than_memory(settings.size, settings.width, settings.batch_size)
    torch.manual_seed(settings.seed)
    generator = Generator(**generator_settings(settings))
    discriminator = PatchDiscriminator(**discriminator_settings(settings))
    if settings.start:
        start_from(settings.start, generator, discriminator)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Pix2Pix(generator.to(device), discriminator.to(device), settings.lr, settings.discriminator_lr)


def start_from(name: str, generator: Generator, discriminator: PatchDiscriminator) -> None:
    """Give two networks the weights of the bundled ones of this name. A D with another patch begins anew."""
    for network, trained in zip((generator, discriminator), load_pretrained(name), strict=True):
        if network is discriminator and network.patch != trained.patch:
            continue
        try:
            network.load_state_dict(trained.state_dict())
        except RuntimeError:
            way_out = "train with its own settings, which data/README.md names, or without --start"
            raise ValueError(f"the {type(network).__name__} of {name} has another shape: {way_out}") from None


def generator_settings(settings: Settings) -> dict[str, object]:
    return {
        "in_channels": settings.x_channels,
        "out_channels": settings.y_channels,
        "depth": settings.depth,
        "width": settings.width,
        "skips": settings.skips,
    }


def discriminator_settings(settings: Settings) -> dict[str, object]:
    return {
        "patch": settings.patch,
        "x_channels": settings.x_channels,
        "y_channels": settings.y_channels,
        "width": settings.width,
        "conditional": PAPER_LOSSES[settings.loss][1],
    }


def choose_objective(settings: Settings) -> Objective:
    objective, _ = PAPER_LOSSES[settings.loss]
    return replace(objective, l1_weight=settings.l1_weight) if "L1" in settings.loss else objective


def refuse_more_than_memory(size: int, width: int, batch_size: int) -> None:
    """Raise an error if a training would need far more memory than this machine has: it would be killed without a word."""
    # Roughly: the widest layers have 8 * width channels and kernels of 16 weights, each weight with its gradient and Adam's two
    # averages; and a step keeps some 12 floats for each pixel and channel of the first layer.
    needed = 4 * 4 * 16 * 6 * (8 * width) ** 2 + 4 * 12 * batch_size * size**2 * width
    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory
    elif hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    else:  # Windows does not say
        return
    if needed > 4 * memory:
        raise ValueError(
            f"size {size}, width {width} and batch size {batch_size} need some {needed / 2**30:,.0f} GiB of memory, and this machine has "
            f"{memory / 2**30:,.0f}: choose smaller ones"
        )


def read_settings(folder: Path) -> Settings:
    """The settings of the run in this folder."""
    file = folder / "run.json"
    try:
        saved = json.loads(read_text(file))
        if not isinstance(saved, dict):
            raise ValueError("it holds no settings")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ValueError(
            f"{folder} is not the folder of a run: it needs the run.json that training writes (repeat it to write a lost one again)"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        if getattr(error, "errno", None):  # the system does not let it be read, so it may be whole
            raise
        raise ValueError(f"{file} is damaged: repeat the command of its training, which writes it again") from error
    unknown = sorted(saved.keys() - {field.name for field in fields(Settings)})
    if unknown:
        raise ValueError(f"{file} was written by a newer version of this library (it has {some(unknown)}): update the library")
    try:
        return Settings(**saved)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file} is damaged ({str(error)[:300]}): repeat the command of its training, which writes it again") from error


def refuse_changes(holder: str, before: Mapping[str, object], now: Mapping[str, object]) -> None:
    """Raise an error that names each setting which differs. `holder` is the start of its sentence: "FOLDER holds a run"."""
    # A file that was written before a setting existed was made with its default.
    earlier = {name: before.get(name, getattr(Settings, name, None)) for name in now}
    changed = [f"{name} was {earlier[name]} and is now {now[name]}" for name in now if earlier[name] != now[name]]
    if changed:
        raise ValueError(f"{holder} with other settings: {'; '.join(changed)}. Repeat the earlier ones, or name another folder")
