"""Wrong words on the command line: each gets one sentence at once, no traceback, and nothing is written."""

import os
import resource
import time

import numpy as np
import pytest
import torch
from command_line import call, refusal
from PIL import Image

from pix2pix_edu import __main__
from pix2pix_edu.published import trials

pytestmark = pytest.mark.fault

TRAIN, TINY = ["train", "runs/x"], ["--size", "32", "--depth", "3", "--width", "4", "--steps", "2"]
WRONG_SETTINGS = {
    "--width": ["1e9", "100000000000000000000", "0", "-1", "nan", "", "12345"],
    "--batch-size": ["0", "-4", "1000000000", "2.5"],
    "--depth": ["0", "1000000", "-1", "6"],
    "--size": ["0", "-32", "1000000000", "33", "nan"],
    "--steps": ["0", "-1", "1e30", "inf"],
    "--count": ["0", "-1", "100000000000"],
    "--seed": ["-1", "100000000000000000000", "1.5"],
    "--lr": ["-1", "nan", "inf", "x", "1e9", "1e-400"],
    "--discriminator-lr": ["-1", "nan"],
    "--l1-weight": ["-1", "nan", "inf", "0.1e-400"],
    "--patch": ["71", "0", "286"],
    "--loss": ["L3", ""],
    "--drawn": ["houses"],
    "--pairs": ["", "nowhere", "."],
    "--y-folder": ["photos"],
    "--direction": ["up"],
    "--x-channels": ["0", "-1", "1"],
    "--workers": ["-1", "1000"],
}
OTHERS = [
    ["train", ""],
    ["bench", "--size", "1000000000"],
    ["bench", "--size", "33"],
    ["bench", "--width", "-1"],
    ["bench", "--batch-size", "1000000000000"],
    ["bench", "--batch-size", "4096"],
    ["bench", "--width", "1024", "--size", "4096"],
    ["compare", "--train", "trials", "--batch-size", "4096", "--size", "512", "--width", "1024"],
    ["bench", "--repeats", "0"],
    ["bench", "--reference", "nowhere"],
    ["bench", "--pairs", "nowhere"],
    ["compare", "--width", "-1"],
    ["compare", "--size", "0"],
    ["compare", "--only", "nobody"],
    ["compare", "--train", "trials", "--l1-weight", "nan"],
    ["compare", "--train", "trials", "--lr", "1e-400"],
    ["compare", "--train", "trials", "--steps", "0"],
    ["compare", "--train", ""],
    ["experiments", "cells", "--cells", "L9"],
    ["experiments", "cells", "--seeds", "-1"],
    ["experiments", "cells", "--seeds", "500"],
    ["experiments", "cells", "--cells", "L1", "--seeds", "7", "--compare"],
    ["experiments", ""],
    ["pair", "edges", "nowhere", "pairs"],
    ["pair", "edges", ".", "pairs", "--size", "1000000"],
    ["pair", "edges", ".", "pairs", "--sigma", "inf"],
    ["pair", "edges", ".", "pairs", "--val-every", "-1"],
    ["pair", "blur", ".", "pairs"],
    ["translate", "nowhere", ".", "out"],
    ["translate", "", ".", "out"],
    ["translate", ".", ".", "out"],
    ["translate", ".", ".", ""],
    ["evaluate", "nowhere"],
    ["evaluate", ".", "--count", "1"],
    ["evaluate", ".", "--record", ""],
    ["export", ".", "out"],
    ["export", ".", ""],
    ["fetch", "nothing"],
    ["fetch", "facades", "--source", "nowhere"],
    ["fetch", "facades", "--root", ""],
    ["page", ""],
    ["page", "page", "--network", "nobody"],
    ["page", "page", "--run", "nowhere"],
    ["page", "page", "--run", ""],
    ["export", "--onnx", ".", "out.onnx"],
    ["export", "--onnx", ".", "out"],
    ["card", "nowhere"],
    ["card", ".", ""],
    ["push", ".", "owner"],
    ["push", ".", "owner/name", "--prepare", ""],
    ["push", ".", "owner/name", "--prepare", "there"],
    ["translate", ".", ".", "out", "--tile", "0"],
    ["translate", ".", ".", "out", "--tile", "64", "--overlap", "-1"],
    ["translate", ".", ".", "out", "--tile", "64", "--statistics", "none"],
    ["dance"],
    ["fetch", ""],
]
CALLS = [[*TRAIN, *TINY, option, value] for option, values in WRONG_SETTINGS.items() for value in values] + OTHERS


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_wrong_words_get_one_sentence_and_nothing_is_written(monkeypatch, tmp_path, capsys, words):
    monkeypatch.chdir(tmp_path)
    message = refusal(monkeypatch, *words)
    assert "unforeseen" not in message
    assert 20 < len(message) < 600
    assert "\n" not in message.strip()
    assert capsys.readouterr().out == ""
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")]


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["compare", "--steps", "5"], "steps"),
        (["compare", "--batch-size", "1"], "batch-size"),
        (["compare", "--l1-weight", "0"], "l1-weight"),
        (["compare", "--seeds", "0"], "seeds"),
        (["compare", "--results", "there"], "results"),
        (["compare", "--train", "trials", "--time"], "time"),
        (["compare", "--train", "trials", "--paper"], "paper"),
        (["pair", "grey", ".", "pairs", "--sigma", "1"], "sigma"),
        (["bench", "--workers", "0"], "workers"),
        (["translate", ".", ".", "out", "--overlap", "8"], "overlap"),
        (["translate", ".", ".", "out", "--statistics", "whole"], "statistics"),
        (["page", "page", "--run", ".", "--network", "houses_64"], "network"),
        (["push", ".", "owner/name", "--prepare", "there", "--overwrite"], "overwrite"),
        (["fetch", "--root", "there"], "root"),
        (["fetch", "--source", "there"], "source"),
        (["fetch", "facades", "--source", ".", "--root", "there"], "root"),
        ([*TRAIN, *TINY, "--direction", "left_to_right"], "direction"),
        ([*TRAIN, *TINY, "--loss", "cGAN", "--l1-weight", "100"], "l1-weight"),
        ([*TRAIN, *TINY, "--pairs", ".", "--count", "400"], "count"),
    ],
    ids=str,
)
def test_an_option_that_would_be_ignored_is_refused(monkeypatch, tmp_path, words, option):
    monkeypatch.chdir(tmp_path)
    assert f"--{option} has no effect" in refusal(monkeypatch, *words)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run of two steps, and some pictures."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "photos").mkdir()
    for name in "abc":
        Image.effect_noise((32, 32), 80).save(folder / "photos" / f"{name}.png")
    with pytest.MonkeyPatch.context() as monkeypatch:
        call(monkeypatch, "train", folder / "run", *TINY, "--count", "4")
    return folder


