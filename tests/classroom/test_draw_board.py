import base64
import html
import io
import re
import runpy
import statistics
import sys
import time

import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from pix2pix_edu.classroom.display import data_url
from pix2pix_edu.classroom.draw import widgets as draw
from pix2pix_edu.classroom.draw.widgets import describe, draw_and_translate, draw_sketch, open_sketch, translate_sketch
from pix2pix_edu.drawing.classes import CLASS_COLOURS, label_ids
from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.drawing.unpainted import draw_unpainted_pair
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_image, to_tensor
from pix2pix_edu.photos.bundled import BUNDLED
from pix2pix_edu.play.subjects import SUBJECTS, paints, sample_sketches


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    return Generator(depth=5, width=8)


@pytest.fixture
def board(generator):
    return draw_and_translate(generator, 64)


def pixels(url):
    """The picture in a data URL."""
    return Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1])))


SHOP, HOUSE = list(sample_sketches(64).values())[-2:]


@pytest.mark.parametrize(
    "sketch",
    [HOUSE, HOUSE.point(lambda value: min(255, value + 3)), HOUSE.convert("RGBA")],
    ids=["unchanged", "colours that a browser changed slightly", "with an alpha channel"],
)
def test_a_label_map_is_restored_from_its_data_url_pixel_by_pixel(sketch):
    assert open_sketch(data_url(sketch), 64).tobytes() == HOUSE.tobytes()


def truncated():
    whole = base64.b64decode(data_url(SHOP).split(",")[1])
    return "data:image/png;base64," + base64.b64encode(whole[: len(whole) // 2]).decode()


def test_a_seed_that_changes_during_a_translation_is_the_one_that_is_shown(board, monkeypatch):
    translate, during = draw.translate_sketch, []

    def slow(*arguments):
        if not during:
            during.append(True)
            board.set_trait("seed", 5)  # as a cell may, while the widget's thread translates
        return translate(*arguments)

    monkeypatch.setattr(draw, "translate_sketch", slow)
    board.seed = 3
    assert "seed 5" in board.alt
    assert board.fake == data_url(to_image(translate(board._generator, board.picture, 5)))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "house.png",
        "data:image/jpeg;base64," + data_url(HOUSE).split(",")[1],
        "data:image/png;base64,%%%",
        "data:image/png;base64," + base64.b64encode(b"no picture").decode(),
        truncated(),
        data_url(HOUSE.resize((32, 32))),
        data_url(Image.new("1", (14_000, 14_000))),
    ],
    ids=["empty", "path", "JPEG", "not base64", "not a PNG", "truncated", "too small", "enormous"],
)
def test_anything_else_is_refused_in_one_sentence_and_the_board_keeps_its_sketch(board, url):
    before = board.sketch, board.fake
    with pytest.raises(ValueError, match=r"^a sketch is a PNG of 64 x 64 pixels as a data URL \(.+\): make one with") as refused:
        board.sketch = url
    assert "\n" not in str(refused.value)
    assert (board.sketch, board.fake) == before


def test_the_board_begins_with_a_sketch_and_its_translation(board, generator):
    assert board.picture.tobytes() == HOUSE.tobytes()
    torch.manual_seed(0)
    with torch.no_grad():
        fake = generator(to_tensor(HOUSE)[None])[0]
    shown = to_tensor(pixels(board.fake))
    assert (shown - fake).abs().max() <= 0.5 / 127.5 + 1e-5  # rounded to 8 bits


def test_the_board_can_begin_with_your_own_sketch(generator):
    assert draw_and_translate(generator, 64, SHOP).picture.tobytes() == SHOP.tobytes()


def test_another_sketch_gives_another_photograph_and_the_old_sketch_the_old_one(board):
    before = board.fake, board.alt
    board.sketch = data_url(SHOP)
    assert board.fake != before[0]
    assert board.alt != before[1]
    board.sketch = data_url(HOUSE)
    assert (board.fake, board.alt) == before


def test_another_seed_gives_another_photograph_of_the_same_sketch(board):
    before = board.fake
    board.seed = 1
    assert board.fake != before
    assert board.picture.tobytes() == HOUSE.tobytes()
    board.seed = 0
    assert board.fake == before


@pytest.mark.parametrize(
    "changed", [{"sketch": data_url(SHOP)}, {"seed": 1}, {}], ids=["a stroke", "other noise", "a stroke that was undone"]
)
def test_every_question_of_the_browser_is_answered_with_the_photograph_that_belongs_to_it(board, changed):
    board.set_state({"asked": 3, **changed})  # as a message from the browser does
    assert (board.answered, board.asked) == (3, 3)
    fake = translate_sketch(board._generator, board.picture, board.seed)
    assert pixels(board.fake).tobytes() == to_image(fake).tobytes()


