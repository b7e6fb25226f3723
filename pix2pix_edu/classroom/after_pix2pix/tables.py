"""The recorded trainings of lesson 10, as tables."""

from pix2pix_edu.experiments.cells import SEEDS
from pix2pix_edu.experiments.successors import FLOW_STEPS, Houses, record_file, score
from pix2pix_edu.files import read_object

TITLES = {"wall": "spread of walls", "difference": "difference", "sharpness": "fine detail", "blotchiness": "blotches", "fid": "FID"}


def records(method: str) -> list[dict]:
    """The records of a method, one for each seed."""
    return [read_object(record_file(method, seed)) for seed in SEEDS]


def scores(method: str, measure: str, steps: int | None = None) -> list[float]:
    """A measure of the answers of a method, one value for each seed; for the flow, of those in `steps` steps."""
    steps = steps or (FLOW_STEPS if method == "flow" else 1)
    return [record["scores"][str(steps)][measure] for record in records(method)]


def of_photographs(houses: Houses) -> dict[str, float]:
    """The same measures of real photographs: half of those that fit each x, compared with the other half."""
    half = houses.photographs.shape[1] // 2
    return score(houses.photographs[:, :half], houses._replace(photographs=houses.photographs[:, half:]))


def print_rows(rows: dict[str, dict[str, list[float]]]) -> None:
    """Print a table: for each name, the lowest and the highest value of each measure."""
    print(f"{'':16}" + "".join(f"{TITLES[measure]:>16}" for measure in next(iter(rows.values()))))
    for name, values in rows.items():
        print(f"{name:16}" + "".join(f"{_span(each):>16}" for each in values.values()))


def _span(values: list[float]) -> str:
    digits = 3 if max(values) < 10 else 1
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else f"{low} to {high}"
