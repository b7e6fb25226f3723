"""Widgets of lesson 07: the pictures in the gallery, for each cell of the paper's tables, by input and training step."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ipywidgets import ToggleButtons, VBox

from pix2pix_edu.classroom.experiments.picture_table import PictureTable, make_picture_table
from pix2pix_edu.classroom.explorer import choice, explore_page, menu
from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import SEEDS, SHOWN, TABLES
from pix2pix_edu.experiments.gallery import GALLERY
from pix2pix_edu.images import to_image

LABELS = {"lambda": "lambda {}", "patch": "patch {}"}  # for values that need the table's name beside them
BY_SEEDS = "seeds " + ", ".join(map(str, SEEDS))


def draw_cell(question: str, value: str, number: int = 1, step: int = 1500, folder: Path = GALLERY) -> PictureTable:
    """Draw x, the fake of every seed of one cell, and y, above the scores of each seed."""
    cells = _cells(question)
    if value not in cells:
        raise ValueError(f"the table {question!r} has no {value!r}: choose from {', '.join(cells)}")
    runs = _snapshots(cells[value], step, folder)
    x, y = _pair(cells[value], number, folder)
    fakes = {f"fake, seed {seed}": [run.pictures[number - 1]] for seed, run in zip(SEEDS, runs, strict=True)}
    ranges = {measure: _mean_and_range(runs, measure) for measure in runs[0].scores}
    told = ", ".join(f"{measure} {text}" for measure, text in ranges.items())
    return make_picture_table(
        columns={"input x": [x], **fakes, "target y": [y]},
        head=["all test pairs", *(f"seed {seed}" for seed in SEEDS), "mean (range)"],
        rows={measure: [*(f"{run.scores[measure]:.2f}" for run in runs), text] for measure, text in ranges.items()},
        notes=_yardsticks(runs[0], folder),
        alt=f"{_label(question, value)}, input {number} after {step} steps, {BY_SEEDS}. Mean (range) over all test pairs: {told}.",
    )


def draw_all_cells(question: str = "loss", number: int = 1, step: int = 1500, folder: Path = GALLERY) -> PictureTable:
    """Draw the fakes of every cell of a table for the same x, one row per seed, above their scores."""
    cells = _cells(question)
    runs = {_label(question, value): _snapshots(name, step, folder) for value, name in cells.items()}
    pair = _pair(next(iter(cells.values())), number, folder)
    fakes = {label: [run.pictures[number - 1] for run in seeds] for label, seeds in runs.items()}
    one = next(iter(runs.values()))[0]
    rows = {measure: [_mean_and_range(seeds, measure) for seeds in runs.values()] for measure in one.scores}
    told = {measure: "; ".join(map(" ".join, zip(runs, values, strict=True))) for measure, values in rows.items()}
    return make_picture_table(
        columns={"x, below it y": pair, **fakes},
        head=["mean (range)", *runs],
        rows=rows,
        notes=_yardsticks(one, folder),
        alt=f"{question}, input {number} after {step} steps, {BY_SEEDS} from top to bottom. "
        f"Read per class over all test pairs, mean (range): {told['read per class']}. Sharpness: {told['sharpness']}.",
    )


def explore_l1_weight(folder: Path = GALLERY) -> VBox:
    """Choose lambda, input and step; see all seeds."""
    return _explore_cell("lambda", "100", folder)


def explore_patch_outputs(folder: Path = GALLERY) -> VBox:
    """Choose D's patch, input and step; see all seeds."""
    return _explore_cell("patch", "16", folder)


def _explore_cell(question: str, value: str, folder: Path) -> VBox:
    return _explore(partial(draw_cell, question), question, folder, value=choice(question.capitalize(), list(_cells(question)), value))


def explore_all_cells(question: str = "loss", folder: Path = GALLERY) -> VBox:
    """Choose input and step; see every cell of a table."""
    return _explore(partial(draw_all_cells, question), question, folder)


def _explore(draw: Callable[..., PictureTable], question: str, folder: Path, **controls: ToggleButtons) -> VBox:
    names = list(_cells(question).values())
    steps = [int(step) for step in _record(names[0], SEEDS[0], folder)["scores"]]
    for name in names:
        for step in steps:
            _snapshots(name, step, folder)  # fill the cache now, so that no click has to wait
    controls |= {"number": menu("Input", list(range(1, SHOWN + 1)), 1), "step": choice("Steps", steps, steps[-1])}
    return explore_page(lambda **values: draw(**values, folder=folder).html, **controls)


class Snapshot(NamedTuple):
    """The fakes of a run at one step for the shown inputs, as arrays of bytes, and its scores over all test pairs."""

    pictures: list[np.ndarray]
    scores: dict[str, float]


def _snapshots(name: str, step: int, folder: Path) -> list[Snapshot]:
    return [_snapshot(name, seed, step, folder) for seed in SEEDS]


@cache
def _snapshot(name: str, seed: int, step: int, folder: Path) -> Snapshot:
    record = _record(name, seed, folder)
    pictures = [np.asarray(to_image(fake)) for fake in gallery.fakes(name, seed, step, folder)]
    kept = record["scores"][str(step)]
    scores = {"read per class": kept["reading"]["per_class"], "IoU": kept["reading"]["iou"], "sharpness": kept["sharpness"]}
    if "colours" in kept:  # only photos have these: label maps have no walls, and only the colours of the palette
        scores |= {"blotchiness": kept["blotchiness"], "chroma overlap": (kept["colours"]["a"] + kept["colours"]["b"]) / 2}
    return Snapshot(pictures, scores)


def _record(name: str, seed: int, folder: Path) -> dict:
    if not all((folder / f"{name}-{seed}.{kind}").exists() for kind in ("json", "jpg")):
        command = f"python -m pix2pix_edu experiments RUNS --cells {name} --seeds {seed} --gallery {folder}"
        raise ValueError(f"{folder} has no cell {name} with seed {seed}: make it with  {command}")
    return gallery.record(name, seed, folder)


@cache
def _pair(name: str, number: int, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    if number not in range(1, SHOWN + 1):
        raise ValueError(f"the inputs are numbered from 1 to {SHOWN}, got {number}")
    x, y = (np.asarray(to_image(side[number - 1])) for side in gallery.shown_pairs(name, gallery=folder))
    return x, y


def _cells(question: str) -> dict[str, str]:
    if question not in TABLES:
        raise ValueError(f"there is no table {question!r}: choose from {', '.join(TABLES)}")
    return TABLES[question]


def _label(question: str, value: str) -> str:
    return LABELS.get(question, "{}").format(value)


def _mean_and_range(runs: list[Snapshot], measure: str) -> str:
    values = [run.scores[measure] for run in runs]
    return f"{sum(values) / len(values):.2f} ({min(values):.2f}\u2013{max(values):.2f})"


def _yardsticks(run: Snapshot, folder: Path) -> str:
    """Return a note on the scores to compare with."""
    if "blotchiness" not in run.scores:
        return "Yardstick: label maps are read by their colours, without a network; true label maps score 1 in every measure."
    rows = gallery.yardsticks(folder)
    real, other, median = (
        f"{rows[name]['per_class']:.2f} / {rows[name]['iou']:.2f}" for name in ("real_photos", "labels_of_another", "median_colours")
    )
    return (
        f"Yardsticks, read per class / IoU: real photos {real} (ceiling), real photos compared with the labels of another {other} (floor), "
        f"each class in its median colour {median}. In every other measure real photos score 1."
    )
