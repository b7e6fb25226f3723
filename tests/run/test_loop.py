"""A run in its folder, killed with SIGKILL again and again, and what its memory does meanwhile."""

import gc
import json
import subprocess
import sys

import torch
from saved_states import same

from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.loop import resume, run
from pix2pix_edu.run.settings import Settings

KILLS = 20
SETTINGS = Settings(size=32, depth=3, width=4, patch=16, count=6, batch_size=2, steps=300)

# A parent that has everything imported lets a child train, and kills it after a random time: 20 times in a few seconds.
KILLER = """
import os, random, signal, sys, time
from pathlib import Path
from pix2pix_edu.run.loop import resume, run
from pix2pix_edu.run.settings import Settings, build

settings, folder, rng = Settings(**{settings!r}), Path(sys.argv[1]), random.Random(0)

def train():
    for _ in run(resume(settings, folder), settings, folder, save_every=4):
        pass

build(settings)  # so that torch has imported what it imports late
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


def test_a_run_killed_20_times_ends_with_the_files_of_one_never_stopped(tmp_path):
    program = KILLER.format(settings=SETTINGS.__dict__, kills=KILLS)
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "killed"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(KILLS)]
    for _ in run(resume(SETTINGS, tmp_path / "straight"), SETTINGS, tmp_path / "straight", save_every=4):
        pass
    files = sorted(file.name for file in (tmp_path / "straight").iterdir())
    assert sorted(file.name for file in (tmp_path / "killed").iterdir()) == files  # and none that was left unfinished
    for name in files:
        one, other = tmp_path / "killed" / name, tmp_path / "straight" / name
        if name == "checkpoint.pt":
            assert same(checkpoint.read(one), checkpoint.read(other))
        elif name != "sittings.json":  # that one tells of the stops
            assert one.read_bytes() == other.read_bytes(), name
    sittings = json.loads((tmp_path / "killed" / "sittings.json").read_text())
    assert len(sittings) > 2
    assert [sitting["from"] for sitting in sittings] == [0, *(sitting["until"] for sitting in sittings[:-1])]


def test_what_a_run_keeps_in_memory_does_not_grow_with_its_steps(tmp_path):
    """Every tensor alive is counted, at two moments far apart."""
    alive = []
    for _ in run(model := resume(SETTINGS, tmp_path), SETTINGS, tmp_path, save_every=10):
        if model.step in (55, 255):  # as far after a save, where the losses are written down
            alive.append(tensors_alive())
        if model.step == 255:
            break
    assert alive[0] == alive[1]


def tensors_alive():
    gc.collect()
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())
