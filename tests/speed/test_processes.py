import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import parallel_worker as worker
import pytest
import torch
import torch.nn.functional as F
from repository import ROOT
from tiny import same
from torch.utils.flop_counter import FlopCounterMode

from pix2pix_edu import __main__
from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective
from pix2pix_edu.photos.folders import MEMORY_LIMIT
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.loop import resume
from pix2pix_edu.speed.processes import ALONE
from pix2pix_edu.training import Pix2Pix, train_step

WORKER = Path(worker.__file__)
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
TRAIN = ["-m", "pix2pix_edu", "train"]
LONG = ["--size", "32", "--depth", "3", "--width", "4", "--batch-size", "2", "--steps", "130"]  # worker.LONG
PAGE = (ROOT / "docs" / "many_gpus.md").read_text()
QUIET = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "error"}


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """The folder of results that two processes left."""
    folder = tmp_path_factory.mktemp("together")
    subprocess.run([*TORCHRUN, WORKER, "everything", folder, "100"], env=QUIET, check=True, timeout=200)
    return folder


@pytest.fixture(scope="module")
def results(together):
    """What each of the two processes found."""
    return [torch.load(together / f"{rank}.pt", weights_only=True) for rank in (0, 1)]


@pytest.fixture(scope="module")
def alone():
    """What one process finds with the whole batch."""
    return worker.take_steps(ALONE)


def test_the_shares_of_all_processes_together_are_the_joint_batch(results):
    x, y = worker.small_batches(ALONE)[3]
    for rank in (0, 1):
        assert torch.equal(results[rank]["batch"][0], x[rank::2])
        assert torch.equal(results[rank]["batch"][1], y[rank::2])


@pytest.mark.parametrize("network", [0, 1], ids=["generator", "discriminator"])
def test_the_averaged_gradients_are_those_of_one_process_with_the_joint_batch(results, alone, network):
    for mine, theirs, whole in zip(*(result["gradients"][network] for result in (*results, alone)), strict=True):
        assert torch.equal(mine, theirs)
        # Sums in another order differ by some 1e-6 of the largest entry; batch statistics of each half alone by a tenth of it.
        torch.testing.assert_close(mine, whole, rtol=0, atol=1e-4 * whole.abs().max().item())


def test_the_losses_of_several_steps_are_those_of_one_process_to_rounding(results, alone):
    torch.testing.assert_close(results[0]["losses"], alone["losses"], rtol=1e-5, atol=0)


def test_a_fast_step_is_shared_alike(results):
    # bfloat16 keeps 8 bits: a value that falls on the other side of a rounding differs by 2^-8.
    torch.testing.assert_close(results[0]["take_fast_steps"], worker.take_fast_steps(ALONE), rtol=4e-3, atol=0)


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_all_processes_hold_the_same_weights_under_plain_names(results, alone, network):
    mine, theirs = (result[network] for result in results)
    assert same(mine, theirs)
    assert list(mine) == list(alone[network])


def test_the_step_is_counted_once(results):
    assert [result["step"] for result in results] == [worker.STEPS] * 2


def test_the_joint_norm_is_torchs_batch_norm_of_the_whole_batch_far_from_zero_as_well(results):
    norm, x = worker.norm_with_weights().double(), worker.far_from_zero().double().requires_grad_()
    output = F.batch_norm(x, None, None, norm.weight, norm.bias, training=True, eps=norm.eps)
    output.pow(3).sum().backward()
    for rank in (0, 1):
        mine = {name: value.double() for name, value in results[rank]["normalise"].items()}
        # 32 bits hold 1000 to 6e-5; mean squares of 1e6 would leave nothing right of the point.
        torch.testing.assert_close(mine["output"], output[rank::2].detach(), rtol=0, atol=1e-3)
        torch.testing.assert_close(mine["x"], x.grad[rank::2], rtol=0, atol=1e-3 * x.grad.abs().max().item())
    for name, weight in norm.named_parameters():  # each process has the part of its own share: DistributedDataParallel averages them
        parts = sum(result["normalise"][name].double() for result in results)
        torch.testing.assert_close(parts, weight.grad, rtol=1e-2, atol=1e-2)  # a sum of 256 terms of both signs


