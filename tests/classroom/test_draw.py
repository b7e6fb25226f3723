import random

import numpy as np
import pytest
import torch

from pix2pix_edu.classroom.display import as_html
from pix2pix_edu.classroom.draw import checks, figures, holding
from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.drawing.layout import Box
from pix2pix_edu.generator import Generator
from pix2pix_edu.held_norms import with_norms_of
from pix2pix_edu.images import to_tensor


def fills(rows=lambda top, left, bottom, right: (top, bottom), columns=lambda top, left, bottom, right: (left, right), copies=True):
    """Return a rectangle function that fills these rows and columns."""

    def answer(labels, kind, *sides):
        labels = labels.copy() if copies else labels
        labels[slice(*rows(*sides)), slice(*columns(*sides))] = kind
        return labels

    return answer


def one_axis_at_a_time(labels, kind, top, left, bottom, right):
    labels = labels.copy()
    labels[top:bottom] = kind
    labels[:, left:right] = kind
    return labels


def rim_only(labels, kind, top, left, bottom, right):
    filled = fills()(labels, kind, top, left, bottom, right)
    inside = slice(top + 1, bottom - 1), slice(left + 1, right - 1)
    filled[inside] = labels[inside]
    return filled


def reaches(changed=lambda before, after: (before != after).any(dim=0), beyond=None):
    """Return a reach function from what counts as changed and how far a pixel is beyond the box."""

    def diagonal(row, column, top, left, bottom, right):
        return max(0, top - row, row - bottom + 1, left - column, column - right + 1)

    def answer(before, after, box):
        pixels = changed(before, after).nonzero().tolist()
        return max(((beyond or diagonal)(row, column, *box) for row, column in pixels), default=0)

    return answer


