"""Run notebooks in JupyterLab and use their controls, as a person does."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

MINUTES = 60_000


def run_all(page: Page, address: str, notebook: str) -> None:
    """Open a notebook and run all its cells; a cell that fails fails the test."""
    page.goto(f"{address}/lab/tree/{notebook}.ipynb?reset")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=MINUTES)
    expect(page.locator("#jp-main-statusbar")).to_contain_text("Idle", timeout=2 * MINUTES)  # the kernel has started
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    last = page.locator(".jp-CodeCell .jp-InputPrompt").last
    expect(last).to_have_text(re.compile(r"\[\d+\]:"), timeout=3 * MINUTES)
    assert page.locator('.jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"] .ansi-red-fg').count() == 0


def picture(widget: Locator) -> tuple[str, str]:
    """The URL and the alt text of the widget's picture."""
    image = widget.locator("figure img")
    return image.get_attribute("src"), image.get_attribute("alt")


def move_by_keyboard(page: Page, control: Locator) -> tuple[str, Callable[[], None]]:
    """Change a control's value with the keyboard. Return its kind and a function that sets it back."""
    kind = next(kind for kind in ("widget-toggle-buttons", "widget-checkbox", "widget-dropdown", "widget-text") if has_class(control, kind))

    def press(place: Locator, *keys: str) -> None:
        place.focus()
        for key in keys:
            page.keyboard.press(key)

    if kind == "widget-toggle-buttons":
        pressed = control.locator("button").nth(
            control.locator("button").evaluate_all("all => all.findIndex(b => b.matches('.mod-active'))")
        )
        press(control.locator("button:not(.mod-active)").first, "Enter")
        return kind, lambda: press(pressed, "Enter")
    if kind == "widget-checkbox":
        press(control.locator("input"), "Space")
        return kind, lambda: press(control.locator("input"), "Space")
    if kind == "widget-dropdown":
        menu = control.locator("select")
        before = menu.evaluate("menu => menu.selectedIndex")
        press(menu, "Home" if before else "End")  # an arrow may open the list instead
        return kind, lambda: menu.select_option(index=before)
    field = control.locator("input")
    there, back = ("ArrowDown", "ArrowUp") if field.input_value() == field.get_attribute("max") else ("ArrowUp", "ArrowDown")
    press(field, there, "Enter")
    return kind, lambda: press(field, back, "Enter")


def has_class(control: Locator, name: str) -> bool:
    return name in control.get_attribute("class").split()
