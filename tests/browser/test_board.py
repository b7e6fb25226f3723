"""The drawing board alone in a static page: by finger on a small phone, by mouse, by keyboard."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hands import SIDE, drag, fingers, point, press, problems, served
from playwright.sync_api import expect

from pix2pix_edu.drawing.classes import UNPAINTED_COLOURS
from pix2pix_edu.play.subjects import paints

PLAY = Path(__file__).parents[2] / "pix2pix_edu" / "play"
INDEX = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>The board alone</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'self'">
<link rel="icon" href="board.css"><link rel="stylesheet" href="board.css"><link rel="stylesheet" href="index.css">
<main><h1>The board alone</h1></main>
<script type="module" src="index.js"></script>
</html>"""
SCRIPT = """
import { createBoard } from "./board.js";
const samples = [{ name: "wall", labels: new Uint8Array(64 * 64).fill(1) }];
window.changes = [];
window.board = createBoard({ classes: %s, size: 64, samples, onChange: (labels) => window.changes.push(labels) });
document.querySelector("main").append(window.board.element);
"""
STYLE = ":root { color-scheme: light dark; } body { margin: 8px; } main { max-width: 40rem; }"
PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
FACADE, WINDOW, DOOR = (list(UNPAINTED_COLOURS).index(name) for name in ("facade", "window", "door"))


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of a static page that holds the board and nothing else, and allows no style or script but its own files."""
    folder = tmp_path_factory.mktemp("board")
    for file in ("dom.js", "label_map.js", "words.js", "board.js", "board.css"):
        shutil.copy(PLAY / file, folder)
    for name, text in {"index.html": INDEX, "index.js": SCRIPT % json.dumps(paints("unpainted")), "index.css": STYLE}.items():
        (folder / name).write_text(text)
    with served(folder) as address:
        yield f"{address}/"


@pytest.fixture
def visit(chromium, address):
    """Opens the page on a device of some kind; whatever the browser complains about fails the test."""
    contexts, complaints = [], []

    def open_page(**device):
        contexts.append(chromium.new_context(**device))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        page.locator("canvas").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def labels(page):
    """The board's class numbers (64, 64)."""
    return np.array(page.evaluate("Array.from(window.board.labels())")).reshape(SIDE, SIDE)


def box(top, left, bottom, right, value):
    expected = np.zeros((SIDE, SIDE), dtype=int)
    expected[top:bottom, left:right] = value
    return expected


def test_a_finger_draws_a_rectangle_on_a_phone_and_the_page_stands_still(visit):
    page = visit(**PHONE)
    page.get_by_role("radio", name="window").tap()
    page.get_by_role("radio", name="rectangle").tap()
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    touch, scrolled = fingers(page), page.evaluate("window.scrollY")
    touch("touchStart", point(canvas, 10, 20))
    touch("touchMove", point(canvas, 15, 30))
    touch("touchMove", point(canvas, 19, 39))
    touch("touchEnd")
    assert (labels(page) == box(20, 10, 40, 20, WINDOW)).all()
    assert page.evaluate("window.scrollY") == scrolled
    expect(page.get_by_role("status").first).to_have_text("Pixels that became window: 200.")
    page.get_by_role("button", name="Undo").click()  # a tap so soon after a finger would be half of a double tap
    expect(page.get_by_role("status").first).to_have_text("Undone.")
    assert (labels(page) == 0).all()


def test_samples_and_undo_answer_to_a_tap(visit):
    page = visit(**PHONE)
    page.get_by_role("button", name="wall").tap()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert (labels(page) == 1).all()
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("status").first).to_have_text("Undone.")
    assert (labels(page) == 0).all()


def test_a_second_finger_does_not_disturb_the_first(visit):
    page = visit(**PHONE)
    page.get_by_role("radio", name="rectangle").tap()
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    touch, first, other = fingers(page), point(canvas, 4, 4), point(canvas, 60, 60)
    touch("touchStart", first)
    touch("touchStart", first, other)
    touch("touchMove", point(canvas, 8, 8), point(canvas, 50, 50))
    touch("touchEnd")
    assert (labels(page) == box(4, 4, 9, 9, FACADE)).all()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_board_fits_the_screen(visit, width):
    page = visit(**{**PHONE, "viewport": {"width": width, "height": 700}})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sides = page.locator("canvas").bounding_box()
    assert sides["width"] == pytest.approx(sides["height"], abs=0.5)
    for control in page.locator("label, button, summary").all():
        place = control.bounding_box()
        assert place["height"] >= 40
        assert place["x"] + place["width"] <= width


