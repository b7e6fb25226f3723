import pytest
import torch
from torch import nn

from pix2pix_edu.successors.flow import FlowNetwork, flow_loss, sample, train_flow


class Knowing(nn.Module):
    """A network that always guesses the same photograph, and keeps what it was given."""

    def __init__(self, photograph):
        super().__init__()
        self.photograph, self.given = photograph, []

    def forward(self, x, mixture, t):
        self.given.append((mixture, t))
        return self.photograph.expand_as(mixture)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_walk_goes_straight_from_the_noise_to_the_guess_and_ends_there(steps):
    noise, photograph = torch.randn(2, 3, 8, 8), torch.rand(1, 3, 8, 8)
    network = Knowing(photograph)
    end = sample(network, torch.zeros(2, 3, 8, 8), noise, steps)
    torch.testing.assert_close(end, photograph.expand_as(noise))
    for number, (mixture, t) in enumerate(network.given):
        share = number / steps
        assert t.tolist() == pytest.approx([share] * 2)
        torch.testing.assert_close(mixture, (1 - share) * noise + share * photograph)


def test_a_walk_that_begins_in_the_middle_takes_the_steps_that_are_left():
    network = Knowing(torch.rand(1, 3, 8, 8))
    sample(network, torch.zeros(1, 3, 8, 8), torch.randn(1, 3, 8, 8), steps=8, first=5)
    assert [t.item() for _, t in network.given] == [5 / 8, 6 / 8, 7 / 8]


def test_a_training_mixes_as_much_photograph_with_noise_as_t_says():
    y = torch.full((2000, 3, 2, 2), 5.0)
    network = Knowing(torch.zeros(1, 3, 2, 2))
    loss = flow_loss(network, y, y, torch.Generator().manual_seed(0))
    assert loss.item() == pytest.approx(25.0)  # the squared error of the guess itself
    ((mixture, t),) = network.given
    share = t[:, None, None, None]
    assert 0 <= t.min() < 0.01 < 0.99 < t.max() < 1
    noise = (mixture - share * y) / (1 - share)
    assert abs(noise[t < 0.9].mean()) < 0.03
    assert abs(noise[t < 0.9].std() - 1) < 0.03


def test_a_guess_depends_on_x_the_mixture_and_t_and_on_no_other_picture_of_the_batch():
    torch.manual_seed(0)
    network = FlowNetwork(depth=3, width=8)
    given = [torch.randn(2, 3, 16, 16), torch.randn(2, 3, 16, 16), torch.tensor([0.2, 0.7])]
    with torch.no_grad():
        guess = network(*given)
        for place in range(3):
            changed = [side + 0.3 if number == place else side for number, side in enumerate(given)]
            assert not torch.equal(network(*changed), guess)
        torch.testing.assert_close(network(*(side[:1] for side in given)), guess[:1])
    assert guess.shape == (2, 3, 16, 16)


def test_a_network_learns_both_answers_to_one_x():
    """Half of the photographs are dark and half light: many small steps end at one or the other, one step in between."""
    torch.manual_seed(0)
    network, order = FlowNetwork(depth=2, width=8), torch.Generator().manual_seed(0)

    class Pairs:
        def __getitem__(self, step):
            sign = torch.randint(0, 2, (16, 1, 1, 1), generator=order) * 2.0 - 1.0
            return torch.zeros(16, 3, 8, 8), 0.8 * sign.expand(-1, 3, 8, 8)

    losses = list(train_flow(network, Pairs(), steps=300))
    assert sum(losses[-20:]) < 0.5 * sum(losses[:20])
    noise = torch.randn(64, 3, 8, 8)
    one, many = (sample(network, torch.zeros_like(noise), noise, steps).mean(dim=(1, 2, 3)) for steps in (1, 16))
    assert one.abs().mean() < 0.5
    assert many.abs().mean() > 0.65
    assert 0.25 < (many > 0).float().mean() < 0.75


def test_a_training_is_repeated_by_its_seed():
    results = []
    for _ in range(2):
        torch.manual_seed(0)
        network = FlowNetwork(depth=2, width=8)
        batches = [(torch.zeros(2, 3, 8, 8), torch.ones(2, 3, 8, 8))] * 3
        results.append((list(train_flow(network, batches, steps=3)), network.unet.last[1].weight))
    assert results[0][0] == results[1][0]
    assert torch.equal(results[0][1], results[1][1])
