"""What only a GPU can show (make cuda)."""

import os
import subprocess
import sys
import warnings
from dataclasses import replace

import pytest
import torch
from repository import ROOT
from torch import nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.run import checkpoint, evaluation
from pix2pix_edu.run.loop import resume, run
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.run.settings import Settings, build
from pix2pix_edu.speed.bench import prepare, time_in_turns
from pix2pix_edu.speed.cuda_graph import RecordedStep
from pix2pix_edu.speed.fast_step import Speed, fast_step, fastest
from pix2pix_edu.speed.on_device import PairsOnDevice
from pix2pix_edu.speed.processes import shared_step
from pix2pix_edu.speed.shadows import Shadows
from pix2pix_edu.training import Batches, Pix2Pix, descend, linear_decay, train, train_step
from pix2pix_edu.translation import translate

OBJECTIVE = Objective(l1_weight=10.0)
PAIRS = SyntheticPairs(32, 32)
BF16, FP16 = Speed(torch.bfloat16), Speed(torch.float16, channels_last=True, one_pass=True)
RECORDED_16_BITS = Speed(torch.bfloat16, channels_last=True, one_pass=True, graph=True)


def model(seed=0, dropout=0.5, lr=2e-4):
    torch.manual_seed(seed)
    return Pix2Pix(Generator(depth=4, width=16, dropout=dropout).cuda(), PatchDiscriminator(16, width=16).cuda(), lr)