def test_every_process_draws_its_own_noise_and_the_same_again_after_a_stop(results):
    straight, other = (result["draw_noise"]["straight"] for result in results)
    assert len({tuple(row.tolist()) for row in (*straight, *other)}) == 8
    assert torch.equal(results[0]["draw_noise"]["resumed"], straight[2:])
    assert torch.equal(results[1]["draw_noise"]["resumed"], other[2:])


def test_processes_that_read_different_checkpoints_are_told_to_share_a_folder(results):
    for result in results:
        assert "the processes are at different steps, [0, 3]: keep the run in a folder that all machines share" in str(result["disagree"])


def test_no_network_has_state_beside_its_weights_that_would_have_to_be_synchronised(results):
    assert [result["buffers"] for result in results] == [0, 0]


def test_a_stopped_run_of_two_processes_goes_on_bit_identical(together):
    straight, stopped = together / "straight", together / "stopped"
    assert same(checkpoint.read(straight / "checkpoint.pt"), checkpoint.read(stopped / "checkpoint.pt"))
    assert (straight / "losses.csv").read_text() == (stopped / "losses.csv").read_text()
    assert (straight / "000008.png").read_bytes() == (stopped / "000008.png").read_bytes()


def test_a_checkpoint_of_two_processes_loads_in_one(together):
    model = resume(worker.SETTINGS, together / "straight")
    assert model.step == 8
    assert list(model.generator.state_dict()) == list(Generator(depth=3, width=4).state_dict())


def test_only_the_first_process_writes(together):
    assert (together / "straight" / "checkpoint.pt").exists()
    assert not (together / "not_shared").exists()


