import base64
import html
import io
import json
import re
import shutil
import time
from functools import partial
from itertools import product

import numpy as np
import pytest
from PIL import Image

from pix2pix_edu.classroom.experiments.exhibit import GAP, SCALE
from pix2pix_edu.classroom.experiments.widgets import board, draw_board, draw_cell, explore_l1_weight, explore_patch_outputs
from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import SEEDS, TABLES
from pix2pix_edu.experiments.gallery import GALLERY

SIDE, STEPS, INPUTS = 64, (100, 200, 400, 800, 1500), range(1, 13)
MOMENTS = [*((number, 1500) for number in INPUTS), *((1, step) for step in STEPS[:-1])]
CELLS = [(question, value) for question in ("lambda", "patch") for value in TABLES[question]]
PHOTOS = [question for question in TABLES if question != "photo to labels"]


def scores(name, seed, step):
    """The measures that are to be told, straight from the shipped file."""
    row = json.loads((GALLERY / f"{name}-{seed}.json").read_text())["scores"][str(step)]
    found = [row["reading"]["per_class"], row["reading"]["iou"], row["sharpness"]]
    return found + ([row["blotchiness"], (row["colours"]["a"] + row["colours"]["b"]) / 2] if "colours" in row else [])


def spreads(name, step):
    """Mean (range) over the seeds of each measure."""
    columns = zip(*(scores(name, seed, step) for seed in SEEDS), strict=True)
    return [f"{np.mean(values):.2f} ({min(values):.2f}\u2013{max(values):.2f})" for values in columns]