@pytest.fixture
def place(run_folder, tmp_path, monkeypatch):
    """A folder with that run, a file, and a link that leads back to itself."""
    os.symlink(run_folder / "run", tmp_path / "run")
    os.symlink(run_folder / "photos", tmp_path / "photos")
    os.symlink("loop", tmp_path / "loop")
    (tmp_path / "file").write_text("mine")
    monkeypatch.chdir(tmp_path)
    return tmp_path


WITH_A_TARGET = {
    "train": [*TINY, "--count", "4"],
    "translate": ["run", "photos"],
    "export": ["run"],
    "page": [],
    "pair": ["grey", "photos"],
    "fetch": ["facades", "--root"],
    "experiments": ["trials", "--cells", "L1", "--seeds", "0", "--gallery"],
    "compare": ["--train", "trials", "--results"],
    "evaluate": ["run", "--record"],
}


@pytest.mark.parametrize("target", ["file/x", "loop/x", "/dev/null/x", "/proc/x", "n" * 300], ids=lambda target: target[:9])
@pytest.mark.parametrize("command", WITH_A_TARGET)
def test_a_target_that_cannot_be_written_is_named_before_the_work(monkeypatch, place, command, target):
    before, started = sorted(place.iterdir()), time.monotonic()
    message = refusal(monkeypatch, command, *WITH_A_TARGET[command], target)
    assert time.monotonic() - started < 15  # scoring or training takes longer
    assert "Errno" not in message
    assert "unforeseen" not in message
    assert target.split("/")[-1][:9] in message or target.split("/")[0] in message
    assert sorted(place.iterdir()) == before
    assert (place / "file").read_text() == "mine"


@pytest.mark.parametrize("target", ["file", "loop", "/dev/null"])
@pytest.mark.parametrize("command", WITH_A_TARGET)
def test_something_else_in_the_place_of_the_target_is_named_before_the_work(monkeypatch, place, command, target):
    before, started = sorted(place.iterdir()), time.monotonic()
    message = refusal(monkeypatch, command, *WITH_A_TARGET[command], target)
    assert time.monotonic() - started < 15
    assert "Errno" not in message
    assert "unforeseen" not in message
    assert target in message
    assert sorted(place.iterdir()) == before


@pytest.mark.parametrize("command", ["translate", "evaluate", "export"])
def test_a_file_in_the_place_of_a_run_is_not_called_damaged(monkeypatch, place, command):
    words = {"translate": ["photos", "out"], "evaluate": [], "export": ["out"]}[command]
    assert "damaged" not in refusal(monkeypatch, command, "file/x", *words)
    if command != "translate":  # there it would be a weight file
        assert "file is not the folder of a run" in refusal(monkeypatch, command, "file", *words)


