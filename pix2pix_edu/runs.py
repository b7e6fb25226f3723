"""A training run in a folder of its own: what it was set to, where it stands, its losses and its pictures."""

import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from PIL import Image

from pix2pix_edu import checkpoint
from pix2pix_edu.acceleration import Speed, fast_step, fastest
from pix2pix_edu.datasets import MEMORY_LIMIT, ParallelPairs, PhotoPairs
from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.drawing.shapes import draw_shapes_pair
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_image
from pix2pix_edu.objective import PAPER_LOSSES, Objective
from pix2pix_edu.parallel import ALONE, Share, shared_step
from pix2pix_edu.pretrained import save_network
from pix2pix_edu.resident import ResidentPairs
from pix2pix_edu.sittings import FILE, Sitting
from pix2pix_edu.synthetic import SyntheticPairs, draw_pair, draw_reversed_pair
from pix2pix_edu.training import Batches, Losses, Pairs, Pix2Pix, Step, linear_decay, train, train_step

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


def ship(folder: Path, name: str, target: Path) -> None:
    """Write the networks of a run where pretrained.load_pretrained finds them."""
    settings, state = read_settings(folder), checkpoint.read(folder / "checkpoint.pt")
    target.mkdir(parents=True, exist_ok=True)
    save_network(state["generator"], generator_settings(settings), target / f"{name}.generator.safetensors")
    save_network(state["discriminator"], discriminator_settings(settings), target / f"{name}.discriminator.safetensors")


def resume(settings: Settings, folder: Path, share: Share = ALONE) -> Pix2Pix:
    """The run of this folder where it stands, or a fresh one; a folder of another run is refused."""
    record, saved = folder / "run.json", folder / "checkpoint.pt"
    if saved.exists():  # without a checkpoint there is nothing to protect
        before, now = asdict(read_settings(folder)), asdict(settings)
        changed = [f"{name} was {before[name]} and is now {now[name]}" for name in now if before[name] != now[name]]
        if changed:
            raise ValueError(f"{folder} holds a run with other settings: {'; '.join(changed)}. Repeat them, or name another folder")
    model = build(settings)
    if saved.exists():
        checkpoint.load(model, saved)
    elif share.first:
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(record, json.dumps(asdict(settings), indent=1))
    return model


def read_settings(folder: Path) -> Settings:
    """What the run of this folder was set to."""
    try:
        return Settings(**json.loads((folder / "run.json").read_text()))
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"{folder} is not the folder of a run: it needs the run.json that training writes") from error


def saved_step(folder: Path) -> int:
    """The step from which the run of this folder goes on."""
    saved = folder / "checkpoint.pt"
    return checkpoint.read(saved)["step"] if saved.exists() else 0


def run(model: Pix2Pix, settings: Settings, folder: Path, save_every: int | None = None, share: Share = ALONE) -> Iterator[Losses]:
    """Train to the last step, leaving a checkpoint, the losses and a picture in the folder every `save_every` steps."""
    speed = choose_speed(settings, model.device, share)
    sitting = Sitting(folder, model.step, model.device, str(speed or "as written"))
    save_every = save_every or max(100, settings.steps // 40)  # at the paper's size a checkpoint is 0.7 GB: forty are enough
    pairs = open_pairs(settings, "train")
    if model.device.type == "cuda" and len(pairs) * 2 * pairs[0][0].numel() <= MEMORY_LIMIT:
        pairs = ResidentPairs(pairs, model.device)
    batches = Batches(pairs, settings.batch_size, settings.seed, crop=settings.size if settings.jitter else None, share=share)
    shown = open_pairs(settings, "val")
    schedule = linear_decay(settings.steps // 2, settings.steps)
    unsaved: list[tuple[int, Losses]] = []
    step = choose_step(model, settings, speed, share)
    for losses in train(model, batches, settings.steps, choose_objective(settings), schedule, step):
        unsaved.append((model.step, losses))  # as tensors: asking a GPU for numbers at every step would make it wait
        if model.step % save_every == 0 or model.step == settings.steps:
            if share.first:
                write_losses(folder / "losses.csv", [[number, *(round(value.item(), 6) for value in row)] for number, row in unsaved])
                draw_samples(model, shown).save(folder / f"{model.step:06d}.png")
                replace_text(folder / FILE, sitting.until(model.step))
                checkpoint.save(model, folder / "checkpoint.pt")
            unsaved.clear()
        yield losses


def choose_objective(settings: Settings) -> Objective:
    """What this run asks of G."""
    objective, _ = PAPER_LOSSES[settings.loss]
    return replace(objective, l1_weight=settings.l1_weight) if "L1" in settings.loss else objective


def choose_speed(settings: Settings, device: torch.device, share: Share) -> Speed | None:
    """The speed that this run asks for; none means the step as it is written."""
    if not settings.fast:
        return None
    return fastest(device) if share.processes == 1 else replace(fastest(device), graph=False)  # steps taken together are not recorded


def choose_step(model: Pix2Pix, settings: Settings, speed: Speed | None, share: Share) -> Step:
    """How this run takes a step: as it is written or fast, alone or together."""
    step = fast_step(model, speed) if speed else train_step
    return step if share.processes == 1 else shared_step(model, settings.seed, step)


def write_losses(path: Path, rows: list[list[float]]) -> None:
    """Add rows to the table of losses; rows of steps that a killed run did twice are replaced."""
    kept = []
    if path.exists():
        with open(path, newline="") as file:
            whole = (row for row in csv.reader(file) if len(row) == 1 + len(Losses._fields) and row[0].isdigit())
            kept = [row for row in whole if int(row[0]) < rows[0][0]]
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows([["step", *Losses._fields], *kept, *rows])
    replace_text(path, lines.getvalue())


def replace_text(path: Path, text: str) -> None:
    """Write a text file so that it is always whole: the old one or the new one."""
    unfinished = path.with_name(path.name + ".part")
    with open(unfinished, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)


def draw_samples(model: Pix2Pix, pairs: Pairs, count: int = 4) -> Image.Image:
    """Input | fake | target, one row for each of the first pairs."""
    devices = [model.device] if model.device.type == "cuda" else []
    x, y = (torch.stack(side) for side in zip(*(pairs[i] for i in range(min(count, len(pairs)))), strict=True))
    with torch.no_grad(), torch.random.fork_rng(devices):  # a look at the samples must not change the training's random numbers
        fake = torch.cat([model.generator(one[None].to(model.device)).cpu() for one in x])  # one at a time, as they are translated later
    return to_image(torch.cat([torch.cat(row, dim=-1) for row in zip(x, fake, y, strict=True)], dim=-2))
