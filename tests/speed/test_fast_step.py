import copy
import functools
from dataclasses import replace

import pytest
import torch
from tiny import small_model, weights
from torch import nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective
from pix2pix_edu.speed.fast_step import Speed, descend_in_memory_order, fast_generator, fast_step, fastest, gather_gradients, lay_out
from pix2pix_edu.speed.on_device import PairsOnDevice
from pix2pix_edu.training import Batches, Pix2Pix, train, train_step

OBJECTIVE = Objective(l1_weight=10.0)
CPU = torch.device("cpu")


def model(seed=0, lr=2e-4, dropout=0.5):
    return small_model(seed, depth=4, width=8, dropout=dropout, lr=lr)


def batches(seed=0):
    return Batches(PAIRS, batch_size=4, seed=seed)


PAIRS = SyntheticPairs(32, 32)


def history(trained, steps, step=train_step, seed=0):
    torch.manual_seed(seed)
    return torch.tensor([[value.item() for value in losses] for losses in train(trained, batches(seed), steps, OBJECTIVE, step=step)])


IN_32_BITS = [
    Speed(),
    Speed(channels_last=True),
    Speed(matrices=True),
    Speed(one_pass=True),
    replace(fastest(CPU), precision=torch.float32),
]


@pytest.mark.parametrize("speed", IN_32_BITS, ids=str)
def test_in_32_bits_the_fast_step_has_the_losses_of_the_plain_one(speed):
    fast = model()
    step = fast_step(fast, speed)
    # Five steps: from then on, Adam lets the last digits, which differ, grow from step to step.
    assert torch.allclose(history(fast, 5, step), history(model(), 5), rtol=1e-5)


@pytest.fixture(scope="module")
def late_losses_in_32_bits():
    """The mean losses of steps 40 to 80, for five seeds."""
    return torch.stack([history(model(seed, lr=1e-3), 80, seed=seed)[40:].mean(dim=0) for seed in range(5)])


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_in_16_bits_the_losses_lie_within_what_another_seed_changes(precision, late_losses_in_32_bits):
    fast = model(lr=1e-3)
    late = history(fast, 80, fast_step(fast, Speed(precision)))[40:].mean(dim=0)
    mean, spread = late_losses_in_32_bits.mean(dim=0), late_losses_in_32_bits.std(dim=0)
    assert ((late - mean).abs() < 3 * spread).all(), (late, mean, spread)


def test_16_bits_really_are_used():
    fast, plain = model(), model()
    assert not torch.equal(history(fast, 2, fast_step(fast, Speed(torch.bfloat16))), history(plain, 2))
    assert all(weight.dtype == torch.float32 for weight in fast.generator.parameters())


def test_g_learns_from_the_updated_d_also_in_16_bits():
    """With a cache of 16-bit weights, the adversarial loss would be that of D before its update."""
    fast, (x, y) = model(lr=0.0), batches()[0]
    fast.discriminator_optimizer.param_groups[0]["lr"] = 0.05  # an update whose effect is far larger than rounding
    outdated = copy.deepcopy(fast)
    losses = fast_step(fast, Speed(torch.bfloat16))(fast, x, y, OBJECTIVE)

    def adversarial(discriminator):
        with torch.no_grad():
            return nn.functional.softplus(-discriminator(x, fast.generator(x))).mean().item()

    assert losses.adversarial.item() == pytest.approx(adversarial(fast.discriminator), rel=0.1)
    assert losses.adversarial.item() != pytest.approx(adversarial(outdated.discriminator), rel=0.5)


def test_a_step_whose_gradient_overflows_is_skipped():
    fast, (x, y) = model(), batches()[0]
    step, before = fast_step(fast, Speed(torch.float16)), weights(fast.generator)
    step(fast, x, y, Objective(l1_weight=1e38))
    assert torch.equal(weights(fast.generator), before)
    step(fast, x, y, OBJECTIVE)
    assert weights(fast.generator).isfinite().all()
    assert not torch.equal(weights(fast.generator), before)


def test_adam_in_memory_order_changes_the_weights_as_adam_does():
    plain, fast = model(dropout=0.0), model(dropout=0.0)
    for one in (plain, fast):
        lay_out(one, torch.channels_last)
    in_order = functools.partial(train_step, descend=descend_in_memory_order)
    assert torch.equal(history(fast, 6, in_order), history(plain, 6))
    assert torch.equal(weights(fast.generator), weights(plain.generator))


