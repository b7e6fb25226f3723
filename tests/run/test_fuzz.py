"""Damaged and invented files of runs and lessons, at random: each is refused in one sentence, or is read as what it holds."""

import json
import math
import shutil
from dataclasses import asdict

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny import random_pairs, same, small_model

from pix2pix_edu.classroom import questions
from pix2pix_edu.classroom.questions import Question, recall, review
from pix2pix_edu.classroom.real_or_fake.vote_files import read_class, save_game
from pix2pix_edu.classroom.real_or_fake.votes import Game, Trial, Vote, tally
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.machine_log import KINDS, read_log
from pix2pix_edu.run.record import curve, read_record, write_record
from pix2pix_edu.run.saving import COLUMNS, read_losses
from pix2pix_edu.run.settings import Settings, read_settings
from pix2pix_edu.training import Batches, train

pytestmark = pytest.mark.fault

BOUNDED = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXTS = st.text(max_size=5) | st.sampled_from(["\ud800", "\x1b[2J", "L1+cGAN", "cGAN", "left", "more", "shapes", "0" * 16])
NUMBERS = st.integers(-2, 5) | st.floats() | st.sampled_from([16, 64, 70, 10**6, 2**62, 2**63, 10**400])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


def changed(whole, values=JSON):
    """Objects that differ from `whole` in up to three fields, some of which are missing or new."""
    names = st.sampled_from([*whole, "new"])
    changes, removed = st.dictionaries(names, values, max_size=3), st.sets(names, max_size=1)
    return st.builds(lambda new, gone: {name: value for name, value in (whole | new).items() if name not in gone}, changes, removed)


def files(values):
    """Files of JSON, in which an infinite number may be written as 1e999, and files of anything else."""
    texts = values.map(json.dumps)
    return (texts | texts.map(lambda text: text.replace("Infinity", "1e999"))).map(str.encode) | st.binary(max_size=50)


def attempt(read, path, content):
    """What is read from a file, None if it is refused by name. Another error fails."""
    path.write_bytes(content)
    found, refusal = None, ""
    try:
        found = read()
    except ValueError as error:
        refusal = str(error)
    assert refusal == "" or path.name in refusal
    assert len(refusal) < 600
    return found


@BOUNDED
@given(content=files(changed(asdict(Settings()), JSON | st.sampled_from([*asdict(Settings()).values()])) | JSON))
def test_the_settings_in_a_random_run_json_are_refused_or_what_it_says(tmp_path, content):
    found = attempt(lambda: read_settings(tmp_path), tmp_path / "run.json", content)
    assert found is None or asdict(found) == asdict(Settings()) | json.loads(content)


SESSION = {"from": 0, "until": 5, "seconds": 1.5, "device": "a machine"}


@BOUNDED
@given(content=files(st.lists(changed(SESSION, NUMBERS | JSON), max_size=3) | JSON))
def test_a_random_log_of_sessions_is_refused_or_has_numbers_everywhere(tmp_path, content):
    found = attempt(lambda: read_log(tmp_path), tmp_path / "sittings.json", content)
    assert found is None or found == json.loads(content)
    assert all(math.isfinite(session[name]) for session in found or [] for name in KINDS)


RECORD = {"command": "", "step": 1, "settings": {"size": 64}, "seconds": 1.5, "sittings": [SESSION], "curve": {}, "scores": {"l1": 0.5}}


@BOUNDED
@given(content=files(changed(RECORD, st.dictionaries(TEXTS, NUMBERS, max_size=2) | JSON) | JSON))
def test_a_random_record_is_refused_or_can_be_written_again(tmp_path, content):
    found = attempt(lambda: read_record(tmp_path / "record.json"), tmp_path / "record.json", content)
    if found is not None:
        write_record(found, tmp_path / "again.json")
        assert read_record(tmp_path / "again.json") == found


CELLS = st.sampled_from(["1", "2", "0.5", "-1", "nan", "inf", "1e999", "9" * 400, "", " ", '"', "x", "\0", "1_0"])
ROWS = st.lists(st.lists(CELLS, min_size=3, max_size=5).map(",".join) | st.sampled_from(["1,1,1,1", "2,1,1,1"]), max_size=4)


@BOUNDED
@given(content=ROWS.map(lambda rows: "\n".join([",".join(COLUMNS), *rows]).encode()) | st.binary(max_size=50))
def test_a_random_table_of_losses_is_refused_or_has_a_number_for_each_step(tmp_path, content):
    if attempt(lambda: read_losses(tmp_path), tmp_path / "losses.csv", content):
        drawn = curve(tmp_path)
        assert drawn["step"] == sorted(set(drawn["step"]))
        assert all(math.isfinite(value) for column in drawn.values() for value in column)


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """A checkpoint at step 1, as `read` returns it."""
    path = tmp_path_factory.mktemp("whole") / "run.pt"
    for _ in train(model := small_model(), Batches(random_pairs(size=40), batch_size=2, crop=32), 1):
        checkpoint.save(model, path)
    return checkpoint.read(path)


