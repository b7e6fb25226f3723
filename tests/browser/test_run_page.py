"""The page of a run as a person meets it: samples, a picture of one's own, by mouse, by keyboard, on a phone, in the dark."""

import io
import re

import numpy as np
import pytest
import torch
from hands import canvas_pixels, problems, served, watched
from PIL import Image
from playwright.sync_api import expect

from pix2pix_edu.images import to_image, to_tensor
from pix2pix_edu.page.run_page import build_run
from pix2pix_edu.run import loop
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.weights.onnx_graph import without_dropout

SIZE = 64
GIVEN, MADE = "#pictures .draw-board canvas", "#pictures .draw-fake canvas"
RUNS = {"colour": {"x_channels": 3, "y_channels": 3}, "grey": {"x_channels": 1, "y_channels": 1}, "drawn": None}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with the page of each run in a folder of its name, and the runs."""
    root, rng = tmp_path_factory.mktemp("runs"), np.random.default_rng(0)
    for split in ("train", "val"):
        (root / "pairs" / split).mkdir(parents=True)
        for number in range(6):
            blocks = rng.integers(0, 256, (8, 16, 3), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
            Image.fromarray(blocks).save(root / "pairs" / split / f"{number}.png")
    for name, channels in RUNS.items():
        own = {"pairs": str(root / "pairs"), **channels} if channels else {}
        settings = Settings(size=SIZE, depth=4, width=8, steps=4, batch_size=2, **own)
        list(loop.run(loop.resume(settings, root / "run" / name), settings, root / "run" / name))
        build_run(root / name, root / "run" / name)
    return root


@pytest.fixture(scope="module")
def host(root):
    with served(root) as address:
        yield address


@pytest.fixture
def visit(chromium, host):
    """Opens the page of a run."""
    with watched(chromium, host) as open_page:

        def visit(name, address="", **options):
            page = open_page(f"{name}/{address}", **options)
            page.locator(".play").wait_for()
            return page

        yield visit


def in_torch(root, name, x):
    """The translation of what a canvas shows, as the pixels of a canvas."""
    x = to_tensor(Image.fromarray(x.astype(np.uint8)))
    with torch.no_grad():
        fake = without_dropout(open_generator(root / "run" / name))(x[None, : 1 if name == "grey" else 3])[0]
    return np.asarray(to_image(fake).convert("RGB"), dtype=int)


def translated(page, words):
    """Wait for the translation of what these words name, and return both pictures."""
    expect(page.locator(MADE)).to_have_attribute("aria-label", f"The translation of {words}", timeout=60_000)
    return canvas_pixels(page, GIVEN), canvas_pixels(page, MADE)


def choose_file(page, file):
    with page.expect_file_chooser() as choosing:
        page.get_by_label("Or a picture of yours").click()
    choosing.value.set_files(file)


@pytest.mark.parametrize("name", ["colour", "grey"])
def test_a_sample_and_its_translation_are_there_at_once_and_are_those_of_torch(visit, root, name):
    page = visit(name)
    x, fake = translated(page, "sample 1")
    assert x.std() > 20
    assert abs(fake - in_torch(root, name, x)).max() <= 2  # the page has the weights in half precision
    page.get_by_role("radio", name="sample 3").check()
    other, fake = translated(page, "sample 3")
    assert abs(other - x).max() > 50
    assert abs(fake - in_torch(root, name, other)).max() <= 2
    expect(page.get_by_role("status")).to_contain_text("Translated. The picture stays in this browser.")


@pytest.mark.parametrize("name", ["colour", "grey"])
def test_a_picture_of_ones_own_is_cut_to_its_middle_square_scaled_and_translated(visit, root, tmp_path, name):
    pixels = np.zeros((128, 256, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    pixels[:, 64:192, 0] = 200  # the middle square
    pixels[:64, 64:192, 3] = 0  # its upper half is transparent
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    page = visit(name)
    translated(page, "sample 1")
    choose_file(page, tmp_path / "mine.png")
    x, fake = translated(page, "your picture")
    below = [200, 0, 0] if name == "colour" else [60, 60, 60]
    assert abs(x[:30] - 255).max() <= 1
    assert abs(x[34:] - below).max() <= 1
    assert abs(fake - in_torch(root, name, x)).max() <= 2
    assert page.locator("#pictures input:checked").count() == 0


def test_a_file_that_is_no_picture_is_said_in_a_sentence_and_the_pictures_stay(visit, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    page = visit("colour")
    x, fake = translated(page, "sample 1")
    choose_file(page, tmp_path / "notes.txt")
    expect(page.get_by_role("status")).to_have_text("notes.txt is no picture that this browser can read: choose a PNG, JPEG or WebP file.")
    assert np.array_equal(canvas_pixels(page, GIVEN), x)
    assert np.array_equal(canvas_pixels(page, MADE), fake)


def test_everything_is_done_by_keyboard_and_what_is_saved_are_both_pictures(visit):
    page = visit("colour")
    translated(page, "sample 1")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    x, fake = translated(page, "sample 2")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "file"  # the browser's own control, which keys open
    page.keyboard.press("Tab")
    with page.expect_download() as saving:
        page.keyboard.press("Enter")
    assert saving.value.suggested_filename == "picture_and_translation.png"
    picture = np.asarray(Image.open(io.BytesIO(saving.value.path().read_bytes())).convert("RGB"), dtype=int)
    assert picture.shape == (512, 1024, 3)
    assert np.array_equal(picture[4::8, 4::8], np.hstack([x, fake]))


def test_the_chosen_sample_is_kept_in_the_address(visit):
    page = visit("colour")
    page.get_by_role("radio", name="sample 4").check()
    page.wait_for_url(re.compile("sample=4"))
    again = visit("colour", "#pictures?sample=4")
    translated(again, "sample 4")
    expect(again.get_by_role("radio", name="sample 4")).to_be_checked()


def test_a_run_on_label_maps_has_the_board_and_its_own_network(visit, root):
    page = visit("drawn")
    photo, board = page.locator("#draw .draw-photo"), page.locator("#draw .board canvas")
    expect(photo).to_have_attribute("aria-label", re.compile("Photograph made from the drawing"))
    page.locator("#draw").get_by_role("radio", name="shop").check()
    before = canvas_pixels(page, "#draw .draw-photo")
    board.click()
    expect(page.locator("#draw .draw-below [role=status]")).to_have_text(re.compile("ready|Translated"), timeout=60_000)
    drawing = canvas_pixels(page, "#draw .board canvas")
    assert not np.array_equal(canvas_pixels(page, "#draw .draw-photo"), before)
    assert abs(canvas_pixels(page, "#draw .draw-photo") - in_torch(root, "drawn", drawing)).max() <= 2


@pytest.mark.parametrize("name", ["colour", "drawn"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1280])
def test_nothing_is_cut_off_and_axe_finds_nothing(visit, name, scheme, width):
    page = visit(name, viewport={"width": width, "height": 844}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert problems(page) == []


def test_on_a_phone_the_translation_stays_in_sight_below_the_samples(visit):
    page = visit("colour", viewport={"width": 375, "height": 760}, has_touch=True, is_mobile=True)
    page.get_by_role("radio", name="sample 2").scroll_into_view_if_needed()
    page.get_by_role("radio", name="sample 2").tap()
    translated(page, "sample 2")
    box = page.locator(MADE).bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 760
