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

from pix2pix_edu.classroom.experiments import widgets
from pix2pix_edu.classroom.experiments.picture_table import GAP, SCALE
from pix2pix_edu.classroom.experiments.widgets import draw_all_cells, draw_cell, explore_all_cells
from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import SEEDS, TABLES
from pix2pix_edu.experiments.gallery import GALLERY

SIDE, STEPS, INPUTS = 64, (100, 200, 400, 800, 1500), range(1, 13)
MOMENTS = [*((number, 1500) for number in INPUTS), *((1, step) for step in STEPS[:-1])]
CELLS = [(question, value) for question in ("lambda", "patch") for value in TABLES[question]]


def scores(name, seed, step):
    """The measures that must be shown, read directly from the bundled file."""
    row = json.loads((GALLERY / f"{name}-{seed}.json").read_text())["scores"][str(step)]
    found = [row["reading"]["per_class"], row["reading"]["iou"], row["sharpness"]]
    return found + ([row["blotchiness"], (row["colours"]["a"] + row["colours"]["b"]) / 2] if "colours" in row else [])


def spreads(name, step):
    """Mean (range) over the seeds of each measure."""
    columns = zip(*(scores(name, seed, step) for seed in SEEDS), strict=True)
    return [f"{np.mean(values):.2f} ({min(values):.2f}\u2013{max(values):.2f})" for values in columns]


