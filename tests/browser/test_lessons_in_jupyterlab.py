"""The lessons in JupyterLab: every cell is run, every control is moved by keyboard, and axe-core checks the output."""

import pytest
from hands import canvas_pixels, near, problems
from lab import move_by_keyboard, picture, run_all
from playwright.sync_api import expect

from pix2pix_edu.drawing.unpainted import draw_unpainted_pair
from pix2pix_edu.experiments.gallery import fakes
from pix2pix_edu.images import to_tensor
from pix2pix_edu.play.answers import HOUSES, NOISE, SEED, open_flow, walk


def test_no_code_of_a_lesson_scrolls_sideways(page, jupyterlab):
    page.goto(f"{jupyterlab}/lab/tree/02_objective.ipynb?reset")
    cells = page.locator(".jp-CodeCell .jp-InputArea .cm-scroller")
    cells.last.wait_for()
    assert max(len(line) for line in page.locator(".jp-CodeCell .cm-line").all_inner_texts()) > 120
    assert cells.evaluate_all("cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).length") == 0


@pytest.mark.parametrize("notebook", ["00_tour", "03_unet_skips", "04_patchgan", "08_published"])
def test_every_control_of_a_lesson_works_from_the_keyboard_and_changes_the_picture_and_its_words(page, jupyterlab, notebook):
    run_all(page, jupyterlab, notebook)
    explorers = page.locator(".jp-OutputArea-output .widget-vbox:has(> .widget-html figure)")
    explorers = explorers.filter(has_not=page.get_by_role("button", name="Reveal"))  # a diagnosis is no view of the picture
    assert explorers.count() >= 1
    for place in range(explorers.count()):
        widget = explorers.nth(place)
        controls, image = widget.locator("> .widget-hbox > *"), widget.locator("figure img")
        for number in range(controls.count()):
            source, alt = picture(widget)
            kind, move_back = move_by_keyboard(page, controls.nth(number))
            expect(image, f"{kind} {number} of {alt}").not_to_have_attribute("src", source, timeout=20_000)
            assert picture(widget)[1] != alt
            assert widget.locator("figcaption").inner_text() == picture(widget)[1]
            move_back()
            expect(image, f"{kind} {number} moved back").to_have_attribute("alt", alt, timeout=20_000)


def test_the_recorded_trainings_of_a_lesson_are_walked_through_by_keyboard(page, jupyterlab):
    run_all(page, jupyterlab, "07_experiments")
    figure = page.locator(".play-runs").last  # the grid
    figure.scroll_into_view_if_needed()
    figure.get_by_role("button", pressed=True).focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    figure.get_by_role("slider", name="Steps of training").focus()
    page.keyboard.press("Home")
    figure.get_by_role("slider", name="House").focus()
    page.keyboard.press("ArrowRight")
    figure.get_by_role("radio", name="0", exact=True).focus()
    page.keyboard.press("ArrowDown")
    caption = figure.locator(".play-caption")
    expect(caption).to_contain_text("λ 10, patch 70, seed 1, house 2, after 150 steps")
    expect(caption).not_to_contain_text("Loading", timeout=20_000)
    assert near(canvas_pixels(figure, ".runs-wipe canvas:nth-of-type(2)"), fakes("lambda_10_patch_70", 1, 150)[1])


def test_walks_of_the_flow_network_are_taken_and_looked_at_by_keyboard(page, jupyterlab):
    run_all(page, jupyterlab, "10_after_pix2pix")
    figure = page.locator(".play-flow")
    figure.scroll_into_view_if_needed()
    caption, moments = figure.locator(".play-caption"), figure.get_by_role("slider", name="Moment")
    moments.focus()
    page.keyboard.press("Home")
    expect(caption).to_contain_text("Step 1 of 16", timeout=30_000)  # when the walk has been taken
    expect(moments).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(caption).to_contain_text("Step 2 of 16")
    figure.get_by_role("radio", name="16", exact=True).focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(caption).to_contain_text("Step 2 of 2:", timeout=30_000)
    figure.get_by_role("button", name="Other noise").focus()
    page.keyboard.press("Enter")
    x = to_tensor(draw_unpainted_pair(SEED + HOUSES["gable"], 64)[0])
    expected = walk(open_flow(), x, NOISE + 1, steps=2)
    row = ".flow-row:nth-of-type(1) canvas:nth-of-type({})"
    for _ in range(100):
        shown = [near(canvas_pixels(figure, row.format(i)), one) for i, one in enumerate(expected, start=1)]
        if all(shown):
            break
        page.wait_for_timeout(100)
    assert all(shown)


def test_a_prediction_is_entered_by_keyboard_and_noted(page, jupyterlab):
    run_all(page, jupyterlab, "00_tour")
    question = page.locator(".jp-OutputArea-output .widget-vbox:has(.widget-radio)").first
    question.locator("input[type=radio]").first.focus()
    page.keyboard.press("Space")
    question.get_by_role("button", name="This is my prediction").focus()
    page.keyboard.press("Enter")
    expect(question).to_contain_text("Noted:")


@pytest.mark.parametrize("notebook", ["00_tour", "04_patchgan", "07_experiments", "08_published", "09_draw", "10_after_pix2pix"])
def test_axe_finds_nothing_in_what_the_lessons_show(page, jupyterlab, notebook):
    run_all(page, jupyterlab, notebook)
    assert problems(page, ".jp-OutputArea-output") == []
