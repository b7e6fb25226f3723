"""How fast the figures answer: python tests/browser/latency.py prints a table, with JupyterLab as its last line. With FILE, it is recorded.

From finger to picture is the time from an event to the end of the next frame. Chromium draws a frame as soon as it can, without waiting
for a screen: at 60 frames a second the wait is up to 17 ms, whatever the figure does. The last number is what the page's thread computes
for each event: the processor's time, which other work on the machine does not lengthen. An element that does nothing is moved over as
well: its numbers are those of the browser and of the machine alone.
"""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from hands import served
from lab import run_all, served_jupyterlab, write_notebook
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pix2pix_edu.files import write_text
from pix2pix_edu.page.build import build
from pix2pix_edu.run.machine_log import describe

TIMES = 60
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-frame-rate-limit", "--disable-gpu-vsync"]
SKIPS = "from pix2pix_edu.classroom import play\nplay.skips()"
# The frame's own work is done when a message that is sent in its last callback arrives.
WATCH = """type => {
  window.times = [];
  addEventListener(type, (event) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => window.times.push(performance.now() - event.timeStamp);
    port2.postMessage(0);
  }), { capture: true });
}"""
EMPTY = "document.querySelector('main').innerHTML = '<div style=\"height: 400px; background: #888\"></div>'"
IN_NOTEBOOK = """async count => {
  const [input, caption] = [document.querySelector(".skips-level input"), document.querySelector(".play-skips .play-caption")];
  const times = [];
  for (let i = 0; i < count; i += 1) {
    const start = performance.now();
    const changed = new Promise((done) => new MutationObserver((_, me) => (me.disconnect(), done())).observe(caption, { childList: true }));
    input.click();
    await changed;
    if (!input.checked) times.push(performance.now() - start); // with every level on, no network is asked
  }
  return times;
}"""


class Work:
    """The milliseconds that the thread of a page has computed between `with` and the end of it."""

    def __init__(self, page: Page):
        self.session = page.context.new_cdp_session(page)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def now(self) -> float:
        return next(each["value"] for each in self.session.send("Performance.getMetrics")["metrics"] if each["name"] == "TaskDuration")

    def __enter__(self) -> "Work":
        self.start = self.now()
        return self

    def __exit__(self, *_: object) -> None:
        self.milliseconds = 1000 * (self.now() - self.start)


ROWS: list[dict[str, str | float | None]] = []


def row(what: str, milliseconds: list[float], wanted: float | None, work: float | None = None) -> None:
    half, most = np.percentile(milliseconds, [50, 95]).round(1).tolist()
    print(f"{what:<44} {half:8.1f} {most:8.1f} {'' if work is None else f'{work:.1f}':>8}   {wanted or ''}", flush=True)
    ROWS.append({"what": what, "median": half, "p95": most, "work": work and round(work, 1), "wanted": wanted})


def dragged(page: Page, selector: str) -> tuple[list[float], float]:
    """Move a pressed mouse over an element. Return the times from each move to its frame, and the work for each."""
    place = page.locator(selector).first
    place.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = place.bounding_box()
    page.evaluate(WATCH, "pointermove")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + min(box["height"], 600) / 2)
    page.mouse.down()
    with Work(page) as work:
        for number in range(TIMES):
            share = 0.2 + 0.6 * (number % 20) / 20
            page.mouse.move(box["x"] + share * box["width"], box["y"] + share * min(box["height"], 600))
            page.wait_for_timeout(30)
    page.mouse.up()
    return page.evaluate("window.times"), work.milliseconds / TIMES


def stepped(page: Page, name: str) -> tuple[list[float], float]:
    """Move a slider to and fro with the arrow keys, after its pictures have been loaded."""
    slider = page.locator("#runs").get_by_role("slider", name=name)
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    expect(page.locator("#runs .play-caption")).not_to_contain_text("Loading", timeout=60_000)
    page.evaluate(WATCH, "input")
    with Work(page) as work:
        for number in range(TIMES):
            page.keyboard.press("ArrowRight" if number % 2 else "ArrowLeft")
            page.wait_for_timeout(30)
    return page.evaluate("window.times"), work.milliseconds / TIMES


def translated(page: Page) -> list[float]:
    """What the page says of each stroke on its board."""
    said, board = page.locator("#draw .draw-below [role=status]"), page.locator("#draw .board canvas")
    board.scroll_into_view_if_needed()
    times = []
    for number in range(TIMES // 2):
        page.evaluate("document.querySelector('#draw .draw-below [role=status]').textContent = ''")
        board.click(position={"x": 20 + 5 * number, "y": 30})
        expect(said).to_have_text(re.compile("ready|Translated"), timeout=60_000)
        times += [float(number) for number in re.findall(r"Translated in (\d+) ms", said.inner_text())]
    return times


def measure_page(browser: Browser, address: str) -> None:
    def opened(figure: str) -> Page:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{address}/#{figure}")
        page.locator(f"#{figure} .play").wait_for()
        page.wait_for_load_state("networkidle")
        return page

    def show(what: str, measured: tuple[list[float], float], wanted: float | None) -> None:
        row(what, measured[0], wanted, measured[1])

    paints, ready = [], []
    for _ in range(5):
        page = browser.new_page()
        page.goto(address)
        page.locator("#draw .draw-photo[aria-label^='Photograph made']").wait_for()
        ready.append(page.evaluate("performance.now()"))
        paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        page.close()
    row("first paint", paints, 1000)
    row("first interaction: the board with its picture", ready, 2000)
    page = opened("patch")
    show("patch, a drag", dragged(page, "#patch .patch-picture svg"), 16)
    page.evaluate(EMPTY)
    show("the same over an element that does nothing", dragged(page, "main > div"), None)
    page = opened("runs")
    show("recorded trainings, the wipe", dragged(page, "#runs .runs-wipe"), 16)
    show("recorded trainings, another house", stepped(page, "House"), 16)
    show("recorded trainings, another step", stepped(page, "Steps of training"), 16)
    row("translation of 64 px on the page", translated(opened("draw")), 60)


def measure_notebook(browser: Browser, folder: Path) -> None:
    with served_jupyterlab(folder) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        write_notebook(page, address, "skips", SKIPS)
        run_all(page, address, "skips")
        page.locator(".play-skips .play-caption").get_by_text("Switched off: nothing").wait_for()
        row("translation of 64 px in the notebook", page.evaluate(IN_NOTEBOOK, 2 * TIMES)[1:], 100)


def main() -> None:
    print(f"{'milliseconds':<44} {'median':>8} {'p95':>8} {'work':>8}   wanted, at most")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=SWITCHES)
        build(Path(name) / "page", "houses_64")
        with served(Path(name) / "page") as address:
            measure_page(browser, address)
        (Path(name) / "lab").mkdir()
        measure_notebook(browser, Path(name) / "lab")
        about = {"browser": f"Chromium {browser.version}", "frames": TIMES, **describe(torch.device("cpu"))}
        browser.close()
    for file in sys.argv[1:]:
        write_text(Path(file), json.dumps({**about, "milliseconds": ROWS}, indent=1))


if __name__ == "__main__":
    main()
