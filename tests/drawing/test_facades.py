"""Drawn facades: the same pixels on every machine; the photograph obeys x, and is random where x says nothing."""

import hashlib
import itertools

import numpy as np
import pytest
import torch
from PIL import Image
from repository import ROOT

from pix2pix_edu.drawing.classes import AROUND, CLASS_COLOURS, PALETTE, SKY_COLOURS, WALL_COLOURS, label_ids
from pix2pix_edu.drawing.facades import SyntheticPairs, draw_pair, draw_reversed_pair, write_pairs
from pix2pix_edu.drawing.look import BRICKS, WALLS
from pix2pix_edu.drawing.seeds import SIZES
from pix2pix_edu.drawing.shapes import draw_shapes_pair
from pix2pix_edu.drawing.unpainted import draw_unpainted_pair
from pix2pix_edu.images import split_pair
from pix2pix_edu.photos.verification import read_manifest

DRAWN = ROOT / "data" / "drawn"
SEEDS = range(120)
TASKS = (draw_pair, draw_reversed_pair, draw_unpainted_pair, draw_shapes_pair)
PINNED = {
    (draw_pair, 0, 32): "0a86987d209e43cf",
    (draw_pair, 0, 64): "cbb1f73ed4d8ffe3",
    (draw_pair, 0, 128): "9fb3ab50d1e8aae8",
    (draw_pair, 0, 256): "cddc4d8af7eedfbc",
    (draw_pair, 2026, 64): "c76b3e721c556f73",
    (draw_shapes_pair, 0, 32): "be03239138a8842d",
    (draw_shapes_pair, 0, 64): "3cb979dedb925d65",
    (draw_shapes_pair, 0, 128): "d0d2702d1ae31981",
    (draw_shapes_pair, 0, 256): "5f2dbc2caad18f7c",
    (draw_shapes_pair, 1, 64): "7e5776a59f2c5a67",
    (draw_shapes_pair, 2026, 64): "8cf690acdcdf9ee5",
}


def checksum(pair):
    return hashlib.sha256(b"".join(image.tobytes() for image in pair)).hexdigest()[:16]


@pytest.fixture(scope="module")
def pairs():
    return [tuple(np.asarray(side, dtype=int) for side in draw_pair(seed, 64)) for seed in SEEDS]


def where(x, colour):
    return (x == colour).all(axis=-1)


@pytest.mark.parametrize("size", [32, 64, 256])
def test_a_label_map_has_only_the_colours_of_its_palette(size):
    for seed in range(10):
        assert {colour for _, colour in draw_pair(seed, size)[0].getcolors()} <= set(CLASS_COLOURS.values())


def test_any_two_colours_of_the_palette_are_told_apart_by_eye():
    assert min(np.linalg.norm(np.subtract(*two)) for two in itertools.combinations(CLASS_COLOURS.values(), 2)) > 35


@pytest.mark.parametrize("name", CLASS_COLOURS)
def test_each_class_occurs_in_one_picture_of_twenty_or_more(pairs, name):
    assert np.mean([where(x, CLASS_COLOURS[name]).any() for x, _ in pairs]) > 1 / 20


@pytest.mark.parametrize("names", [SKY_COLOURS, WALL_COLOURS])
def test_a_label_map_has_one_sky_and_one_wall(pairs, names):
    assert {sum(where(x, colour).any() for colour in names.values()) for x, _ in pairs} == {1}


def test_the_wall_of_the_photograph_has_the_paint_that_x_says(pairs):
    for x, y in pairs:
        (wall,) = (colour for colour in WALL_COLOURS.values() if where(x, colour).any())
        photographed = np.median(y[where(x, wall)], axis=0)
        nearest = min(WALLS, key=lambda paint: np.abs(photographed / photographed.sum() - np.divide(paint, sum(paint))).sum())
        assert nearest == wall


def test_warm_walls_are_bricks_and_cool_walls_boards():
    names = list(WALL_COLOURS)
    assert [name.endswith("bricks") for name in names] == [number in BRICKS for number in range(len(names))]
    assert list(WALL_COLOURS.values()) == WALLS


def test_a_cloud_in_x_is_a_cloud_in_the_photograph(pairs):
    brighter = [y[where(x, AROUND["cloud"])].mean() - y[:20].mean() for x, y in pairs if where(x, AROUND["cloud"]).sum() > 20]
    assert len(brighter) > 40
    assert min(brighter) > 0


def test_more_windows_are_lit_at_night_than_by_day(pairs):
    def lit(sky):
        panes = [y[where(x, CLASS_COLOURS["window"])] for x, y in pairs if where(x, SKY_COLOURS[sky]).any()]
        return np.mean([((pane[:, 0] - pane[:, 2]) > 60).mean() for pane in panes])

    assert lit("day") < lit("dusk") < lit("night")


@pytest.mark.parametrize(("task", "seed", "size"), PINNED)
def test_a_seed_draws_the_pinned_pixels(task, seed, size):
    assert checksum(task(seed, size)) == PINNED[task, seed, size]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("size", SIZES)
