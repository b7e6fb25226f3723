"""Walks through the gallery: what the cells of the paper's tables drew, by input and by moment of training."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ipywidgets import ToggleButtons, VBox

from pix2pix_edu.classroom.experiments.exhibit import Exhibit, make_exhibit
from pix2pix_edu.classroom.explorer import choice, explore_page, menu
from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import SEEDS, SHOWN, TABLES
from pix2pix_edu.experiments.gallery import GALLERY
from pix2pix_edu.images import to_image

LABELS = {"lambda": "lambda {}", "patch": "patch {}"}  # what a value is called where it does not speak for itself
BY_SEEDS = "seeds " + ", ".join(map(str, SEEDS))


def draw_cell(question: str, value: str, number: int = 1, step: int = 1500, folder: Path = GALLERY) -> Exhibit:
    """x | what every seed of a cell made of it | y, and the scores of each seed."""
    cells = _cells(question)
    if value not in cells:
        raise ValueError(f"the table {question!r} has no {value!r}: choose from {', '.join(cells)}")
    looks = _looks(cells[value], step, folder)
    x, y = _pair(cells[value], number, folder)
    fakes = {f"fake, seed {seed}": [look.pictures[number - 1]] for seed, look in zip(SEEDS, looks, strict=True)}
    spreads = {measure: _spread(looks, measure) for measure in looks[0].scores}
    told = ", ".join(f"{measure} {spread}" for measure, spread in spreads.items())
    return make_exhibit(
        columns={"input x": [x], **fakes, "target y": [y]},
        head=["all test pairs", *(f"seed {seed}" for seed in SEEDS), "mean (range)"],
        rows={measure: [*(f"{look.scores[measure]:.2f}" for look in looks), spread] for measure, spread in spreads.items()},
        notes=_yardsticks(looks[0], folder),
        alt=f"{_called(question, value)}, input {number} after {step} steps, {BY_SEEDS}. Mean (range) over all test pairs: {told}.",
    )


def draw_board(question: str = "loss", number: int = 1, step: int = 1500, folder: Path = GALLERY) -> Exhibit:
    """What every cell of a table made of the same x, a row for each seed, and the scores below."""
    cells = _cells(question)
    looks = {_called(question, value): _looks(name, step, folder) for value, name in cells.items()}
    pair = _pair(next(iter(cells.values())), number, folder)
    fakes = {called: [look.pictures[number - 1] for look in row] for called, row in looks.items()}
    one = next(iter(looks.values()))[0]
    rows = {measure: [_spread(row, measure) for row in looks.values()] for measure in one.scores}
    told = {measure: "; ".join(map(" ".join, zip(looks, values, strict=True))) for measure, values in rows.items()}
    return make_exhibit(
        columns={"x, below it y": pair, **fakes},
        head=["mean (range)", *looks],
        rows=rows,
        notes=_yardsticks(one, folder),
        alt=f"{question}, input {number} after {step} steps, {BY_SEEDS} from top to bottom. "
        f"Read per class over all test pairs, mean (range): {told['read per class']}. Sharpness: {told['sharpness']}.",
    )


def explore_l1_weight(folder: Path = GALLERY) -> VBox:
    """Choose lambda, input and moment; all seeds answer."""
    return _explore_cells("lambda", "100", folder)


def explore_patch_outputs(folder: Path = GALLERY) -> VBox:
    """Choose D's patch, input and moment; all seeds answer."""
    return _explore_cells("patch", "16", folder)


def _explore_cells(question: str, value: str, folder: Path) -> VBox:
    return _explore(partial(draw_cell, question), question, folder, value=choice(question.capitalize(), list(_cells(question)), value))


def board(question: str = "loss", folder: Path = GALLERY) -> VBox:
    """One input under every loss, or under every value of another table: choose input and moment."""
    return _explore(partial(draw_board, question), question, folder)


def _explore(draw: Callable[..., Exhibit], question: str, folder: Path, **controls: ToggleButtons) -> VBox:
    names = list(_cells(question).values())
    steps = [int(step) for step in _record(names[0], SEEDS[0], folder)["scores"]]
    for name in names:
        for step in steps:
            _looks(name, step, folder)  # opened now, so that no click has to wait
    controls |= {"number": menu("Input", list(range(1, SHOWN + 1)), 1), "step": choice("Steps", steps, steps[-1])}
    return explore_page(lambda **values: draw(**values, folder=folder).html, **controls)


class Look(NamedTuple):
    """What a run drew for the shown inputs by some moment, as bytes, and its scores over all test pairs."""

    pictures: list[np.ndarray]
    scores: dict[str, float]


def _looks(name: str, step: int, folder: Path) -> list[Look]:
    return [_look(name, seed, step, folder) for seed in SEEDS]


@cache
def _look(name: str, seed: int, step: int, folder: Path) -> Look:
    record = _record(name, seed, folder)
    pictures = [np.asarray(to_image(fake)) for fake in gallery.fakes(name, seed, step, folder)]
    scores = record["scores"][str(step)]
    told = {"read per class": scores["reading"]["per_class"], "IoU": scores["reading"]["iou"], "sharpness": scores["sharpness"]}
    if "colours" in scores:  # of photos; label maps have no walls, and only the colours of the palette
        told |= {"blotchiness": scores["blotchiness"], "chroma overlap": (scores["colours"]["a"] + scores["colours"]["b"]) / 2}
    return Look(pictures, told)


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
    """The cell that answers for each value of a table."""
    if question not in TABLES:
        raise ValueError(f"there is no table {question!r}: choose from {', '.join(TABLES)}")
    return TABLES[question]


def _called(question: str, value: str) -> str:
    return LABELS.get(question, "{}").format(value)


def _spread(looks: list[Look], measure: str) -> str:
    """Mean and range over the seeds."""
    values = [look.scores[measure] for look in looks]
    return f"{sum(values) / len(values):.2f} ({min(values):.2f}\u2013{max(values):.2f})"


def _yardsticks(look: Look, folder: Path) -> str:
    """What the scores are to be held against."""
    if "blotchiness" not in look.scores:
        return "Yardstick: label maps are read by their colours, without a network; true ones score 1 in every measure."
    rows = gallery.yardsticks(folder)
    real, other, median = (
        f"{rows[name]['per_class']:.2f} / {rows[name]['iou']:.2f}" for name in ("real_photos", "labels_of_another", "median_colours")
    )
    return (
        f"Yardsticks, read per class / IoU: real photos {real} (ceiling), real photos held against the labels of another {other} (floor), "
        f"each class in its median colour {median}. In every other measure real photos have 1."
    )