def test_a_quick_stroke_of_the_mouse_leaves_no_gap(visit):
    page = visit()
    page.get_by_role("radio", name="1", exact=True).check()
    drag(page.locator("canvas"), (5, 10), (45, 30))
    painted = labels(page) == FACADE
    assert painted.sum() == 41  # one pixel in each column
    assert painted[:, 5:46].any(axis=0).all()
    assert np.abs(np.diff(painted[:, 5:46].argmax(axis=0))).max() <= 1


@pytest.mark.parametrize("side", [1, 2, 4, 8])
def test_each_brush_paints_a_square_of_its_size(visit, side):
    page = visit()
    page.get_by_role("radio", name=str(side), exact=True).check()
    drag(page.locator("canvas"), (30, 30), (30, 30))
    first = 30 - (side - 1) // 2
    assert (labels(page) == box(first, first, first + side, first + side, FACADE)).all()


def test_a_stroke_that_leaves_the_board_goes_on_along_its_edge_and_ends_outside(visit):
    page = visit(viewport={"width": 700, "height": 900})
    page.get_by_role("radio", name="rectangle").check()
    drag(page.locator("canvas"), (40, 50), (80, 80))
    assert (labels(page) == box(50, 40, 64, 64, FACADE)).all()


def test_every_control_is_reached_by_the_tab_key(visit):
    page, reached = visit(), []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText || document.activeElement.tagName"))
    assert reached == ["INPUT", "INPUT", "CANVAS", "Undo", "Redo", "Clear to background", "wall", "Drawing by keyboard"]


def test_the_pen_of_the_keyboard_is_put_down_moved_and_lifted(visit):
    page = visit()
    page.locator("canvas").focus()
    press(page, "d", "1", " ", "ArrowRight", "Shift+ArrowDown", "Enter", "ArrowRight", "ArrowRight")
    assert page.get_by_role("radio", name="door").is_checked()
    drawn = box(32, 33, 41, 34, DOOR)  # it begins in the middle, at column 32 and row 32
    drawn[32, 32] = DOOR
    assert (labels(page) == drawn).all()
    expect(page.get_by_role("status").first).to_have_text("Column 36, row 41: background.")


def test_escape_drops_a_rectangle_that_is_not_finished(visit):
    page = visit()
    page.locator("canvas").focus()
    press(page, "r", "Enter", "Shift+ArrowDown", "Shift+ArrowLeft")
    assert (labels(page) == box(32, 24, 41, 33, FACADE)).all()
    press(page, "Escape")
    assert (labels(page) == 0).all()
    press(page, "Control+z")
    expect(page.get_by_role("status").first).to_have_text("There is nothing to undo.")


def test_sixty_strokes_are_undone_and_done_again(visit):
    page = visit()
    page.locator("canvas").focus()
    for step in range(60):
        press(page, "f" if step % 2 else "w", " ", " ")
    last = labels(page)
    for _ in range(60):
        press(page, "Control+z")
    assert (labels(page) == 0).all()
    for _ in range(60):
        press(page, "Control+y")
    assert (labels(page) == last).all()
    press(page, "Control+Shift+z")
    expect(page.get_by_role("status").first).to_have_text("There is nothing to redo.")


def test_a_sample_and_clearing_are_steps_that_can_be_undone(visit):
    page = visit()
    page.get_by_role("button", name="wall").click()
    assert (labels(page) == 1).all()
    page.get_by_role("button", name="Clear to background").click()
    assert (labels(page) == 0).all()
    page.get_by_role("button", name="Undo").click()
    assert (labels(page) == 1).all()


def test_the_host_hears_of_changes_once_in_a_frame_and_of_the_last_state(visit):
    page = visit()
    page.evaluate("for (const value of [3, 4, 5]) window.board.load(new Uint8Array(4096).fill(value))")
    page.wait_for_function("window.changes.length > 0")
    assert page.evaluate("window.changes.map((labels) => [labels.length, labels[0], labels[4095]])") == [[4096, 5, 5]]


@pytest.mark.parametrize("wrong", ["new Uint8Array(4095)", "new Uint8Array(4096).fill(12)"], ids=["too short", "no such class"])
def test_what_is_no_label_map_is_not_loaded(visit, wrong):
    page = visit()
    answer = page.evaluate(f"(() => {{ try {{ window.board.load({wrong}); }} catch (error) {{ return error.message; }} }})()")
    assert answer == "a label map has 4096 class numbers below 12: check what is loaded"
    assert (labels(page) == 0).all()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 900])
def test_axe_finds_nothing_in_the_board_alone(visit, scheme, width):
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 900})
    page.get_by_text("Drawing by keyboard").click()
    page.locator("canvas").focus()
    assert problems(page, "body") == []
