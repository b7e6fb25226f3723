"""What a person does in JupyterLab, in a few words."""

import re

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
    """The widget's picture and what its alt text says."""
    image = widget.locator("figure img")
    return image.get_attribute("src"), image.get_attribute("alt")


def move_by_keyboard(page: Page, control: Locator) -> str:
    """Bring a control to another value without the mouse; says what kind it is."""
    kind = next(kind for kind in ("widget-toggle-buttons", "widget-checkbox", "widget-dropdown", "widget-text") if has_class(control, kind))
    if kind == "widget-toggle-buttons":
        control.locator("button:not(.mod-active)").first.focus()
        page.keyboard.press("Enter")
    elif kind == "widget-checkbox":
        control.locator("input").focus()
        page.keyboard.press("Space")
    elif kind == "widget-dropdown":
        control.locator("select").focus()
        page.keyboard.press("ArrowUp" if control.locator("select").evaluate("s => s.selectedIndex") else "ArrowDown")
    else:
        field = control.locator("input")
        field.focus()
        page.keyboard.press("ArrowDown" if field.input_value() == field.get_attribute("max") else "ArrowUp")
        page.keyboard.press("Enter")
    return kind


def has_class(control: Locator, name: str) -> bool:
    return name in control.get_attribute("class").split()
