import torch
from tiny import random_pairs, small_model

from pix2pix_edu.speed.one_pass import judge_both, train_step_in_one_pass, use_halves
from pix2pix_edu.training import Batches, stack_pairs, train, train_step


def test_each_half_gets_the_logits_that_it_gets_alone():
    model, (x, y) = small_model(width=8), stack_pairs(random_pairs(4))
    fake = torch.rand_like(y) * 2 - 1
    expected = model.discriminator(x, y), model.discriminator(x, fake)
    use_halves(model.discriminator)
    found = judge_both(model.discriminator, x, y, fake)
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(found, expected, strict=True))
    assert not torch.allclose(model.discriminator(torch.cat([x, x]), torch.cat([y, fake])), torch.cat(found), atol=1e-5)


def test_a_training_has_the_losses_of_the_step_as_written():
    """In 64 bits, where the two may differ only in the last digits: in 32, Adam's first step can turn a rounding error into a step."""
    plain, fast = (small_model(dropout=0.0, lr=2e-3) for _ in range(2))
    for network in (plain.generator, plain.discriminator, fast.generator, fast.discriminator):
        network.double()
    use_halves(fast.discriminator)
    pairs = [(x.double(), y.double()) for x, y in random_pairs()]
    histories = [
        torch.tensor([[loss.item() for loss in losses] for losses in train(model, Batches(pairs, 2), 20, step=step)], dtype=torch.float64)
        for model, step in ((plain, train_step), (fast, train_step_in_one_pass))
    ]
    assert torch.allclose(*histories, rtol=1e-9, atol=0)
    assert fast.step == 20


def test_without_x_too():
    model, (x, y) = small_model(conditional=False), stack_pairs(random_pairs(2))
    expected = model.discriminator(x, y)
    use_halves(model.discriminator)
    assert torch.allclose(judge_both(model.discriminator, x, y, y)[0], expected, atol=1e-5)
