import json
import os
import shlex
import subprocess

import pytest
import torch
from repository import ROOT

import pix2pix_edu
from pix2pix_edu import __main__
from pix2pix_edu.commands.train import chosen
from pix2pix_edu.run import loop
from pix2pix_edu.run.machine_log import describe
from pix2pix_edu.run.record import CURVE_POINTS, command, curve, make_record, read_record, write_record
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.speed.processes import Share

TINY = Settings(size=32, depth=3, width=4, patch=1, count=4, batch_size=2, steps=6)


def train(folder, until=None):
    """Train to the end or to step `until`. Return the sessions in the machine log."""
    model = loop.resume(TINY, folder)
    for _ in loop.run(model, TINY, folder, save_every=2):
        if until and model.step == until:
            break
    return json.loads((folder / "sittings.json").read_text())


def test_the_command_of_a_record_parses_to_the_same_settings():
    settings = Settings(size=128, skips=False, loss="GAN", jitter=True, fast=True, direction="right_to_left", pairs="some folder", lr=1e-3)
    arguments = __main__.build_parser().parse_args(shlex.split(command(settings))[3:])
    assert chosen(arguments) == settings


@pytest.mark.parametrize(
    "settings",
    [
        Settings(photographs="earth", drawn="unpainted", count=800),
        Settings(pairs="P", drawn="unpainted", count=7),
        Settings(direction="right_to_left"),
        Settings(pairs="P", y_folder="Q", direction="right_to_left"),
        Settings(loss="cGAN", l1_weight=10),
    ],
)
def test_a_command_never_names_an_option_without_effect(settings):
    arguments = __main__.build_parser().parse_args(shlex.split(command(settings))[3:])
    assert command(chosen(arguments)) == command(settings)


