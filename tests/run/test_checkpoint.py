import functools
import os
import resource
import signal
import stat
from pathlib import Path

import pytest
import torch
from tiny import random_pairs, same, small_model

from pix2pix_edu.run import checkpoint
from pix2pix_edu.training import Batches, Pix2Pix, linear_decay, train


def train_and_save(path, until):
    """Train to `until`, from the checkpoint at `path` if there is one, and save after every step."""
    model = small_model()
    if path.exists():
        checkpoint.load(model, path)
    for _ in train(model, Batches(random_pairs(size=40), batch_size=2, crop=32), until, schedule=linear_decay(0, 24)):
        checkpoint.save(model, path)


@pytest.mark.fault
def test_a_resumed_run_ends_bit_identical_to_one_never_stopped(tmp_path):
    train_and_save(tmp_path / "straight.pt", until=12)
    train_and_save(tmp_path / "resumed.pt", until=5)
    torch.manual_seed(99)  # as if other code had drawn random numbers meanwhile
    train_and_save(tmp_path / "resumed.pt", until=12)
    assert same(checkpoint.read(tmp_path / "straight.pt"), checkpoint.read(tmp_path / "resumed.pt"))


@pytest.mark.fault
def test_a_full_disk_gives_one_clear_sentence_and_keeps_the_old_file(tmp_path):
    checkpoint.save(small_model(), tmp_path / "run.pt")
    before = (tmp_path / "run.pt").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))  # the largest file, in bytes, that can be written
    try:
        with pytest.raises(OSError, match="could not write .*run.pt.*choose another folder; an earlier file is untouched"):
            checkpoint.save(small_model(width=8), tmp_path / "run.pt")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, previous)
    assert (tmp_path / "run.pt").read_bytes() == before
    assert os.listdir(tmp_path) == ["run.pt"]


@pytest.mark.fault
def test_a_path_that_cannot_be_written_gives_one_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="could not write .*free some space or choose another folder"):
        checkpoint.save(small_model(), tmp_path / "file" / "run.pt")


@pytest.mark.fault
def test_a_checkpoint_of_other_networks_is_refused_and_the_model_keeps_its_weights(tmp_path):
    checkpoint.save(small_model(width=8), tmp_path / "wide.pt")
    model = small_model()
    with pytest.raises(ValueError, match="was saved from other networks than these"):
        checkpoint.load(model, tmp_path / "wide.pt")
    assert same(model.generator.state_dict(), small_model().generator.state_dict())


@pytest.mark.fault
@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut off", "plain weights", None])
def test_files_that_are_no_checkpoints_get_one_clear_sentence(tmp_path, content):
    path, message = tmp_path / "run.pt", "is damaged or is not a plain weight file"
    if content is None:
        message = "there is no weight file at .*run.pt"
    elif content == "plain weights":
        torch.save(small_model().generator.state_dict(), path)
        message = "use a file that checkpoint.save wrote"
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        checkpoint.load(small_model(), path)


def test_a_training_that_has_not_begun_can_be_saved_in_new_folders_under_a_path_given_as_text(tmp_path):
    model, path = small_model(), str(tmp_path / "runs" / "new" / "run.pt")
    checkpoint.save(model, path)
    checkpoint.load(other := small_model(seed=1), path)
    assert same(other.generator.state_dict(), model.generator.state_dict())
    assert other.step == 0


@pytest.fixture
def state(tmp_path):
    """A checkpoint at step 1, as `read` returns it."""
    model = small_model()
    for _ in train(model, Batches(random_pairs(size=40), batch_size=2, crop=32), 1):
        checkpoint.save(model, tmp_path / "run.pt")
    return checkpoint.read(tmp_path / "run.pt")


@pytest.mark.fault
def test_after_the_first_step_an_empty_optimizer_is_refused(state):
    state["generator_optimizer"]["state"] = {}
    with pytest.raises(ValueError, match="no complete state of the optimizer of its generator"):
        checkpoint.restore(small_model(), state, "run.pt")


