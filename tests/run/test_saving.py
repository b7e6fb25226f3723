"""What a run promises: every byte is checked before it is used, one process writes, nothing is lost."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest
import torch
from PIL import Image
from tiny import same

from pix2pix_edu.photos.folders import PhotoPairs
from pix2pix_edu.run import checkpoint, writer
from pix2pix_edu.run.fingerprint import change, fingerprint
from pix2pix_edu.run.loop import resume, run, saved_step
from pix2pix_edu.run.machine_log import read_log
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.run.record import make_record
from pix2pix_edu.run.samples import changed_pairs
from pix2pix_edu.run.saving import Saves, read_losses, save_on_the_way
from pix2pix_edu.run.settings import Settings, choose_objective, open_pairs, read_settings
from pix2pix_edu.sharing.card import make_card
from pix2pix_edu.training import Batches, linear_decay
from pix2pix_edu.training import train as steps_of

pytestmark = pytest.mark.fault

SETTINGS = Settings(size=32, depth=3, width=4, patch=16, count=6, batch_size=2, steps=12)
COMMAND = [sys.executable, "-m", "pix2pix_edu", "train"]
OPTIONS = ["--size", "32", "--depth", "3", "--width", "4", "--batch-size", "2", "--steps", "8000"]


def train(folder, until=None, settings=SETTINGS):
    """Train to the end, or stop after step `until`, which saves."""
    for _ in run(model := resume(settings, folder), settings, folder, save_every=4):
        if model.step == until:
            break
    return model


def write_noise(folder, *names):
    """Side-by-side pairs of noise, each time others."""
    folder.mkdir(exist_ok=True)
    for name in names:
        Image.effect_noise((64, 32), 80).convert("RGB").save(folder / name)
    return folder


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """The folder of a run that was stopped after step 6 of 12. A test works on a copy."""
    folder = tmp_path_factory.mktemp("half") / "run"
    train(folder, until=6)
    return folder


@pytest.fixture
def begun(half, tmp_path):
    return shutil.copytree(half, tmp_path / "run")


@pytest.fixture
def training(tmp_path):
    """A training in a process of its own, which has taken some steps."""
    process = subprocess.Popen([*COMMAND, tmp_path / "run", *OPTIONS], stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "run" / "checkpoint.pt").exists():
        assert process.poll() is None
        time.sleep(0.05)
    yield process
    process.kill()
    process.communicate()


def test_a_damaged_checkpoint_is_set_aside_and_the_one_before_it_is_used(begun, tmp_path, capsys):
    content = bytearray((begun / "checkpoint.pt").read_bytes())
    content[len(content) // 2] ^= 1  # one bit of a weight
    (begun / "checkpoint.pt").write_bytes(content)
    assert resume(SETTINGS, begun).step == 4
    said = capsys.readouterr().out
    assert "checkpoint.pt is damaged: it is now checkpoint.damaged.pt" in said
    assert "has no checkpoint.pt" not in said
    assert (begun / "checkpoint.damaged.pt").read_bytes() == content
    train(begun)
    train(tmp_path / "straight")
    assert same(*(checkpoint.read(folder / "checkpoint.pt")["generator"] for folder in (begun, tmp_path / "straight")))
    assert (begun / "losses.csv").read_bytes() == (tmp_path / "straight" / "losses.csv").read_bytes()


@pytest.mark.parametrize("names", [[checkpoint.NAME], [checkpoint.NAME, checkpoint.PREVIOUS]])
def test_a_run_whose_checkpoints_are_all_damaged_begins_again_only_when_they_are_moved_away(begun, names, capsys):
    for name in (checkpoint.NAME, checkpoint.PREVIOUS):
        (begun / name).unlink()
    for name in names:
        (begun / name).write_bytes(b"PK\x03\x04 cut off")
    before = {file.name: file.read_bytes() for file in begun.iterdir()}
    for _ in range(2):  # the second try hears the same
        with pytest.raises(ValueError, match="has no whole checkpoint, so its trained networks are lost") as error:
            resume(SETTINGS, begun)
        assert f"to begin again at step 0, move {' and '.join(names)} out of the folder, or name another folder" in str(error.value)
    with pytest.raises(ValueError, match="has no whole checkpoint"):
        saved_step(begun)
    assert {file.name: file.read_bytes() for file in begun.iterdir() if file.name in before} == before
    for name in names:
        (begun / name).unlink()
    assert capsys.readouterr().out == ""
    assert resume(SETTINGS, begun).step == 0
    assert "holds losses of this run but no checkpoint: it begins again at step 0" in capsys.readouterr().out


def test_a_damaged_newest_checkpoint_is_only_named_by_those_who_read_it(begun):
    (begun / checkpoint.NAME).write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ValueError, match="checkpoint.pt is damaged: repeat the command of its training, which uses the one before it"):
        open_generator(begun)
    assert (begun / checkpoint.NAME).read_bytes() == b"PK\x03\x04 cut off"


def test_a_run_that_has_no_checkpoint_yet_is_not_opened(begun):
    for name in (checkpoint.NAME, checkpoint.PREVIOUS):
        (begun / name).unlink()
    with pytest.raises(ValueError, match="has no checkpoint yet"):
        open_generator(begun)


def test_a_refused_training_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "runs" / "new"
    settings = Settings(**{**SETTINGS.__dict__, "pairs": str(tmp_path / "nowhere")})
    with pytest.raises(ValueError, match="is not a folder"):
        train(folder, settings=settings)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine.txt").write_text("a file of the user")
    with pytest.raises(ValueError, match="holds files that are not of a run"):
        train(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_no_flipped_bit_of_a_checkpoint_changes_a_run_silently(half, tmp_path):
    whole, rng = (half / "checkpoint.pt").read_bytes(), random.Random(1)
    state = checkpoint.read(half / "checkpoint.pt")
    silent = 0
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        (tmp_path / "x.pt").write_bytes(damaged)
        try:
            silent += not same(checkpoint.read(tmp_path / "x.pt"), state)
        except ValueError:
            continue
    assert silent == 0


def broken(key, value):
    def change(state):
        if value is None:
            del state[key]
        else:
            state[key] = value

    return change


def without_averages(state):
    del next(iter(state["generator_optimizer"]["state"].values()))["exp_avg"]


def of_another_weight(state):
    next(iter(state["discriminator_optimizer"]["state"].values()))["exp_avg"] = torch.zeros(3)


@pytest.mark.parametrize(
    "change",
    [broken(key, None) for key in (*checkpoint.KINDS, "format")]
    + [broken("cuda_random", value) for value in (["x"], [torch.zeros(3)])]
    + [broken(key, "text") for key in (*checkpoint.KINDS, "format")]
    + [broken("step", value) for value in (-1, 10**9, True, 2.5, torch.tensor(3))]
    + [broken("generator", value) for value in ({}, {"down.0.0.weight": 1})]
    + [broken("generator_optimizer", value) for value in ({}, {"state": {}, "param_groups": []}, {"state": {0: {}}}, {"state": 1})]
    + [broken("random", value) for value in (torch.zeros(3), torch.zeros(5056, dtype=torch.uint8), torch.zeros(5056))]
    + [without_averages, of_another_weight],
)
def test_a_checkpoint_that_is_whole_but_wrong_is_refused_in_one_sentence_and_the_model_stays(half, tmp_path, change):
    state = checkpoint.read(half / "checkpoint.pt")
    change(state)
    (tmp_path / "run").mkdir()
    shutil.copy(half / "run.json", tmp_path / "run")
    torch.save(state, tmp_path / "run" / "checkpoint.pt")
    with pytest.raises(ValueError) as error:
        resume(SETTINGS, tmp_path / "run")
    assert "\n" not in str(error.value)


def test_settings_are_compared_with_those_in_the_checkpoint_and_not_only_with_run_json(begun):
    (begun / "run.json").write_text(json.dumps({**SETTINGS.__dict__, "seed": 1}))
    with pytest.raises(ValueError, match="holds a run with other settings: seed was 0 and is now 1"):
        train(begun, settings=Settings(**{**SETTINGS.__dict__, "seed": 1}))
    train(begun)
    assert read_settings(begun) == SETTINGS
    assert json.loads((begun / "run.damaged.json").read_text())["seed"] == 1


@pytest.mark.parametrize("text", ["", "[]", "{}x", '{"size": "64"}', '{"size": 64, "colour": "red"}', "[" * 100_000, "\0"])
def test_a_damaged_run_json_is_kept_and_written_again_from_the_checkpoint(begun, text):
    (begun / "run.json").write_text(text)
    with pytest.raises(ValueError, match="is damaged|was written by a newer version of this library"):
        read_settings(begun)
    train(begun)
    assert read_settings(begun) == SETTINGS
    assert (begun / "run.damaged.json").read_text() == text


@pytest.mark.parametrize(
    ("name", "read", "text"),
    [
        ("run.json", read_settings, json.dumps({"size": 10_000 * "6"})),
        ("run.json", read_settings, json.dumps({10_000 * "x": 6})),
        ("losses.csv", read_losses, 'step,discriminator,adversarial,l1\n1,"' + 10_000 * "9,0.9\n"),
    ],
    ids=["value", "name", "quote"],
)
def test_of_a_long_text_in_a_damaged_file_only_a_part_is_told(tmp_path, name, read, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=name) as error:
        read(tmp_path)
    assert len(str(error.value).removeprefix(str(tmp_path))) < 500


def test_without_its_checkpoint_a_run_of_other_settings_is_not_overwritten(begun):
    for file in begun.glob("checkpoint*"):
        file.unlink()
    before = (begun / "losses.csv").read_bytes()
    with pytest.raises(ValueError, match="holds a run without its checkpoint with other settings: width was 4 and is now 5"):
        train(begun, settings=Settings(**{**SETTINGS.__dict__, "width": 5}))
    (begun / "run.json").write_text("{")
    with pytest.raises(ValueError, match="neither its settings nor its checkpoint: name another folder"):
        train(begun)
    assert (begun / "losses.csv").read_bytes() == before


@pytest.mark.parametrize(
    "text",
    ["", "x", "step,discriminator,adversarial,l1\n1,0.7,0.7,0.5\n2,0.", "step,a\n1,2\n", "\0", "a\n" + '"' * 200_000]
    + [f"step,discriminator,adversarial,l1\n{rows}\n" for rows in ("-1,1,1,1", "0,1,1,1", "1,nan,1,1", "1,1,1e999,1", "2,1,1,1\n1,1,1,1")]
    + [f"step,discriminator,adversarial,l1\n{'9' * 400},1,1,1\n"],
)
def test_a_damaged_table_of_losses_is_said_at_the_start_and_kept(begun, text, capsys):
    (begun / "losses.csv").write_text(text)
    train(begun)
    assert "losses.csv is damaged" in capsys.readouterr().out
    assert (begun / "losses.damaged.csv").read_text() == text
    assert [row[0] for row in read_losses(begun)] == ["7", "8", "9", "10", "11", "12"]


@pytest.mark.parametrize(
    "text",
    ["", "{}x", '[{"from"', '{"from": 1}', '[{"from": 0, "until": "6", "seconds": 1}]', "[1]", "7"]
    + [f'[{{"from": 0, "until": 6, "seconds": {seconds}}}]' for seconds in ("-1", "NaN", "1e999")],
)
def test_a_damaged_machine_log_is_said_at_the_start_and_kept(begun, text, capsys):
    (begun / "sittings.json").write_text(text)
    train(begun)
    assert "sittings.json is damaged" in capsys.readouterr().out
    assert (begun / "sittings.damaged.json").read_text() == text
    assert [(entry["from"], entry["until"]) for entry in read_log(begun)] == [(6, 12)]


@pytest.mark.parametrize("name", ["losses.csv", "sittings.json"])
def test_a_file_that_was_removed_between_two_sessions_is_said(begun, name, capsys):
    (begun / name).unlink()
    train(begun)
    assert f"{name} is missing or empty: what it held of the steps up to 6 is lost." in capsys.readouterr().out


def test_losses_that_are_missing_in_the_middle_are_counted(begun, capsys):
    head, *rows = (begun / "losses.csv").read_text().splitlines(keepends=True)
    (begun / "losses.csv").write_text("".join([head, *rows[:2], *rows[4:]]))
    train(begun)
    assert "losses.csv holds the losses of 4 of the 6 steps so far: the others are lost." in capsys.readouterr().out
    assert [row[0] for row in read_losses(begun)] == ["1", "2", "5", "6", "7", "8", "9", "10", "11", "12"]


def test_losses_of_another_run_of_as_many_steps_are_said_and_there_is_no_record_of_them(begun, tmp_path, capsys):
    train(tmp_path / "other", until=6, settings=replace(SETTINGS, seed=1))
    shutil.copy(tmp_path / "other" / "losses.csv", begun / "losses.csv")
    with pytest.raises(ValueError, match="losses.csv holds other losses than this run had at its last checkpoint: put back those of its"):
        make_record(begun, {})
    train(begun, until=8)
    assert "losses.csv holds other losses than this run had at its last checkpoint" in capsys.readouterr().out


def test_a_checkpoint_from_before_it_knew_the_losses_still_has_a_record(begun):
    state = checkpoint.read(begun / checkpoint.NAME)
    del state["about"]["losses"]
    torch.save(state, begun / checkpoint.NAME)
    assert make_record(begun, {})["step"] == 6


def test_losses_after_the_last_step_are_said(begun, capsys):
    train(begun)
    with open(begun / "losses.csv", "a") as table:
        table.write("13,1,1,1\n")
    train(begun)
    assert "losses.csv holds losses of steps after 12, the last one: they are not of this run." in capsys.readouterr().out
    with pytest.raises(ValueError, match="losses.csv holds losses of steps after 12, the last one: remove these lines"):
        make_record(begun, {})


def test_a_folder_in_place_of_the_previous_checkpoint_is_refused_before_the_training(begun):
    (begun / "checkpoint.previous.pt").unlink(missing_ok=True)
    (begun / "checkpoint.previous.pt").mkdir()
    before = (begun / "losses.csv").read_bytes()
    with pytest.raises(ValueError, match=r"checkpoint\.previous\.pt is a folder where a checkpoint belongs: move it away"):
        train(begun)
    assert (begun / "losses.csv").read_bytes() == before


def test_nothing_is_said_to_be_missing_when_all_is_there(begun, capsys):
    train(begun)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("part", ["generator", "discriminator"])
def test_a_training_that_has_diverged_ends_with_a_sentence_and_its_numbers_are_not_saved(begun, part):
    steps = run(model := resume(SETTINGS, begun), SETTINGS, begun, save_every=4)
    next(steps)
    with torch.no_grad():
        next(getattr(model, part).parameters()).fill_(torch.nan)
    with pytest.raises(ValueError, match="the training has diverged: at step 8 its numbers are no longer finite; train in a new folder"):
        list(steps)
    assert saved_step(begun) == 6
    assert len(read_losses(begun)) == 6


def test_a_picture_added_between_two_sessions_is_said(tmp_path, capsys):
    settings = replace(SETTINGS, pairs=str(write_noise(tmp_path / "pairs", "a.png", "b.png", "c.png", "d.png")))
    train(tmp_path / "run", until=6, settings=settings)
    shutil.copy(tmp_path / "pairs" / "a.png", tmp_path / "pairs" / "aa.png")
    capsys.readouterr()
    train(tmp_path / "run", settings=settings)
    said = "The pairs have changed since this run began: there were 4 and now there are 5."
    assert f"{said} It continues with the present ones." in capsys.readouterr().out
    shutil.copy(tmp_path / "pairs" / "a.png", tmp_path / "pairs" / "aaa.png")
    train(tmp_path / "run", settings=settings)
    assert "now there are 6. It is finished and stays as it is." in capsys.readouterr().out


def test_a_run_whose_pairs_changed_on_the_way_never_calls_a_pair_unseen(tmp_path):
    settings = replace(SETTINGS, pairs=str(write_noise(tmp_path / "pairs", "a.png", "b.png", "c.png", "d.png")))
    write_noise(tmp_path / "pairs" / "val", "e.png")
    train(tmp_path / "run", until=4, settings=settings)
    (tmp_path / "pairs" / "a.png").rename(tmp_path / "pairs" / "val" / "moved.png")
    for until in (6, None):
        train(tmp_path / "run", until=until, settings=settings)
    assert "they changed before, while it was trained" in changed_pairs(tmp_path / "run", settings)
    assert "It has seen its pairs and nothing else" in make_card(tmp_path / "run")


def test_a_picture_replaced_by_another_one_of_its_size_is_said(tmp_path, capsys):
    settings = replace(SETTINGS, pairs=str(write_noise(tmp_path / "pairs", "a.bmp", "b.bmp", "c.bmp", "d.bmp")))
    train(tmp_path / "run", until=4, settings=settings)
    train(tmp_path / "run", until=6, settings=settings)
    assert capsys.readouterr().out == ""
    write_noise(tmp_path / "pairs", "c.bmp")
    train(tmp_path / "run", settings=settings)
    said = "The pairs have changed since this run began: some pictures are not the same, though their names are."
    assert f"{said} It continues with the present ones." in capsys.readouterr().out


def test_of_a_large_data_set_some_files_are_compared_and_old_checkpoints_know_no_contents(tmp_path, monkeypatch):
    write_noise(tmp_path, "a.bmp", "b.bmp", "c.bmp", "d.bmp")
    monkeypatch.setattr("pix2pix_edu.run.fingerprint.LOOKED_AT", 2 * (tmp_path / "a.bmp").stat().st_size)
    before = fingerprint(PhotoPairs(tmp_path, size=32))
    write_noise(tmp_path, "b.bmp")  # every second one is compared, from the first
    assert fingerprint(PhotoPairs(tmp_path, size=32)) == before
    write_noise(tmp_path, "c.bmp")
    now = fingerprint(PhotoPairs(tmp_path, size=32))
    assert change(before, now) == "some pictures are not the same, though their names are"
    assert change({name: before[name] for name in ("pairs", "names")}, now) == ""


def test_the_step_to_resume_from_is_read_without_the_weights(begun):
    assert saved_step(begun) == 6
    (begun / "checkpoint.pt").write_bytes(b"half")
    assert saved_step(begun) == 4
    (begun / "checkpoint.pt").unlink()  # as after a kill between the two renamings
    assert saved_step(begun) == 4
    open_generator(begun)


def test_a_second_training_in_the_same_folder_is_refused_and_the_first_goes_on(tmp_path, training):
    before = (tmp_path / "run" / "run.json").read_bytes()
    second = subprocess.run([*COMMAND, tmp_path / "run", *OPTIONS, "--seed", "1"], capture_output=True, text=True)
    assert second.returncode == 1
    assert f"is in use by process {training.pid}" in second.stderr
    assert (tmp_path / "run" / "run.json").read_bytes() == before
    assert training.poll() is None


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_training_that_is_asked_to_stop_saves_its_last_whole_step(tmp_path, training, name):
    training.send_signal(getattr(signal, name))
    _, error = training.communicate(timeout=60)
    assert training.returncode == 1
    assert f"stopped by {'Ctrl-C' if name == 'SIGINT' else name} after a whole step, which is saved" in error
    assert "Traceback" not in error
    step = saved_step(tmp_path / "run")
    assert read_losses(tmp_path / "run")[-1][0] == str(step)
    assert read_log(tmp_path / "run")[-1]["until"] == step
    assert checkpoint.newest(tmp_path / "run")["step"] == step


def test_a_training_that_was_left_does_not_save_over_a_newer_checkpoint(tmp_path):
    left = run(model := resume(SETTINGS, tmp_path / "run"), SETTINGS, tmp_path / "run", save_every=4)
    while model.step < 6:
        next(left)
    train(tmp_path / "run")  # as a notebook's cell that was interrupted and is run again
    before = (tmp_path / "run" / "losses.csv").read_bytes()
    left.close()
    assert saved_step(tmp_path / "run") == 12
    assert (tmp_path / "run" / "losses.csv").read_bytes() == before


@pytest.mark.parametrize("seed", [0, 1])
def test_a_training_that_began_before_another_one_was_saved_does_not_train_over_it(tmp_path, seed):
    """Both find an empty folder; the first trains, saves and ends before the second takes its first step."""
    folder, others = tmp_path / "run", replace(SETTINGS, seed=seed)
    second = run(resume(others, folder), others, folder)
    train(folder, until=6)
    before = {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.startswith(".")}
    with pytest.raises(ValueError, match="holds step 6 of the run, and this training would go on from step 0: another process has trained"):
        next(second)
    assert {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.startswith(".")} == before


def test_files_that_a_killed_save_has_left_are_removed(begun):
    (begun / ".checkpoint.pt.new.1234abcd.part").write_bytes(b"half a file")
    train(begun)
    assert not [name for name in os.listdir(begun) if name.endswith(".part")]


def test_a_checkpoint_is_written_at_the_latest_after_some_minutes(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "SHARE_OF_TIME", 1e9)
    for _ in run(model := resume(SETTINGS, tmp_path / "run"), SETTINGS, tmp_path / "run", save_every=100, longest_wait=0.0):
        assert saved_step(tmp_path / "run") == model.step
        if model.step == 2:
            break


def test_checkpoints_are_left_out_where_they_would_take_more_than_their_share_of_the_time(tmp_path, monkeypatch):
    saved = []
    write = checkpoint.write_and_keep_previous

    def slow_write(state, folder):
        time.sleep(1.0)
        saved.append(state["step"])
        write(state, folder)

    monkeypatch.setattr(checkpoint, "write_and_keep_previous", slow_write)
    train(tmp_path / "run")
    assert saved == [4, 12]  # step 8 comes sooner than 20 seconds after step 4
    assert len(read_losses(tmp_path / "run")) == 12


def train_beside_a_thread(folder, until):
    """Train as `run` does on a GPU: a thread writes the checkpoints, and they are due every 4 steps."""
    model = resume(SETTINGS, folder)
    batches = Batches(open_pairs(SETTINGS, "train"), SETTINGS.batch_size, SETTINGS.seed)
    schedule = linear_decay(SETTINGS.steps // 2, SETTINGS.steps)
    steps = steps_of(model, batches, SETTINGS.steps, choose_objective(SETTINGS), schedule)
    saves = Saves(folder, {"settings": asdict(SETTINGS), "data": fingerprint(batches.pairs)}, 4, in_thread=True)
    for _ in save_on_the_way(steps, model, saves, SETTINGS.steps):
        if model.step == until:
            break


def test_a_thread_writes_the_state_of_the_moment_while_the_training_goes_on(tmp_path, monkeypatch):
    for step, name in ((4, "four"), (12, "all")):
        train(tmp_path / name, until=step)
    write, steps = checkpoint.write, []

    def slow_write(state, path):
        time.sleep(0.5)
        steps.append(state["step"])
        write(state, path)

    monkeypatch.setattr(checkpoint, "write", slow_write)
    train_beside_a_thread(tmp_path / "thread", until=None)
    assert steps == [4, 12]  # step 8 came while step 4 was being written
    for name, expected in ((checkpoint.PREVIOUS, "four"), (checkpoint.NAME, "all")):
        assert same(checkpoint.read(tmp_path / "thread" / name), checkpoint.read(tmp_path / expected / checkpoint.NAME))


def test_a_training_beside_a_thread_that_is_stopped_has_saved_its_last_step(tmp_path):
    train(tmp_path / "straight", until=6)
    train_beside_a_thread(tmp_path / "thread", until=6)
    assert same(*(checkpoint.read(tmp_path / name / checkpoint.NAME) for name in ("straight", "thread")))


def test_an_error_of_the_thread_that_writes_ends_the_training(tmp_path, monkeypatch):
    def refuse(state, path):
        raise OSError(f"could not write {path}")

    monkeypatch.setattr(checkpoint, "write", refuse)
    with pytest.raises(OSError, match="could not write .*checkpoint"):
        train_beside_a_thread(tmp_path / "run", until=None)


def test_a_folder_with_other_files_is_not_trained_in(tmp_path):
    (tmp_path / "000006.png").write_bytes(b"a picture of the user")
    with pytest.raises(ValueError, match="holds files that are not of a run: name a new folder"):
        train(tmp_path)
    assert (tmp_path / "000006.png").read_bytes() == b"a picture of the user"


@pytest.mark.parametrize("text", [None, "", "x", "step,discriminator,adversarial,l1\n1,0.7,", "step,discriminator,adversarial,l1\n"])
def test_without_a_whole_table_of_losses_there_is_no_record(begun, text):
    (begun / "losses.csv").unlink()
    if text is not None:
        (begun / "losses.csv").write_text(text)
    with pytest.raises(ValueError, match="losses.csv") as error:
        make_record(begun, {})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("name", "read"), [("losses.csv", read_losses), ("sittings.json", read_log), ("run.json", read_settings)])
def test_a_pipe_in_place_of_a_file_is_refused_instead_of_waited_for(tmp_path, name, read):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match="no regular file|is damaged"):
        read(tmp_path)


def test_a_pipe_in_place_of_run_json_is_set_aside(begun):
    (begun / "run.json").unlink()
    os.mkfifo(begun / "run.json")
    train(begun)
    assert read_settings(begun) == SETTINGS
    assert (begun / "run.damaged.json").is_fifo()


@pytest.mark.parametrize(("name", "value"), [("drawn", "shapes"), ("size", 64), ("lr", 0.5), ("width", 5)])
def test_networks_are_not_opened_with_the_settings_of_another_run(begun, name, value):
    (begun / "run.json").write_text(json.dumps({**SETTINGS.__dict__, name: value}))
    with pytest.raises(ValueError, match=f"are not of one run .they state another {name}.: put back the run.json"):
        open_generator(begun)
