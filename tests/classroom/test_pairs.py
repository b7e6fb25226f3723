import math
import re

import numpy as np
import pytest
import torch
from PIL import Image
from reactions import measure

from pix2pix_edu.classroom.display import as_html, png
from pix2pix_edu.classroom.pairs import checks, figures, widgets
from pix2pix_edu.drawing.classes import CLASS_COLOURS
from pix2pix_edu.drawing.facades import SyntheticPairs, draw_pair
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import jitter, to_tensor

HOUSES = SyntheticPairs(4, 64, seed=7)


def tensor(pixels):
    return torch.from_numpy(pixels).permute(2, 0, 1)


def cut(half, size, top, left, flip=False, turn=False):
    half = half[..., top : top + size, left : left + size]
    return half.flip([-1] * flip + [-2] * turn)


def places(x, size, rng):
    return rng.integers(x.shape[-2] - size + 1), rng.integers(x.shape[-1] - size + 1)


def crops_drawn_twice(x, y, size, rng):
    flip = rng.random() < 0.5
    return cut(x, size, *places(x, size, rng), flip), cut(y, size, *places(y, size, rng), flip)


def flips(x_chance, y_chance):
    def wrong(x, y, size, rng):
        place = places(x, size, rng)
        return cut(x, size, *place, rng.random() < x_chance), cut(y, size, *place, rng.random() < y_chance)

    return wrong


def alike(place=places, flip=lambda rng: rng.random() < 0.5, turn=False, larger=0):
    def wrong(x, y, size, rng):
        top, left = place(x, size, rng)
        mirrored = flip(rng)
        return tuple(cut(half, size + larger, top, left, mirrored and not turn, mirrored and turn) for half in (x, y))

    return wrong


def on_the_diagonal(x, size, rng):
    return (rng.integers(x.shape[-2] - size + 1),) * 2


def never_the_last(x, size, rng):
    return rng.integers(x.shape[-2] - size), rng.integers(x.shape[-1] - size)


def resized(x, y, size, rng):
    return tuple(torch.nn.functional.interpolate(half[None], (size, size))[0] for half in (x, y))


def mirrored(picture, direction):
    picture = picture if direction == "left_to_right" else picture.flip(-1)
    return picture[..., :10], picture[..., 10:]


def steps_of_fixed_size(xs, ys):
    edges = figures.steps(xs) > 0
    return (figures.steps(ys)[edges] > 0.5).float().mean() > 0.75


OWN = np.random.default_rng(1)

