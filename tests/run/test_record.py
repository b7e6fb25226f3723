import json
import shlex

import pytest
import torch

from pix2pix_edu import __main__
from pix2pix_edu.run import loop
from pix2pix_edu.run.record import CURVE_POINTS, command, curve, make_record, read_record, write_record
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.speed.processes import Share

TINY = Settings(size=32, depth=3, width=4, patch=1, count=4, batch_size=2, steps=6)


def train(settings, folder, until=None):
    model = loop.resume(settings, folder)
    for _ in loop.run(model, settings, folder, save_every=2):
        if until and model.step == until:
            break


def test_the_command_of_a_record_parses_to_the_same_settings():
    settings = Settings(size=128, skips=False, loss="GAN", jitter=True, fast=True, direction="right_to_left", pairs="some folder", lr=1e-3)
    arguments = __main__.build_parser().parse_args(shlex.split(command(settings))[3:])
    assert all(getattr(arguments, name) == value for name, value in settings.__dict__.items())


def test_the_command_of_default_settings_names_nothing():
    assert command(Settings()) == "python -m pix2pix_edu train FOLDER"


def test_each_sitting_of_a_run_is_kept_with_its_machine_and_its_seconds(tmp_path):
    train(TINY, tmp_path, until=2)
    train(TINY, tmp_path)
    sittings = json.loads((tmp_path / "sittings.json").read_text())
    assert [(sitting["from"], sitting["until"]) for sitting in sittings] == [(0, 2), (2, 6)]
    for sitting in sittings:
        assert sitting["seconds"] > 0
        assert "threads" in sitting["device"]
        assert sitting["processes"] == 1
        assert sitting["torch"]
        assert sitting["code"]


def test_a_run_begun_anew_in_the_same_folder_forgets_the_old_sittings(tmp_path):
    train(TINY, tmp_path)
    (tmp_path / "checkpoint.pt").unlink()
    train(TINY, tmp_path, until=2)
    assert [sitting["until"] for sitting in json.loads((tmp_path / "sittings.json").read_text())] == [2]


def test_a_record_holds_command_seconds_curve_and_scores_and_survives_writing(tmp_path):
    train(TINY, tmp_path / "run")
    record = make_record(tmp_path / "run", {"l1": 0.5})
    write_record(record, tmp_path / "records" / "run.json")
    assert read_record(tmp_path / "records" / "run.json") == record
    assert record["settings"]["width"] == 4
    assert record["seconds"] == pytest.approx(sum(sitting["seconds"] for sitting in record["sittings"]), abs=0.1)
    assert record["curve"]["step"] == [1, 2, 3, 4, 5, 6]


def test_a_long_curve_is_thinned_to_means(tmp_path):
    count = 3 * CURVE_POINTS
    rows = "".join(f"{step},{step},1.0,0.5\n" for step in range(1, count + 1))
    (tmp_path / "losses.csv").write_text("step,discriminator,adversarial,l1\n" + rows)
    thinned = curve(tmp_path)
    assert len(thinned["step"]) == CURVE_POINTS
    assert thinned["step"][:2] == [3, 6]
    assert thinned["discriminator"][:2] == [2.0, 5.0]


def test_a_sitting_names_the_arithmetic_that_it_really_uses(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    gpu, fast = torch.device("cuda"), Settings(fast=True)
    assert str(loop.choose_speed(fast, gpu, Share(0, 1))) == "bfloat16, channels last, CUDA graph"
    assert str(loop.choose_speed(fast, gpu, Share(1, 2))) == "bfloat16, channels last"
    assert loop.choose_speed(Settings(), gpu, Share(0, 1)) is None


def test_damaged_sittings_are_refused_in_one_sentence(tmp_path):
    train(TINY, tmp_path, until=2)
    (tmp_path / "sittings.json").write_text('[{"from"')
    with pytest.raises(ValueError, match="is damaged: remove it to go on"):
        train(TINY, tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"command": "x"}'])
def test_a_file_that_is_no_record_is_refused_in_one_sentence(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ValueError, match="is not the record of a run"):
        read_record(tmp_path / "x.json")
