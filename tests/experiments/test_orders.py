import json
import math
from itertools import combinations

import pytest

from pix2pix_edu.experiments import orders, paper_tables
from pix2pix_edu.experiments.cells import CELLS, SEEDS, TABLES
from pix2pix_edu.experiments.gallery import yardsticks


@pytest.mark.parametrize(
    ("lower", "higher", "verdict"),
    [
        ([1, 2, 3], [4, 5, 6], "holds"),
        ([4, 5, 6], [1, 2, 3], "reversed"),
        ([1, 2, 4], [3, 5, 6], "overlaps"),
        ([1, 2, 3], [3, 4, 5], "overlaps"),  # they share a value
        ([1, 9], [2, 3, 4], "overlaps"),  # one range inside the other
        ([1], [2], "holds"),
    ],
)
def test_an_order_holds_only_if_every_seed_of_one_is_above_every_seed_of_the_other(lower, higher, verdict):
    assert orders.ordering(lower, higher) == verdict


def test_two_equal_cells_with_three_seeds_are_ordered_by_luck_once_in_twenty_each_way():
    draws = [(first, set(range(6)) - set(first)) for first in combinations(range(6), 3)]
    verdicts = [orders.ordering(first, list(second)) for first, second in draws]
    assert verdicts.count("holds") / len(draws) == verdicts.count("reversed") / len(draws) == 1 / math.comb(6, 3)


def test_every_order_of_the_papers_numbers_is_compared_with_our_seeds_the_widest_gap_first():
    paper = {"a": 0.1, "b": 0.3, "c": 0.2, "only in the paper": 0.9}
    ours = {"a": [1, 2], "b": [3, 4], "c": [5, 6], "only here": [0, 0]}
    assert orders.orders(paper, ours) == [("a", "b", 0.2, "holds"), ("a", "c", 0.1, "holds"), ("c", "b", 0.1, "reversed")]


def test_two_rows_that_are_equal_in_the_paper_have_no_order():
    assert orders.orders({"a": 0.17, "b": 0.17}, {"a": [1], "b": [2]}) == []


def test_values_are_read_from_the_record_of_each_seed_at_the_given_moment(tmp_path):
    empty = {"command": "", "step": 8, "settings": {}, "seconds": 1, "sittings": [], "curve": {}}
    for seed in SEEDS:
        scores = {step: {"l1": seed + int(step), "reading": {"iou": -seed}} for step in ("4", "8")}
        (tmp_path / f"L1-{seed}.json").write_text(json.dumps({**empty, "scores": scores}))
    assert orders.values("L1", "l1", 4, tmp_path) == [4, 5, 6]
    assert orders.values("L1", "l1", gallery=tmp_path) == [8, 9, 10]
    assert orders.values("L1", "iou", gallery=tmp_path) == [0, -1, -2]


@pytest.mark.parametrize("question", TABLES)
def test_the_gallery_has_three_different_seeds_for_each_row_of_a_table(question):
    for measure in ("per_pixel", "per_class", "iou", "l1", "sharpness"):
        found = orders.table(question, measure)
        assert list(found) == list(TABLES[question])
        assert all(len(set(seeds)) == len(SEEDS) for seeds in found.values())


@pytest.mark.parametrize("cell", CELLS)
def test_no_fake_is_read_better_than_a_photograph(cell):
    drawn = CELLS[cell].drawn
    ceiling = 1.0 if drawn.endswith("_labels") else yardsticks(drawn)["real_photos"]["per_class"]
    assert max(orders.values(cell, "per_class")) < ceiling


def test_the_papers_first_and_third_tables_agree_on_the_model_in_both():
    assert paper_tables.READING["loss"]["L1+cGAN"] == paper_tables.READING["patch"]["70"]


def test_in_the_papers_second_table_the_same_model_has_eleven_points_fewer_pixels_right():
    first, second = paper_tables.READING["loss"]["L1+cGAN"], paper_tables.READING["generator"]["U-Net, L1+cGAN"]
    assert round(first.per_pixel - second.per_pixel, 2) == 0.11


@pytest.mark.parametrize("question", ["loss", "generator", "patch"])
def test_no_number_of_the_paper_is_above_its_own_ceiling(question):
    rows = paper_tables.READING[question].values()
    assert all(value < limit for row in rows for value, limit in zip(row, paper_tables.REAL_PHOTOS, strict=True))


@pytest.mark.parametrize("question", ["loss", "generator", "photo to labels"])
def test_our_tables_have_the_papers_rows(question):
    assert set(TABLES[question]) == set(paper_tables.READING[question])
