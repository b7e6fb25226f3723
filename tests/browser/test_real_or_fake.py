"""The game real or fake, played in JupyterLab by keyboard."""

import re

import pytest
from hands import problems
from lab import run_all
from playwright.sync_api import expect

GAME = """
from pix2pix_edu.classroom.real_or_fake.game import class_result, real_or_fake
real_or_fake(models=["L1", "L1+cGAN"], trials=4)
"""
WRITE = """async ([name, source]) => {
    const cell = {cell_type: "code", source, metadata: {}, outputs: [], execution_count: null, id: "game"};
    const kernelspec = {name: "python3", display_name: "Python 3"};
    const content = {nbformat: 4, nbformat_minor: 5, metadata: {kernelspec}, cells: [cell]};
    const token = document.cookie.match(/_xsrf=([^;]+)/)[1];
    const answer = await fetch(`/api/contents/${name}.ipynb`, {
        method: "PUT", headers: {"X-XSRFToken": token}, body: JSON.stringify({type: "notebook", content})
    });
    return answer.ok;
}"""
WATCH = """() => {
    window.looks = [];
    for (const kind of ["animationstart", "animationend"])
        document.addEventListener(kind, event => {
            if (event.animationName === "pix2pix-glance")
                window.looks.push([kind, performance.now(), getComputedStyle(event.target).visibility]);
        }, true);
}"""


@pytest.fixture
def game(page, jupyterlab):
    page.goto(f"{jupyterlab}/lab")
    page.locator("#jp-main-statusbar").wait_for(timeout=60_000)
    assert page.evaluate(WRITE, ["game", GAME])
    run_all(page, jupyterlab, "game")
    page.evaluate(WATCH)
    return page.locator(".jp-OutputArea-output > .widget-vbox")


def focused(page):
    return page.evaluate("document.activeElement.innerText")


def press(page, name, key="Enter"):
    """Move to the button of this name, which is near, and press it."""
    for step in ("Tab", "Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab", ""):
        if focused(page) == name:
            return page.keyboard.press(key)
        if step:
            page.keyboard.press(step)
    raise AssertionError(f"{name} is not among the next places to go: {focused(page)!r}")


def look(page, game):
    """Wait until a pair has been shown and has vanished; what happened to both pictures meanwhile."""
    page.wait_for_function("window.looks.filter(look => look[0] === 'animationend').length === 2", timeout=20_000)
    expect(game.locator("img")).to_have_count(0)
    return page.evaluate("window.looks.splice(0)")


def play(page, game):
    """A whole game: the left one is always called fake. What happened to the pictures of each pair."""
    game.get_by_role("button", name="Start").focus()
    looks = []
    for number in range(8):
        if number < 4:
            press(page, ["Start", "Next pair", "Next pair", "Next pair"][number])
        elif number == 4:
            press(page, "Now it counts")
        expect(game).to_contain_text(f"Practice pair {number + 1} of 4" if number < 4 else f"Pair {number - 3} of 4")
        looks.append(look(page, game))
        press(page, "Left is fake", "Space" if number % 2 else "Enter")
        if number < 4:
            expect(game).to_contain_text("the fake was on the")
    expect(game).to_contain_text("Took the fake for the real one")
    return looks


def test_a_game_is_played_by_keyboard_and_each_pair_is_seen_for_a_second(page, game):
    for events in play(page, game):
        assert [event[0] for event in events] == ["animationstart"] * 2 + ["animationend"] * 2
        assert [event[2] for event in events[:2]] == ["visible"] * 2
        assert 900 < events[2][1] - events[0][1] < 1500
    press(page, "Save my answers")
    expect(game).to_contain_text(re.compile(r"Saved: .+real_or_fake_[0-9a-f]{16}\.json"))


def test_what_has_vanished_stays_away_when_the_page_is_left_and_found_again(page, game):
    game.get_by_role("button", name="Start").press("Enter")
    look(page, game)
    game.evaluate("box => { const place = box.parentNode; box.remove(); place.append(box); }")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.looks") == []


def test_axe_finds_nothing_in_the_game(page, game):
    output = ".jp-OutputArea-output"
    assert problems(page, output) == []
    game.get_by_role("button", name="Start").press("Enter")
    look(page, game)
    assert problems(page, output) == []
    game.get_by_role("button", name="Right is fake").press("Enter")
    expect(game).to_contain_text("the fake was on the")
    assert problems(page, output) == []
