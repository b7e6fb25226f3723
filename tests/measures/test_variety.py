import pytest
import torch

from pix2pix_edu.measures.variety import variety


def test_equal_answers_have_no_variety():
    answers = torch.rand(2, 1, 3, 8, 8).expand(-1, 4, -1, -1, -1)
    assert variety(answers, torch.ones(2, 8, 8, dtype=torch.bool)) == pytest.approx((0.0, 0.0), abs=1e-6)


def test_the_spread_of_a_wall_is_the_deviation_of_its_mean_colour():
    answers, walls = torch.zeros(1, 4, 3, 8, 8), torch.zeros(1, 8, 8, dtype=torch.bool)
    walls[:, :4] = True
    colours = torch.tensor([0.0, 0.2, 0.6, 1.0])
    answers[0, :, :, :4] = colours[:, None, None, None]
    answers[0, :, :, 4:] = torch.rand(4, 3, 4, 8)  # no wall
    assert variety(answers, walls).wall == pytest.approx(colours.std().item())


def test_the_difference_is_that_of_two_answers_to_the_same_x():
    answers = torch.zeros(2, 2, 3, 8, 8)
    answers[1] = 1.0  # the other x has other answers, which are alike
    answers[0, 1] = 0.5
    assert variety(answers, torch.ones(2, 8, 8, dtype=torch.bool)).difference == pytest.approx(0.25)


@pytest.mark.parametrize("shape", [(2, 3, 3, 8, 8), (2, 1, 3, 8, 8), (4, 3, 8, 8)])
def test_other_numbers_of_answers_are_refused(shape):
    with pytest.raises(ValueError, match=r"give two, four, \.\.\. answers to each x"):
        variety(torch.zeros(shape), torch.ones(2, 8, 8, dtype=torch.bool))


def test_a_label_map_without_wall_is_refused():
    with pytest.raises(ValueError, match="has no wall: leave it out"):
        variety(torch.zeros(2, 2, 3, 8, 8), torch.zeros(2, 8, 8, dtype=torch.bool))