def table(shown):
    """The text of the table's cells, row by row."""
    rows = re.findall(r"<tr>(.*?)</tr>", shown.html)
    return [[html.unescape(re.sub("<.*?>", "", text)) for text in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def picture(shown):
    """The picture above the table, before it was enlarged."""
    return np.asarray(Image.open(io.BytesIO(shown.png)))[1::SCALE, 1::SCALE]


def has(shown, row, column, image):
    """Whether the image is in this row and column of the picture."""
    top, left = ((SIDE + 2 * GAP) * place + GAP for place in (row, column))
    tile = picture(shown)[top : top + SIDE, left : left + SIDE]
    pixels = ((image.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    return (tile[..., :3] == pixels).all() and (tile[..., 3] == 255).all()


@pytest.mark.parametrize(("question", "value"), CELLS)
def test_a_cell_shows_x_then_the_fake_of_every_seed_then_y(question, value):
    name = TABLES[question][value]
    shown, (x, y) = draw_cell(question, value, number=5, step=400), gallery.shown_pairs(name)
    assert has(shown, 0, 0, x[4])
    assert all(has(shown, 0, 1 + place, gallery.fakes(name, seed, 400)[4]) for place, seed in enumerate(SEEDS))
    assert has(shown, 0, 4, y[4])
    assert picture(shown).shape[1] == 5 * (SIDE + 2 * GAP)


@pytest.mark.parametrize("question", TABLES)
def test_all_cells_are_columns_after_x_and_y_with_a_row_for_every_seed(question):
    names = list(TABLES[question].values())
    shown, (x, y) = draw_all_cells(question, number=2, step=800), gallery.shown_pairs(names[0])
    assert has(shown, 0, 0, x[1])
    assert has(shown, 1, 0, y[1])
    for (column, name), (row, seed) in product(enumerate(names, start=1), enumerate(SEEDS)):
        assert has(shown, row, column, gallery.fakes(name, seed, 800)[1]), (name, seed)


def test_pictures_are_enlarged_without_smoothing_on_a_transparent_background():
    enlarged = np.asarray(Image.open(io.BytesIO(draw_all_cells("loss").png)))
    assert (enlarged == np.repeat(np.repeat(enlarged[1::3, 1::3], 3, axis=0), 3, axis=1)).all()
    assert (enlarged[-1, 0] == 0).all()  # below y


def test_photographs_are_translated_to_the_labels_of_the_same_pair():
    photos, labels = gallery.shown_pairs("L1"), gallery.shown_pairs("labels_L1")
    assert (photos[0] == labels[1]).all()
    assert has(draw_all_cells("photo to labels"), 0, 0, photos[1][0])


@pytest.mark.parametrize(("question", "value"), CELLS)
def test_a_cell_has_the_scores_of_every_seed_and_their_mean_and_range(question, value):
    name = TABLES[question][value]
    head, *rows = table(shown := draw_cell(question, value, step=200))
    by_seed = [[f"{score:.2f}" for score in scores(name, seed, 200)] for seed in SEEDS]
    assert head[1:] == ["seed 0", "seed 1", "seed 2", "mean (range)"]
    assert [list(column) for column in zip(*rows, strict=True)][1:] == [*by_seed, spreads(name, 200)]
    assert shown.alt.startswith(f"{question} {value}, input 1 after 200 steps, seeds 0, 1, 2.")
    assert all(f"{row[0]} {spread}" in shown.alt for row, spread in zip(rows, spreads(name, 200), strict=True))


@pytest.mark.parametrize("question", TABLES)
def test_below_each_cell_are_mean_and_range_over_the_seeds(question):
    head, *rows = table(shown := draw_all_cells(question, step=1500))
    expected = [spreads(name, 1500) for name in TABLES[question].values()]
    assert [list(column) for column in zip(*rows, strict=True)][1:] == expected
    reading, sharpness = shown.alt.split("Sharpness:")
    for called, (per_class, _, sharp, *_) in zip(head[1:], expected, strict=True):
        assert f"{called} {per_class}" in reading
        assert f"{called} {sharp}" in sharpness


@pytest.mark.parametrize("question", [question for question in TABLES if question != "photo to labels"])
def test_ceiling_floor_and_median_colours_are_named(question):
    rows = json.loads((GALLERY / "yardsticks.json").read_text())
    text = draw_all_cells(question).html
    told = {name: f"{row['per_class']:.2f} / {row['iou']:.2f}" for name, row in rows.items()}
    assert f"real photos {told['real_photos']} (ceiling)" in text
    assert f"labels of another {told['labels_of_another']} (floor)" in text
    assert f"in its median colour {told['median_colours']}." in text


def test_label_maps_are_not_compared_with_the_yardsticks_of_photos():
    text = draw_all_cells("photo to labels").html
    assert "true label maps score 1" in text
    assert "ceiling" not in text
    assert [row[0] for row in table(draw_all_cells("photo to labels"))[1:]] == ["read per class", "IoU", "sharpness"]


@pytest.mark.parametrize("draw", [draw_all_cells, *(lambda *place, cell=cell: draw_cell(*cell, *place[1:]) for cell in CELLS)])
def test_every_state_has_its_own_picture_and_alt_text(draw):
    states = [draw("loss", number, step) for number, step in MOMENTS]
    assert len({state.png for state in states}) == len({state.alt for state in states}) == len(MOMENTS)


@pytest.mark.parametrize("question", TABLES)
def test_the_page_has_one_picture_with_its_alt_text_as_caption(question):
    shown = draw_all_cells(question)
    (image,) = re.findall(r'<img alt="(.*?)" src="data:image/png;base64,(.*?)"', shown.html)
    (caption,) = re.findall(r"<figcaption.*?>(.*?)</figcaption>", shown.html)
    assert html.unescape(image[0]) == html.unescape(caption) == shown.alt
    assert base64.b64decode(image[1]) == shown.png


def test_a_notebook_gets_the_page_the_picture_and_the_alt_text():
    shown = draw_cell("lambda", "100")
    bundle = shown._repr_mimebundle_()
    assert bundle["text/html"] == shown.html
    assert base64.b64decode(bundle["image/png"]) == shown.png
    assert bundle["text/plain"] == shown.alt


WIDGETS = {
    "lambda": (widgets.explore_l1_weight, partial(draw_cell, "lambda", "100")),
    "patch": (widgets.explore_patch_outputs, partial(draw_cell, "patch", "16")),
    **{f"all of {question}": (partial(explore_all_cells, question), partial(draw_all_cells, question)) for question in TABLES},
}


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_begins_with_the_plain_call_and_each_control_changes_it(name):
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


def test_every_value_input_and_step_can_be_chosen():
    value, number, step = widgets.explore_l1_weight().children[0].children
    assert value.options == ("0", "1", "10", "30", "100", "300", "1000")
    assert number.options == tuple(INPUTS)
    assert step.options == STEPS


def test_each_alt_text_follows_the_controls(record_property):
    widgets.explore_l1_weight(), [explore_all_cells(question) for question in TABLES]  # fill the caches
    draws = {f"all {question}": lambda i, q=question: draw_all_cells(q, 1 + i, STEPS[i % 5]) for question in TABLES}
    draws |= {question: lambda i, q=question: draw_cell(q, list(TABLES[q])[i % 4], 1 + i, STEPS[i % 5]) for question in ("lambda", "patch")}
    for name, draw in draws.items():
        times, texts = [], set()
        for i in range(12):
            start = time.process_time()  # other processes on the machine do not count
            texts.add(draw(i).alt)
            times.append(1000 * (time.process_time() - start))
        record_property("reaction", f"{name:14} p50 {sorted(times)[5]:4.0f} ms   p95 {sorted(times)[10]:4.0f} ms")
        assert len(texts) == 12, name


@pytest.mark.parametrize("kind", ["json", "jpg"])
@pytest.mark.parametrize("call", [widgets.explore_patch_outputs, partial(explore_all_cells, "patch"), partial(draw_all_cells, "patch")])
def test_a_missing_cell_is_named_with_the_command_that_makes_it(kind, call, tmp_path):
    folder = shutil.copytree(GALLERY, tmp_path / "gallery")
    (folder / f"patch_34-2.{kind}").unlink()
    command = f"python -m pix2pix_edu experiments RUNS --cells patch_34 --seeds 2 --gallery {folder}"
    with pytest.raises(ValueError, match="has no cell patch_34 with seed 2: make it with ") as error:
        call(folder=folder)
    assert str(error.value).endswith(command)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (partial(draw_all_cells, "depth"), "there is no table 'depth': choose from loss, lambda"),
        (partial(explore_all_cells, "depth"), "there is no table 'depth': choose from loss, lambda"),
        (partial(draw_cell, "patch", "17"), "the table 'patch' has no '17': choose from 1, 16, 34, 70"),
        (partial(draw_cell, "patch", "16", number=0), "numbered from 1 to 12, got 0"),
        (partial(draw_all_cells, "patch", number=13), "numbered from 1 to 12, got 13"),
        (partial(draw_all_cells, "patch", step=300), "after 100, 200, 400, 800, 1500 steps, not after 300"),
    ],
)
def test_what_the_gallery_does_not_have_is_refused_with_what_it_has(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