def test_a_record_ends_at_the_step_of_its_networks_although_a_killed_run_has_logged_more(tmp_path):
    train(tmp_path, until=4)
    kept = (tmp_path / "checkpoint.pt").read_bytes()
    train(tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes(kept)
    record = make_record(tmp_path, {})
    assert record["step"] == record["curve"]["step"][-1] == 4
    assert [(entry["from"], entry["until"]) for entry in record["sittings"]] == [(0, 4)]


def test_the_command_of_default_settings_has_no_options():
    assert command(Settings()) == "python -m pix2pix_edu train FOLDER"


def test_each_session_of_a_run_is_logged_with_its_machine_and_its_seconds(tmp_path):
    train(tmp_path, until=2)
    sessions = train(tmp_path)
    assert [(entry["from"], entry["until"]) for entry in sessions] == [(0, 2), (2, 6)]
    for entry in sessions:
        assert entry["seconds"] > 0
        assert "threads" in entry["device"]
        assert entry["processes"] == 1
        assert entry["torch"]
        assert entry["code"]


def test_in_the_repository_the_log_names_the_commit():
    shown = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    commit = shown.stdout.strip() or pix2pix_edu.__version__  # a copy without its repository has only a version
    assert describe(torch.device("cpu"))["code"].removesuffix("-dirty") == commit


def test_a_new_run_in_the_same_folder_starts_a_new_log(tmp_path):
    train(tmp_path)
    for checkpoint in tmp_path.glob("checkpoint*"):
        checkpoint.unlink()
    assert [entry["until"] for entry in train(tmp_path, until=2)] == [2]


def test_a_record_holds_command_seconds_curve_and_scores_and_is_read_as_it_was_written(tmp_path):
    train(tmp_path / "run")
    record = make_record(tmp_path / "run", {"l1": 0.5})
    write_record(record, tmp_path / "records" / "run.json")
    assert read_record(tmp_path / "records" / "run.json") == record
    assert record["settings"]["width"] == 4
    assert record["seconds"] == pytest.approx(sum(entry["seconds"] for entry in record["sittings"]), abs=0.1)
    assert record["curve"]["step"] == [1, 2, 3, 4, 5, 6]


@pytest.mark.fault
def test_without_a_log_there_is_no_record_and_one_sentence_says_so(tmp_path):
    train(tmp_path)
    (tmp_path / "sittings.json").unlink()
    with pytest.raises(
        ValueError, match="has no sittings.json, with machines and times: put it back, or repeat the command of its training"
    ):
        make_record(tmp_path, {})


@pytest.mark.fault
def test_a_finished_run_whose_log_is_lost_gets_a_new_one_and_so_a_record(tmp_path, capsys):
    train(tmp_path)
    (tmp_path / "sittings.json").write_text('{"a":')
    with pytest.raises(ValueError, match="sittings.json is damaged .* repeat the command of its training, which sets it aside"):
        make_record(tmp_path, {})
    train(tmp_path)
    assert "sittings.json is damaged: it is kept as sittings.damaged.json" in capsys.readouterr().out
    assert make_record(tmp_path, {})["step"] == 6
    train(tmp_path)
    assert capsys.readouterr().out == ""


@pytest.mark.fault
def test_a_log_of_more_steps_than_the_run_has_is_refused(tmp_path):
    train(tmp_path)
    log = (tmp_path / "sittings.json").read_text()
    (tmp_path / "sittings.json").write_text(log.replace('"until": 6', '"until": 600'))
    with pytest.raises(ValueError, match="names steps after 6, the last one of this run: put back the log of its training"):
        make_record(tmp_path, {})


@pytest.mark.fault
@pytest.mark.parametrize("score", ["NaN", "-Infinity", "1e999"])
def test_a_record_with_a_score_that_is_no_number_is_refused(tmp_path, score):
    train(tmp_path)
    write_record(make_record(tmp_path, {"l1": 0.5}), tmp_path / "record.json")
    (tmp_path / "record.json").write_text((tmp_path / "record.json").read_text().replace('"l1": 0.5', f'"l1": {score}'))
    with pytest.raises(ValueError, match="is not the record of a run"):
        read_record(tmp_path / "record.json")


def test_a_long_curve_is_thinned_to_means(tmp_path):
    rows = "".join(f"{step},{step},1.0,0.5\n" for step in range(1, 3 * CURVE_POINTS + 1))
    (tmp_path / "losses.csv").write_text("step,discriminator,adversarial,l1\n" + rows)
    thinned = curve(tmp_path)
    assert len(thinned["step"]) == CURVE_POINTS
    assert thinned["step"][:2] == [3, 6]
    assert thinned["discriminator"][:2] == [2.0, 5.0]


def test_the_arithmetic_in_the_log_is_the_one_that_is_used(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    gpu, fast = torch.device("cuda"), Settings(fast=True)
    assert str(loop.choose_speed(fast, gpu, Share(0, 1))) == "bfloat16, channels last, one pass, CUDA graph"
    assert str(loop.choose_speed(fast, gpu, Share(1, 2))) == "bfloat16, channels last"
    assert loop.choose_speed(Settings(), gpu, Share(0, 1)) is None


@pytest.mark.fault
def test_a_record_with_another_score_than_it_was_written_with_is_refused(tmp_path):
    train(tmp_path)
    write_record(make_record(tmp_path, {"l1": 0.5}), tmp_path / "record.json")
    assert read_record(tmp_path / "record.json") == make_record(tmp_path, {"l1": 0.5})
    (tmp_path / "record.json").write_text((tmp_path / "record.json").read_text().replace('"l1": 0.5', '"l1": 0.1'))
    with pytest.raises(ValueError, match="was changed after it was written: write it again with `evaluate --record`"):
        read_record(tmp_path / "record.json")


@pytest.mark.fault
def test_without_a_checkpoint_there_is_no_record(tmp_path):
    train(tmp_path)
    for file in tmp_path.glob("checkpoint*.pt"):
        file.unlink()
    with pytest.raises(ValueError, match="has no checkpoint of a training: put it back"):
        make_record(tmp_path, {})


@pytest.mark.fault
@pytest.mark.parametrize("text", ["", "[]", '{"command": "x"}', pytest.param("[" * 100_000, id="deep")])
def test_a_file_that_is_no_record_is_refused_in_one_sentence(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ValueError, match="is not the record of a run"):
        read_record(tmp_path / "x.json")


@pytest.mark.fault
def test_a_pipe_in_place_of_a_record_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.json")
    with pytest.raises(ValueError, match="is not the record of a run"):
        read_record(tmp_path / "x.json")