WRONG = [
    ("l1", lambda fake, y: (fake - y).mean(), "sign"),
    ("l1", lambda fake, y: (fake - y).abs().sum(), "sum"),
    ("l1", lambda fake, y: ((fake - y) ** 2).mean(), "squared"),
    ("l1", lambda fake, y: ((fake - y) ** 2).mean() ** 0.5, "root"),
    ("l1", lambda fake, y: (fake - y).abs().max(), "largest"),
    ("l1", lambda fake, y: (fake - y).abs(), "for each pixel"),
    ("l1", lambda fake, y: 7.0, "should be 0.5"),
    ("to_minus_one_one", lambda p: p / 127.5 - 1, "of type ndarray"),
    ("to_minus_one_one", lambda p: (tensor(p).float() / 127.5 - 1).long(), "whole numbers"),
    ("to_minus_one_one", lambda p: torch.from_numpy(p) / 127.5 - 1, "channels are still last"),
    ("to_minus_one_one", lambda p: torch.from_numpy(p.transpose(2, 1, 0).copy()) / 127.5 - 1, "rows and columns are swapped"),
    ("to_minus_one_one", lambda p: torch.from_numpy(p).reshape(3, 8, 32) / 127.5 - 1, "scrambles"),
    ("to_minus_one_one", lambda p: tensor(p)[None] / 127.5 - 1, "shape should be"),
    ("to_minus_one_one", lambda p: tensor(p) / 255, "range [0, 1]"),
    ("to_minus_one_one", lambda p: tensor(p) / 255 / 127.5 - 1, "twice"),
    ("to_minus_one_one", lambda p: tensor(p) - 127.5, "nothing has been scaled"),
    ("to_minus_one_one", lambda p: 1 - tensor(p) / 127.5, "white and black"),
    ("to_minus_one_one", lambda p: tensor(p).float().clamp(-1, 1), "cuts off"),
    ("to_minus_one_one", lambda p: tensor(p) / 128 - 1, "0.99"),
    ("to_minus_one_one", lambda p: (tensor(p) * 2 - 255) / 255, "in bytes"),
    ("to_minus_one_one", lambda p: tensor(p) / 200.0, "straight line"),
    ("split", lambda p, d: p[..., :10], "two tensors"),
    ("split", lambda p, d: (p[:, :3], p[:, 3:]), "through the rows"),
    ("split", lambda p, d: (p[..., :6], p[..., 6:]), "not its height"),
    ("split", lambda p, d: (p[..., :10], p[..., 10:]), "swapped for right_to_left"),
    ("split", lambda p, d: (p[..., 10:], p[..., :10]), "swapped for left_to_right"),
    ("split", mirrored, "mirrored"),
    ("split", lambda p, d: (p[..., ::2], p[..., 1::2]), "connected block"),
    ("expected_matches", lambda n: n, "without shuffling"),
    ("expected_matches", lambda n: n / 2, "chance of 1/2"),
    ("expected_matches", math.sqrt, "no root"),
    ("expected_matches", lambda n: 1 / n, "1/n is the chance that one"),
    ("expected_matches", lambda n: 0, "for n = 1 it must"),
    ("expected_matches", lambda n: 1 / math.factorial(n), "1/n!"),
    ("expected_matches", lambda n: n * n, "try n = 2"),
    ("jitter", lambda x, y, size, rng: x, "return x, y"),
    ("jitter", lambda x, y, size, rng: (x, y), "nothing was cut out"),
    ("jitter", alike(larger=-1), "should be 8 x 8"),
    ("jitter", lambda x, y, size, rng: jitter(x, y, size, rng)[::-1], "swapped"),
    ("jitter", resized, "not a crop"),
    ("jitter", alike(turn=True), "upside down"),
    ("jitter", crops_drawn_twice, "two crops"),
    ("jitter", flips(0.5, 0), "only x"),
    ("jitter", flips(0, 0.5), "only y"),
    ("jitter", flips(0.5, 0.5), "two coins"),
    ("jitter", alike(flip=lambda rng: False), "nothing was flipped"),
    ("jitter", alike(flip=lambda rng: True), "everything is flipped"),
    ("jitter", alike(place=lambda x, size, rng: (2, 3)), "always the same crop, at row 2, column 3"),
    ("jitter", alike(place=lambda x, size, rng: (2, rng.integers(8))), "one direction"),
    ("jitter", alike(place=on_the_diagonal), "diagonal"),
    ("jitter", alike(place=never_the_last), "never reached"),
    ("jitter", alike(flip=lambda rng: rng.random() < 0.1), "chance should be 1/2"),
    ("jitter", lambda x, y, size, rng: jitter(x, y, size, OWN), "same seed"),
    ("still_paired", lambda xs, ys: True, "a shuffled set passed as paired: its shapes"),
    ("still_paired", lambda xs, ys: False, "every set is called destroyed"),
    ("still_paired", lambda xs, ys: not paired(xs, ys), "wrong way round"),
    ("still_paired", steps_of_fixed_size, "with dark photos an intact set was called destroyed"),
    ("still_paired", lambda xs, ys: paired(xs, ys) or ys.max() < -0.5, "with dark photos a shuffled set passed"),
]


def paired(xs, ys):
    return figures.mean_agreement(list(zip(xs, ys, strict=True))) > 0.4


@pytest.mark.parametrize(("name", "answer", "diagnosis"), WRONG)
def test_each_wrong_answer_is_named(name, answer, diagnosis):
    verdict = getattr(checks, name)(answer)
    assert verdict.state == "not yet"
    assert diagnosis in verdict.message


def test_no_two_wrong_answers_of_a_check_have_the_same_diagnosis():
    messages = [(name, getattr(checks, name)(answer).message) for name, answer, _ in WRONG]
    assert len(set(messages)) == len(messages)


def test_a_simulated_expectation_counts_as_right():
    rng = np.random.default_rng(0)
    assert checks.expected_matches(lambda n: np.mean([(rng.permutation(n) == np.arange(n)).sum() for _ in range(500)])).state == "proved"


def test_edge_agreement_is_what_was_counted_by_hand():
    x = torch.zeros(3, 11, 11)
    x[..., 5:] = 1.0  # its edge: column 4 of 10, in 10 rows
    y = torch.zeros(3, 11, 11)
    y[..., 5:] = 0.1
    y[..., :5, 9:] = 0.1 + 0.1  # half a second edge
    assert figures.edge_agreement(x, y) == 1.0
    assert figures.edge_agreement(x.roll(2, -1), y) == 0.0
    assert figures.edge_agreement(x, y * 0.2 - 0.7) == 1.0  # dark photos have edges too
    y[..., :5, 5:] = 0.0
    assert figures.edge_agreement(x, y) == pytest.approx(0.5, abs=0.11)


def test_the_agreement_of_a_flat_label_map_is_an_error():
    with pytest.raises(ValueError, match="one flat colour"):
        figures.edge_agreement(torch.zeros(3, 8, 8), torch.rand(3, 8, 8))