def test_a_training_continues_in_another_memory_layout_with_the_same_losses():
    straight, turned = model(dropout=0.0), model(dropout=0.0)
    history(straight, 4)
    history(turned, 4)
    lay_out(turned, torch.channels_last)
    assert turned.generator.down[1][0].weight.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(history(turned, 8), history(straight, 8), rtol=1e-4)


def test_a_norm_in_front_of_a_skip_is_given_its_gradient_in_one_block():
    seen = []
    norms = [nn.BatchNorm2d(4), nn.BatchNorm2d(4)]
    gather_gradients(norms[1])
    x = torch.randn(2, 4, 6, 6).contiguous(memory_format=torch.channels_last).requires_grad_()
    gradients = []
    for norm in norms:
        y = norm(x)
        y.register_hook(lambda gradient: seen.append(gradient.is_contiguous(memory_format=torch.channels_last)))
        loss = (torch.cat([x.detach(), y], dim=1) * torch.arange(576).view(2, 8, 6, 6)).sum()
        gradients.append(torch.autograd.grad(loss, [x, norm.weight, norm.bias]))
    assert seen == [False, True]
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-3)


def test_pairs_on_a_device_are_the_same_pairs_with_the_same_crops():
    on_device = PairsOnDevice(PAIRS, CPU)
    assert len(on_device) == len(PAIRS)
    for step in range(3):
        plain = Batches(PAIRS, 2, crop=24)[step]
        assert all(torch.equal(a, b) for a, b in zip(Batches(on_device, 2, crop=24)[step], plain, strict=True))


def test_pairs_of_more_than_8_bits_keep_every_value_on_a_device():
    exact = PAIRS[0]
    finer = tuple((torch.arange(3 * 32 * 32).view(3, 32, 32) % 65536) / 65535 * 2 - 1 for _ in range(2))
    on_device = PairsOnDevice([exact, finer], CPU)
    assert all(torch.equal(a, b) for pair, kept in zip((exact, finer), on_device, strict=False) for a, b in zip(pair, kept, strict=True))
    assert PairsOnDevice([exact], CPU).sides[0].dtype == torch.uint8


def test_pairs_on_a_device_refuse_values_that_are_not_finite():
    with pytest.raises(ValueError, match="pair 0 contains NaN or infinite values"):
        PairsOnDevice([(torch.full((3, 4, 4), torch.nan), torch.zeros(3, 4, 4))], CPU)


def test_the_fast_generator_draws_the_same_pictures_within_8_bit_precision():
    generator = Generator(depth=4, width=8, dropout=0.0)
    history_model = Pix2Pix(generator, PatchDiscriminator(16, width=8), lr=2e-3)
    history(history_model, 60)
    x = batches()[0][0]
    with torch.no_grad():
        exact, fast = generator(x), fast_generator(generator, Speed(torch.bfloat16))(x)
    assert fast.dtype == torch.float32
    assert (fast - exact).abs().mean() < 2 / 127.5  # two steps of an 8-bit picture
    assert generator.down[0][0].weight.dtype == torch.float32  # the original stays as it was


@pytest.mark.parametrize(("has", "precision"), [({"avx512_bf16": True}, torch.bfloat16), ({"avx512_bf16": False}, torch.float32)])
def test_a_cpu_uses_16_bits_only_if_it_multiplies_them_in_hardware(monkeypatch, has, precision):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has, raising=False)
    assert fastest(CPU) == Speed(precision, channels_last=True, matrices=True, one_pass=True)


@pytest.mark.parametrize(
    ("capability", "speed"),
    [
        ((7, 5), Speed(torch.float16, channels_last=True, one_pass=True)),  # a T4
        ((8, 0), Speed(torch.bfloat16, channels_last=True, one_pass=True, graph=True)),
        ((9, 0), Speed(torch.bfloat16, channels_last=True, one_pass=True, graph=True)),  # an H100
    ],
)
def test_the_fastest_speed_of_a_gpu_follows_its_generation(monkeypatch, capability, speed):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert fastest(torch.device("cuda")) == speed


def test_a_speed_has_a_description():
    assert str(Speed()) == "float32"
    assert str(Speed(torch.bfloat16, channels_last=True, one_pass=True, graph=True)) == "bfloat16, channels last, one pass, CUDA graph"
