import dataclasses
import json
import os
from collections import Counter

import pytest
from scipy.stats import binomtest

from pix2pix_edu.classroom.json_files import LARGEST
from pix2pix_edu.classroom.real_or_fake.vote_files import LONGEST_NICKNAME, read_class, read_game, save_game
from pix2pix_edu.classroom.real_or_fake.votes import Game, Tally, Trial, Vote, deal, tally, wilson

pytestmark = pytest.mark.fault

MODELS = ["L1", "L1+cGAN", "cGAN", "patch_1"]


def cards(seed=0, models=MODELS, count=20):
    return deal(seed, models, count, runs=[0, 1, 2], buildings=12)


@pytest.mark.parametrize(
    ("fooled", "shown", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_published_one_for_four_examples(fooled, shown, low, high):
    """The score intervals of Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    assert [round(limit, 4) for limit in wilson(fooled, shown)] == [low, high]


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_interval_is_scipys_for_every_share_of_up_to_twelve(confidence):
    for shown in range(1, 13):
        for fooled in range(shown + 1):
            expected = binomtest(fooled, shown).proportion_ci(confidence, method="wilson")
            assert wilson(fooled, shown, confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("fooled", "shown"), [(0, 0), (-1, 5), (6, 5)])
def test_an_impossible_share_is_refused(fooled, shown):
    with pytest.raises(ValueError, match="is not a share"):
        wilson(fooled, shown)


@pytest.mark.parametrize("seed", range(20))
def test_models_and_sides_are_balanced_in_practice_and_in_the_game(seed):
    trials = cards(seed)
    for part, each in ((trials[:4], 1), (trials[4:], 5)):
        assert Counter(trial.model for trial in part) == dict.fromkeys(MODELS, each)
        assert Counter(trial.fake for trial in part) == dict.fromkeys(("left", "right"), len(part) // 2)
    for model in MODELS:
        assert abs(sum(1 if trial.fake == "left" else -1 for trial in trials[4:] if trial.model == model)) == 1


@pytest.mark.parametrize("count", range(1, 12))
def test_counts_that_do_not_divide_evenly_differ_by_one_at_most(count):
    for models in (MODELS, MODELS[:3], MODELS[:1]):
        counted = cards(7, models, count)[4:]
        shown = [sum(trial.model == model for trial in counted) for model in models]
        left = sum(trial.fake == "left" for trial in counted)
        assert max(shown) - min(shown) <= 1
        assert abs(2 * left - count) <= 1


@pytest.mark.parametrize("seed", range(20))
def test_no_building_comes_twice_in_a_row_or_again_before_all_were_shown(seed):
    shown = [trial.building for trial in cards(seed, count=32)]
    assert all(one != other for one, other in zip(shown, shown[1:], strict=False))
    assert all(set(shown[start : start + 12]) == set(range(12)) for start in (0, 12, 24))


@pytest.mark.parametrize("seed", range(20))
def test_no_fake_is_shown_twice_in_a_game(seed):
    fakes = [(trial.model, trial.run, trial.building) for trial in cards(seed, count=32)]
    assert len(set(fakes)) == len(fakes)


def test_a_seed_always_deals_the_same_game_and_another_seed_another_one():
    assert cards(3) == cards(3)
    assert cards(3) != cards(4)


def test_over_many_seeds_no_side_and_no_run_belongs_to_a_model():
    games = [cards(seed) for seed in range(200)]
    for model in MODELS:
        chosen = [trial for trials in games for trial in trials if trial.model == model]
        assert 0.46 < sum(trial.fake == "left" for trial in chosen) / len(chosen) < 0.54
        assert all(0.28 < sum(trial.run == run for trial in chosen) / len(chosen) < 0.39 for run in (0, 1, 2))


@pytest.mark.parametrize(("models", "count"), [([], 20), (MODELS, 0)])
def test_a_game_without_models_or_trials_is_refused(models, count):
    with pytest.raises(ValueError, match="at least one trial, one model"):
        cards(0, models, count)


def trial(model="L1", fake="left"):
    return Trial(model, run=0, building=3, fake=fake, down=0.25, across=1.0)


def played(name, votes, **changed):
    return dataclasses.replace(Game(f"{name:016x}", 5, 1.0, None, "", tuple(Vote(trial(*card), said) for card, said in votes)), **changed)


MIXED = [(("L1", "left"), "left"), (("L1", "right"), "left"), (("cGAN", "left"), "right"), (("cGAN", "right"), "left")]


def test_the_player_is_fooled_if_the_real_picture_was_called_fake():
    assert tally([played(1, MIXED)]) == {"L1": Tally(1, 2), "cGAN": Tally(2, 2)}
    assert tally([played(1, MIXED)])["L1"].percent == 50.0


def test_games_add_up():
    assert tally([played(1, MIXED), played(2, MIXED[:1])]) == {"L1": Tally(1, 3), "cGAN": Tally(2, 2)}


def test_other_times_and_patches_are_counted_separately():
    games = [played(1, MIXED[:1]), played(2, MIXED[:1], seconds=0.2), played(3, MIXED[:1], patch=16)]
    assert tally(games) == {"L1": Tally(0, 1), "L1, 0.2 s": Tally(0, 1), "L1, 16 px": Tally(0, 1)}


@pytest.mark.parametrize("changed", [{}, {"nickname": 'Zoë "<b>"', "seconds": 0.25, "patch": 16}])
def test_a_saved_game_is_read_unchanged(tmp_path, changed):
    game = played(77, MIXED, **changed)
    assert read_game(save_game(game, tmp_path / "new" / "folder")) == game


def test_a_byte_order_mark_is_accepted(tmp_path):
    path = save_game(played(1, MIXED), tmp_path)
    path.write_text(path.read_text(), encoding="utf-8-sig")
    assert read_game(path) == played(1, MIXED)


def test_a_class_of_thirty_adds_up_whatever_else_is_in_the_folder(tmp_path):
    for name in range(30):
        save_game(played(name, MIXED), tmp_path)
    (tmp_path / "homework.txt").write_text("I liked lesson 4.")
    (tmp_path / "cut.json").write_text(save_game(played(99, MIXED), tmp_path / "elsewhere").read_text()[:-40])
    (tmp_path / ".hidden").write_text("left by the system")
    games, remarks = read_class(tmp_path)
    assert tally(games) == {"L1": Tally(30, 60), "cGAN": Tally(60, 60)}
    assert [remark.split(" ")[0] for remark in remarks] == ["cut.json", "elsewhere", "homework.txt"]


@pytest.mark.parametrize(("answer", "differs"), [("left", ""), ("right", ", though its contents differ")])
def test_a_game_that_was_handed_in_twice_counts_once_and_is_named(tmp_path, answer, differs):
    path = save_game(played(1, MIXED), tmp_path)
    (tmp_path / "zzz (1).json").write_text(path.read_text().replace('"said": "left"', f'"said": "{answer}"'))
    games, remarks = read_class(tmp_path)
    assert games == [played(1, MIXED)]
    assert remarks == [f"zzz (1).json is the same game as {path.name}{differs}: it counts once."]


def change(**fields):
    return lambda kept: json.dumps({**kept, **fields})


def change_vote(**fields):
    return lambda kept: json.dumps({**kept, "votes": [{**kept["votes"][0], **fields}]})


DAMAGES = {
    "truncated": lambda kept: json.dumps(kept)[:-9],
    "another file": lambda kept: '{"cells": []}',
    "a list": lambda kept: "[]",
    "empty": lambda kept: "",
    "a picture": lambda kept: "\xff\xd8\xff\xe0" * 20,
    "no answers": change(votes=[]),
    "answers of another kind": change(votes=["left"]),
    "answers that are not a list": change(votes=3),
    "a field is missing": lambda kept: json.dumps({field: value for field, value in kept.items() if field != "seed"}),
    "a third side": change_vote(said="middle"),
    "a model that matplotlib would read as a command": change_vote(model="$\\frac{"),
    "an empty model": change_vote(model=""),
    "a run that is not a number": change_vote(run="0"),
    "a run that is True": change_vote(run=True),
    "infinite": change(seconds=float("inf")),
    "not a number": change(seconds=float("nan")),
    "a negative seed": change(seed=-1),
    "a nickname of two lines": change(nickname="a\nb"),
    "a nickname that turns the line round": change(nickname="a\u202eb"),
    "half a character": change(nickname="\ud800"),
    "a nickname that is too long": change(nickname="a" * (LONGEST_NICKNAME + 1)),
    "a name that is a path": change(name="../../etc"),
    "too deep": lambda kept: "[" * 90_000,
    "too large": lambda kept: json.dumps(kept) + " " * LARGEST,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damaged_file_is_named_in_one_sentence_and_the_other_game_counts(tmp_path, damage):
    path = save_game(played(1, MIXED), tmp_path)
    (tmp_path / "bad.json").write_text(DAMAGES[damage](json.loads(path.read_text())), encoding="latin-1")
    games, remarks = read_class(tmp_path)
    assert games == [played(1, MIXED)]
    assert len(remarks) == 1
    assert remarks[0].startswith("bad.json does not count")
    assert "\n" not in remarks[0]
    assert len(remarks[0]) < 250


NOT_READ = {
    "a pipe": os.mkfifo if hasattr(os, "mkfifo") else None,  # reading it would wait for ever
    "a link to a device without an end": lambda path: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes and devices among its files")
@pytest.mark.parametrize("kind", NOT_READ)
def test_only_regular_files_are_read_and_all_others_are_named(tmp_path, kind):
    save_game(played(1, MIXED), tmp_path)
    NOT_READ[kind](tmp_path / "bad.json")
    games, remarks = read_class(tmp_path)
    assert games == [played(1, MIXED)]
    expected = "bad.json does not count because it is not a complete game (it is not a regular file): ask for the file again."
    assert remarks == [expected]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
def test_a_file_name_of_two_lines_or_of_bytes_that_are_no_letters_is_named_in_one_printable_line(tmp_path):
    save_game(played(1, MIXED), tmp_path)
    for name in (b"two\nlines.json", b"L\xe9a.json"):  # the second one is Latin-1, as old zip programs write it
        (tmp_path / os.fsdecode(name)).write_text("no game")
    games, remarks = read_class(tmp_path)
    assert games == [played(1, MIXED)]
    assert sorted(remark.split(" ")[0] for remark in remarks) == ["L?a.json", "two?lines.json"]
    assert all(remark.isprintable() for remark in remarks)


def test_the_error_for_a_missing_or_empty_folder_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="is not a folder yet: save your answers"):
        read_class(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"contains no game: put the files real_or_fake_\*\.json"):
        read_class(tmp_path)
