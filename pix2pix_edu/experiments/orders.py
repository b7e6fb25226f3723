"""Compare the scores of cells, one value for each seed, and decide which orders of cells they support."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pix2pix_edu.experiments.cells import SEEDS, TABLES
from pix2pix_edu.experiments.gallery import GALLERY, record

VERDICTS = ("holds", "reversed", "overlaps")


class Order(NamedTuple):
    """Two values in the paper's order, the gap between the paper's numbers, and whether our seeds agree."""

    lower: str
    higher: str
    gap: float
    verdict: str


def measures(scores: Mapping) -> dict[str, float]:
    """The scores of one moment without their groups: reading: {iou: ...} becomes iou."""
    groups = [score if isinstance(score, Mapping) else {name: score} for name, score in scores.items()]
    return {name: value for group in groups for name, value in group.items()}


def values(cell: str, measure: str, step: int | None = None, gallery: Path = GALLERY) -> list[float]:
    """One measure of a cell after `step` steps (None: at the end), a value for each seed."""
    moments = [record(cell, seed, gallery)["scores"] for seed in SEEDS]
    if step is not None and any(str(step) not in scores for scores in moments):
        raise ValueError(f"the scores of {cell} were saved after {', '.join(moments[0])} steps, not after {step}")
    return [measures(list(scores.values())[-1] if step is None else scores[str(step)])[measure] for scores in moments]


def table(question: str, measure: str, step: int | None = None, gallery: Path = GALLERY) -> dict[str, list[float]]:
    """One measure of every cell of a table, a value for each seed."""
    return {value: values(cell, measure, step, gallery) for value, cell in TABLES[question].items()}


def ordering(lower: Sequence[float], higher: Sequence[float]) -> str:
    """Whether every seed of `higher` is above every seed of `lower` ("holds"), below ("reversed"), or neither ("overlaps")."""
    if max(lower) < min(higher):
        return "holds"
    return "reversed" if max(higher) < min(lower) else "overlaps"


def orders(paper: Mapping[str, float], ours: Mapping[str, Sequence[float]]) -> list[Order]:
    """Every order of two values in the paper's numbers, the widest gap first, each compared with our seeds."""
    shared = [value for value in paper if value in ours]
    stated = [(a, b, round(paper[b] - paper[a], 4)) for a in shared for b in shared if paper[a] < paper[b]]
    return [Order(a, b, gap, ordering(ours[a], ours[b])) for a, b, gap in sorted(stated, key=lambda order: -order[2])]