def from_the_middle(row, column, top, left, bottom, right):
    return max(abs(row - (top + bottom) // 2), abs(column - (left + right) // 2))


def draws(jump=lambda difference, threshold: difference.abs() > threshold, axes=(1, 2), dark=-1.0, white=1.0, light=None, shift=0):
    """Return an outlines function from what counts as a jump, along which axes, and in which colours it is drawn."""

    def answer(photo, threshold):
        lightness = (light or (lambda picture: picture.mean(dim=0, keepdim=True)))(photo)
        x = torch.full_like(photo, white)
        for axis in axes:
            count = photo.shape[axis] - 1
            lines = jump(lightness.narrow(axis, 1, count) - lightness.narrow(axis, 0, count), threshold)
            x.narrow(axis, shift, count)[:, lines[0]] = dark
        return x

    return answer


def by_picture(names, every):
    ordered = sorted(names)
    return [name for number, name in enumerate(ordered) if number % every], ordered[::every]


def of_series(choose, order=sorted):
    """Return a function that sets whole series aside: which of them, and in which order it looks at them."""

    def answer(names, every):
        series = order({name.split("_")[0]: None for name in names})
        chosen = choose(series, every)
        return [name for name in names if name.split("_")[0] not in chosen], [name for name in names if name.split("_")[0] in chosen]

    return answer


def at_random(series, every):
    random.seed(0)
    return random.sample(series, len(series) // every)


def one_of_each(names, every):
    firsts = list({name.split("_")[0]: name for name in names}.values())
    return [name for name in names if name not in firsts], firsts


WRONG = [
    ("rectangle", fills(copies=False), "so undo cannot work"),
    ("rectangle", fills(lambda t, le, b, r: (le, r), lambda t, le, b, r: (t, b)), "rows and columns are swapped"),
    ("rectangle", fills(lambda t, le, b, r: (t, b + 1), lambda t, le, b, r: (le, r + 1)), "one row and one column too many"),
    ("rectangle", fills(lambda t, le, b, r: (t, b - 1), lambda t, le, b, r: (le, r - 1)), "one row and one column too few"),
    ("rectangle", one_axis_at_a_time, "whole rows and whole columns"),
    ("rectangle", lambda labels, *_: labels, "nothing has changed"),
    ("rectangle", lambda labels, *_: None, "it returns nothing"),
    ("rectangle", rim_only, "pixels are wrong"),
    ("rectangle", fills(), "counts from the far end"),
    ("reach", reaches(beyond=from_the_middle), "not from its middle"),
    ("reach", reaches(beyond=lambda row, column, t, le, b, r: max(0, row - b + 1, column - r + 1)), "on all four sides"),
    ("reach", reaches(beyond=lambda row, column, t, le, b, r: max(0, t - row, row - b, le - column, column - r)), "one too few"),
    ("reach", reaches(beyond=lambda row, column, t, le, b, r: max(0, t - row, row - b + 1, le - column, column - r + 2)), "one too many"),
    ("reach", reaches(lambda before, after: (after > before).any(dim=0)), "became darker"),
    ("reach", reaches(lambda before, after: ((after - before).abs() > 0.1).any(dim=0)), "a small change is a change"),
    ("reach", reaches(lambda before, after: after.sum(dim=0) != before.sum(dim=0)), "each channel"),
    (
        "reach",
        reaches(beyond=lambda row, column, t, le, b, r: max(t - row, row - b + 1, le - column, column - r + 1)),
        "no distance is negative",
    ),
    ("reach", lambda before, after, box: max(reaches()(before, after, box), int(torch.equal(before, after))), "one too many"),
    ("outlines", draws(dark=1.0, white=-1.0), "white lines on black"),
    ("outlines", draws(dark=0.0), "black is -1"),
    ("outlines", draws(lambda difference, threshold: difference > threshold), "becomes brighter only"),
    ("outlines", draws(lambda difference, threshold: -difference > threshold), "becomes darker only"),
    ("outlines", draws(axes=(2,)), "only the vertical lines"),
    ("outlines", draws(axes=(1,)), "only the horizontal lines"),
    ("outlines", draws(shift=1), "mark the pixels whose right or lower neighbour"),
    ("outlines", draws(lambda difference, threshold: difference != 0), "a speck of noise"),
    ("outlines", draws(light=lambda photo: photo.sum(dim=0, keepdim=True)), "a speck of noise"),
    ("outlines", lambda photo, threshold: draws()(photo, threshold)[:1], "has the shape (1, 6, 8)"),
    ("outlines", lambda photo, threshold: draws()(photo, threshold)[:, :-1, :-1], "has the shape (3, 5, 7)"),
    ("set_aside", by_picture, "are on both sides"),
    ("set_aside", one_of_each, "are on both sides"),
    ("set_aside", lambda names, every: (names, by_picture(names, every)[1]), "is on both sides"),
    ("set_aside", lambda names, every: (by_picture(names, every)[0], []), "16 photographs instead of 24"),
    ("set_aside", lambda names, every: (names, []), "one side is empty"),
    ("set_aside", of_series(lambda series, every: series[:1]), "you set 1 aside"),
    ("set_aside", of_series(lambda series, every: series[:every]), "you set 3 aside"),
    ("set_aside", of_series(lambda series, every: series[::every], order=list), "in another order"),
    ("set_aside", of_series(at_random), "global random numbers"),
]


@pytest.mark.parametrize(("name", "answer", "words"), WRONG)
def test_each_wrong_answer_gets_its_own_message(name, answer, words):
    verdict = getattr(checks, name)(answer)
    assert verdict.state == "not yet"
    assert words in verdict.message, verdict


def test_a_check_does_not_change_the_global_random_numbers():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    checks.set_aside(of_series(lambda series, every: [series[int(torch.randperm(6)[0])]]))
    assert torch.equal(torch.get_rng_state(), before)


def photo(seed):
    return to_tensor(draw_pair(seed, 64)[1])


def test_colourfulness_is_the_distance_from_grey_in_lab():
    from skimage.color import rgb2lab

    picture = draw_pair(3, 32)[1]
    expected = np.hypot(*np.moveaxis(rgb2lab(np.asarray(picture)), -1, 0)[1:])
    np.testing.assert_allclose(figures.chroma(to_tensor(picture)[None])[0].numpy(), expected, atol=1e-3)


def test_grey_has_no_colour():
    assert figures.chroma(torch.full((1, 3, 4, 4), 0.2)).max() < 0.01


def test_the_outline_of_a_change_is_one_pixel_outside_its_box():
    figure = figures.draw_edits({"a": photo(0), "b": photo(1)}, [photo(2), photo(3)], [None, Box("door", 2, 5, 12, 14)])
    outlined = [panel for panel in figure.axes if panel.patches]
    assert [panel.get_title() for panel in outlined] == ["b", "G(x)"]
    assert outlined[0].patches[0].get_bbox().bounds == (3.5, 0.5, 11, 12)
    assert as_html(figure, "drawn").startswith("<img")


def test_unchanged_pixels_are_hatched():
    difference = torch.zeros(8, 8)
    difference[2, 3] = 0.1
    figure = figures.draw_reach({"as it is": difference}, Box("door", 2, 3, 3, 4))
    drawn = np.ma.masked_invalid(figure.axes[0].images[0].get_array())
    assert drawn.count() == 1
    assert figure.axes[0].patch.get_hatch()
    assert as_html(figure, "drawn").startswith("<img")


def test_the_shares_in_the_histogram_of_each_batch_add_up_to_100_percent():
    figure = figures.draw_chroma({"one": photo(0)[None], "two": torch.stack([photo(1), photo(2)])})
    lines = [line.get_data().values for line in figure.axes[0].patches]
    assert [round(float(line.sum()), 6) for line in lines] == [100.0, 100.0]
    assert as_html(figure, "drawn").startswith("<img")


def test_holding_norms_and_deep_levels_keeps_a_far_change_away():
    torch.manual_seed(0)
    generator = Generator(depth=5, width=8)
    x = torch.rand(1, 3, 64, 64) * 2 - 1
    changed = x.clone()
    changed[..., :4, :4] += 0.5
    held = with_norms_of(generator, x)
    assert (holding.paint(held, x) - holding.paint(generator, x)).abs().max() < 1e-4
    assert torch.equal(holding.paint(generator, x, deep_of=x), holding.paint(generator, x))

    def far(network, **options):
        return (holding.paint(network, changed, **options) - holding.paint(network, x, **options))[:, 48:, 48:].abs().max().item()

    assert far(generator) > 0
    assert far(held, deep_of=x) == 0
    assert not any(module._forward_pre_hooks for module in held.modules())
