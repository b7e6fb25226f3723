"""The trainings that compare ways against grids: what a variant changes, what is measured, and their records."""

import pytest
import torch
from torch import nn

from pix2pix_edu.drawing.classes import label_ids
from pix2pix_edu.experiments.cells import unseen_pairs
from pix2pix_edu.experiments.grids import RECORDS, VARIANTS, sky_grid, train_variant, use_resize_convolutions
from pix2pix_edu.experiments.orders import ordering
from pix2pix_edu.files import read_object
from pix2pix_edu.generator import Generator
from pix2pix_edu.training import stack_pairs


@pytest.fixture(scope="module")
def houses():
    x, y = stack_pairs(unseen_pairs("painted", 128)[:40])
    return y, label_ids(x)


def test_a_grid_in_the_sky_is_found_in_proportion_to_its_power(houses):
    y, labels = houses
    assert sky_grid(y, y, labels) == 1
    found = []
    for strength in (0.01, 0.02):
        fakes = y.clone()
        fakes[..., ::2] += strength
        found.append(sky_grid(fakes, y, labels))
    assert 3 < found[0] < found[1]
    assert 3 < found[1] / found[0] < 5


def test_a_pattern_that_is_not_at_the_same_place_of_each_block_is_no_grid(houses):
    y, labels = houses
    torch.manual_seed(0)
    noisy = y + 0.02 * torch.randn(len(y), 1, 128, 128)
    lighter_below = y + torch.linspace(-0.2, 0.2, 128)[:, None]
    assert sky_grid(noisy, y, labels) < 2
    assert sky_grid(lighter_below, y, labels) < 2


def test_a_grid_below_the_horizon_is_not_one_in_the_sky(houses):
    y, labels = houses
    fakes = y.clone()
    fakes[:, :, 100:, ::2] += 0.5
    assert sky_grid(fakes, y, labels) == sky_grid(y, y, labels)


def test_resize_convolutions_take_the_place_of_every_transposed_one():
    generator = Generator(depth=3, width=4)
    enlarging = sum(isinstance(layer, nn.ConvTranspose2d) for layer in generator.modules())
    use_resize_convolutions(generator)
    assert not any(isinstance(layer, nn.ConvTranspose2d) for layer in generator.modules())
    assert sum(isinstance(layer, nn.Upsample) for layer in generator.modules()) == enlarging == 3
    assert generator(torch.zeros(1, 3, 32, 32)).shape == (1, 3, 32, 32)


def test_resize_convolutions_are_where_the_generator_is():
    generator = Generator(depth=3, width=4).to("meta")  # in place of a GPU
    use_resize_convolutions(generator)
    assert {weight.device.type for weight in generator.parameters()} == {"meta"}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_trains_all_its_weights(name):
    generator, losses = train_variant(name, seed=0)
    before = [weight.clone() for weight in generator.parameters()]
    for _ in range(2):
        next(losses)
    assert not any(torch.equal(old, weight) for old, weight in zip(before, generator.parameters(), strict=True))


def recorded(name, measure):
    return [read_object(RECORDS / f"{name.replace(' ', '_')}-{seed}.json")["scores"][measure] for seed in range(3)]


@pytest.mark.parametrize("name", VARIANTS)
def test_a_record_states_its_variant_and_its_commit(name):
    for seed in range(3):
        record = read_object(RECORDS / f"{name.replace(' ', '_')}-{seed}.json")
        assert (record["variant"], record["seed"]) == (name, seed)
        assert record.items() >= VARIANTS[name]._asdict().items()
        assert not record["code"].endswith("dirty")


def test_the_orders_that_the_readme_states_are_those_of_the_records():
    plain = "as the paper"
    assert {ordering(recorded(plain, "sky_grid"), recorded(name, "sky_grid")) for name in VARIANTS if name != plain} == {"overlaps"}
    assert ordering(recorded("resize-convolutions", "per_class"), recorded(plain, "per_class")) == "holds"
    assert ordering(recorded(plain, "fid"), recorded("resize-convolutions", "fid")) == "holds"
    assert ordering(recorded("patch 70", "per_class"), recorded(plain, "per_class")) == "holds"
