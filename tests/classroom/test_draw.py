import json
import random
import re

import numpy as np
import pytest
import torch
from repository import NOTEBOOKS

from pix2pix_edu.classroom.display import as_html
from pix2pix_edu.classroom.draw import checks, figures
from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.drawing.layout import Box
from pix2pix_edu.images import to_tensor

NOTEBOOK = NOTEBOOKS / "09_draw.ipynb"
EXERCISES = ["rectangle", "reach", "outlines", "set_aside"]

# --- the exercises ------------------------------------------------------------------------------------------------------------------


def solutions():
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        if "solution" in cell["metadata"].get("tags", []):
            code = re.search(r"```python\n(.*?)```", "".join(cell["source"]), re.DOTALL).group(1)
            yield re.findall(r"^def my_(\w+)", code, re.MULTILINE)[-1], code


@pytest.mark.parametrize(("name", "code"), list(solutions()))
def test_every_solution_is_proved(name, code):
    answer = {}
    exec(code, answer)
    verdict = getattr(checks, name)(answer[f"my_{name}"])
    assert verdict.state == "proved", verdict


def test_the_lesson_has_its_four_exercises():
    assert [name for name, _ in solutions()] == EXERCISES


@pytest.mark.parametrize("name", EXERCISES)
def test_an_answer_not_yet_written_is_not_started(name):
    def stub(*_):
        raise NotImplementedError

    assert getattr(checks, name)(stub).state == "not started"


def fills(rows=lambda top, left, bottom, right: (top, bottom), columns=lambda top, left, bottom, right: (left, right), copies=True):
    """A wrong rectangle from how it takes its rows and columns."""

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
    inside = labels[top + 1 : bottom - 1, left + 1 : right - 1].copy()
    labels = labels.copy()
    labels[top:bottom, left:right] = kind
    labels[top + 1 : bottom - 1, left + 1 : right - 1] = inside
    return labels


def reaches(changed=lambda before, after: (before != after).any(dim=0), beyond=None):
    """A wrong reach from what counts as changed and how far a pixel lies beyond the box."""

    def king(row, column, top, left, bottom, right):
        return max(0, top - row, row - bottom + 1, left - column, column - right + 1)

    def answer(before, after, box):
        pixels = changed(before, after).nonzero().tolist()
        return max(((beyond or king)(row, column, *box) for row, column in pixels), default=0)

    return answer


