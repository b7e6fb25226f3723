"""Train every system on the same pairs, with the same budget: one cell for each system and seed, and each can be resumed."""

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import torch

from pix2pix_edu.files import read_object, write_text
from pix2pix_edu.measures.reader import Reader, Yardsticks, labels_and_photos, reading_scores, train_reader, yardsticks
from pix2pix_edu.objective import Objective
from pix2pix_edu.published.comparison import depth_for
from pix2pix_edu.published.system import System
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.evaluation import as_dict, as_record, draw_grid, score, translate_each
from pix2pix_edu.run.fingerprint import fingerprint
from pix2pix_edu.run.machine_log import read_log
from pix2pix_edu.run.saving import Saves, save_on_the_way
from pix2pix_edu.run.settings import Settings, open_pairs, refuse_changes, refuse_more_than_memory
from pix2pix_edu.training import Batches, Pairs, Pix2Pix, stack_pairs, train

TRAIN_PAIRS, READER_STEPS = 400, 400
SHOWN = 6  # unseen inputs on the sheet of a cell


@dataclass(frozen=True)
class Budget:
    """The settings that all systems share."""

    steps: int = 600
    size: int = 64
    width: int = 16
    batch_size: int = 1
    lr: float = 1e-3  # five times the paper's, for the steps are few
    l1_weight: float = 100.0  # the paper's lambda

    def __post_init__(self) -> None:
        depth_for(self.size)
        for name in ("steps", "width", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name.replace('_', ' ')} must be 1 or more, got {getattr(self, name)}")


def claim(folder: Path, budget: Budget) -> None:
    """Make the folder of the trials, or check that it was made with the same budget."""
    record = folder / "budget.json"
    if record.exists():
        refuse_changes(f"{folder} holds trials", read_object(record), asdict(budget))
    else:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(record, json.dumps(asdict(budget), indent=1))


def run_cells(folder: Path, budget: Budget, systems: Iterable[System], seeds: Iterable[int]) -> Iterator[tuple[Path, int]]:
    """Train and score every cell that is not finished, all systems of a seed before the next seed. Yield each cell and its step."""
    refuse_more_than_memory(budget.size, budget.width, budget.batch_size)
    claim(folder, budget)
    for seed in seeds:
        for system in systems:
            cell = folder / f"{system.name}-{seed}"
            if not (cell / "cell.json").exists():
                yield from ((cell, model.step) for model in train_cell(system, budget, seed, cell))
                score_cell(system, budget, seed, cell)


def train_cell(system: System, budget: Budget, seed: int, cell: Path, save_every: int = 100) -> Iterator[Pix2Pix]:
    """Train one cell to its last step, from the last checkpoint if there is one."""
    model = open_cell(system, budget, seed, cell)
    cell.mkdir(parents=True, exist_ok=True)
    batches = Batches(pairs_of(budget, seed, "train"), budget.batch_size, seed)
    steps = train(model, batches, budget.steps, Objective(l1_weight=budget.l1_weight), step=system.step_on(model.device))
    about = {"settings": settings_of(system, budget, seed), "data": fingerprint(batches.pairs)}
    for _ in save_on_the_way(steps, model, Saves(cell, about, save_every), budget.steps):
        yield model


def settings_of(system: System, budget: Budget, seed: int) -> dict[str, object]:
    """What a cell was trained with, as its checkpoint keeps it."""
    return {"system": system.name, "seed": seed, **asdict(budget)}


def open_cell(system: System, budget: Budget, seed: int, cell: Path) -> Pix2Pix:
    """The networks of a cell at its last checkpoint, or untrained."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = system.build(depth_for(budget.size), budget.width, seed, device, budget.lr)
    if state := checkpoint.newest(cell):
        refuse_changes(f"{cell} holds a training", state["about"].get("settings", {}), settings_of(system, budget, seed))
        checkpoint.restore(model, state, str(cell))
    return model


@cache
def pairs_of(budget: Budget, seed: int, split: str) -> Pairs:
    """The drawn facades on which all systems of a seed are trained or scored."""
    return open_pairs(Settings(size=budget.size, seed=seed, count=TRAIN_PAIRS), split)


@cache
def reader_of(budget: Budget, seed: int) -> tuple[Reader, Yardsticks]:
    """The network that reads the fakes of a seed, and the yardsticks to compare its scores with."""
    seen, unseen = (pairs_of(budget, seed, split) for split in ("train", "val"))
    reader = train_reader(seen, READER_STEPS)
    return reader, yardsticks(reader, seen, unseen)


def score_cell(system: System, budget: Budget, seed: int, cell: Path) -> None:
    """Save the scores on unseen pairs, and a sheet of the first ones: inputs, fakes and targets in three rows."""
    model, pairs = open_cell(system, budget, seed, cell), pairs_of(budget, seed, "val")
    xs, ys = stack_pairs(pairs)
    torch.manual_seed(0)
    fakes = translate_each(model.generator, xs)
    (reader, sticks), sessions = reader_of(budget, seed), read_log(cell)
    record = {
        "system": system.name,
        "seed": seed,
        **{name: value for name, value in sessions[-1].items() if name not in ("from", "until")},
        "seconds": round(sum(session["seconds"] for session in sessions), 1),
        "scores": as_record(score(fakes, ys), None, len(ys)),
        "reading": as_dict(reading_scores(reader, fakes, labels_and_photos(pairs)[0])),
        "yardsticks": as_dict(sticks),
    }
    draw_grid(side[:SHOWN] for side in (xs, fakes, ys)).save(cell / "sheet.png", optimize=True)
    write_text(cell / "cell.json", json.dumps(record, indent=1))


def write_results(folder: Path, target: Path, command: str) -> Path:
    """Collect all finished cells in one JSON file, with the sheets of seed 0 beside it, and the command with the seeds of these cells."""
    cells = [read_object(path, {"system": str, "seed": int, "yardsticks": dict}) for path in sorted(folder.glob("*/cell.json"))]
    if not cells:
        raise ValueError(f"{folder} holds no finished cell: train one first")
    sticks = {str(cell["seed"]): cell.pop("yardsticks") for cell in cells}
    target.mkdir(parents=True, exist_ok=True)
    for cell in cells:
        if cell["seed"] == 0:
            shutil.copyfile(folder / f"{cell['system']}-0" / "sheet.png", target / f"{cell['system']}.png")
    seeds = " ".join(sorted(sticks, key=int))
    results = {"command": f"{command} --seeds {seeds}", "budget": read_object(folder / "budget.json"), "yardsticks": sticks, "cells": cells}
    write_text(target / "results.json", json.dumps(results, indent=1) + "\n")
    return target / "results.json"
