"""Train in a folder, where a run can be stopped and resumed."""

import contextlib
import json
from collections.abc import Generator
from dataclasses import asdict, replace
from pathlib import Path

import torch

from pix2pix_edu.files import one_writer, set_aside, write_text
from pix2pix_edu.photos.folders import MEMORY_LIMIT
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.fingerprint import fingerprint
from pix2pix_edu.run.saving import LONGEST_WAIT, LOSSES, Saves, save_on_the_way
from pix2pix_edu.run.settings import Settings, build, choose_objective, open_pairs, read_settings, refuse_changes
from pix2pix_edu.speed.fast_step import Speed, fast_step, fastest
from pix2pix_edu.speed.on_device import PairsOnDevice, bytes_on_device
from pix2pix_edu.speed.processes import ALONE, Share, shared_step
from pix2pix_edu.speed.read_ahead import ReadAhead
from pix2pix_edu.training import Batches, Losses, Pix2Pix, linear_decay, train, train_step


def resume(settings: Settings, folder: Path, share: Share = ALONE) -> Pix2Pix:
    """The run in this folder at its last checkpoint, or a new run. A folder with a run of other settings is refused."""
    # A folder without a checkpoint needs no lock yet, for which it would be made even if the training is refused.
    with one_writer(folder / "training", name=folder) if share.first and checkpoint.present(folder) else contextlib.nullcontext():
        state = checkpoint.newest(folder, repair=share.first)
    if state:
        refuse_changes(f"{folder} holds a run", state["about"].get("settings", {}), asdict(settings))
        if state["step"] > settings.steps:
            raise ValueError(
                f"{folder} holds a run at step {state['step']:,} of {settings.steps:,}, which cannot be right: name another folder"
            )
    elif (folder / LOSSES).exists():  # it was stopped before its first checkpoint, or has lost that
        try:
            before = read_settings(folder)
        except ValueError:
            raise ValueError(f"{folder} holds losses of a run, but neither its settings nor its checkpoint: name another folder") from None
        refuse_changes(f"{folder} holds a run without its checkpoint", asdict(before), asdict(settings))
        if share.first:
            print(f"{folder} holds losses of this run but no checkpoint: it begins again at step 0.")
    elif not (folder / "run.json").exists() and any(not file.name.startswith(".") for file in folder.glob("*")):
        raise ValueError(f"{folder} holds files that are not of a run: name a new folder, so that nothing is overwritten")
    model = build(settings)
    if state:
        checkpoint.restore(model, state, str(folder))
    return model


def saved_step(folder: Path) -> int:
    """The step this run would resume from."""
    return checkpoint.read_header(folder)[0]


def run(
    model: Pix2Pix,
    settings: Settings,
    folder: Path,
    save_every: int | None = None,
    share: Share = ALONE,
    workers: int = 0,
    longest_wait: float = LONGEST_WAIT,
) -> Generator[Losses, None, None]:
    """Train to the last step of the settings, and yield the losses of each step. What is saved, and when: see `save_on_the_way`.

    `workers` processes read pairs ahead, if the pairs are not kept on a GPU; the run is the same with any number of them.
    """
    speed = choose_speed(settings, model.device, share)
    pairs, shown = (open_pairs(settings, split) for split in ("train", "val"))
    about = {"settings": asdict(settings), "data": fingerprint(pairs)}
    if model.device.type == "cuda" and bytes_on_device(pairs) <= MEMORY_LIMIT:
        pairs = PairsOnDevice(pairs, model.device)
    batches = Batches(pairs, settings.batch_size, settings.seed, crop=settings.size if settings.jitter else None, share=share)
    if workers and not isinstance(pairs, PairsOnDevice):
        batches = ReadAhead(batches, settings.steps, workers)
    step = fast_step(model, speed) if speed else train_step
    if share.processes > 1:
        step = shared_step(model, settings.seed, step)
    steps = train(model, batches, settings.steps, choose_objective(settings), linear_decay(settings.steps // 2, settings.steps), step)
    if share.first:
        every = save_every or max(100, settings.steps // 40)
        saves = Saves(folder, about, every, longest_wait, in_thread=model.device.type == "cuda")
        steps = save_on_the_way(steps, model, saves, settings.steps, str(speed or "as written"), shown)
    with one_writer(folder / "training", name=folder) if share.first else contextlib.nullcontext():
        if share.first:
            checkpoint.refuse_older(folder, model.step)
            write_settings(settings, folder)
        yield from steps


def write_settings(settings: Settings, folder: Path) -> None:
    """Write run.json. A file of that name with other contents is set aside, unless its run has not taken a step."""
    file = folder / "run.json"
    if file.exists():
        try:
            before = read_settings(folder)
        except ValueError:
            before = None
        if before == settings:
            return
        if before is None or (folder / LOSSES).exists():  # `resume` has compared the settings with those in the checkpoint
            print(f"{file} does not hold the settings of this run: it is written again, and the old file is now {set_aside(file).name}")
    write_text(file, json.dumps(asdict(settings), indent=1))


def choose_speed(settings: Settings, device: torch.device, share: Share) -> Speed | None:
    """The speed at which this run trains; None means train_step as it is written."""
    if not settings.fast:
        return None
    # A step that several processes share cannot be recorded as a graph, and its norms are those of whole batches (JointBatchNorm).
    return fastest(device) if share.processes == 1 else replace(fastest(device), graph=False, one_pass=False)