def test_translating_a_sketch_does_not_change_the_global_random_numbers(generator):
    state = torch.get_rng_state()
    translate_sketch(generator, HOUSE, seed=5)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("drawn", ["unpainted", "painted"])
def test_the_alt_text_gives_the_share_of_each_class(drawn):
    half = Image.new("RGB", (64, 64), CLASS_COLOURS["shop"])
    half.paste(CLASS_COLOURS["door"], (0, 0, 64, 16))
    assert describe(half, 3, drawn) == "The sketch and its translation, dropout seed 3: shop 75.0%, door 25.0%."


def test_without_a_front_end_the_board_is_a_figure_with_an_alt_text(board, generator):
    data, _ = DisplayFormatter().format(board)
    _, alt = draw_sketch(generator, HOUSE)
    assert data["text/plain"] == alt == board.alt
    assert f'<img alt="{alt}" src="data:image/png;base64,' in data["text/html"]
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == board.model_id


@pytest.mark.parametrize("drawn", SUBJECTS)
def test_a_board_for_bundled_photographs_shows_their_credit_with_and_without_a_front_end(generator, drawn):
    board = draw_and_translate(generator, 64, drawn=drawn)
    credit = BUNDLED[drawn].credit() if drawn in BUNDLED else ""
    assert board.credit == credit
    data, _ = DisplayFormatter().format(board)
    assert re.findall("<p>(.*)</p>", data["text/html"]) == ([html.escape(credit)] if credit else [])


@pytest.mark.parametrize("drawn", SUBJECTS)
def test_the_paints_are_the_classes_in_their_order_and_colours(drawn):
    colours = SUBJECTS[drawn].colours
    assert [paint["name"] for paint in paints(drawn)] == list(colours)
    assert [tuple(bytes.fromhex(paint["color"].removeprefix("#"))) for paint in paints(drawn)] == list(colours.values())


def test_the_many_paints_of_painted_facades_are_in_groups_that_lie_together():
    groups = [paint["group"] for paint in paints("painted")]
    assert list(dict.fromkeys(groups)) == ["Sky", "Around the house", "Walls", "Parts"]
    assert sum(one != other for one, other in zip(groups, groups[1:], strict=False)) == 3
    assert {paint["group"] for paint in paints("unpainted")} == {""}


@pytest.mark.parametrize(("drawn", "draw", "number"), [("unpainted", draw_unpainted_pair, 3), ("painted", draw_pair, 13)])
def test_two_samples_are_drawn_buildings_whose_seed_no_data_set_of_the_course_uses(drawn, draw, number):
    assert list(sample_sketches(64, drawn).values())[-1].tobytes() == draw(2017 * 1_000_000 + number, 64)[0].tobytes()


@pytest.mark.parametrize("drawn", SUBJECTS)
@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_the_samples_are_label_maps_and_are_sent_as_class_numbers(size, drawn):
    generator, colours = Generator(depth=2, width=4), SUBJECTS[drawn].colours
    for name, labels in ((sample["name"], sample["labels"]) for sample in draw_and_translate(generator, size, drawn=drawn).samples):
        picture = sample_sketches(size, drawn)[name]
        if drawn != "openmoji":  # whose outlines are grey at their edges
            assert {colour for _, colour in picture.getcolors()} <= set(colours.values())
        assert list(labels) == label_ids(picture, colours).flatten().tolist()


def test_without_anywidget_one_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)  # makes the import fail
    with pytest.raises(ImportError, match=r"^the drawing board needs the package anywidget: run  %pip install anywidget  and restart"):
        runpy.run_path(draw.__file__)


@pytest.mark.parametrize(("size", "depth"), [(64, 5), (128, 7)])
def test_the_board_translates_every_stroke(record_property, size, depth):
    board, times = draw_and_translate(Generator(depth=depth, width=24), size), []
    sketches = [data_url(picture) for picture in sample_sketches(size).values()]
    fakes = set()
    for stroke in range(21):
        start = time.process_time()
        board.sketch = sketches[stroke % 2]  # the board starts with the last one
        times.append(1000 * (time.process_time() - start))
        fakes.add(board.fake)
    assert len(fakes) == 2
    p95 = statistics.quantiles(times, n=20)[-1]
    record_property("reaction", f"{f'board {size} px':14} p50 {statistics.median(times):4.0f} ms   p95 {p95:4.0f} ms")