@pytest.mark.parametrize("command", ["train", "translate", "export", "page", "pair", "first"])
def test_a_limit_on_the_size_of_files_gets_one_sentence_that_names_the_place(monkeypatch, place, command):
    words = {"train": ["new", *TINY, "--count", "4"], "translate": ["run", "photos", "new"], "export": ["run", "new"], "first": []}
    words |= {"page": ["new"], "pair": ["grey", "photos", "new", "--size", "64"]}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, hard))
    try:
        message = refusal(monkeypatch, command, *words[command])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "Errno" not in message
    assert "unforeseen" not in message
    assert ("first_translation.png" if command == "first" else "new") in message
    assert not [file for file in place.rglob("*") if file.is_file() and file.stat().st_size == 300]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}x", "[" * 100_000, "null"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("trials/budget.json", ["compare", "--train", "trials", "--steps", "1"]),
        ("cells/L1-0/record.json", ["experiments", "cells", "--cells", "L1", "--seeds", "0"]),
    ],
)
def test_a_damaged_file_of_a_series_is_named_and_stays(monkeypatch, tmp_path, name, words, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(text)
    assert refusal(monkeypatch, *words).endswith(f"{name} is damaged: move it away and repeat the command, which writes it again")
    assert (tmp_path / name).read_text() == text


def test_a_record_with_wrong_values_is_called_damaged(monkeypatch, tmp_path):
    (tmp_path / "L1-0").mkdir()
    (tmp_path / "L1-0" / "record.json").write_text('{"settings": 1, "scores": 1}')
    assert "record.json is damaged: move it away" in refusal(monkeypatch, "experiments", tmp_path, "--cells", "L1", "--seeds", "0")


@pytest.mark.parametrize("text", ["nonsense", "{}", '{"seed": 0}', '{"seed": 0, "system": "library", "yardsticks": 1}', "7"])
def test_a_damaged_cell_of_the_trials_is_named_before_results_are_written(tmp_path, text):
    (tmp_path / "library-0").mkdir()
    (tmp_path / "library-0" / "cell.json").write_text(text)
    with pytest.raises(ValueError, match="cell.json is damaged: move it away and repeat the command"):
        trials.write_results(tmp_path, tmp_path / "results", "")
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(("size", "words"), [("33", "change the size"), ("36", "change the size, or choose a depth of 2 or less")])
def test_no_depth_of_0_is_proposed(monkeypatch, tmp_path, size, words):
    assert refusal(monkeypatch, "train", tmp_path / "run", *TINY, "--size", size).endswith(f"got {size}: {words}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*TRAIN, *TINY, "--photographs", "openmoji", "--y-folder", "Y"], "--y-folder goes with --pairs, not with --photographs"),
        (["train", "runs/x", "--size", "96", "--depth", "3"], "got 96: choose one of these"),
        (["experiments", "cells", "--cells", "L1", "--seeds", "77", "--compare"], "the bundled gallery has seeds 0, 1, 2, not 77"),
        (["pair", "edges", "photos", "file/pairs", "--val-every", "0"], "cannot be reached, because a part of this path is no folder"),
    ],
)
def test_a_refusal_says_what_to_do(monkeypatch, tmp_path, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (16, 16)).save(tmp_path / "photos" / "a.png")
    (tmp_path / "file").write_text("in the way")
    assert said in refusal(monkeypatch, *words)


def test_an_unforeseen_error_is_one_sentence_and_debug_shows_where_it_arose(monkeypatch):
    def fail(_: object) -> None:
        raise RuntimeError("size mismatch\nin line 7")

    monkeypatch.setattr("pix2pix_edu.commands.first.run", fail)
    message = refusal(monkeypatch, "first")
    assert message.startswith("first: an unforeseen error, RuntimeError: size mismatch in line 7 (repeat the command with --debug")
    monkeypatch.setattr("sys.argv", ["pix2pix_edu", "first", "--debug"])
    with pytest.raises(RuntimeError, match="size mismatch"):
        __main__.main()


def throw(error: Exception) -> None:
    raise error


NO_MEMORY = "this machine has not enough memory for that: use a smaller size, width, batch size or count"
NO_GPU_MEMORY = "the GPU's memory is full: use a smaller size, width or batch size"


@pytest.mark.parametrize(
    ("fail", "kind", "sentence"),
    [
        (lambda _: throw(MemoryError()), MemoryError, NO_MEMORY),
        (lambda _: np.empty(2**62, np.uint8), MemoryError, NO_MEMORY),
        (lambda _: torch.empty(2**62, dtype=torch.uint8), RuntimeError, NO_MEMORY),
        (lambda _: throw(torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate 2.00 GiB")), torch.OutOfMemoryError, NO_GPU_MEMORY),
    ],
    ids=["Python", "numpy", "torch", "CUDA"],
)
def test_full_memory_is_one_sentence_and_debug_shows_where_it_arose(monkeypatch, fail, kind, sentence):
    monkeypatch.setattr("pix2pix_edu.commands.first.run", fail)
    assert refusal(monkeypatch, "first") == f"first: {sentence}"
    monkeypatch.setattr("sys.argv", ["pix2pix_edu", "first", "--debug"])
    with pytest.raises(kind):
        __main__.main()
