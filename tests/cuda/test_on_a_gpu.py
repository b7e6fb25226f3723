"""What only a GPU can show (make cuda)."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.files import write_text
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.loop import resume, run
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.speed.bench import bench
from pix2pix_edu.speed.fast_step import Speed, fast_step, fastest
from pix2pix_edu.speed.on_device import PairsOnDevice
from pix2pix_edu.training import Batches, Pix2Pix, linear_decay, train, train_step
from pix2pix_edu.translation import translate

OBJECTIVE = Objective(l1_weight=10.0)
PAIRS = SyntheticPairs(32, 32)
RECORDED_16_BITS = Speed(torch.bfloat16, channels_last=True, graph=True)


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
@pytest.mark.parametrize("speed", [Speed(), Speed(channels_last=True), Speed(graph=True)], ids=str)
def test_in_32_bits_the_fast_step_has_the_losses_of_the_plain_one_for_100_steps(speed):
    fast = model(dropout=0.0)
    recorded = history(fast, 100, fast_step(fast, speed))
    assert torch.allclose(recorded, history(model(dropout=0.0), 100), rtol=2e-2)  # rounding grows with every step
    assert torch.allclose(recorded[:10], history(model(dropout=0.0), 100)[:10], rtol=1e-4)


@pytest.mark.parametrize("speed", [RECORDED_16_BITS, Speed(torch.float16, channels_last=True)], ids=str)
def test_in_16_bits_the_curves_lie_within_what_another_seed_changes(speed):
    seeds = torch.stack([history(model(seed, lr=1e-3), 200, seed=seed)[100:].mean(dim=0) for seed in range(5)])
    reduced = []
    for seed in range(3):
        fast = model(seed, lr=1e-3)
        reduced.append(history(fast, 200, fast_step(fast, speed), seed)[100:].mean(dim=0))
    assert ((torch.stack(reduced).mean(dim=0) - seeds.mean(dim=0)).abs() < 2 * seeds.std(dim=0)).all()


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
    write_text(tmp_path / "run.json", json.dumps({**settings.__dict__, "fast": False}))
    plain = replace(settings, fast=False)
    rest = list(run(model := resume(plain, tmp_path), plain, tmp_path, save_every=5))
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
    timings = {timing.name: timing.seconds for timing in bench(256, 64, 1, 5, "cuda")}
    assert timings["fast step"] < timings["step"], fastest(torch.device("cuda"))


def test_a_block_with_its_own_random_numbers_leaves_those_of_the_gpu_as_they_were():
    torch.cuda.manual_seed(3)
    expected = torch.rand(2, device="cuda")
    torch.cuda.manual_seed(3)
    with own_random_numbers(7):
        torch.rand(5, device="cuda")
    assert torch.equal(torch.rand(2, device="cuda"), expected)
