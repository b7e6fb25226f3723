import math

import pytest
import torch

from pix2pix_edu.objective import CHANCE, PAPER_LOSSES, Objective, fake_loss, real_loss


def test_both_losses_are_minus_log_of_the_probability_given_to_the_truth():
    logits = torch.tensor([-2.0, 0.5, 3.0])
    probabilities = torch.sigmoid(logits)
    assert real_loss(logits) == pytest.approx(-probabilities.log().mean().item(), rel=1e-6)
    assert fake_loss(logits) == pytest.approx(-(1 - probabilities).log().mean().item(), rel=1e-6)


def test_a_guessing_discriminator_costs_log_two():
    assert real_loss(torch.zeros(1, 1, 3, 3)) == pytest.approx(math.log(2))
    assert fake_loss(torch.zeros(1, 1, 3, 3)) == pytest.approx(math.log(2))


def test_losses_on_logits_stay_finite_where_the_sigmoid_is_exactly_one():
    logits = torch.tensor([200.0], requires_grad=True)
    loss = fake_loss(logits)
    loss.backward()
    assert loss.item() == 200.0
    assert logits.grad.item() == 1.0


def test_a_generator_far_behind_still_gets_a_gradient():
    logits = torch.tensor([-8.0], requires_grad=True)
    real_loss(logits).backward()
    assert logits.grad.item() == pytest.approx(-1.0, abs=1e-3)


def test_the_papers_loss_table_has_five_different_rows():
    assert list(PAPER_LOSSES) == ["L1", "GAN", "cGAN", "L1+GAN", "L1+cGAN"]
    assert PAPER_LOSSES["L1+cGAN"] == (Objective(gan_weight=1.0, l1_weight=100.0), True)
    assert PAPER_LOSSES["L1"][0].gan_weight == 0
    assert PAPER_LOSSES["cGAN"][0].l1_weight == 0
    assert len({(row, conditional) for row, conditional in PAPER_LOSSES.values()}) == 5


def test_the_rows_have_the_papers_weights():
    weights = {name: (objective.gan_weight, objective.l1_weight, conditional) for name, (objective, conditional) in PAPER_LOSSES.items()}
    rows = {"L1": (0, 100, True), "GAN": (1, 0, False), "cGAN": (1, 0, True), "L1+GAN": (1, 100, False), "L1+cGAN": (1, 100, True)}
    assert weights == rows


def test_chance_is_the_loss_of_a_guess():
    guess = torch.zeros(3)
    assert real_loss(guess).item() == fake_loss(guess).item() == pytest.approx(CHANCE)
