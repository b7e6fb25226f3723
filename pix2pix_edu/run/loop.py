"""Train in a folder, where a run can be stopped and resumed."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import torch
from PIL import Image

from pix2pix_edu.files import write_text
from pix2pix_edu.photos.folders import MEMORY_LIMIT
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.evaluation import draw_grid, translate_each
from pix2pix_edu.run.machine_log import FILE, MachineLog
from pix2pix_edu.run.settings import Settings, build, choose_objective, open_pairs, read_settings, refuse_changes
from pix2pix_edu.speed.fast_step import Speed, fast_step, fastest
from pix2pix_edu.speed.on_device import PairsOnDevice
from pix2pix_edu.speed.processes import ALONE, Share, shared_step
from pix2pix_edu.training import Batches, Losses, Pairs, Pix2Pix, linear_decay, stack_pairs, train, train_step


def resume(settings: Settings, folder: Path, share: Share = ALONE) -> Pix2Pix:
    """The run in this folder at its last checkpoint, or a new run. A checkpoint with other settings is refused."""
    saved = folder / "checkpoint.pt"
    if saved.exists():
        refuse_changes(f"{folder} holds a run", asdict(read_settings(folder)), asdict(settings))
    model = build(settings)
    if saved.exists():
        checkpoint.load(model, saved)
    elif share.first:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "run.json", json.dumps(asdict(settings), indent=1))
    return model


def saved_step(folder: Path) -> int:
    """The step this run would resume from."""
    saved = folder / "checkpoint.pt"
    return checkpoint.read(saved)["step"] if saved.exists() else 0


def run(model: Pix2Pix, settings: Settings, folder: Path, save_every: int | None = None, share: Share = ALONE) -> Iterator[Losses]:
    """Train to the last step of the settings, and yield the losses of each step. What is saved: see `save_on_the_way`."""
    speed = choose_speed(settings, model.device, share)
    save_every = save_every or max(100, settings.steps // 40)  # at the paper's size a checkpoint is 0.7 GB: forty are enough
    pairs, shown = (open_pairs(settings, split) for split in ("train", "val"))
    if model.device.type == "cuda" and len(pairs) * 2 * pairs[0][0].numel() <= MEMORY_LIMIT:
        pairs = PairsOnDevice(pairs, model.device)
    batches = Batches(pairs, settings.batch_size, settings.seed, crop=settings.size if settings.jitter else None, share=share)
    step = fast_step(model, speed) if speed else train_step
    if share.processes > 1:
        step = shared_step(model, settings.seed, step)
    steps = train(model, batches, settings.steps, choose_objective(settings), linear_decay(settings.steps // 2, settings.steps), step)
    if share.first:
        steps = save_on_the_way(steps, model, folder, settings.steps, save_every, str(speed or "as written"), shown)
    yield from steps


def save_on_the_way(
    steps: Iterable[Losses], model: Pix2Pix, folder: Path, until: int, save_every: int, arithmetic: str = "as written", shown: Pairs = ()
) -> Iterator[Losses]:
    """Pass on the losses of each step. Every `save_every` steps and at step `until`, save what is needed to resume.

    That is the table of losses, a picture of some translations of `shown`, the machine log and, last, the checkpoint.
    """
    log, unsaved = MachineLog(folder, model.step, model.device, arithmetic), []
    for losses in steps:
        unsaved.append((model.step, losses))  # as tensors: reading numbers at every step would make a GPU wait
        if model.step % save_every == 0 or model.step == until:
            write_losses(folder / "losses.csv", [[number, *(round(value.item(), 6) for value in row)] for number, row in unsaved])
            if shown:
                draw_samples(model, shown).save(folder / f"{model.step:06d}.png")
            write_text(folder / FILE, log.as_json(model.step))
            checkpoint.save(model, folder / "checkpoint.pt")
            unsaved.clear()
        yield losses


def choose_speed(settings: Settings, device: torch.device, share: Share) -> Speed | None:
    """The speed at which this run trains; None means train_step as it is written."""
    if not settings.fast:
        return None
    # A step that several processes share cannot be recorded as a graph.
    return fastest(device) if share.processes == 1 else replace(fastest(device), graph=False)


def write_losses(path: Path, rows: list[list[float]]) -> None:
    """Add rows to the table of losses. They replace rows of the same steps, which a killed run wrote before it was resumed."""
    kept = []
    if path.exists():
        with open(path, newline="") as file:
            whole = (row for row in csv.reader(file) if len(row) == 1 + len(Losses._fields) and row[0].isdigit())
            kept = [row for row in whole if int(row[0]) < rows[0][0]]
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows([["step", *Losses._fields], *kept, *rows])
    write_text(path, lines.getvalue())


def draw_samples(model: Pix2Pix, pairs: Pairs, count: int = 4) -> Image.Image:
    """Input | fake | target, one row for each of the first pairs. The training's random numbers stay as they are."""
    x, y = stack_pairs(pairs[i] for i in range(min(count, len(pairs))))
    with own_random_numbers():
        return draw_grid(zip(x, translate_each(model.generator, x), y, strict=True))
