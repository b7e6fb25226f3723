"""Widgets in JupyterLab and in Notebook 7: they answer a drag, and what is typed in them stays there.

The notebook around them would take "d d" for deleting the cell, "a" and "b" for new ones, "x" for cutting.
"""

import re

import pytest
from hands import canvas_pixels, drag, near, opened
from lab import run_all, write_notebook
from playwright.sync_api import expect

from pix2pix_edu.play.data import FIGURES, patch

CONTROLS = """
from matplotlib.figure import Figure
from pix2pix_edu.classroom.explorer import choice, explore, menu, number, switch
one, other = number("Number", 0, 99, 5), menu("Menu", ["bed", "dad"], "bed")
draw = lambda **values: (Figure((1, 1)), str(values))
explore(draw, a=one, b=choice("Choice", [1, 2], 1), c=other, d=switch("Switch", True))
"""
QUESTION = """
from pix2pix_edu.classroom.questions import predict
question = predict("keys", "letter", "Which letter?", ["a", "d"])
"""
CLINIC = "from pix2pix_edu.classroom.clinic.widget import clinic\nclinic()"
GAME = """
from pix2pix_edu.classroom.real_or_fake.game import real_or_fake
real_or_fake(models=["L1", "L1+cGAN"], trials=4)
"""
BOARD = """
from pix2pix_edu.classroom.draw.widgets import draw_and_translate
from pix2pix_edu.weights.bundled import load_pretrained
draw_and_translate(load_pretrained("unpainted_64")[0], 64, drawn="unpainted")
"""
CELLS = [CONTROLS, QUESTION, CLINIC, GAME, BOARD, *(f"from pix2pix_edu.classroom import play\nplay.{name}()" for name in FIGURES)]
KEYS = ["d", "d", "1", "2", "a", "Enter", "d", "d", "Escape", "d", "d", "b", "x", "Shift+m", "Tab", "d", "d"]
WATCH = """() => {
  window.changes = [];
  const note = (nodes, what) => [...nodes].filter((node) => node.classList?.contains("jp-Cell")).forEach(() => window.changes.push(what));
  new MutationObserver((records) => records.forEach(({ addedNodes, removedNodes }) => {
    note(addedNodes, "added");
    note(removedNodes, "removed");
  })).observe(document.querySelector(".jp-Notebook"), { childList: true, subtree: true });
}"""
# Of each kind of control one, and what has no focus of its own: pictures, captions.
PLACES = """output => {
  const kinds = new Map();
  for (const place of output.querySelectorAll("button, select, input, summary, [tabindex='0'], canvas, svg, img, .play-caption")) {
    const kind = `${place.tagName} ${place.type} ${place.getAttribute("class")}`;
    if (place.getBoundingClientRect().width && !place.disabled) kinds.set(kind, place);
  }
  window.places = [...kinds.values()];
  return [...kinds.keys()];
}"""


@pytest.fixture(scope="module", params=["lab/tree", "notebooks"], ids=["JupyterLab", "Notebook 7"])
def shown(chromium, jupyterlab, request):
    """A notebook with every kind of widget, every cell run."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1400})
    page = context.new_page()
    write_notebook(page, jupyterlab, "keys", *CELLS)
    run_all(page, jupyterlab, "keys", request.param)
    assert f"/{request.param}/keys.ipynb" in page.url  # not led on to the other
    expect(page.locator(".own-keys")).to_have_count(4, timeout=30_000)  # beside the controls, the question, the clinic and the game
    page.evaluate(WATCH)
    yield page
    context.close()


def test_a_figure_and_the_board_draw_and_answer_a_drag(shown):
    figure, board = shown.locator(".play-patch"), shown.locator(".board-widget")
    assert near(canvas_pixels(figure, ".patch-picture canvas"), opened(patch()["pictures"][256]))
    overlay, caption = figure.locator(".patch-picture svg"), figure.locator(".play-caption")
    expect(caption).to_contain_text("Logit (15, 15)")
    drag(overlay, (32, 32), (62, 62))
    expect(caption).to_contain_text("Logit (29, 29)")
    photo = board.locator("img")
    before = photo.get_attribute("src")
    drag(board.locator("canvas"), (5, 5), (50, 40))
    expect(photo).not_to_have_attribute("src", before, timeout=30_000)


@pytest.mark.parametrize("number", range(len(CELLS)), ids=["controls", "question", "clinic", "real or fake", "board", *FIGURES])
def test_no_key_that_is_typed_in_a_widget_changes_the_cells(shown, number):
    page = shown
    output = page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output").last
    kinds = output.evaluate(PLACES)
    assert kinds
    for place, kind in enumerate(kinds):
        for way in ("focus", "click"):
            if not page.evaluate("place => places[place].isConnected && places[place].getBoundingClientRect().width > 0", place):
                continue  # a control that was replaced by what was typed before
            if way == "focus":
                page.evaluate("place => places[place].focus()", place)
            else:
                page.evaluate_handle("place => places[place]", place).as_element().click(force=True)
            for key in KEYS:
                page.keyboard.press(key)
            page.wait_for_timeout(50)
            assert page.evaluate("window.changes") == [], f"{way} {kind}"


def test_shift_enter_in_a_figure_runs_the_cell_as_elsewhere(shown):
    cell = shown.locator(".jp-CodeCell").nth(len(CELLS) - len(FIGURES) + FIGURES.index("patch"))
    prompt = cell.locator(".jp-InputPrompt")
    before = prompt.inner_text()
    cell.get_by_role("radio", name="34", exact=True).click()
    shown.keyboard.press("Shift+Enter")
    expect(prompt).not_to_have_text(before)
    expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=30_000)
    expect(cell.locator(".play-patch")).to_be_visible()
