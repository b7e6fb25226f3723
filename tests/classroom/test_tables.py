from statistics import mean

import pytest

from pix2pix_edu.classroom.experiments import tables, trainings
from pix2pix_edu.classroom.questions import Question
from pix2pix_edu.experiments import paper_tables
from pix2pix_edu.experiments.cells import TABLES
from pix2pix_edu.experiments.orders import values


@pytest.mark.parametrize(
    ("first", "second", "verdict", "answer"),
    [
        ("GAN", "cGAN", "holds", "the second"),
        ("L1+cGAN", "cGAN", "reversed", "the first"),
        ("L1+GAN", "L1+cGAN", "overlaps", "neither"),
    ],
)
def test_a_question_is_decided_by_the_ranges_of_the_seeds(tmp_path, monkeypatch, capsys, first, second, verdict, answer):
    monkeypatch.chdir(tmp_path)  # where the answer is kept
    question = Question("07_experiments", "which", "Which is read better?", ("the first", "the second", "neither"))
    assert tables.decide(question, first, second) == verdict
    said = capsys.readouterr().out
    assert f"{first} {min(values(first, 'per_class')):.3f} to" in said
    assert f"Measured: {answer}." in said


def test_the_papers_patches_are_compared_with_ours_by_their_share_of_the_picture():
    printed = paper_tables.READING["patch"]
    assert tables.paper_rows("patch") == {"1": printed["1"], "34": printed["70"], "142": printed["286"]}
    assert tables.paper_rows("loss") == paper_tables.READING["loss"]


def test_the_orders_are_printed_beside_those_of_other_trainings(capsys):
    beside = {"other": {"L1": [1.0, 2.0], "GAN": [3.0, 4.0]}}
    found = tables.print_orders("loss", beside=beside)
    head, *rows, total = capsys.readouterr().out.splitlines()
    assert head.split()[-2:] == ["here", "other"]
    assert len(rows) == len(found) == 10
    (both,) = [row for row in rows if "GAN < L1 " in row and row.split()[0] == "GAN"]
    assert both.split()[-2:] == ["holds", "reversed"]
    assert total == "10 orders: " + ", ".join(
        f"{sum(order.verdict == verdict for order in found)} {verdict}" for verdict in ("holds", "reversed", "overlaps")
    )


@pytest.mark.parametrize("question", ["loss", "generator", "patch", "photo to labels"])
def test_ours_and_the_papers_scores_stand_side_by_side_as_shares(question):
    figure, alt = tables.beside_the_paper(question)
    ceiling = tables.yardsticks()["real photos"]["per_class"]
    row, cell = next(iter(TABLES[question].items()))
    assert f"{row} {mean(values(cell, 'per_class')) / ceiling:.2f}" in alt
    assert len(figure.axes) == len(tables.READ)


def test_a_table_during_training_tells_every_moment():
    figure, alt = tables.during_training("loss")
    assert alt.startswith("Read per class after 150, 400, 1200, 3000 steps, means of three seeds. ")
    for row, cell in TABLES["loss"].items():
        means = [f"{mean(values(cell, 'per_class', step)):.2f}" for step in (150, 400, 1200, 3000)]
        assert f"{row} {', '.join(means)}" in alt
    assert len(figure.axes[0].lines) == len(TABLES["loss"]) + 3  # and the yardsticks


def test_side_by_side_says_the_mean_of_every_cell():
    figure, alt = tables.side_by_side("pairs", lines=tables.yardsticks())
    assert len(figure.axes) == len(tables.MEASURES)
    for row, cell in TABLES["pairs"].items():
        assert f"{row} {mean(values(cell, 'l1')):.2f}" in alt


def test_the_first_steps_of_a_cell_are_repeated_with_the_same_result():
    assert trainings.train_point("patch_1", 7, 2) == trainings.train_point("patch_1", 7, 2) > 0.1
