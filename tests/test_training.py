import copy
import inspect

import numpy as np
import pytest
import reference
import torch
from tiny import random_pairs, small_model, weights
from torch import nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import jitter
from pix2pix_edu.objective import PAPER_LOSSES, Objective
from pix2pix_edu.training import Batches, Pix2Pix, linear_decay, set_learning_rate, train, train_step
from pix2pix_edu.weights.reference import discriminator_state, generator_state, load_discriminator, load_generator


@pytest.mark.parametrize("record", reference.RECORD["training"], ids=lambda record: f"patch {record['patch']}")
def test_five_steps_give_the_losses_and_the_outputs_of_the_reference(record):
    """In 64 bits: Adam's first step takes the sign of a gradient, and in 32 bits that of a tiny one depends on how torch rounds."""
    size, batch = record["size"], record["batch"]
    keys = {key: list(value.shape) for key, value in generator_state(Generator(depth=record["depth"], width=record["width"])).items()}
    generator = reference.without_dropout(load_generator(reference.weights(keys)))
    keys = {
        key: list(value.shape) for key, value in discriminator_state(PatchDiscriminator(record["patch"], width=record["width"])).items()
    }
    model = Pix2Pix(generator.double(), load_discriminator(reference.weights(keys)).double())
    for step, expected in enumerate(record["losses"]):
        x, y = (reference.picture(f"{name}{size}b{batch}t{step}", batch, 3, size).double() for name in "xy")
        losses = train_step(model, x, y, Objective())
        assert losses.discriminator.item() == pytest.approx((expected["D_real"] + expected["D_fake"]) / 2, rel=1e-6)
        assert losses.adversarial.item() == pytest.approx(expected["G_adversarial"], rel=1e-6)
        assert losses.l1.item() == pytest.approx(expected["G_l1"], rel=1e-6)
    assert reference.deviation(generator(reference.picture(f"x{size}b{batch}", batch, 3, size).double()), record["output_after"]) < 1e-5


def test_the_step_is_short_enough_to_read_at_one_glance():
    assert len(inspect.getsource(train_step).rstrip().splitlines()) <= 25


def test_a_step_equals_one_written_with_plain_losses_and_plain_adam():
    model = small_model()
    G, D = copy.deepcopy(model.generator), copy.deepcopy(model.discriminator)
    (x, y), bce = (side[None] for side in random_pairs(1)[0]), nn.BCELoss()
    torch.manual_seed(5)
    train_step(model, x, y, Objective(l1_weight=10.0))

    torch.manual_seed(5)
    fake = G(x)
    adams = [torch.optim.Adam(network.parameters(), 2e-4, betas=(0.5, 0.999)) for network in (D, G)]
    real_share, fake_share = torch.sigmoid(D(x, y)), torch.sigmoid(D(x, fake.detach()))
    (0.5 * bce(real_share, torch.ones_like(real_share)) + 0.5 * bce(fake_share, torch.zeros_like(fake_share))).backward()
    adams[0].step()
    share = torch.sigmoid(D(x, fake))
    (bce(share, torch.ones_like(share)) + 10.0 * (fake - y).abs().mean()).backward()
    adams[1].step()
    torch.testing.assert_close(weights(model.discriminator), weights(D), rtol=0, atol=2e-5)
    torch.testing.assert_close(weights(model.generator), weights(G), rtol=0, atol=2e-5)


def test_the_discriminators_loss_does_not_reach_the_generator():
    model = small_model()
    before = weights(model.generator)
    x, y = (side[None] for side in random_pairs(1)[0])
    train_step(model, x, y, Objective(gan_weight=0.0, l1_weight=0.0))
    assert torch.equal(weights(model.generator), before)


def test_the_generators_loss_leaves_no_gradient_in_the_discriminator():
    model = small_model()
    x, y = (side[None] for side in random_pairs(1)[0])
    handed_on = []
    model.generator_optimizer.register_step_pre_hook(
        lambda *_: handed_on.append([weight.grad.clone() for weight in model.discriminator.parameters()])
    )
    train_step(model, x, y, Objective())
    assert all(torch.equal(weight.grad, before) for weight, before in zip(model.discriminator.parameters(), handed_on[0], strict=True))


@pytest.mark.parametrize("name", PAPER_LOSSES)
def test_every_row_of_the_loss_table_trains(name):
    objective, conditional = PAPER_LOSSES[name]
    model = small_model(conditional=conditional)
    losses = list(train(model, Batches(random_pairs(), 2), until=3, objective=objective))
    assert model.step == 3
    assert all(value.isfinite() and not value.requires_grad for step in losses for value in step)


def test_training_lowers_the_l1_loss():
    model = small_model()
    model.lr = 2e-3
    pairs = [(x, torch.full_like(y, 0.5)) for x, y in random_pairs()]
    history = [losses.l1.item() for losses in train(model, Batches(pairs), until=60, objective=PAPER_LOSSES["L1"][0])]
    assert sum(history[-5:]) < 0.5 * sum(history[:5])