@pytest.mark.fault
@pytest.mark.parametrize("past_the_last", [True, False])
def test_the_optimizer_state_of_a_weight_that_is_not_there_is_refused(state, past_the_last):
    states = state["discriminator_optimizer"]["state"]
    last = len(states) - 1
    states[last + 1 if past_the_last else -1] = states[last]
    with pytest.raises(ValueError, match="no complete state of the optimizer of its discriminator"):
        checkpoint.restore(small_model(), state, "run.pt")


@pytest.mark.fault
@pytest.mark.parametrize("kind", ["meta", torch.complex64])
@pytest.mark.parametrize("part", ["generator", "exp_avg", "step"])
def test_tensors_without_values_or_with_complex_ones_are_refused_and_the_model_keeps_its_weights(state, part, kind):
    tensors = state["generator"] if part == "generator" else state["discriminator_optimizer"]["state"][0]
    name = part if part in tensors else "down.0.0.weight"
    tensors[name] = tensors[name].to(kind)
    model = small_model()
    with pytest.raises(ValueError, match="run.pt (was saved from other networks|has no complete state of the optimizer)"):
        checkpoint.restore(model, state, "run.pt")
    assert same(model.generator.state_dict(), small_model().generator.state_dict())


@pytest.mark.fault
def test_a_step_that_no_training_reaches_is_refused(state, tmp_path):
    torch.save({**state, "step": 2**62}, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="is damaged"):
        checkpoint.read(tmp_path / "run.pt")
    torch.save({**state, "step": 2**62 - 1}, tmp_path / "run.pt")
    assert checkpoint.read(tmp_path / "run.pt")["step"] == 2**62 - 1


DEEP = functools.reduce(lambda inner, _: [inner], range(300), [])
STRANGE = [None, [], torch.zeros(3), DEEP]
PARTS = [{part: value} for part in ("settings", "data", "losses") for value in [*STRANGE, {"size": DEEP}]]


@pytest.mark.fault
@pytest.mark.parametrize("about", [*STRANGE, *PARTS], ids=lambda about: repr(about)[:30])
def test_what_a_run_was_started_with_is_refused_if_it_is_of_another_kind(state, tmp_path, about):
    torch.save({**state, "about": about}, tmp_path / checkpoint.NAME)
    with pytest.raises(ValueError, match=r"checkpoint\.pt is damaged \(wrong values of about\): use another checkpoint"):
        checkpoint.read(tmp_path / checkpoint.NAME)
    with pytest.raises(ValueError, match="has no whole checkpoint"):
        checkpoint.read_header(tmp_path)


@pytest.mark.fault
def test_a_pipe_in_the_place_of_a_checkpoint_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / checkpoint.NAME)
    with pytest.raises(ValueError, match="has no whole checkpoint"):
        checkpoint.read_header(tmp_path)


@pytest.mark.fault
def test_a_checkpoint_is_read_in_a_folder_whose_name_is_not_utf_8(state, tmp_path):
    folder = tmp_path / os.fsdecode(b"run \xff")
    folder.mkdir()
    torch.save(state, folder / checkpoint.NAME)
    assert checkpoint.read_header(folder) == (state["step"], state["about"])


def test_a_folder_without_a_checkpoint_is_at_step_0(tmp_path):
    assert checkpoint.read_header(tmp_path) == (0, {})


def test_adams_averages_take_the_memory_layout_of_the_weights(state):
    model = small_model()
    model.generator.to(memory_format=torch.channels_last)
    checkpoint.restore(model, state, "run.pt")
    weight = model.generator.down[1][0].weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert model.generator_optimizer.state[weight]["exp_avg"].stride() == weight.stride()


def test_random_numbers_of_a_gpu_are_left_alone_where_there_is_none(state):
    checkpoint.restore(model := small_model(), {**state, "cuda_random": [torch.zeros(16, dtype=torch.uint8)]}, "run.pt")
    assert model.step == 1


