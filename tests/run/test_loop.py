"""A run in its folder: killed with SIGKILL again and again, and the memory that it uses."""

import gc
import json
import subprocess
import sys

import pytest
import torch
from tiny import same

from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.loop import resume, run
from pix2pix_edu.run.settings import Settings

KILLS = 20
SETTINGS = Settings(size=32, depth=3, width=4, patch=16, count=6, batch_size=2, steps=300)

# A process that has imported everything forks a child that trains, and kills it after a random time: 20 kills take a few seconds.
KILLER = """
import os, random, signal, sys, time
from pathlib import Path
from pix2pix_edu.run.loop import resume, run
from pix2pix_edu.run.settings import Settings, build

settings, folder, rng = Settings(**{settings!r}), Path(sys.argv[1]), random.Random(0)

def train():
    for _ in run(resume(settings, folder), settings, folder, save_every=4):
        pass

build(settings)  # now, because torch imports some of its modules at the first use
kills = 0
while kills < {kills}:
    child = os.fork()
    if child == 0:
        train()
        os._exit(0)
    time.sleep(rng.uniform(0.02, 0.6))
    os.kill(child, signal.SIGKILL)
    kills += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
print(kills)
train()
"""


@pytest.mark.fault
def test_a_run_killed_20_times_ends_with_the_files_of_one_never_stopped(tmp_path):
    program = KILLER.format(settings=SETTINGS.__dict__, kills=KILLS)
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "killed"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == str(KILLS)  # before it, runs may say that they were killed before their first checkpoint
    for _ in run(resume(SETTINGS, tmp_path / "straight"), SETTINGS, tmp_path / "straight", save_every=4):
        pass
    files = sorted(file.name for file in (tmp_path / "straight").iterdir())
    assert sorted(file.name for file in (tmp_path / "killed").iterdir()) == files  # and no unfinished ones
    for name in files:
        one, other = tmp_path / "killed" / name, tmp_path / "straight" / name
        if name == "checkpoint.pt":
            assert same(checkpoint.read(one), checkpoint.read(other))
        elif name not in ("checkpoint.previous.pt", "sittings.json"):  # the log of the sessions
            assert one.read_bytes() == other.read_bytes(), name
    sessions = json.loads((tmp_path / "killed" / "sittings.json").read_text())
    assert len(sessions) > 2
    assert [entry["from"] for entry in sessions] == [0, *(entry["until"] for entry in sessions[:-1])]


def test_the_number_of_tensors_in_memory_does_not_grow_with_the_steps(tmp_path):
    alive = []
    for _ in run(model := resume(SETTINGS, tmp_path), SETTINGS, tmp_path, save_every=10):
        if model.step in (55, 255):  # both five steps after a save
            gc.collect()
            alive.append(sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects()))
        if model.step == 255:
            break
    assert alive[1] <= alive[0]