def from_the_middle(row, column, top, left, bottom, right):
    return max(abs(row - (top + bottom) // 2), abs(column - (left + right) // 2))


def draws(jump=lambda difference, threshold: difference.abs() > threshold, ways=(1, 2), dark=-1.0, white=1.0, light=None, shift=0):
    """Wrong outlines from what counts as a jump, where it is sought, and with what it is drawn."""

    def answer(photo, threshold):
        lightness = (light or (lambda picture: picture.mean(dim=0, keepdim=True)))(photo)
        x = torch.full_like(photo, white)
        for way in ways:
            count = photo.shape[way] - 1
            lines = jump(lightness.narrow(way, 1, count) - lightness.narrow(way, 0, count), threshold)
            x.narrow(way, shift, count)[:, lines[0]] = dark
        return x

    return answer


def by_picture(names, every):
    ordered = sorted(names)
    return [name for number, name in enumerate(ordered) if number % every], ordered[::every]


def of_series(choose, order=sorted):
    """A wrong choice of whole series: which of them, in which order they are seen."""

    def answer(names, every):
        series = order({name.split("_")[0]: None for name in names})
        chosen = choose(series, every)
        return [name for name in names if name.split("_")[0] not in chosen], [name for name in names if name.split("_")[0] in chosen]

    return answer


def with_global_dice(series, every):
    random.seed(0)
    return random.sample(series, len(series) // every)


def one_of_each(names, every):
    firsts = list({name.split("_")[0]: name for name in names}.values())
    return [name for name in names if name not in firsts], firsts


WRONG = [
    ("rectangle", fills(copies=False), "every undo"),
    ("rectangle", fills(lambda t, le, b, r: (le, r), lambda t, le, b, r: (t, b)), "rows and columns are exchanged"),
    ("rectangle", fills(lambda t, le, b, r: (t, b + 1), lambda t, le, b, r: (le, r + 1)), "one row and one column too many"),
    ("rectangle", fills(lambda t, le, b, r: (t, b - 1), lambda t, le, b, r: (le, r - 1)), "one row and one column too few"),
    ("rectangle", one_axis_at_a_time, "across the whole paper"),
    ("rectangle", lambda labels, *_: labels, "nothing has changed"),
    ("rectangle", lambda labels, *_: None, "gives nothing back"),
    ("rectangle", rim_only, "pixels are not as they should be"),
    ("rectangle", fills(), "counts from the far end"),
    ("reach", reaches(beyond=from_the_middle), "not from its middle"),
    ("reach", reaches(beyond=lambda row, column, t, le, b, r: max(0, row - b + 1, column - r + 1)), "all four sides"),
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
    ("outlines", draws(ways=(2,)), "only the upright lines"),
    ("outlines", draws(ways=(1,)), "only the level lines"),
    ("outlines", draws(shift=1), "mark pixels whose right or lower neighbour"),
    ("outlines", draws(lambda difference, threshold: difference != 0), "a speck of noise"),
    ("outlines", draws(light=lambda photo: photo.sum(dim=0, keepdim=True)), "a speck of noise"),
    ("outlines", lambda photo, threshold: draws()(photo, threshold)[:1], "has the shape (1, 6, 8)"),
    ("outlines", lambda photo, threshold: draws()(photo, threshold)[:, :-1, :-1], "has the shape (3, 5, 7)"),
    ("set_aside", by_picture, "lie on both sides"),
    ("set_aside", one_of_each, "lie on both sides"),
    ("set_aside", lambda names, every: (names, by_picture(names, every)[1]), "is on both sides"),
    ("set_aside", lambda names, every: (by_picture(names, every)[0], []), "16 photographs in place of 24"),
    ("set_aside", lambda names, every: (names, []), "one side is empty"),
    ("set_aside", of_series(lambda series, every: series[:1]), "you set 1 aside"),
    ("set_aside", of_series(lambda series, every: series[:every]), "you set 3 aside"),
    ("set_aside", of_series(lambda series, every: series[::every], order=list), "in another order"),
    ("set_aside", of_series(with_global_dice), "global dice"),
]


@pytest.mark.parametrize(("name", "answer", "words"), WRONG)
def test_each_wrong_answer_hears_its_own_diagnosis(name, answer, words):
    verdict = getattr(checks, name)(answer)
    assert verdict.state == "not yet"
    assert words in verdict.message, verdict


def test_a_check_leaves_the_dice_of_the_lesson_where_they_were():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    checks.set_aside(by_picture)
    assert torch.equal(torch.get_rng_state(), before)


# --- figures ------------------------------------------------------------------------------------------------------------------------


def photo(seed):
    return to_tensor(draw_pair(seed, 64)[1])


def test_colourfulness_is_the_distance_from_grey_in_lab():
    from skimage.color import rgb2lab

    picture = draw_pair(3, 32)[1]
    expected = np.hypot(*np.moveaxis(rgb2lab(np.asarray(picture)), -1, 0)[1:])
    np.testing.assert_allclose(figures.chroma(to_tensor(picture)[None])[0].numpy(), expected, atol=1e-3)


def test_grey_has_no_colour():
    assert figures.chroma(torch.full((1, 3, 4, 4), 0.2)).max() < 0.01


def test_a_changed_place_is_outlined_one_pixel_outside():
    figure = figures.draw_edits({"a": photo(0), "b": photo(1)}, [photo(2), photo(3)], [None, Box("door", 2, 5, 12, 14)])
    outlined = [panel for panel in figure.axes if panel.patches]
    assert [panel.get_title() for panel in outlined] == ["b", "G(x)"]
    assert outlined[0].patches[0].get_bbox().bounds == (3.5, 0.5, 11, 12)


def test_what_has_not_changed_at_all_is_hatched():
    difference = torch.zeros(8, 8)
    difference[2, 3] = 0.1
    figure = figures.draw_reach({"as it is": difference}, Box("door", 2, 3, 3, 4))
    drawn = np.ma.masked_invalid(figure.axes[0].images[0].get_array())
    assert drawn.count() == 1
    assert figure.axes[0].patch.get_hatch()


def test_the_chroma_of_each_batch_is_drawn_as_shares_that_make_a_whole():
    figure = figures.draw_chroma({"one": photo(0)[None], "two": torch.stack([photo(1), photo(2)])})
    lines = [line.get_data().values for line in figure.axes[0].patches]
    assert [round(float(line.sum()), 6) for line in lines] == [100.0, 100.0]


def test_the_figures_draw():
    box = Box("door", 2, 5, 12, 14)
    drawn = [
        figures.draw_edits({"a": photo(0)}, [photo(2)], [box]),
        figures.draw_reach({name: torch.rand(64, 64) for name in "abcd"}, box),
        figures.draw_chroma({"one": photo(0)[None]}),
    ]
    assert all(as_html(figure, "seen").startswith("<img") for figure in drawn)
