"""Tables of lesson 07: cells beside each other and beside the paper's, as figures with their alt text, and orders in words."""

from collections.abc import Mapping, Sequence
from statistics import mean

from matplotlib.figure import Figure

from pix2pix_edu.classroom.experiments import figures
from pix2pix_edu.classroom.questions import Question
from pix2pix_edu.experiments import gallery, paper_tables
from pix2pix_edu.experiments.cells import TABLES
from pix2pix_edu.experiments.orders import VERDICTS, Order, ordering, orders, table, values
from pix2pix_edu.files import DATA, read_object
from pix2pix_edu.measures.reader import ReadingScores

READ = {"per_pixel": "per pixel", "per_class": "per class", "iou": "IoU"}
MEASURES = {"per_class": "read per class", "l1": "L1 to y", "sharpness": "fine detail (y: 1)", "blotchiness": "blotchy walls (y: 1)"}
Values = Mapping[str, Sequence[float]]  # by row, one for each seed
Yardsticks = Mapping[str, Mapping[str, float]]


def yardsticks(task: str = "painted") -> dict[str, dict[str, float]]:
    """What real photographs, the labels of another house and flat colours score with the judge, by name."""
    return {name.replace("_", " "): row for name, row in gallery.yardsticks(task).items()}


def paper_rows(question: str) -> dict[str, ReadingScores]:
    """The paper's scores in the rows of ours. A patch counts as a share of the picture, of 256 px there and of 128 here."""
    rows = paper_tables.READING[question]
    return {"1": rows["1"], "34": rows["70"], "142": rows["286"]} if question == "patch" else rows


def beside_the_paper(question: str) -> tuple[Figure, str]:
    """A question's cells and the paper's, each as a share of what real photographs get there."""
    lines, ceiling = yardsticks(), yardsticks()["real photos"]
    printed, at_most = paper_rows(question), paper_tables.REAL_PHOTOS._asdict()
    ours = {name: {row: [score / ceiling[m] for score in seeds] for row, seeds in table(question, m).items()} for m, name in READ.items()}
    theirs = {name: {row: scores._asdict()[m] / at_most[m] for row, scores in printed.items()} for m, name in READ.items()}
    shares = {name: {mark: row[m] / ceiling[m] for mark, row in lines.items()} for m, name in READ.items()}
    figure = figures.draw_table(ours, theirs, shares, label="share of what real photographs get")
    paper = ", ".join(f"{row} {share:.2f}" for row, share in theirs["per class"].items())
    return figure, f"Shares of what real photographs get. Per class, here: {in_words(ours['per class'])}; in the paper: {paper}."


def side_by_side(question: str, measures: Mapping[str, str] = MEASURES, lines: Yardsticks | None = None) -> tuple[Figure, str]:
    """Several measures of a question's cells. `lines` are yardsticks for the measures that have them."""
    rows = {name: table(question, measure) for measure, name in measures.items()}
    marks = {measures[m]: {mark: row[m] for mark, row in (lines or {}).items() if m in row} for m in measures}
    told = "; ".join(f"{name}: {in_words(found)}" for name, found in rows.items())
    return figures.draw_table(rows, lines=marks), f"Means of three trainings of each cell. {told}."


def during_training(question: str) -> tuple[Figure, str]:
    """How a question's cells are read per class at each recorded moment."""
    moments = gallery.moments(next(iter(TABLES[question].values())), 0)
    curves = {row: {step: values(cell, "per_class", step) for step in moments} for row, cell in TABLES[question].items()}
    marks = {mark: row["per_class"] for mark, row in yardsticks().items()}
    told = "; ".join(f"{row} {', '.join(f'{mean(seeds):.2f}' for seeds in curve.values())}" for row, curve in curves.items())
    words = f"Read per class after {', '.join(map(str, moments))} steps, means of three seeds. {told}."
    return figures.draw_moments(curves, "read per class", marks), words


def print_orders(question: str, measure: str = "per_class", beside: Mapping[str, Values] | None = None) -> list[Order]:
    """Print each order that the paper states, and what three seeds say to it; `beside` adds columns with other trainings."""
    printed = {row: scores._asdict()[measure] for row, scores in paper_rows(question).items()}
    found, columns = orders(printed, table(question, measure)), dict(beside or {})
    print(f"{'the order of the paper':^47}  " + "".join(f"{name:14}" for name in ("here", *columns)))
    for order in found:
        known = [{order.lower, order.higher} <= set(rows) for rows in columns.values()]
        more = [ordering(rows[order.lower], rows[order.higher]) if has else "" for rows, has in zip(columns.values(), known, strict=True)]
        print(f"{order.lower:>22} < {order.higher:22}  " + "".join(f"{verdict:14}" for verdict in (order.verdict, *more)))
    print(f"{len(found)} orders: " + ", ".join(f"{sum(order.verdict == verdict for order in found)} {verdict}" for verdict in VERDICTS))
    return found


def decide(question: Question, first: str, second: str) -> str:
    """Answer a question whose options are the first cell, the second, and neither, by the ranges of three seeds."""
    a, b = values(first, "per_class"), values(second, "per_class")
    print(f"{first} {min(a):.3f} to {max(a):.3f}, {second} {min(b):.3f} to {max(b):.3f}")
    verdict = ordering(a, b)
    question.reveal(question.options[{"reversed": 0, "holds": 1, "overlaps": 2}[verdict]])
    return verdict


def real_from_real() -> dict[str, dict[int, list[float]]]:
    """The recorded FID and KID of sets of real houses from other real houses, by the number of houses in each set."""
    record = read_object(DATA / "measurements" / "fid_of_real_houses.json", {"fid": dict, "kid": dict})
    return {measure: {int(number): found for number, found in record[measure].items()} for measure in ("fid", "kid")}


def in_words(rows: Mapping[str | int, Sequence[float]], digits: int = 2) -> str:
    """The mean of each row."""
    return ", ".join(f"{row} {mean(seeds):.{digits}f}" for row, seeds in rows.items())
