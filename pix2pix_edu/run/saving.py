"""Save a run while it trains: its table of losses, pictures, machine log and checkpoint."""

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image

from pix2pix_edu.files import one_writer, read_text, remove_unfinished, set_aside, whole_file, write_text
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.evaluation import draw_grid, translate_each
from pix2pix_edu.run.fingerprint import change
from pix2pix_edu.run.machine_log import FILE, MachineLog, read_log
from pix2pix_edu.run.settings import SHOWN
from pix2pix_edu.run.writer import Writer
from pix2pix_edu.training import Losses, Pairs, Pix2Pix, stack_pairs

COLUMNS = ["step", *Losses._fields]
LOSSES = "losses.csv"


LONGEST_WAIT = 300.0  # seconds between two checkpoints: a killed run loses no more


class Saves(NamedTuple):
    """Where and how often a run is saved."""

    folder: Path
    about: dict  # the run's settings and the fingerprint of its pairs, kept in the checkpoint
    every: int  # steps
    longest_wait: float = LONGEST_WAIT
    in_thread: bool = False  # write checkpoints while the training goes on


def save_on_the_way(
    steps: Iterable[Losses], model: Pix2Pix, saves: Saves, until: int, arithmetic: str = "as written", shown: Pairs = ()
) -> Iterator[Losses]:
    """Pass on the losses of each step. Every `saves.every` steps and at step `until`, save what is needed to resume.

    That is the table of losses, a picture of some translations of `shown`, the machine log and, last, the checkpoint, which is left
    out on the way where it would take too much time. All but the picture are also saved when `saves.longest_wait` is over, and if the
    caller stops early. No other process can train in the folder meanwhile.
    """
    folder, unsaved = saves.folder, []
    with one_writer(folder / "training", name=folder), Writer(folder, saves.about, model.step, saves.in_thread) as writer:
        log = _open_folder(model, saves, until, arithmetic)

        def save(checkpoint_too: bool) -> None:
            write_losses(folder, unsaved)
            unsaved.clear()
            write_text(folder / FILE, log.as_json(model.step))
            if checkpoint_too:
                writer.save(model, {"losses": checksum(read_losses(folder), model.step)})

        try:
            for losses in steps:
                unsaved.append((model.step, losses))  # as tensors: reading numbers at every step would make a GPU wait
                if model.step == until or model.step % saves.every == 0:
                    if shown:
                        with whole_file(folder / f"{model.step:06d}.png") as file:
                            draw_samples(model, shown).save(file, "PNG")
                    save(checkpoint_too=model.step == until or writer.is_due())
                elif writer.is_due(saves.longest_wait):
                    save(checkpoint_too=True)
                if model.step == until:
                    writer.finish()
                yield losses
        except GeneratorExit:  # the caller stopped after a whole step, or has left this run and trained on with another
            writer.finish()
            if writer.step != model.step and checkpoint.read_header(folder)[0] <= model.step:
                save(checkpoint_too=True)
                writer.finish()
            raise


def _open_folder(model: Pix2Pix, saves: Saves, until: int, arithmetic: str) -> MachineLog:
    """Get the folder of a run ready for writing. What is damaged, missing or changed is printed; damaged files are set aside."""
    folder = saves.folder
    for path in checkpoint.present(folder):
        if path.is_dir():
            raise ValueError(f"{path} is a folder where a checkpoint belongs: move it away")
    checkpoint.refuse_older(folder, model.step)
    remove_unfinished(folder)
    before = checkpoint.read_header(folder)[1].get("data")
    if model.step and before and (changed := change(before, saves.about["data"])):
        what_follows = "continues with the present ones" if model.step < until else "is finished and stays as it is"
        print(f"The pairs have changed since this run began: {changed}. It {what_follows}.")
        if model.step < until:
            saves.about["data"]["changed"] = True  # from now on nobody knows which pairs the run has seen
    for name, read in ((LOSSES, read_losses), (FILE, read_log)):
        try:
            rows = read(folder)
        except ValueError:
            aside = set_aside(folder / name).name
            print(f"{folder / name} is damaged: it is kept as {aside}, and what it held of the steps up to {model.step} is lost.")
            continue
        if not rows and model.step:
            print(f"{folder / name} is missing or empty: what it held of the steps up to {model.step} is lost.")
        elif name == LOSSES:
            _compare_losses(folder / name, rows, model.step, until)
    log = MachineLog(folder, model.step, model.device, arithmetic)
    if model.step and not log.earlier:  # a finished run writes none any more, and its record needs one
        write_text(folder / FILE, log.as_json(model.step))
    return log