@pytest.fixture
def gpu(monkeypatch):
    """Stands in for a GPU, which few machines have: a list of the random numbers that it was given, at first its own."""
    given = [torch.arange(16, dtype=torch.uint8)]
    monkeypatch.setattr(Pix2Pix, "device", torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda: given[-1])
    monkeypatch.setattr(torch.cuda, "set_rng_state", given.append)
    return given


def test_the_random_numbers_of_a_gpu_are_saved_and_restored(gpu, tmp_path):
    checkpoint.save(model := small_model(), tmp_path / "run.pt")
    checkpoint.load(model, tmp_path / "run.pt")
    assert len(gpu) == 2
    assert torch.equal(gpu[1], gpu[0])


def test_a_checkpoint_from_a_cpu_leaves_the_random_numbers_of_a_gpu_alone(state, gpu):
    assert state["cuda_random"] == []
    checkpoint.restore(small_model(), state, "run.pt")
    assert len(gpu) == 1


@pytest.mark.fault
def test_after_its_last_renaming_a_save_has_the_new_name_written_to_the_disk(tmp_path, monkeypatch):
    calls, replace, fsync = [], os.replace, os.fsync  # a power cut cannot be tried: the order of the calls is looked at
    monkeypatch.setattr(os, "replace", lambda old, new: (calls.append("rename"), replace(old, new)))
    monkeypatch.setattr(os, "fsync", lambda file: (calls.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file"), fsync(file)))
    checkpoint.write_and_keep_previous(checkpoint.state_of(small_model(), {}), tmp_path)
    assert calls == ["file", "rename", "folder", "rename", "folder"]


@pytest.mark.fault
def test_a_flipped_bit_in_what_a_run_was_started_with_is_noticed(tmp_path):
    checkpoint.write_and_keep_previous(checkpoint.state_of(small_model(), {"drawn": "painted"}), tmp_path)
    content = (tmp_path / checkpoint.NAME).read_bytes()
    (tmp_path / checkpoint.NAME).write_bytes(content.replace(b"painted", b"paintec"))
    with pytest.raises(ValueError, match="has no whole checkpoint"):
        checkpoint.read_header(tmp_path)


@pytest.mark.fault
@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="this system has no user numbers")
def test_a_checkpoint_without_read_permission_is_not_taken_as_damaged_or_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoint.write_and_keep_previous(checkpoint.state_of(small_model(), {}), Path())
    os.chmod(checkpoint.NAME, 0)
    os.chmod(tmp_path, 0o755)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may read everything, nobody may not
    try:
        with pytest.raises(PermissionError):
            checkpoint.read_header(Path())
    finally:
        os.seteuid(user)


class MakesAFolder:
    """Code in a file: whoever unpickles it makes a folder."""

    def __reduce__(self):
        return os.mkdir, ("made",)


@pytest.mark.fault
def test_code_in_a_checkpoint_is_not_run_when_its_header_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"step": 1, "about": {"drawn": MakesAFolder()}}, checkpoint.NAME)
    with pytest.raises(ValueError, match="has no whole checkpoint"):
        checkpoint.read_header(Path())
    assert not Path("made").exists()


@pytest.mark.fault
@pytest.mark.parametrize("read", [checkpoint.newest, checkpoint.read_latest])
def test_that_only_the_checkpoint_before_the_newest_is_left_is_said(tmp_path, capsys, read):
    for _ in range(2):
        checkpoint.write_and_keep_previous(checkpoint.state_of(small_model(), {}), tmp_path)
    assert read(tmp_path)["step"] == 0
    assert capsys.readouterr().out == ""
    (tmp_path / checkpoint.NAME).unlink()
    assert read(tmp_path)["step"] == 0
    assert f"{tmp_path} has no {checkpoint.NAME}: the checkpoint before it is used" in capsys.readouterr().out
