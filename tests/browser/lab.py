"""Run notebooks in JupyterLab and use their controls, as a person does."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

MINUTES = 60_000
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@contextmanager
def served_jupyterlab(folder: Path) -> Iterator[str]:
    """The address of a JupyterLab in a folder, with copies of the notebooks, in the smoke profile."""
    for notebook in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(notebook, folder)
    settings = folder / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')  # every cell stays in the page
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--IdentityProvider.token=", f"--notebook-dir={folder}"]
    environment = {
        **os.environ,
        "PIX2PIX_PROFILE": "smoke",
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTER_CONFIG_PATH": str(NOTEBOOKS.parent / "publishing" / "jupyterlab"),  # as make lab sets it
    }
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen([sys.executable, "-m", "jupyter", "lab", *options], env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=1).close()
            break
        except OSError:
            time.sleep(0.5)
    try:
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def write_notebook(page: Page, address: str, name: str, *sources: str) -> None:
    """Put a notebook with these cells on the server."""
    empty = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**empty, "id": f"cell{number}", "source": source} for number, source in enumerate(sources)]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    page.goto(f"{address}/lab")
    (token,) = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "_xsrf"]
    data = {"type": "notebook", "content": content}
    assert page.request.put(f"{address}/api/contents/{name}.ipynb", data=data, headers={"X-XSRFToken": token}).ok


def run_all(page: Page, address: str, notebook: str, at: str = "lab/tree") -> None:
    """Open a notebook and run all its cells; a cell that fails fails the test. The same server shows it in Notebook 7, at "notebooks"."""
    page.goto(f"{address}/{at}/{notebook}.ipynb?reset")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=MINUTES)
    expect(page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle", timeout=2 * MINUTES)
    if at == "lab/tree":  # there the first sign can come before the kernel has started
        expect(page.locator("#jp-main-statusbar")).to_contain_text("Idle", timeout=2 * MINUTES)
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