def test_any_network_from_x_to_y_can_be_trained():
    model = Pix2Pix(nn.Conv2d(3, 3, 1), PatchDiscriminator(16, width=4))
    assert len(list(train(model, Batches(random_pairs(), 1), until=2))) == 2


def test_training_stops_at_its_step_and_goes_on_from_there():
    model = small_model()
    assert len(list(train(model, Batches(random_pairs()), until=2))) == 2
    assert len(list(train(model, Batches(random_pairs()), until=5))) == 3
    assert list(train(model, Batches(random_pairs()), until=5)) == []


def test_each_epoch_holds_every_pair_once_in_an_order_of_its_own():
    pairs = [(torch.tensor([float(i)]), torch.tensor([float(i)])) for i in range(10)]
    batches = Batches(pairs, batch_size=5, seed=3)
    order = [batches[step][0].flatten().tolist() for step in range(4)]
    first, second = order[0] + order[1], order[2] + order[3]
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert first != sorted(first)
    assert second == np.random.default_rng([3, 0, 1]).permutation(10).tolist()  # random numbers that nothing else draws


def test_a_batch_depends_on_the_seed_and_the_step_alone():
    pairs = random_pairs()
    torch.testing.assert_close(Batches(pairs, 2, seed=4, crop=16)[7], Batches(pairs, 2, seed=4, crop=16)[7], rtol=0, atol=0)
    assert not torch.equal(Batches(pairs, 2, seed=5, crop=16)[7][0], Batches(pairs, 2, seed=4, crop=16)[7][0])


def test_pairs_stay_pairs_under_crop_and_flip():
    pairs = [(x, -x) for x, _ in random_pairs()]
    for step in range(8):
        x, y = Batches(pairs, 1, crop=24)[step]
        assert x.shape[-2:] == (24, 24)
        assert torch.equal(x, -y)


def test_an_empty_data_set_is_refused():
    with pytest.raises(ValueError, match="the data set is empty"):
        Batches([])


def test_a_pair_with_nan_is_named():
    pairs = random_pairs(2)
    pairs[1][1][0, 0, 0] = float("nan")
    batches = Batches(pairs, 2)
    with pytest.raises(ValueError, match="pair 1 contains NaN or infinite values"):
        batches[0]


def test_the_schedule_is_flat_and_then_a_straight_line_to_zero():
    schedule = linear_decay(start=100, stop=200)
    assert [schedule(step) for step in (0, 100, 150, 200)] == [1.0, 1.0, 0.5, 0.0]


def test_both_optimizers_follow_the_schedule():
    model = small_model()
    for _ in train(model, Batches(random_pairs()), until=4, schedule=linear_decay(0, 4)):
        pass
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        assert optimizer.param_groups[0]["lr"] == pytest.approx(2e-4 * 0.25)


def test_the_crop_of_a_pair_has_random_numbers_of_its_own():
    pairs = random_pairs(1)
    for number in range(4):  # with one pair, step and number are the same
        expected = jitter(*pairs[0], 24, np.random.default_rng([3, 1, number]))
        batch = Batches(pairs, 1, seed=3, crop=24)[number]
        assert all(torch.equal(side[0], crop) for side, crop in zip(batch, expected, strict=True))


def test_a_batch_is_one_pair_unless_asked_for_more():
    assert len(Batches(random_pairs())[0][0]) == 1


def test_a_training_is_on_the_device_of_its_generator():
    assert small_model().device == torch.device("cpu")
    assert Pix2Pix(nn.Conv2d(3, 3, 1, device="meta"), nn.Conv2d(3, 3, 1)).device == torch.device("meta")


def test_a_decay_over_one_step_ends_at_zero_and_one_over_none_does_not_fail():
    assert [linear_decay(3, 4)(step) for step in (2, 3, 4)] == [1.0, 1.0, 0.0]
    assert [linear_decay(3, 3)(step) for step in (3, 4)] == [1.0, 0.0]


def test_without_a_seed_the_batches_are_those_of_seed_0():
    pairs = random_pairs(8)
    assert torch.equal(Batches(pairs, 8)[0][0], Batches(pairs, 8, seed=0)[0][0])
    assert not torch.equal(Batches(pairs, 8)[0][0], Batches(pairs, 8, seed=1)[0][0])


def test_both_networks_learn_at_the_papers_rate_unless_told_otherwise():
    plain, other = (Pix2Pix(Generator(depth=2, width=2), PatchDiscriminator(1, width=2), *rates) for rates in ((), (1e-3, 5e-4)))
    rates = [
        (model.generator_optimizer.param_groups[0]["lr"], model.discriminator_optimizer.param_groups[0]["lr"]) for model in (plain, other)
    ]
    assert rates == [(2e-4, 2e-4), (1e-3, 5e-4)]


def test_a_learning_rate_that_is_a_tensor_is_changed_in_place():
    model = small_model()
    rate = torch.tensor(0.5)
    model.generator_optimizer.param_groups[0]["lr"] = rate
    set_learning_rate(model.generator_optimizer, 0.25)
    assert model.generator_optimizer.param_groups[0]["lr"] is rate
    assert rate == 0.25
