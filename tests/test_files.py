import fcntl
import os
import random
import signal
import subprocess
import sys

import pytest
import torch
from tiny import same

from pix2pix_edu.files import one_writer, read_weights, remove_unfinished, set_aside, whole_file, write_text

pytestmark = pytest.mark.fault
HOLD = """
import sys, time
from pathlib import Path
from pix2pix_edu.files import one_writer

with one_writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that writes to `tmp_path / "run"`."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path / "run"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_file_takes_its_name_only_once_it_is_complete(tmp_path):
    path = tmp_path / "record.json"
    with whole_file(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("stop", [OSError("the disk is full"), KeyboardInterrupt()])
def test_when_writing_fails_the_earlier_file_stays_and_nothing_is_left_beside_it(tmp_path, stop):
    def fail():
        with whole_file(path) as file:
            file.write(b"half of the")
            raise stop

    path = tmp_path / "record.json"
    write_text(path, "old")
    with pytest.raises(type(stop)):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_do_not_disturb_each_other(tmp_path):
    path = tmp_path / "record.json"
    with whole_file(path) as one, whole_file(path) as other:
        one.write(b"one")
        other.write(b"other")
    assert path.read_bytes() == b"one"  # the outer block ends last
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_has_left_is_removed_and_nothing_else(tmp_path):
    (tmp_path / ".record.json.1234abcd.part").write_text("half")
    (tmp_path / "record.json").write_text("whole")
    remove_unfinished(tmp_path)
    assert os.listdir(tmp_path) == ["record.json"]


def test_damaged_files_that_are_set_aside_never_replace_each_other(tmp_path):
    for content in ("first", "second", "third"):
        (tmp_path / "losses.csv").write_text(content)
        set_aside(tmp_path / "losses.csv")
    kept = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert kept == {"losses.damaged.csv": "first", "losses.damaged-2.csv": "second", "losses.damaged-3.csv": "third"}


def test_a_second_writer_is_refused_and_hears_who_the_first_one_is(tmp_path, holder):
    with (
        pytest.raises(ValueError, match=f"run is in use by process {holder.pid} on .*: wait until that has ended, or stop it"),
        one_writer(tmp_path / "run"),
    ):
        pass


def test_a_writer_that_is_killed_leaves_no_lock(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with one_writer(tmp_path / "run"):
        pass


def test_the_same_process_may_write_again_while_an_abandoned_block_is_still_open(tmp_path):
    with one_writer(tmp_path / "run"), one_writer(tmp_path / "run"):
        pass


def test_a_lock_leaves_no_file_when_its_last_block_ends(tmp_path):
    with one_writer(tmp_path / "run"):
        with one_writer(tmp_path / "run"):
            pass
        assert len(os.listdir(tmp_path)) == 2  # the lock, and who holds it
    assert os.listdir(tmp_path) == []


def test_a_writer_that_has_opened_the_lock_just_before_it_is_removed_opens_it_anew(tmp_path, monkeypatch):
    def remove_and_lock(file, operation, flock=fcntl.flock):
        monkeypatch.setattr(fcntl, "flock", flock)
        (tmp_path / ".run.lock").unlink()  # as the writer before does now
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", remove_and_lock)
    with one_writer(tmp_path / "run", wait=60.0):
        assert (tmp_path / ".run.lock").exists()  # otherwise another process could make it and lock it
    assert fcntl.flock is not remove_and_lock


def test_no_flipped_bit_is_read_silently(tmp_path):
    path, rng = tmp_path / "weights.pt", random.Random(0)
    torch.manual_seed(0)
    saved = {"weight": torch.rand(40, 50), "step": 7, "state": {"exp_avg": torch.rand(300)}}
    torch.save(saved, path)
    whole = path.read_bytes()
    refusals = []
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        try:
            read = read_weights(path)
        except ValueError as error:
            refusals.append(str(error))
        else:  # the bit was in a date or in padding
            assert same(read, saved)
    assert len(refusals) > 250
    assert all("is damaged" in refusal for refusal in refusals)
