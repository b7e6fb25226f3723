"""The trainings with bright spots: what is measured, what a variant changes, and their records."""

import pytest
import torch
from torch import nn

from pix2pix_edu.classroom.unet_skips import spots
from pix2pix_edu.experiments.droplets import SIZE, VARIANTS, file_name, spot, train_variant
from pix2pix_edu.files import DATA, read_object
from pix2pix_edu.generator import Generator


def test_a_spot_that_all_pictures_share_is_found_and_spots_that_move_are_not():
    torch.manual_seed(0)
    pictures = torch.randn(60, 3, SIZE, SIZE) * 0.1
    even = spot(pictures)
    assert even < 1.6
    moving = pictures.clone()
    for number in range(60):
        moving[number, :, number, (7 * number) % SIZE] += 1.0
    assert spot(moving) < 2.0
    fixed = pictures.clone()
    fixed[:, :, 20, 30] += 1.0
    assert spot(fixed) > 10


@pytest.mark.parametrize(("name", "left"), [("batch norm", nn.BatchNorm2d), ("group norm", nn.GroupNorm), ("no norm", None)])
def test_a_variant_replaces_every_norm_of_the_generator(name, left):
    generator, _ = train_variant(name, seed=0)
    norms = sum(isinstance(layer, nn.BatchNorm2d) for layer in Generator(depth=generator.depth, width=16).modules())
    kinds = {nn.GroupNorm if isinstance(layer, nn.GroupNorm) else nn.BatchNorm2d for layer in generator.modules() if is_norm(layer)}
    assert kinds == ({left} if left else set())
    assert sum(is_norm(layer) for layer in generator.modules()) == (norms if left else 0)


def is_norm(layer):
    return isinstance(layer, (nn.BatchNorm2d, nn.GroupNorm))


def test_the_variants_without_a_norm_at_the_end_and_with_resize_convolutions_differ_from_the_first_in_that_alone():
    first, end, resize = (train_variant(name, seed=0)[0] for name in ("batch norm", "no norm at the end", "resize-convolutions"))
    norms, left = ([isinstance(layer, nn.BatchNorm2d) for block in each.up for layer in block] for each in (first, end))
    assert (sum(norms) - sum(left), any(is_norm(layer) for layer in end.up[-1])) == (1, False)
    assert [type(layer) for layer in resize.modules() if isinstance(layer, nn.ConvTranspose2d)] == []
    assert sum(is_norm(layer) for layer in resize.modules()) == sum(is_norm(layer) for layer in first.modules())


def test_a_variant_trains():
    generator, losses = train_variant("no norm", seed=0)
    before = generator.last[1].weight.clone()
    next(losses)
    assert not torch.equal(generator.last[1].weight, before)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_record_states_its_variant(name):
    for seed in range(3):
        record = read_object(DATA / "droplets" / f"{file_name(name)}-{seed}.json")
        assert (record["variant"], record["seed"]) == (name, seed)
        assert {"resize": False, **record}.items() >= VARIANTS[name]._asdict().items()  # the first records do not name `resize`


def test_the_lesson_shows_every_variant_with_its_three_values():
    figure, alt = spots.draw()
    assert figure is not None
    for name, values in spots.recorded().items():
        assert f"{name} {', '.join(f'{value:.1f}' for value in values)}" in alt
