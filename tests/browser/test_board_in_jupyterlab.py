"""The drawing board in JupyterLab: drawn on by mouse and by keyboard, and translated at each stroke."""

import re

import pytest
from hands import canvas_pixels, drag, press, problems, until
from lab import run_all, write_notebook
from playwright.sync_api import expect

BOARD = """
from pix2pix_edu.classroom.display import data_url
from pix2pix_edu.classroom.draw.widgets import draw_and_translate
from pix2pix_edu.weights.bundled import load_pretrained
from pix2pix_edu.play.subjects import sample_sketches

board = draw_and_translate(load_pretrained("unpainted_64")[0], 64, drawn="unpainted")
board
"""
FROM_PYTHON = 'board.sketch = data_url(sample_sketches(64, "unpainted")["gable"])'
STOPPED = """
import os, signal, subprocess
subprocess.Popen(["sh", "-c", f"sleep 4; kill -CONT {os.getpid()}"])
os.kill(os.getpid(), signal.SIGSTOP)  # now the kernel answers nothing, while older ones are like this in every cell
"""
TRAINING = """
import time, torch
torch.manual_seed(1)
until, drawn = time.monotonic() + 4, []
while time.monotonic() < until:
    drawn.append(torch.rand(()))
    time.sleep(0.001)
torch.manual_seed(1)
print("as without the board:", drawn == [torch.rand(()) for _ in drawn])
"""


@pytest.fixture(scope="module")
def shown(chromium, jupyterlab):
    """The board in a notebook of its own, every cell run."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1200})
    page = context.new_page()
    write_notebook(page, jupyterlab, "board", BOARD, FROM_PYTHON, STOPPED, TRAINING)
    run_all(page, jupyterlab, "board")
    yield page.locator(".jp-OutputArea-output .board-widget")
    context.close()


@pytest.fixture
def board(shown):
    """The same, with the plain house on it."""
    shown.get_by_role("button", name="plain house").click()
    expect(shown.locator("img")).to_have_attribute("alt", re.compile("seed 0: background 50.3%, facade 33.3%"))
    return shown


def photo(board):
    image = board.locator("img")
    return image.get_attribute("src"), image.get_attribute("alt")


def pixels(board):
    """Every pixel of the sketch, as the browser has it."""
    return board.locator("canvas").evaluate("canvas => canvas.getContext('2d').getImageData(0, 0, 64, 64).data.join()")


def test_a_mouse_draws_the_photograph_changes_and_undo_brings_it_back(board):
    image, before, sketch = board.locator("img"), photo(board), pixels(board)
    board.get_by_role("radio", name="shop").check()
    board.get_by_role("radio", name="rectangle").check()
    drag(board.locator("canvas"), (10, 44), (53, 59))
    expect(image).to_have_attribute("alt", re.compile(r"shop 17\.2%"))  # 44 x 16 of 64 x 64 pixels
    assert photo(board)[0] != before[0]
    assert board.locator("figcaption").inner_text() == photo(board)[1]
    board.page.keyboard.press("Control+z")
    expect(image).to_have_attribute("alt", before[1])
    expect(image).to_have_attribute("src", before[0])
    assert pixels(board) == sketch


def test_the_keyboard_draws_and_the_notebook_around_does_not_hear_its_letters(board):
    image, before, page = board.locator("img"), photo(board), board.page
    board.get_by_role("button", name="Clear to background").press("Enter")
    expect(image).to_have_attribute("alt", re.compile(r"seed 0: background 100\.0%\.$"))
    board.locator("canvas").focus()
    press(page, *["Shift+ArrowLeft", "Shift+ArrowUp"] * 8)  # to the corner, wherever a mouse has left the cursor
    press(page, "d", "d", "r", "Space", "Shift+ArrowDown", "Shift+ArrowRight", "Space")  # D D deletes a notebook's cell
    expect(image).to_have_attribute("alt", re.compile(r"background 98\.0%, door 2\.0%\.$"))  # 9 x 9 pixels
    press(page, "a", "b")  # which insert cells
    assert page.locator(".jp-Notebook .jp-Cell").count() == 4
    press(page, "Control+z", "Control+z")
    expect(image).to_have_attribute("src", before[0])


def test_other_noise_is_another_photograph_of_the_same_sketch(board):
    image, before = board.locator("img"), photo(board)
    board.get_by_role("button", name="Other noise").press("Enter")
    expect(image).to_have_attribute("alt", before[1].replace("seed 0", "seed 1"))
    assert photo(board)[0] != before[0]
    board.get_by_role("button", name="First noise").press("Enter")
    expect(image).to_have_attribute("src", before[0])


def test_a_sketch_that_python_sets_appears_on_the_board(board):
    page, before = board.page, pixels(board)
    board.get_by_role("button", name="gable").click()
    gable = pixels(board)
    board.get_by_role("button", name="Undo").click()
    expect(board.locator("img")).to_have_attribute("alt", re.compile("background 50.3%"))
    assert pixels(board) == before
    page.locator(".jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Control+Enter")
    expect(board.get_by_role("status").first).to_have_text("A label map is loaded.")
    assert pixels(board) == gable


def test_while_the_kernel_is_busy_the_board_says_so_and_then_what_was_drawn_is_translated(board):
    page, image, caption, before = board.page, board.locator("img"), board.locator("figcaption"), photo(board)
    page.locator(".jp-CodeCell .cm-content").nth(2).click()
    page.keyboard.press("Control+Enter")
    board.get_by_role("button", name="shop", exact=True).click()
    board.get_by_role("button", name="Other noise").click()
    expect(caption).to_have_text("The kernel is busy. Your drawing is translated as soon as it answers.")
    assert photo(board) == before
    expect(image).to_have_attribute("alt", re.compile("seed 1"), timeout=20_000)
    expect(caption).to_have_text(photo(board)[1])
    board.get_by_role("button", name="First noise").click()
    expect(caption).to_have_text(re.compile("seed 0"))
    page.wait_for_timeout(1500)
    expect(caption).to_have_text(photo(board)[1])  # no late word of a busy kernel


def test_a_cell_that_runs_while_somebody_draws_has_the_random_numbers_that_it_has_without(board):
    page, cell = board.page, board.page.locator(".jp-CodeCell").nth(3)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(cell.locator(".jp-InputPrompt")).to_have_text("[*]:")
    for row in range(4, 60, 8):
        drag(board.locator("canvas"), (4, row), (59, row))
        board.get_by_role("button", name="Other noise").click()
    expect(cell.locator(".jp-OutputArea-output")).to_have_text("as without the board: True", timeout=20_000)
    board.get_by_role("button", name="First noise").click()
    expect(board.locator("img")).to_have_attribute("alt", re.compile("seed 0"), timeout=20_000)


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_axe_finds_nothing_in_the_board_in_either_theme(board, theme):
    page = board.page
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    for name in ("Theme", theme):
        page.locator(".lm-Menu-itemLabel").get_by_text(name, exact=True).click()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme, timeout=30_000)  # its style sheet has to load
    board.locator("canvas").focus()
    assert problems(page, ".jp-OutputArea-output") == []


@pytest.fixture(scope="module")
def figures(chromium, jupyterlab):
    """The page of the notebook of figures, every cell run."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1200})
    page = context.new_page()
    run_all(page, jupyterlab, "play")
    yield page
    context.close()