def test_a_run_leaves_the_files_that_one_process_leaves(together, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", "train", str(tmp_path), *LONG])
    __main__.main()
    assert sorted(file.name for file in (together / "long").iterdir()) == sorted(file.name for file in tmp_path.iterdir())


def wait_for(path, process):
    while not path.exists():
        assert process.poll() is None, "the training ended before it was killed"
        time.sleep(0.02)


def workers(process):
    """The process numbers of a torchrun's workers in the order of their ranks."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return sorted(map(int, children), key=lambda child: re.search(rb"\0RANK=(\d+)", Path(f"/proc/{child}/environ").read_bytes())[1])


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The folder of a training of two processes one of which was killed after step 100, and what was said about it."""
    folder = tmp_path_factory.mktemp("killed") / "run"
    training = subprocess.Popen([*TORCHRUN, *TRAIN, folder, *LONG], env=QUIET, stderr=subprocess.PIPE, text=True)
    wait_for(folder / "checkpoint.pt", training)
    os.kill(workers(training)[1], signal.SIGKILL)
    _, error = training.communicate(timeout=100)
    return folder, training.returncode, error


def test_when_a_process_is_killed_the_others_end_with_one_sentence(killed):
    _, code, error = killed
    sentence = "another process of this training has ended, so this one ends as well: repeat the command to continue from step 100"
    assert code != 0
    assert error.count(sentence) == 1
    assert "Traceback" not in error[: error.index(sentence)]  # what follows is torchrun's own report


def test_repeating_the_command_of_a_killed_training_ends_bit_identical_to_one_never_killed(killed, together, tmp_path):
    folder = shutil.copytree(killed[0], tmp_path / "run")
    finished = subprocess.run([*TORCHRUN, *TRAIN, folder, *LONG], env=QUIET, capture_output=True, text=True, timeout=100)
    assert finished.returncode == 0
    assert finished.stdout == f"130 steps done: see {folder}\n"
    assert "Warning" not in finished.stderr
    assert same(checkpoint.read(folder / "checkpoint.pt"), checkpoint.read(together / "long" / "checkpoint.pt"))
    assert (folder / "losses.csv").read_text() == (together / "long" / "losses.csv").read_text()


def test_a_training_begun_by_two_processes_is_finished_by_one(killed, monkeypatch, tmp_path):
    folder = shutil.copytree(killed[0], tmp_path / "run")
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", "train", str(folder), *LONG])
    __main__.main()
    assert checkpoint.read(folder / "checkpoint.pt")["step"] == 130
    rows = list(csv.reader((folder / "losses.csv").read_text().splitlines()))[1:]
    assert [int(row[0]) for row in rows] == list(range(1, 131))


@pytest.fixture
def asleep():
    """Start two processes without torchrun; the second falls asleep and the first waits for it as long as asked."""
    started = []

    def start(patience):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for rank in "01":
            place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
            command = [sys.executable, WORKER, "stand_still", "nowhere", str(patience)]
            started.append(subprocess.Popen(command, env=QUIET | place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        assert started[0].stdout.readline() == "waiting\n"
        return started[0]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_process_that_waits_for_another_in_vain_still_heeds_torchruns_sigterm(asleep):
    waiting = asleep(patience=300)
    time.sleep(1)  # by now it waits, in code that knows nothing of Python
    waiting.send_signal(signal.SIGTERM)
    assert waiting.communicate(timeout=20)[1] == "\ngoodbye (seen here: torchrun asked to stop)\n"
    assert waiting.returncode == 1


def test_nobody_waits_longer_than_his_patience(asleep):
    waiting = asleep(patience=5)
    said = waiting.communicate(timeout=60)[1]
    assert said.startswith("\ngoodbye (seen here: Timed out waiting 5000ms")
    assert said.count("\n") == 2
    assert waiting.returncode == 1


def test_a_batch_that_the_processes_cannot_share_alike_is_refused_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", "train", str(tmp_path), "--batch-size", "3"])
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(SystemExit, match="train: batch size must be a multiple of the 2 processes that share it, got 3"):
        __main__.main()


@pytest.mark.parametrize(("rank", "processes"), [("0", "0"), ("x", "y"), ("2", "2"), ("-1", "2"), ("0", "-1")])
def test_a_place_that_torchrun_cannot_have_given_is_refused_in_one_sentence(monkeypatch, tmp_path, rank, processes):
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", "train", str(tmp_path)])
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setenv("WORLD_SIZE", processes)
    with pytest.raises(SystemExit, match="train: RANK and WORLD_SIZE are torchrun's, .*: start with torchrun, or remove both"):
        __main__.main()


def stated(pattern):
    """The number at the place of `#` in a phrase of the page."""
    phrase = re.escape(pattern).replace(r"\#", r"([\d,.]+\d)").replace(r"\ ", r"\s+")
    return float(re.search(phrase, PAGE)[1].replace(",", ""))


def parameters(network):
    return sum(weight.numel() for weight in network.parameters())


def test_the_page_counts_the_bytes_that_the_library_sends():
    G, D = Generator(), PatchDiscriminator()
    assert stated("G has # parameters") == parameters(G)
    assert stated("D has #") == parameters(D)
    gradient_bytes = 4 * (parameters(G) + parameters(D))
    assert stated("= # bytes of gradients") == gradient_bytes
    norms = [sum(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules()) for network in (G, D)]
    assert stated("# gatherings") == norms[0] + 3 * norms[1]


def test_the_page_counts_the_arithmetic_of_a_step():
    model = Pix2Pix(Generator(), PatchDiscriminator())
    x, y = torch.rand(2, 1, 3, 256, 256)
    with FlopCounterMode(display=False) as counter:
        train_step(model, x, y, Objective())
    assert stated("# GFLOP a pair") == round(counter.get_total_flops() / 1e9, 2)


def test_the_page_states_what_a_pair_takes_in_memory():
    assert stated("# bytes a pair") == 2 * 3 * 256**2
    assert stated("# pairs of 256 px") == MEMORY_LIMIT // (2 * 3 * 256**2)


def test_the_times_in_the_pages_table_follow_from_its_rates():
    gradient_bytes = 4 * (parameters(Generator()) + parameters(PatchDiscriminator()))
    rows = re.findall(r"^\| [^|]*\| (\d+) \| ([\d.]+) GB/s \| ([\d.]+) ms \|", PAGE, re.MULTILINE)
    assert len(rows) >= 4
    for processes, rate, milliseconds in rows:
        sent = 2 * (int(processes) - 1) / int(processes) * gradient_bytes
        assert float(milliseconds) == pytest.approx(sent / float(rate) / 1e6, rel=0.05)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # Python 3.12 and newer, where DataLoader forks
def test_the_pages_recipe_for_reading_ahead_gives_the_same_batches():
    recipe = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    model, batches = worker.small_model(), worker.small_batches(ALONE)
    names = {"model": model, "batches": batches, "settings": worker.SETTINGS, "objective": Objective()}
    exec(recipe, names)
    reference = worker.small_model()
    for step in range(worker.SETTINGS.steps):
        losses = train_step(reference, *batches[step], Objective())
    assert same(list(names["losses"]), list(losses))
