"""Unpainted facades: x says the layout alone, and the photograph takes any paint."""

import hashlib

import numpy as np
import pytest

from pix2pix_edu.drawing.classes import UNPAINTED_COLOURS
from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.drawing.layout import facade_layout
from pix2pix_edu.drawing.look import facade_look
from pix2pix_edu.drawing.unpainted import draw_unpainted_pair

PINNED = {
    (0, 32): "4eea3c8101c79f9b",
    (0, 64): "e4de7e61ecae84fd",
    (0, 128): "b1106e3074d369b4",
    (0, 256): "55dce93b268ffe3d",
    (1, 64): "e06c09d5e605bab2",
    (2026, 64): "1f716a58b7cd5ea0",
}


def checksum(pair):
    return hashlib.sha256(b"".join(image.tobytes() for image in pair)).hexdigest()[:16]


@pytest.mark.parametrize(("seed", "size"), PINNED)
def test_a_seed_draws_the_pinned_pixels(seed, size):
    assert checksum(draw_unpainted_pair(seed, size)) == PINNED[seed, size]


@pytest.fixture(scope="module")
def label_maps():
    return [draw_unpainted_pair(seed, 64)[0] for seed in range(150)]


@pytest.mark.parametrize("size", [32, 64, 256])
def test_a_label_map_has_only_the_twelve_colours_of_the_palette(size):
    colours = set(UNPAINTED_COLOURS.values())
    assert len(UNPAINTED_COLOURS) == len(colours) == 12
    for seed in range(10):
        assert {colour for _, colour in draw_unpainted_pair(seed, size)[0].getcolors()} <= colours


@pytest.mark.parametrize("name", UNPAINTED_COLOURS)
def test_each_class_occurs_in_a_third_of_the_images_or_more(label_maps, name):
    colour = UNPAINTED_COLOURS[name]
    share = np.mean([(np.asarray(label_map) == colour).all(axis=-1).any() for label_map in label_maps])
    assert share > 1 / 3


def test_the_layout_is_the_same_at_every_size():
    small, large = (np.asarray(draw_unpainted_pair(7, size)[0]) for size in (64, 256))
    np.testing.assert_array_equal(large[::4, ::4], small)


def test_about_half_of_the_photos_show_a_given_window_lit():
    window = [box for box in facade_layout(np.random.default_rng([9, 0])) if box.kind == "window"][-1]
    panes = [np.asarray(draw_unpainted_pair(9, 64, appearance=i)[1], dtype=int)[window.bottom - 3, window.left + 2] for i in range(200)]
    lit = [red > blue + 60 for red, _, blue in panes]  # lamplight is warm, glass is blue
    assert 0.4 < np.mean(lit) < 0.6


def test_no_wall_colour_is_the_likely_one():
    hues = {tuple(facade_look(np.random.default_rng(seed)).wall // 24) for seed in range(100)}
    assert len(hues) > 20


def test_the_same_window_is_lit_at_every_size():
    small, large = (np.asarray(draw_unpainted_pair(2, size)[1], dtype=int) for size in (64, 256))
    enlarged = small.repeat(4, axis=0).repeat(4, axis=1)
    assert np.abs(enlarged - large).mean() < 25  # only details differ


def test_another_appearance_gives_another_picture_of_the_same_input():
    (first_x, first_y), (second_x, second_y) = draw_unpainted_pair(5, 64, appearance=1), draw_unpainted_pair(5, 64, appearance=2)
    assert first_x.tobytes() == second_x.tobytes()
    assert np.abs(np.asarray(first_y, dtype=int) - np.asarray(second_y)).mean() > 10


def test_the_building_is_the_one_of_the_painted_task():
    for seed in range(20):
        windows = [(np.asarray(draw(seed, 64)[0]) == UNPAINTED_COLOURS["window"]).all(axis=-1) for draw in (draw_pair, draw_unpainted_pair)]
        assert (windows[0] == windows[1]).all()
