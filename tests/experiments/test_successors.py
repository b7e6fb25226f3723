from itertools import islice

import pytest
import torch

from pix2pix_edu.experiments.successors import DEPTH, METHODS, WIDTH, answers, measure, open_successor, train_method, unseen_houses


@pytest.mark.parametrize("name", METHODS)
def test_a_method_trains_from_its_seed(name):
    """Two steps: the losses are finite, the weights change, and the same seed gives the same weights."""
    network, losses = train_method(name, seed=1)
    before = [weight.clone() for weight in network.parameters()]
    assert all(0 < loss < 10 for loss in islice(losses, 2))
    assert any(not torch.equal(one, other) for one, other in zip(before, network.parameters(), strict=True))
    again, losses = train_method(name, seed=1)
    assert len(list(islice(losses, 2))) == 2
    for one, other in zip(network.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0.0, atol=1e-6)


def test_houses_have_photographs_that_differ_and_walls():
    houses = unseen_houses(houses=2, photographs=4)
    assert houses.x.shape == (2, 3, 64, 64)
    assert houses.photographs.shape == (2, 4, 3, 64, 64)
    assert all(0.05 < share < 0.8 for share in houses.walls.float().mean(dim=(1, 2)))
    flat = houses.photographs.flatten(0, 1).flatten(1)
    assert (torch.cdist(flat, flat) + torch.eye(8)).min() > 0.5  # no two are the same


@pytest.mark.parametrize("name", METHODS)
def test_answers_are_repeated_by_their_seed_and_leave_the_random_numbers_alone(name):
    network, x = METHODS[name].network(depth=DEPTH, width=WIDTH), unseen_houses(houses=1, photographs=2).x
    state = torch.get_rng_state()
    one = answers(network, x, 2, seed=3, steps=2)
    assert one.shape == (1, 2, 3, 64, 64)
    assert torch.equal(one, answers(network, x, 2, seed=3, steps=2))
    assert not torch.equal(one[:, 0], one[:, 1])
    assert torch.equal(torch.get_rng_state(), state)


def test_a_bundled_network_is_scored_for_each_number_of_steps():
    houses = unseen_houses(houses=2, photographs=2)
    found = measure(open_successor("L1+cGAN"), houses)
    assert list(found) == ["1"]
    assert found["1"]["wall"] < 0.05
    steps = measure(open_successor("flow"), houses)
    assert list(steps) == ["1", "2", "4", "8", "16", "32"]
    assert steps["16"]["wall"] > steps["1"]["wall"]
