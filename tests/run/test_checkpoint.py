import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import saved_states
import torch
from saved_states import same

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.run import checkpoint
from pix2pix_edu.training import Batches, Pix2Pix, linear_decay, train

UNTIL = 12


def small_model(width=4):
    torch.manual_seed(0)
    return Pix2Pix(Generator(depth=3, width=width), PatchDiscriminator(16, width=4))


def small_batches():
    generator = torch.Generator().manual_seed(1)
    return Batches([tuple(torch.rand(2, 3, 40, 40, generator=generator) * 2 - 1) for _ in range(5)], batch_size=2, crop=32)


def train_and_save(path, until=UNTIL):
    """Train to `until`, saving after every step, from wherever the checkpoint at `path` stands."""
    model = small_model()
    if Path(path).exists():
        checkpoint.load(model, path)
    for _ in train(model, small_batches(), until, schedule=linear_decay(0, 2 * UNTIL)):
        checkpoint.save(model, path)
    return model


def test_a_resumed_run_ends_bit_identical_to_one_never_stopped(tmp_path):
    train_and_save(tmp_path / "straight.pt")
    train_and_save(tmp_path / "resumed.pt", until=5)
    torch.manual_seed(99)  # whatever else drew random numbers meanwhile
    train_and_save(tmp_path / "resumed.pt")
    assert same(checkpoint.read(tmp_path / "straight.pt"), checkpoint.read(tmp_path / "resumed.pt"))


def test_killed_at_any_moment_a_run_resumes_and_ends_bit_identical(tmp_path):
    program = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parent), str(Path(saved_states.__file__).parent)]!r}; import test_checkpoint; "
        "print('ready', flush=True); test_checkpoint.train_and_save(sys.argv[1])"
    )
    killed, path = 0, tmp_path / "killed.pt"
    for delay in (0.01, 0.06, 0.11, 0.17):
        run = subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE)
        run.stdout.readline()
        try:
            run.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            killed += 1
        run.communicate()
        if path.exists():
            checkpoint.read(path)  # never a part of a file
    assert killed > 0
    train_and_save(path)
    train_and_save(tmp_path / "straight.pt")
    assert same(checkpoint.read(path), checkpoint.read(tmp_path / "straight.pt"))


def test_a_leftover_of_a_killed_save_does_no_harm(tmp_path):
    (tmp_path / "run.pt.part").write_bytes(b"half a file")
    checkpoint.save(small_model(), tmp_path / "run.pt")
    assert os.listdir(tmp_path) == ["run.pt"]


def test_a_full_disk_gives_one_clear_sentence_and_keeps_the_old_file(tmp_path):
    checkpoint.save(small_model(), tmp_path / "run.pt")
    before = (tmp_path / "run.pt").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))  # the file system takes no more than this
    try:
        with pytest.raises(
            OSError, match="could not write .*run.pt.*free some space or choose another folder; an earlier file is untouched"
        ):
            checkpoint.save(small_model(width=8), tmp_path / "run.pt")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, previous)
    assert (tmp_path / "run.pt").read_bytes() == before
    assert os.listdir(tmp_path) == ["run.pt"]


def test_a_path_that_cannot_be_written_gives_one_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="could not write .*choose another folder"):
        checkpoint.save(small_model(), tmp_path / "file" / "run.pt")


def test_a_checkpoint_of_other_networks_is_refused_and_the_model_keeps_its_weights(tmp_path):
    checkpoint.save(small_model(width=8), tmp_path / "wide.pt")
    model = small_model()
    before = {key: value.clone() for key, value in model.generator.state_dict().items()}
    with pytest.raises(ValueError, match="was saved from other networks than these"):
        checkpoint.load(model, tmp_path / "wide.pt")
    assert same(before, dict(model.generator.state_dict()))


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut off"])
def test_files_that_are_no_checkpoints_get_one_clear_sentence(tmp_path, content):
    (tmp_path / "run.pt").write_bytes(content)
    with pytest.raises(ValueError, match="is damaged or is not a plain weight file"):
        checkpoint.load(small_model(), tmp_path / "run.pt")


def test_plain_weights_are_no_checkpoint(tmp_path):
    torch.save(small_model().generator.state_dict(), tmp_path / "weights.pt")
    with pytest.raises(ValueError, match="use a file that checkpoint.save wrote"):
        checkpoint.load(small_model(), tmp_path / "weights.pt")


def test_a_missing_checkpoint_is_named():
    with pytest.raises(ValueError, match="there is no weight file at nowhere.pt"):
        checkpoint.load(small_model(), "nowhere.pt")
