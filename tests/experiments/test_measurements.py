"""The recorded measurements that data/README.md and lesson 07 show."""

import json

import pytest
import torch

from pix2pix_edu.classroom.experiments.tables import real_from_real
from pix2pix_edu.classroom.session import PROFILES
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.files import DATA, read_object
from pix2pix_edu.measures.distances import frechet_distance, kernel_distance
from pix2pix_edu.measures.features import open_features

RECORDS = DATA / "measurements"


def test_the_recorded_fid_of_real_houses_is_what_the_library_measures():
    record, network = read_object(RECORDS / "fid_of_real_houses.json"), open_features()
    with torch.no_grad():
        one, other = (
            torch.cat([network.describe(network.levels(y[None])) for _, y in SyntheticPairs(50, record["size"], seed)])
            for seed in record["seeds"][0]
        )
    found = real_from_real()
    assert found["fid"][50][0] == pytest.approx(frechet_distance(one, other), rel=1e-3)
    assert found["kid"][50][0] == pytest.approx(kernel_distance(one, other), abs=1e-4)
    assert all(len(values) == len(record["seeds"]) == 3 for rows in found.values() for values in rows.values())
    assert max(found["fid"]) == 10_000


@pytest.mark.parametrize("name", ["fid_of_real_houses", "class_steps", "latency", "blind_test"])
def test_a_record_states_the_commit_and_the_machine(name):
    record = read_object(RECORDS / f"{name}.json")
    assert not record["code"].endswith("dirty")
    assert record["device"]


def test_the_class_profile_is_the_best_of_the_recorded_trainings_from_scratch():
    rows = read_object(RECORDS / "class_steps.json")["trainings"]
    of_class = rows[f"{PROFILES['class'].steps} steps"]
    for name, row in rows.items():
        if name != "400 steps after 4000" and row is not of_class:
            assert max(scores["per_class"] for scores in row["scores"]) < min(scores["per_class"] for scores in of_class["scores"]), name


def test_every_figure_answers_in_the_time_that_is_wanted():
    rows = {row["what"]: row for row in read_object(RECORDS / "latency.json")["milliseconds"]}
    assert sum(row["wanted"] is not None for row in rows.values()) == 8
    assert [name for name, row in rows.items() if row["wanted"] and row["p95"] > row["wanted"]] == []


def test_the_record_of_the_blind_test_counts_what_each_answer_found():
    record = json.loads((RECORDS / "blind_test.json").read_text())
    translations = set(record["translations"])
    assert record["found"] == [len(translations & set(answer)) for answer in record["answers"]]
    assert len(translations) == 2 * record["by_chance"] == 12


@pytest.mark.parametrize(
    ("part", "preferred"),
    [
        ("after the fourth part", (11, 11)),
        ("after the fifth part", (18, 6)),
        ("after the sixth part", (3, 20)),
        ("the sixth part with lambda 100", (11, 12)),
        ("after the seventh part", (13, 11)),
    ],
)
def test_the_votes_on_the_largest_network_are_those_that_the_readme_counts(part, preferred):
    comparison = read_object(RECORDS / "votes_on_houses_128.json")["comparisons"][part]
    votes = [(vote, letter) for answer in comparison["answers"] for vote, letter in zip(answer, comparison["is"], strict=True)]
    assert (sum(vote == letter for vote, letter in votes), sum(vote not in (letter, "=") for vote, letter in votes)) == preferred