def test_intact_pairs_agree_far_above_chance_and_shuffled_ones_hardly():
    pairs = list(SyntheticPairs(12, 128, seed=9))
    shuffled = [(x, pairs[i - 1][1]) for i, (x, _) in enumerate(pairs)]
    assert figures.mean_agreement(pairs) > 0.55 > 0.35 > figures.mean_agreement(shuffled) > 0.15


def test_the_share_of_stray_pixels_is_what_was_counted_by_hand():
    label_map = Image.new("RGB", (4, 4), CLASS_COLOURS["window"])
    damaged = label_map.copy()
    damaged.putpixel((0, 0), CLASS_COLOURS["sill"])  # a class, but not in this map
    damaged.putpixel((1, 0), (2, 126, 255))  # no class, but nearest to window
    assert figures.stray_share(label_map) == 0.0
    assert figures.stray_share(damaged) == 1 / 16


def test_the_translation_states_its_l1_and_is_repeatable_by_seed():
    torch.manual_seed(0)
    G = Generator(depth=4, width=8)
    before = torch.get_rng_state()
    first, again, other = (widgets.draw_translation(G, HOUSES, 2, noise) for noise in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert re.search(r"House 2, noise 0: .* L1 between fake and y: 0\.\d{3}\.", first[1])
    assert as_html(*first) == as_html(*again)
    assert png(first[0]) != png(other[0])


def numbers(alt):
    place = r"row (\d+), column (\d+)( and flipped)?"
    return re.search(rf"x is cut at {place}, y at {place}; (\d\.\d\d)", alt).groups()


@pytest.mark.parametrize("seed", range(4))
def test_one_draw_cuts_both_halves_at_the_stated_place(seed):
    *place, agreement = numbers(widgets.draw_jitter(3, seed, 112, True)[1])
    assert place[:3] == place[3:]
    top, left, flip = int(place[0]), int(place[1]), bool(place[2])
    x, y = (cut(half, 112, top, left, flip) for half in widgets.HOUSES[3])
    assert all(map(torch.equal, (x, y), jitter(*widgets.HOUSES[3], 112, np.random.default_rng(seed))))
    assert agreement == f"{figures.edge_agreement(x, y):.2f}"


def test_two_draws_cut_at_two_places():
    *place, _ = numbers(widgets.draw_jitter(3, 0, 112, False)[1])
    assert place[:3] != place[3:]


def test_every_damage_lowers_the_agreement_of_the_shown_house():
    stated = {}
    for damage in widgets.DAMAGES:
        alt = widgets.draw_destroyed(12, damage)[1]
        assert f"damage: {damage}. " in alt
        stated[damage] = float(re.search(r"(\d\.\d\d) of the label edges", alt).group(1))
    assert all(value < stated["none"] - 0.1 for damage, value in stated.items() if damage != "none")


def test_a_control_redraws_its_picture():
    explorer = widgets.explore_jitter()
    controls, picture, _ = explorer.children
    before = picture.value
    controls.children[-1].value = False
    assert picture.value != before
    assert "a draw for each half" in picture.value


def test_the_other_explorers_show_their_first_picture():
    for explorer in (widgets.explore_destroyed(), widgets.explore_translation(Generator(depth=4, width=8), HOUSES)):
        assert "<img alt=" in explorer.children[1].value


def test_the_remaining_figures_draw():
    label_map, photo = draw_pair(3, 64)
    x, y = to_tensor(label_map), to_tensor(photo)
    drawn = [
        figures.draw_file(Image.fromarray(np.hstack([label_map, photo]))),
        figures.draw_photos(x, torch.stack([y, -y, y / 2, y])),
        figures.draw_agreements({"intact": 0.7, "apart": 0.2}),
        figures.draw_label_damage({"as drawn": label_map, "bicubic": label_map.resize((71, 71), Image.Resampling.BICUBIC)}),
        figures.draw_fakes(x[None], {"G": y[None]}, y[None]),
        figures.draw_l1_curves({"intact": [0.4, 0.3], "shuffled": [0.4, 0.35]}, 0.33),
    ]
    assert all(as_html(figure, "seen").startswith("<img") for figure in drawn)


def test_each_photo_is_drawn_at_twice_its_size():
    label_map, photo = (to_tensor(side) for side in draw_pair(3, 64))
    figure = figures.draw_photos(label_map, torch.stack([photo, -photo, photo / 2, photo]))
    assert {tuple(axes.get_window_extent().size.round(6)) for axes in figure.axes} == {(128.0, 128.0)}


def test_the_alt_text_of_each_widget_follows_its_controls(record_property):
    G = Generator(depth=5, width=32)
    draws = {
        "translation": lambda i: widgets.draw_translation(G, HOUSES, i % 4, i),
        "jitter": lambda i: widgets.draw_jitter(i, i, 128, i % 2 == 0),
        "destroyed": lambda i: widgets.draw_destroyed(i, list(widgets.DAMAGES)[i % len(widgets.DAMAGES)]),
    }
    measure(record_property, draws)
