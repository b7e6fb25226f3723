"""The script that makes the record of a GPU, tried on the CPU with small networks."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import pytest
import torch
from repository import ROOT

from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.images import to_image

PARTS = ("tests", "steps", "training", "evaluation", "checks", "profile", "compiled", "grid")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The results of the script, which was killed once in the middle, and the record as it was then."""
    folder = tmp_path_factory.mktemp("gpu_record")
    for split, seed in (("train", 0), ("val", 1)):
        (folder / "pairs" / split).mkdir(parents=True)
        for number, pair in enumerate(SyntheticPairs(4, 48, seed)):
            to_image(torch.cat(pair[::-1], dim=-1)).save(folder / "pairs" / split / f"{number}.png")
    command = [sys.executable, ROOT / "publishing" / "gpu_record.py", "--tiny", "--seconds", "1500", "--reference", folder]
    command += ["--pairs", folder / "pairs", "--work", folder / "work", "--out", folder / "out"]
    quiet = {**os.environ, "OMP_NUM_THREADS": "1"}
    first = subprocess.Popen(command, env=quiet, stdout=subprocess.DEVNULL)
    while "bf16" not in read(folder).get("steps", {}):
        assert first.poll() is None
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    killed = read(folder)
    said = subprocess.run(command, env=quiet, check=True, capture_output=True, text=True).stdout
    return folder / "out", killed, said


def read(folder):
    file = folder / "work" / "record.json"
    return json.loads(file.read_text()) if file.exists() else {}


@pytest.fixture(scope="module")
def record(made):
    return json.loads((made[0] / "record.json").read_text())


def test_every_part_ends_well(record):
    assert {name: record[name]["state"] for name in PARTS} == dict.fromkeys(PARTS, "done")


def test_after_a_kill_nothing_that_was_measured_is_measured_again(made, record):
    _, killed, said = made
    assert record["steps"]["plain"] == killed["steps"]["plain"]
    assert "tests:" not in said


def test_every_variant_of_the_step_is_timed_and_one_that_fails_does_not_stop_the_next(record):
    assert "is not the reference implementation" in record["steps"]["reference"]["failed"]
    timed = [name for name, found in record["steps"].items() if isinstance(found, dict) and "median_ms" in found]
    assert {"plain", "bf16", "bf16, graph", "bf16, graph, copies", "fp16, graph", "one process over NCCL"} <= set(timed)
    assert record["steps"]["work"]["flops"] > 1e6


def test_the_training_was_killed_resumed_and_finished(record):
    sessions = record["training"]["sessions"]
    assert record["training"]["first_attempt"] == "killed"
    assert [(session["from"] > 0, session["until"]) for session in sessions][-1] == (True, 300)


def test_16_bit_copies_change_nothing(record):
    away = {name.split(":")[0]: value for name, value in record["checks"].items() if "difference" in name}
    assert away["bf16, graph, copies"] == away["bf16, graph"]
    assert max(away["fp32, graph"].values()) < 1e-5 < max(away["bf16"].values()) < 0.1


def test_the_results_are_few_and_small(made):
    out = made[0]
    files = sorted(out.iterdir())
    assert [file.name for file in files] == sorted(
        ["record.json", "tests.txt", "log.txt", "train.txt", "facades.zip", "fakes.zip", "profile.txt"]
    )
    assert all(file.stat().st_size < 16 * 2**20 for file in files)
    with zipfile.ZipFile(out / "facades.zip") as packed:
        assert {"losses.csv", "run.json", "sittings.json", "000300.png"} <= set(packed.namelist())
    with zipfile.ZipFile(out / "fakes.zip") as packed:
        assert len(packed.namelist()) == 4


def test_the_fakes_are_scored(record):
    assert record["evaluation"]["scores"]["pairs"] == 4
    assert 0 < record["evaluation"]["scores"]["l1"] < 2


def test_the_script_starts_without_torch_so_that_a_failing_gpu_cannot_take_it_along():
    program = "import sys; sys.path[:0] = ['publishing']; import gpu_record; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_part_that_hangs_is_ended_when_its_time_is_up(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "publishing")
    import gpu_record

    monkeypatch.setattr(gpu_record, "GRACE", 1)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('begun', flush=True); time.sleep(100)"
    begun = time.monotonic()
    assert gpu_record.launch([sys.executable, "-c", deaf], 4, tmp_path / "log") == "out of time"
    assert time.monotonic() - begun < 20
    assert (tmp_path / "log").read_text() == "begun\n"
    assert gpu_record.launch([sys.executable, "-c", "raise SystemExit(3)"], 30, tmp_path / "log") == "failed with exit code 3"