TENSORS = st.builds(
    lambda shape, kind: torch.ones(shape).to(kind),
    st.lists(st.integers(0, 5), max_size=4),
    st.sampled_from([torch.float32, torch.uint8, torch.int64, torch.bool, torch.complex64, "meta"]),
)
PARTS = st.sampled_from([*checkpoint.KINDS, "format"])


def goes_on(folder, state):
    """Whether a training goes on from a state in a file. If that is refused by name, the model must be as before."""
    torch.save(state, folder / "run.pt")
    model, refusal = small_model(), ""
    try:
        checkpoint.load(model, folder / "run.pt")
    except ValueError as error:
        refusal = str(error)
    if refusal:
        assert str(folder / "run.pt") in refusal
        assert len(refusal) < 600
        assert same(model.generator.state_dict(), small_model().generator.state_dict())
    else:
        list(train(model, Batches(random_pairs(size=40), batch_size=2, crop=32), model.step + 1))
    return not refusal


def test_a_training_goes_on_from_a_whole_checkpoint(tmp_path, state):
    assert goes_on(tmp_path, state)


@settings(BOUNDED, max_examples=25)
@given(changes=st.dictionaries(PARTS, JSON | TENSORS | st.lists(TENSORS, max_size=2), max_size=2), removed=st.sets(PARTS, max_size=1))
def test_a_checkpoint_with_random_parts_is_refused_or_goes_on(tmp_path, state, changes, removed):
    goes_on(tmp_path, {name: value for name, value in (state | changes).items() if name not in removed})


KINDS_OF_TENSORS = {
    "without values": lambda value: value.to("meta"),
    "sparse": lambda value: value.to_sparse(),
    "doubles": lambda value: value.double(),
    "complex": lambda value: value.to(torch.complex64),
    "whole numbers": lambda value: value.long(),
    "one number repeated": lambda value: torch.ones(()).expand(value.shape),
}


@settings(BOUNDED, max_examples=25)
@given(kind=st.sampled_from([*KINDS_OF_TENSORS]), network=st.booleans(), share=st.floats(0, 1, exclude_max=True))
def test_a_checkpoint_with_a_tensor_of_another_kind_is_refused_or_goes_on(tmp_path, state, kind, network, share):
    change = KINDS_OF_TENSORS[kind]
    if network:
        name = [*state["generator"]][int(share * len(state["generator"]))]
        parts = {"generator": state["generator"] | {name: change(state["generator"][name])}}
    else:
        name = ["step", "exp_avg", "exp_avg_sq"][int(share * 3)]
        first = {**state["generator_optimizer"]["state"][0]}
        first[name] = change(first[name])
        parts = {"generator_optimizer": {"state": state["generator_optimizer"]["state"] | {0: first}}}
    goes_on(tmp_path, state | parts)


VOTE = {"model": "L1", "run": 0, "building": 3, "fake": "left", "down": 0.25, "across": 1.0, "said": "right"}
GAME = Game("0" * 16, 5, 1.0, None, "Ada", (Vote(Trial("L1", 0, 3, "left", 0.25, 1.0), "left"),))
KEPT = {"kind": "pix2pix-edu: real or fake", "name": "1" * 16, "seed": 5, "seconds": 1.0, "patch": None, "nickname": "Bo"}


@BOUNDED
@given(
    content=files(
        changed(KEPT | {"votes": [VOTE]}, TEXTS | JSON) | changed(VOTE, TEXTS | JSON).map(lambda vote: KEPT | {"votes": [vote]}) | JSON
    )
)
def test_a_random_file_among_the_votes_of_a_class_is_named_or_counts(tmp_path, content):
    save_game(GAME, tmp_path)
    (tmp_path / "new.json").write_bytes(content)
    games, remarks = read_class(tmp_path)
    assert len(games) + len(remarks) == 2
    assert GAME in games
    assert "".join(remarks + [game.nickname for game in games]).isprintable()
    assert sum(count.shown for count in tally(games).values()) == sum(len(game.votes) for game in games)


ENTRY = {"question": "How many?", "prediction": "more", "answer": "less"}


@BOUNDED
@given(content=files(st.dictionaries(TEXTS | st.just("amount"), changed(ENTRY, TEXTS | JSON), max_size=2) | JSON))
def test_with_a_random_file_of_predictions_the_lesson_goes_on(tmp_path, content):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(questions, "FOLDER", tmp_path / "predictions")
        patch.setattr(questions, "_unwritten", {})
        patch.setattr(questions, "display", lambda shown: shown.value.encode())
        shutil.rmtree(tmp_path / "predictions", ignore_errors=True)
        (tmp_path / "predictions").mkdir()
        (tmp_path / "predictions" / "00_tour.json").write_bytes(content)
        review("00_tour")
        Question("00_tour", "amount", "How many?", ("more", "less")).reveal("less")
        assert recall("00_tour")["amount"]["answer"] == "less"
        assert json.loads((tmp_path / "predictions" / "00_tour.json").read_text()) == recall("00_tour")
        review("00_tour")