def history(trained, until, step=train_step, seed=0):
    batches = Batches(PairsOnDevice(PAIRS, trained.device), batch_size=4, seed=seed, crop=32)
    schedule = linear_decay(until // 2, until)
    return torch.tensor([[value.item() for value in losses] for losses in train(trained, batches, until, OBJECTIVE, schedule, step)])


def weights(network):
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


@pytest.fixture
def exact():
    """Convolutions in 32 bits, always by the same algorithm, so that two steps can be compared."""
    flags = torch.backends.cudnn
    with flags.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("speed", [Speed(), Speed(channels_last=True), Speed(one_pass=True), Speed(graph=True)], ids=str)
def test_in_32_bits_the_fast_step_has_the_losses_of_the_plain_one_for_100_steps(speed):
    fast = model(dropout=0.0)
    found, expected = history(fast, 100, fast_step(fast, speed)), history(model(dropout=0.0), 100)
    # Rounding grows with every step. Noise of 1e-7 to 5e-4 in the gradients changed these losses by up to 2.5e-4 in the first 10 steps,
    # and by up to 1.1e-2 in 100 (eight runs on a CPU).
    assert torch.allclose(found[:10], expected[:10], rtol=1e-3)
    assert torch.allclose(found, expected, rtol=4e-2)


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("speed", [Speed(), Speed(channels_last=True), Speed(one_pass=True)], ids=str)
def test_in_32_bits_the_gradients_of_the_first_step_are_those_of_the_plain_one(speed):
    fast, plain = model(dropout=0.0), model(dropout=0.0)
    x, y = Batches(PairsOnDevice(PAIRS, fast.device), 4)[0]
    fast_step(fast, speed)(fast, x, y, OBJECTIVE)
    train_step(plain, x, y, OBJECTIVE)
    for one, other in zip(fast.generator.parameters(), plain.generator.parameters(), strict=True):
        assert (one.grad - other.grad).abs().max() < 1e-3 * other.grad.abs().max()


def late_losses(seed, speed=None):
    """The mean losses of steps 100 to 200."""
    trained = model(seed, lr=1e-3)
    step = fast_step(trained, speed) if speed else train_step
    return history(trained, 200, step, seed)[100:].mean(dim=0)


@pytest.fixture(scope="module")
def late_losses_in_32_bits():
    return torch.stack([late_losses(seed) for seed in range(5)])


@pytest.mark.parametrize("speed", [RECORDED_16_BITS, FP16, replace(FP16, graph=True)], ids=str)
def test_in_16_bits_the_curves_lie_within_what_another_seed_changes(speed, late_losses_in_32_bits):
    reduced = torch.stack([late_losses(seed, speed) for seed in range(5)])
    spread = ((reduced.var(dim=0) + late_losses_in_32_bits.var(dim=0)) / 2).sqrt()
    # The means of five runs each differ by 0.63 spreads as it is, so 3 are exceeded by chance in one of some 200 runs of these tests.
    assert ((reduced.mean(dim=0) - late_losses_in_32_bits.mean(dim=0)).abs() < 3 * spread).all()


@pytest.mark.usefixtures("exact")
def test_a_step_with_16_bit_copies_of_the_weights_has_the_losses_of_autocast():
    cast, copied = model(dropout=0.0), model(dropout=0.0)
    shadows = Shadows(copied, torch.bfloat16)
    descending = shadows.refreshing(descend, copied)

    def step(model, x, y, objective):
        with torch.autocast("cuda", torch.bfloat16, cache_enabled=False), shadows:
            return train_step(model, x, y, objective, descending)

    assert torch.equal(history(copied, 20, RecordedStep(copied, step)), history(cast, 20, fast_step(cast, replace(BF16, graph=True))))


def test_a_recorded_step_draws_new_dropout_noise_at_every_replay():
    fast = model(lr=0.0)
    losses = history(fast, 12, fast_step(fast, RECORDED_16_BITS))
    assert fast.step == 12
    batches = Batches(PairsOnDevice(PAIRS, fast.device), 4)
    step = fast_step(still := model(lr=0.0), Speed(graph=True))
    same = [step(still, *batches[0], OBJECTIVE).l1.item() for _ in range(12)]
    assert len(set(same[4:])) == len(same[4:])
    assert losses.isfinite().all()


def test_a_recorded_step_follows_the_schedule_of_the_learning_rate():
    fast = model()
    step = fast_step(fast, Speed(graph=True))
    history(fast, 10, step)
    before = weights(fast.generator).clone()
    list(train(fast, Batches(PairsOnDevice(PAIRS, fast.device), 4), 14, OBJECTIVE, lambda _: 0.0, step))
    assert torch.equal(weights(fast.generator), before)


@pytest.mark.usefixtures("exact")
def test_a_recorded_training_is_saved_and_goes_on(tmp_path):
    whole, first, second = model(dropout=0.0), model(dropout=0.0), model(seed=1, dropout=0.0)
    expected = history(whole, 30, fast_step(whole, Speed(graph=True)))
    batches, schedule = Batches(PairsOnDevice(PAIRS, whole.device), 4, crop=32), linear_decay(15, 30)
    list(train(first, batches, 15, OBJECTIVE, schedule, fast_step(first, Speed(graph=True))))
    checkpoint.save(first, tmp_path / "checkpoint.pt")
    checkpoint.load(second, tmp_path / "checkpoint.pt")
    assert second.step == 15
    rest = history(second, 30, fast_step(second, Speed(graph=True)))
    assert torch.allclose(rest, expected[15:], rtol=5e-2)


def test_a_recorded_step_refuses_other_shapes_and_objectives():
    fast = model()
    step = fast_step(fast, Speed(graph=True))
    history(fast, 5, step)
    x, y = Batches(PairsOnDevice(PAIRS, fast.device), 2)[0]
    with pytest.raises(ValueError, match="make a new RecordedStep"):
        step(fast, x, y, OBJECTIVE)


def test_a_run_goes_on_from_fast_to_plain_and_is_read_without_a_gpu(tmp_path):
    settings = Settings(size=32, depth=4, width=8, count=16, steps=24, fast=True)
    for _ in run(begun := resume(settings, tmp_path), settings, tmp_path, save_every=5):  # pictures between the replays
        if begun.step == 15:
            break
    plain = replace(settings, fast=False)
    checkpoint.load(model := build(plain), tmp_path / "checkpoint.pt")  # resume() refuses other settings
    rest = list(run(model, plain, tmp_path, save_every=5))
    assert (len(rest), model.step) == (9, 24)
    state = checkpoint.read(tmp_path / "checkpoint.pt")
    assert {tensor.device.type for tensor in state["generator"].values()} == {"cpu"}
    x, _ = PAIRS[0]
    assert translate(open_generator(tmp_path), x).isfinite().all()


def test_a_recorded_step_refuses_a_model_whose_state_was_loaded_anew(tmp_path):
    fast = model()
    step = fast_step(fast, Speed(graph=True))
    history(fast, 5, step)
    checkpoint.save(fast, tmp_path / "checkpoint.pt")
    checkpoint.load(fast, tmp_path / "checkpoint.pt")
    with pytest.raises(ValueError, match="make a new RecordedStep"):
        step(fast, *Batches(PairsOnDevice(PAIRS, fast.device), 4)[0], OBJECTIVE)


def test_bce_on_a_sigmoid_raises_under_autocast():
    """This is why D returns logits."""
    probability = torch.rand(4, device="cuda").half()
    with torch.autocast("cuda"), pytest.raises(RuntimeError, match="unsafe to autocast"):
        nn.functional.binary_cross_entropy(probability, torch.ones_like(probability))


def test_the_fastest_step_here_is_faster_than_the_plain_one():
    """Timed in turns, at the paper's size."""
    timings = {timing.name: timing.seconds for timing in time_in_turns(prepare(256, 64, 1, "cuda"), 5, "cuda")}
    assert timings["fast step"] < timings["step"], fastest(torch.device("cuda"))


def test_a_block_with_its_own_random_numbers_leaves_those_of_the_gpu_as_they_were():
    torch.cuda.manual_seed(3)
    expected = torch.rand(2, device="cuda")
    torch.cuda.manual_seed(3)
    with own_random_numbers(7):
        torch.rand(5, device="cuda")
    assert torch.equal(torch.rand(2, device="cuda"), expected)


def test_memory_stays_as_it_is_over_500_replays():
    fast = model()
    step = fast_step(fast, RECORDED_16_BITS)
    x, y = Batches(PairsOnDevice(PAIRS, fast.device), 4)[0]
    for _ in range(6):
        step(fast, x, y, OBJECTIVE)
    before = torch.cuda.memory_allocated()
    for _ in range(500):
        step(fast, x, y, OBJECTIVE)
    assert torch.cuda.memory_allocated() == before


def test_a_step_shared_by_one_process_over_nccl_has_the_losses_of_an_ordinary_one():
    """In a process of its own: the group would stay with this one."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    place = {"PYTHONPATH": paths, "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29511"}
    done = subprocess.run([sys.executable, __file__], env=os.environ | place, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]


def test_pictures_with_gradients_from_before_do_not_prevent_the_recording_or_it_is_said():
    fast = model()
    x, y = Batches(PairsOnDevice(PAIRS, fast.device), 4)[0]
    kept = fast.generator(x)  # on the default stream, and alive during the recording
    step = fast_step(fast, Speed(graph=True))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        losses = [step(fast, x, y, OBJECTIVE).l1.item() for _ in range(8)]
    assert fast.step == 8
    assert len(set(losses)) == 8
    assert kept.isfinite().all()
    if not hasattr(torch.autograd.graph, "set_override_stale_capture_stream"):  # then torch may refuse to record
        assert [str(one.message)[:35] for one in said] in ([], ["the step could not be recorded as a"])
    else:
        assert said == []


if __name__ == "__main__":
    torch.distributed.init_process_group("nccl", device_id=torch.device("cuda", 0))
    torch.backends.cudnn.deterministic = True
    plain, alone = model(dropout=0.0), model(dropout=0.0)
    found, expected = history(alone, 10, shared_step(alone, 0)), history(plain, 10)
    assert torch.allclose(found, expected, rtol=1e-3), (found - expected).abs().max()
    torch.distributed.destroy_process_group()


def test_a_run_is_scored_on_the_gpu_as_on_the_cpu():
    settings = Settings(size=64, depth=4, width=8, count=100)
    fakes, ys = (torch.stack([SyntheticPairs(100, 64, seed=1)[i][side] for i in range(20)]) for side in (0, 1))
    on_cpu, on_gpu = (evaluation.score_facades(fakes, fakes, ys, settings, device) for device in ("cpu", "cuda"))
    assert on_gpu.distances == pytest.approx(on_cpu.distances, rel=1e-2)
    assert on_gpu.yardsticks.real_photos == pytest.approx(on_cpu.yardsticks.real_photos, abs=0.05)  # each has a reader of its own
    assert on_gpu.blotchiness == on_cpu.blotchiness