def share(board, name):
    """The share of a class in the drawing, in percent, as the alt text of the photograph states it."""
    return float(re.search(rf"{name} ([\d.]+)%", photo(board)[1] + f" {name} 0%")[1])


@pytest.mark.parametrize(
    ("number", "paint", "credit"),
    [(0, "shop", ""), (1, "ice", "Photographs: Blue Marble"), (2, "ink", "All emojis designed by OpenMoji")],
    ids=["house", "planet", "emoji"],
)
def test_a_stroke_on_each_board_of_the_notebook_of_figures_changes_its_picture_and_undo_brings_it_back(figures, number, paint, credit):
    board = figures.locator(".board-widget").nth(number)
    before, painted = photo(board), share(board, paint)
    board.get_by_role("radio", name=paint, exact=True).check()
    drag(board.locator("canvas"), (4, 30), (59, 30))
    until(figures, lambda: share(board, paint) > painted + 2)
    assert photo(board)[0] != before[0]
    figures.keyboard.press("Control+z")
    expect(board.locator("img")).to_have_attribute("src", before[0], timeout=20_000)
    assert [text[: len(credit)] for text in board.locator(".board-credit").all_inner_texts()] == ([credit] if credit else [])


def test_a_stroke_changes_the_picture_of_every_network_that_differs_in_lambda_or_patch(figures):
    figure = figures.locator(".play-variants")
    pictures = figure.locator(".variants-picture")
    figure.scroll_into_view_if_needed()
    expect(pictures.last).to_have_attribute("aria-label", re.compile("made from the sample"))

    def shown():
        return [canvas_pixels(pictures.nth(number), "canvas:not(.variants-verdict)") for number in range(pictures.count())]

    before = shown()
    drag(figure.locator(".board canvas"), (4, 30), (59, 30))
    expect(figure.locator(".play-caption")).to_contain_text("8 networks translated this drawing", timeout=30_000)
    assert len(before) == 9  # one of them is in both rows
    until(figures, lambda: all(abs(now - then).mean() > 1 for now, then in zip(shown(), before, strict=True)))


def test_axe_finds_nothing_in_the_boards_of_photographs(figures):
    assert problems(figures, ".board-widget:has(.board-credit)") == []