def test_both_pictures_are_rgb_squares_of_the_requested_size_for_every_seed(task, size):
    for seed in range(2560 // size):
        assert [(picture.mode, picture.size) for picture in task(seed, size)] == [("RGB", (size, size))] * 2


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("size", [0, -64, 16, 40, 96])
def test_a_size_that_cannot_be_drawn_is_refused_with_the_sizes_that_can(task, size):
    with pytest.raises(ValueError, match=f"a side of 32, 48, 64, 128, 144, 256 pixels, got {size}"):
        task(0, size)


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed must be 0 or more, got -1"):
        draw_pair(-1, 64)


@pytest.mark.parametrize("task", [draw_pair, draw_shapes_pair])
def test_another_appearance_gives_another_picture_of_the_same_input(task):
    (first_x, first_y), (second_x, second_y) = task(5, 64, appearance=1), task(5, 64, appearance=2)
    assert first_x.tobytes() == second_x.tobytes()
    assert np.abs(np.asarray(first_y, dtype=int) - np.asarray(second_y)).mean() > 5


def test_without_an_appearance_the_seed_is_the_appearance():
    assert checksum(draw_pair(5, 64)) == checksum(draw_pair(5, 64, appearance=5))


def test_a_reversed_pair_has_the_photo_first():
    assert checksum(draw_reversed_pair(4, 64)) == checksum(draw_pair(4, 64)[::-1])


def test_pairs_are_tensors_of_the_label_map_and_the_photo():
    x, y = SyntheticPairs(2, 32)[1]
    label_map, photo = draw_pair(1, 32)
    for tensor, picture in ((x, label_map), (y, photo)):
        assert tensor.shape == (3, 32, 32)
        assert tensor.dtype == torch.float32
        expected = torch.tensor(np.array(picture)).permute(2, 0, 1) / 127.5 - 1
        torch.testing.assert_close(tensor, expected)


def test_a_loop_over_pairs_ends_after_the_last():
    assert len(list(SyntheticPairs(3, 32))) == len(SyntheticPairs(3, 32)) == 3


@pytest.mark.parametrize("index", [-1, 3, 100])
def test_an_index_out_of_range_is_an_index_error(index):
    with pytest.raises(IndexError, match=f"from 0 to 2, got {index}"):
        SyntheticPairs(3, 32)[index]


@pytest.mark.parametrize("count", [-1, 1_000_001])
def test_a_count_that_would_reach_the_pairs_of_the_next_seed_is_refused(count):
    with pytest.raises(ValueError, match=f"count must be from 0 to 1000000, got {count}"):
        SyntheticPairs(count, 32)


def test_two_seeds_have_no_photo_in_common():
    assert len({y.numpy().tobytes() for seed in (0, 1) for _, y in SyntheticPairs(30, 32, seed)}) == 60


def test_a_pair_is_drawn_once():
    calls = []
    pairs = SyntheticPairs(1, 32, task=lambda seed, size: calls.append(seed) or draw_pair(seed, size))
    assert torch.equal(pairs[0][1], pairs[0][1])
    assert len(calls) == 1


def test_changing_a_tensor_does_not_change_the_data_set():
    pairs = SyntheticPairs(1, 32)
    pairs[0][0].zero_()
    assert pairs[0][0].abs().max() > 0


def test_label_ids_find_the_class_of_each_colour_of_the_palette():
    stripes = Image.fromarray(PALETTE[None].repeat(3, axis=0))  # a column for each class
    assert label_ids(stripes).tolist() == [list(range(len(PALETTE)))] * 3


def test_label_ids_tolerate_noise_below_half_the_distance_to_the_next_colour():
    x, _ = SyntheticPairs(1, 64)[0]
    noise = torch.rand(x.shape, generator=torch.Generator().manual_seed(0)) * 0.1 - 0.05
    assert torch.equal(label_ids(x + noise), label_ids(x))


def test_label_ids_refuse_a_tensor_that_is_not_a_picture():
    with pytest.raises(ValueError, match=r"\(3, height, width\), got \(12, 8, 8\)"):
        label_ids(torch.zeros(12, 8, 8))


@pytest.mark.parametrize(("split", "count", "seed"), [("train", 36, 1), ("val", 12, 2)])
def test_the_bundled_pairs_are_those_of_write_pairs(tmp_path, split, count, seed):
    bundled = sorted((DRAWN / split).glob("*.png"))
    made = write_pairs(tmp_path, count, 128, seed)
    assert [path.name for path in bundled] == [path.name for path in made]
    for one, other in zip(bundled, made, strict=True):
        assert np.array_equal(np.asarray(Image.open(one)), np.asarray(Image.open(other))), one.name


def test_a_written_pair_has_its_label_map_on_the_left(tmp_path):
    left, right = split_pair(Image.open(write_pairs(tmp_path, 1, 32, seed=0)[0]))
    assert checksum((left, right)) == checksum(draw_pair(0, 32))


def test_the_manifest_lists_every_bundled_pair_with_its_checksum():
    checksums = {path.relative_to(DRAWN).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in DRAWN.glob("*/*.png")}
    assert read_manifest(DRAWN / "MANIFEST.sha256") == checksums
    assert list(read_manifest(DRAWN / "MANIFEST.sha256")) == sorted(checksums)
