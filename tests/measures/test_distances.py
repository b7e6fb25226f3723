"""Distances between sets of pictures, compared with closed forms and with plain loops."""

import runpy

import pytest
import torch
from repository import ROOT

from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.measures.distances import frechet_distance, kernel_distance, perceptual_distance
from pix2pix_edu.measures.features import Features
from pix2pix_edu.training import stack_pairs

train_features = runpy.run_path(str(ROOT / "data" / "make_features.py"))["train_features"]


def rows(count, dimensions=4, seed=0):
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed))


def test_the_frechet_distance_of_two_normal_distributions_has_its_closed_form():
    """For equal covariances it is the squared distance of the means; for multiples s and t of one, the trace times (sqrt s - sqrt t)^2."""
    real = rows(50)
    assert frechet_distance(real + torch.tensor([1.0, 2.0, 0.0, 0.0]), real) == pytest.approx(5.0)
    assert frechet_distance(real, real) == pytest.approx(0.0, abs=1e-9)
    real = real - real.mean(dim=0)
    assert frechet_distance(3 * real, real) == pytest.approx(4 * real.double().T.cov().trace().item())


def test_the_frechet_distance_agrees_with_the_square_root_of_a_matrix():
    from scipy.linalg import sqrtm

    one, two = rows(60), rows(80, seed=1) @ rows(4, seed=2) + 0.5
    covariances = [side.double().T.cov() for side in (one, two)]
    root = torch.from_numpy(sqrtm((covariances[0] @ covariances[1]).numpy()).real)
    means = (one.double().mean(dim=0) - two.double().mean(dim=0)).square().sum()
    assert frechet_distance(one, two) == pytest.approx((means + sum(covariances).trace() - 2 * root.trace()).item())


def test_more_features_than_pictures_give_a_finite_distance():
    assert 0 < frechet_distance(rows(10, 40), rows(12, 40, seed=1)) < 1000


@pytest.mark.parametrize(("distance", "biased"), [(frechet_distance, True), (kernel_distance, False)])
def test_few_pictures_make_the_frechet_distance_larger_and_not_the_kernel_distance(distance, biased):
    few, many = (sum(distance(rows(n, 16, seed), rows(n, 16, seed + 100)) for seed in range(10)) / 10 for n in (40, 1000))
    if biased:
        assert few > 5 * many > 0
    else:
        assert abs(few) < 0.1
        assert abs(many) < 0.01


def test_the_kernel_distance_agrees_with_a_plain_loop():
    one, two = rows(5).double(), rows(6, seed=1).double() + 1

    def k(a, b):
        return (sum(x * y for x, y in zip(a.tolist(), b.tolist(), strict=True)) / 4 + 1) ** 3

    def mean(pairs):
        values = [k(a, b) for a, b in pairs]
        return sum(values) / len(values)

    within = [mean((a, b) for i, a in enumerate(side) for j, b in enumerate(side) if i != j) for side in (one, two)]
    assert kernel_distance(one, two) == pytest.approx(sum(within) - 2 * mean((a, b) for a in one for b in two))


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_a_set_of_one_picture_is_refused(distance):
    with pytest.raises(ValueError, match="two pictures or more"):
        distance(rows(1), rows(5))


def test_the_perceptual_distance_looks_at_the_direction_of_the_features():
    a = torch.tensor([3.0, 0.0]).view(1, 2, 1, 1)
    b = torch.tensor([0.0, 0.2]).view(1, 2, 1, 1)
    assert perceptual_distance([a], [5 * a]).tolist() == [0.0]
    assert perceptual_distance([a], [b]).tolist() == pytest.approx([2.0])
    assert perceptual_distance([a, a], [b, a]).tolist() == pytest.approx([1.0])


@pytest.fixture(scope="module")
def trained():
    return train_features(SyntheticPairs(64, 64), steps=30, batch_size=8)


def test_features_of_blurred_photographs_are_farther_than_those_of_other_real_ones(trained):
    _, ys = stack_pairs(SyntheticPairs(48, 64, seed=1))
    blurred = torch.nn.functional.avg_pool2d(ys[:24], 5, 1, 2)
    real, others, blurs = (trained.describe(trained.levels(some)) for some in (ys[:24], ys[24:], blurred))
    assert frechet_distance(blurs, real) > frechet_distance(others, real)
    assert kernel_distance(blurs, real) > kernel_distance(others, real)
    near = perceptual_distance(trained.levels(ys[:8]), trained.levels((ys[:8] + 0.02).clamp(-1, 1)))
    far = perceptual_distance(trained.levels(ys[:8]), trained.levels(ys[8:16]))
    assert (near < far).all()


def test_training_is_the_same_for_the_same_seed():
    pairs = SyntheticPairs(4, 32)
    one, same, other = (train_features(pairs, 2, seed, 2).classify.weight for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_pictures_of_any_size_have_equally_many_features():
    network = Features().eval()
    small, large = (network.describe(network.levels(torch.zeros(2, 3, side, side))) for side in (64, 256))
    assert small.shape == large.shape