def table(exhibit):
    """The cells of its table, row by row."""
    rows = re.findall(r"<tr>(.*?)</tr>", exhibit.html)
    return [[html.unescape(re.sub("<.*?>", "", text)) for text in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def wall(exhibit):
    """Its picture, each enlarged pixel once."""
    return np.asarray(Image.open(io.BytesIO(exhibit.png)))[1::SCALE, 1::SCALE]


def tile(exhibit, row, column):
    """One of the pictures on the wall, as bytes."""
    top, left = ((SIDE + 2 * GAP) * place + GAP for place in (row, column))
    return wall(exhibit)[top : top + SIDE, left : left + SIDE]


def as_bytes(picture):
    return ((picture.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()


def shows(exhibit, row, column, picture):
    there = tile(exhibit, row, column)
    return (there[..., :3] == as_bytes(picture)).all() and (there[..., 3] == 255).all()


# What is on the wall.


@pytest.mark.parametrize(("question", "value"), CELLS)
def test_a_cell_shows_x_then_the_fake_of_every_seed_then_y(question, value):
    name = TABLES[question][value]
    exhibit, (x, y) = draw_cell(question, value, number=5, step=400), gallery.shown_pairs(name)
    assert shows(exhibit, 0, 0, x[4])
    assert all(shows(exhibit, 0, 1 + place, gallery.fakes(name, seed, 400)[4]) for place, seed in enumerate(SEEDS))
    assert shows(exhibit, 0, 4, y[4])
    assert wall(exhibit).shape[1] == 5 * (SIDE + 2 * GAP)


@pytest.mark.parametrize("question", TABLES)
def test_a_board_shows_x_and_y_then_a_column_for_every_cell_with_a_row_for_every_seed(question):
    names = list(TABLES[question].values())
    exhibit, (x, y) = draw_board(question, number=2, step=800), gallery.shown_pairs(names[0])
    assert shows(exhibit, 0, 0, x[1])
    assert shows(exhibit, 1, 0, y[1])
    for (column, name), (row, seed) in product(enumerate(names, start=1), enumerate(SEEDS)):
        assert shows(exhibit, row, column, gallery.fakes(name, seed, 800)[1]), (name, seed)


def test_pictures_are_enlarged_without_smoothing_on_a_ground_that_any_page_shines_through():
    picture = np.asarray(Image.open(io.BytesIO(draw_board("loss").png)))
    assert (picture == np.repeat(np.repeat(picture[1::3, 1::3], 3, axis=0), 3, axis=1)).all()
    assert (picture[-1, 0] == 0).all()  # below y


def test_photographs_are_translated_to_the_labels_of_the_same_pair():
    photos, labels = gallery.shown_pairs("L1"), gallery.shown_pairs("labels_L1")
    assert (photos[0] == labels[1]).all()
    assert shows(draw_board("photo to labels"), 0, 0, photos[1][0])


# What is said.


@pytest.mark.parametrize(("question", "value"), CELLS)
def test_beside_a_cell_stand_the_scores_of_every_seed_and_their_mean_and_range(question, value):
    name = TABLES[question][value]
    head, *rows = table(exhibit := draw_cell(question, value, step=200))
    by_seed = [[f"{score:.2f}" for score in scores(name, seed, 200)] for seed in SEEDS]
    assert head[1:] == ["seed 0", "seed 1", "seed 2", "mean (range)"]
    assert [list(column) for column in zip(*rows, strict=True)][1:] == [*by_seed, spreads(name, 200)]
    assert exhibit.alt.startswith(f"{question} {value}, input 1 after 200 steps, seeds 0, 1, 2.")
    assert all(f"{row[0]} {spread}" in exhibit.alt for row, spread in zip(rows, spreads(name, 200), strict=True))


@pytest.mark.parametrize("question", TABLES)
def test_below_each_column_of_a_board_stand_mean_and_range_over_the_seeds(question):
    head, *rows = table(exhibit := draw_board(question, step=1500))
    expected = [spreads(name, 1500) for name in TABLES[question].values()]
    assert [list(column) for column in zip(*rows, strict=True)][1:] == expected
    reading, sharpness = exhibit.alt.split("Sharpness:")
    for called, (per_class, _, sharp, *_) in zip(head[1:], expected, strict=True):
        assert f"{called} {per_class}" in reading
        assert f"{called} {sharp}" in sharpness


@pytest.mark.parametrize("question", PHOTOS)
def test_ceiling_floor_and_median_colours_are_named(question):
    rows = json.loads((GALLERY / "yardsticks.json").read_text())
    text = draw_board(question).html
    for name, words in {
        "real_photos": "real photos {} (ceiling)",
        "labels_of_another": "labels of another {} (floor)",
        "median_colours": "in its median colour {}.",
    }.items():
        assert words.format(f"{rows[name]['per_class']:.2f} / {rows[name]['iou']:.2f}") in text


def test_label_maps_are_not_held_against_the_yardsticks_of_photos():
    text = draw_board("photo to labels").html
    assert "true ones score 1" in text
    assert "ceiling" not in text
    assert [row[0] for row in table(draw_board("photo to labels"))[1:]] == ["read per class", "IoU", "sharpness"]


@pytest.mark.parametrize("draw", [draw_board, *(lambda *place, cell=cell: draw_cell(*cell, *place[1:]) for cell in CELLS)])
def test_every_state_has_a_picture_and_words_of_its_own(draw):
    states = [draw("loss", number, step) for number, step in MOMENTS]
    assert len({state.png for state in states}) == len({state.alt for state in states}) == len(MOMENTS)


@pytest.mark.parametrize("question", TABLES)
def test_the_page_holds_one_picture_whose_words_stand_below_it_too(question):
    exhibit = draw_board(question)
    (image,) = re.findall(r'<img alt="(.*?)" src="data:image/png;base64,(.*?)"', exhibit.html)
    (caption,) = re.findall(r"<figcaption.*?>(.*?)</figcaption>", exhibit.html)
    assert html.unescape(image[0]) == html.unescape(caption) == exhibit.alt
    assert base64.b64decode(image[1]) == exhibit.png


def test_a_notebook_is_handed_the_page_and_for_readers_of_less_the_picture_and_the_words():
    exhibit = draw_cell("lambda", "100")
    bundle = exhibit._repr_mimebundle_()
    assert bundle["text/html"] == exhibit.html
    assert base64.b64decode(bundle["image/png"]) == exhibit.png
    assert bundle["text/plain"] == exhibit.alt


# Controls.

WIDGETS = {
    "lambda": (explore_l1_weight, lambda **values: draw_cell("lambda", "100", **values)),
    "patch": (explore_patch_outputs, lambda **values: draw_cell("patch", "16", **values)),
    **{f"board of {question}": (lambda q=question: board(q), lambda q=question, **values: draw_board(q, **values)) for question in TABLES},
}


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_begins_with_what_the_plain_call_shows_and_each_control_changes_it(name):
    make, draw = WIDGETS[name]
    row, page = make().children
    first = page.value
    assert first == draw(number=1, step=1500).html
    for control in row.children:
        before = control.value
        control.value = next(value for value in control.options if value != before)
        assert page.value != first
        control.value = before
        assert page.value == first


def test_every_value_input_and_moment_can_be_chosen():
    value, number, step = explore_l1_weight().children[0].children
    assert value.options == ("0", "1", "10", "30", "100", "300", "1000")
    assert number.options == tuple(INPUTS)
    assert step.options == STEPS


def test_each_widget_answers_in_words_that_follow_its_controls(record_property):
    explore_l1_weight(), [board(question) for question in TABLES]  # open the files
    draws = {f"board {question}": lambda i, q=question: draw_board(q, 1 + i, STEPS[i % 5]) for question in TABLES}
    draws |= {question: lambda i, q=question: draw_cell(q, list(TABLES[q])[i % 4], 1 + i, STEPS[i % 5]) for question in ("lambda", "patch")}
    for name, draw in draws.items():
        times, words = [], set()
        for i in range(12):
            start = time.process_time()  # what other processes on the machine do does not count
            words.add(draw(i).alt)
            times.append(1000 * (time.process_time() - start))
        record_property("reaction", f"{name:14} p50 {sorted(times)[5]:4.0f} ms   p95 {sorted(times)[10]:4.0f} ms")
        assert len(words) == 12, name


# What cannot be shown.


@pytest.mark.parametrize("kind", ["json", "jpg"])
@pytest.mark.parametrize("call", [explore_patch_outputs, partial(board, "patch"), lambda folder: draw_board("patch", folder=folder)])
def test_a_missing_cell_is_named_with_the_command_that_makes_it(kind, call, tmp_path):
    folder = shutil.copytree(GALLERY, tmp_path / "gallery")
    (folder / f"patch_34-2.{kind}").unlink()
    command = f"python -m pix2pix_edu experiments RUNS --cells patch_34 --seeds 2 --gallery {folder}"
    with pytest.raises(ValueError, match="has no cell patch_34 with seed 2: make it with ") as error:
        call(folder)
    assert str(error.value).endswith(command)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: draw_board("depth"), "there is no table 'depth': choose from loss, lambda"),
        (lambda: board("depth"), "there is no table 'depth': choose from loss, lambda"),
        (lambda: draw_cell("patch", "17"), "the table 'patch' has no '17': choose from 1, 16, 34, 70"),
        (lambda: draw_cell("patch", "16", number=0), "numbered from 1 to 12, got 0"),
        (lambda: draw_board("patch", number=13), "numbered from 1 to 12, got 13"),
        (lambda: draw_board("patch", step=300), "kept after 100, 200, 400, 800, 1500 steps, not after 300"),
    ],
)
def test_what_the_gallery_does_not_hold_is_refused_with_what_it_holds(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
