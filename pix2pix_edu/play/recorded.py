"""What the figure of recorded trainings shows: the cells of a table of the gallery, their scores, and pictures to begin with."""

from pix2pix_edu.experiments.cells import SEEDS, SHOWN, TABLES, TESTED
from pix2pix_edu.experiments.gallery import fakes, moments, record, shown_pairs, yardsticks
from pix2pix_edu.experiments.orders import measures
from pix2pix_edu.images import to_image
from pix2pix_edu.play.pictures import avif, sheet, webp

GRID = "lambda x patch"
BASE_CELL = "L1+cGAN"  # chosen at first; in tables without it, the first cell
WORDS = {
    "lambda": "λ {}",
    "unpainted lambda": "λ {}",
    "patch": "patch {}",
    "pairs": "{} pairs",
}  # for tables of numbers
MEASURES = {"per_class": "read per class", "l1": "L1 to y", "sharpness": "fine detail", "blotchiness": "blotchy walls"}
MARKS = {"real_photos": "real photographs", "labels_of_another": "labels of another house"}
OF_REAL = {"l1": {}, "sharpness": {"real photographs": 1.0}, "blotchiness": {"real photographs": 1.0}}


def recorded_runs(table: str = GRID) -> dict:
    """A table of the gallery as rows and columns of cells."""
    if table not in TABLES:
        raise ValueError(f"there is no table {table!r}: choose from {', '.join(TABLES)}")
    names = TABLES[table]
    first = next(iter(names.values()))
    start = BASE_CELL if BASE_CELL in names.values() else first
    settings, steps = record(first, SEEDS[0])["settings"], moments(first, SEEDS[0])
    of_labels, task = settings["drawn"].endswith("_labels"), settings["drawn"].removesuffix("_labels")
    shown = {"per_class": "per class", "l1": "L1 to y"} if of_labels else MEASURES
    reading = {} if of_labels else {words: yardsticks(task)[mark]["per_class"] for mark, words in MARKS.items()}
    places = {value: _place(table, value) for value in names}
    x, y = (sheet([to_image(each) for each in side], SHOWN) for side in shown_pairs(first, SEEDS[0]))
    shown_first = [(name, SEEDS[0]) for name in names.values()] + [(start, seed) for seed in SEEDS[1:]]
    covers = [to_image(fakes(name, seed, steps[-1])[0]) for name, seed in shown_first]
    return {
        "size": settings["size"],
        "houses": SHOWN,
        "steps": steps,
        "seeds": list(SEEDS),
        "start": start,
        "tested": TESTED,
        "columns": list(dict.fromkeys(column for column, _ in places.values())),
        "rows": list(dict.fromkeys(row for _, row in places.values())),
        "measures": [{"name": name, "title": title, "marks": OF_REAL.get(name, reading)} for name, title in shown.items()],
        "cells": [_cell(name, places[value], shown) for value, name in names.items()],
        "x": avif(x) if of_labels else webp(x, lossless=True),
        "y": webp(y, lossless=True) if of_labels else avif(y),
        "cover": avif(sheet(covers, len(covers))),
    }


def _place(table: str, value: str) -> tuple[str, str]:
    """The column and the row of a value of a table; a table with one row has an empty name for it."""
    if table == GRID:
        weight, patch = value.split(", ")
        return WORDS["lambda"].format(weight), WORDS["patch"].format(patch)
    return WORDS.get(table, "{}").format(value), ""


def _cell(name: str, place: tuple[str, str], shown: dict[str, str]) -> dict:
    runs = [[measures(scores) for scores in record(name, seed)["scores"].values()] for seed in SEEDS]
    column, row = place
    return {
        "name": name,
        "title": ", ".join(filter(None, place)),
        "column": column,
        "row": row,
        "scores": {measure: [[round(scores[measure], 5) for scores in run] for run in runs] for measure in shown},
    }