def _compare_losses(file: Path, rows: list[list[str]], step: int, until: int) -> None:
    """Print which steps a table of losses lacks, and whether it has some that the run does not. A killed run may have written more."""
    steps = [int(row[0]) for row in rows]
    known = sum(each <= step for each in steps)
    if known < step:
        print(f"{file} holds the losses of {known} of the {step} steps so far: the others are lost.")
    elif not are_of_run(rows, file.parent):
        print(f"{file} holds other losses than this run had at its last checkpoint: put back those of its training.")
    if steps and steps[-1] > until:
        print(f"{file} holds losses of steps after {until}, the last one: they are not of this run.")


def checksum(rows: list[list[str]], step: int) -> str:
    """The checksum of a table of losses up to a step. A checkpoint has it, because a table does not say which run it is of."""
    return hashlib.sha256(repr([row for row in rows if int(row[0]) <= step]).encode()).hexdigest()


def are_of_run(rows: list[list[str]], folder: Path) -> bool:
    """Whether these are the losses that a run had at its newest checkpoint. An older checkpoint does not tell."""
    step, about = checkpoint.read_header(folder)
    return about.get("losses") in (None, checksum(rows, step))


def read_losses(folder: Path) -> list[list[str]]:
    """The rows of a run's table of losses so far, without its head."""
    file = folder / LOSSES
    if not file.exists():
        return []
    try:
        head, *rows = list(csv.reader(io.StringIO(read_text(file)))) or [[]]
        numbers = [[int(row[0]), *map(float, row[1:])] for row in rows]
    except (OSError, ValueError, IndexError, csv.Error) as error:
        raise ValueError(f"{file} is damaged ({str(error)[:300]}): the losses of earlier steps are not in the table") from error
    steps = [row[0] for row in numbers]
    right = all(len(row) == len(COLUMNS) and 0 < row[0] < 2**62 and all(map(math.isfinite, row[1:])) for row in numbers)
    if head != COLUMNS or not right or steps != sorted(set(steps)):
        raise ValueError(f"{file} is damaged (it is no table of losses): the losses of earlier steps are not in the table")
    return rows


def write_losses(folder: Path, losses: list[tuple[int, Losses]]) -> None:
    """Add the losses of some steps to the table. They replace rows of the same steps, which a killed run wrote before it was resumed."""
    if not losses:
        return
    values = torch.stack([torch.stack(row) for _, row in losses]).tolist()  # one transfer from a GPU for all of them
    for (step, _), row in zip(losses, values, strict=True):
        if not all(map(math.isfinite, row)):
            raise _diverged(step)
    rows = [[step, *(round(value, 6) for value in row)] for (step, _), row in zip(losses, values, strict=True)]
    kept = [row for row in read_losses(folder) if int(row[0]) < rows[0][0]]
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows([COLUMNS, *kept, *rows])
    write_text(folder / LOSSES, lines.getvalue())


def draw_samples(model: Pix2Pix, pairs: Pairs) -> Image.Image:
    """Input | fake | target, one row for each of the first pairs. The training's random numbers stay as they are."""
    x, y = stack_pairs(pairs[i] for i in range(min(SHOWN, len(pairs))))
    with own_random_numbers():
        fakes = translate_each(model.generator, x)
    if not fakes.isfinite().all():
        raise _diverged(model.step)
    return draw_grid(zip(x, fakes, y, strict=True))


def _diverged(step: int) -> ValueError:
    return ValueError(f"the training has diverged: at step {step} its numbers are no longer finite; train in a new folder with a lower lr")
