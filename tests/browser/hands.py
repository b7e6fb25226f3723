"""Serve a folder, watch its pages, draw on a board of 64 by 64 pixels, touch, read what a canvas shows, and ask axe-core about a page."""

import base64
import functools
import http.server
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Locator, Page
from torch import Tensor

from pix2pix_edu.images import to_image, to_tensor

SIDE = 64


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path, port: int = 0) -> Iterator[str]:
    """The address of a web server with the files of a folder."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(_Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def watched(browser: Browser, host: str) -> Iterator[Callable[..., Page]]:
    """A function that opens an address of the host. Afterwards the console must be empty, and no other host asked for anything."""
    contexts, asked, troubles = [], [], []

    def visit(address: str, script: str = "", **options: object) -> Page:
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 1000}, **options}))
        if script:
            contexts[-1].add_init_script(script)
        page = contexts[-1].new_page()
        page.asked = []  # the addresses that this page has asked for
        page.on("request", lambda request: asked.append(request) or page.asked.append(request.url))
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{host}/{address}")
        return page

    yield visit
    for context in contexts:
        context.close()
    # A picture that is saved lies in the browser's own memory, at an address that begins with blob:, and one in a style at data:.
    assert [request.url for request in asked if not request.url.removeprefix("blob:").startswith((f"{host}/", "data:"))] == []
    assert {request.method for request in asked} == {"GET"}
    assert troubles == []


def point(canvas: Locator, column: int, row: int) -> tuple[float, float]:
    """The position of a board pixel's centre on the screen."""
    box = canvas.bounding_box()
    return box["x"] + (column + 0.5) * box["width"] / SIDE, box["y"] + (row + 0.5) * box["height"] / SIDE


def drag(canvas: Locator, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Draw with the mouse from a pixel (column, row) to another, in one quick move."""
    canvas.scroll_into_view_if_needed()
    mouse = canvas.page.mouse
    mouse.move(*point(canvas, *start))
    mouse.down()
    mouse.move(*point(canvas, *end))
    mouse.up()


def press(page: Page, *keys: str) -> None:
    """Press keys one after the other."""
    for key in keys:
        page.keyboard.press(key)


def until(page: Page, true: Callable[[], bool], seconds: int = 20) -> None:
    """Wait for something that becomes true within some seconds."""
    for _ in range(10 * seconds):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not within {seconds} seconds")


def fingers(page: Page) -> Callable[..., None]:
    """touch(kind, *points): what a screen reports of the fingers on it."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    return touch


def problems(page: Page, context: str | dict | None = None) -> list[tuple[str, str]]:
    """All that axe-core finds, the least of it too, each with the element that has it. The size of targets it checks when asked only."""
    found = Axe().run(page, context=context, options={"rules": {"target-size": {"enabled": True}}}).response
    assert found["passes"]  # else it saw nothing
    return [(finding["id"], node["html"][:200]) for finding in found["violations"] for node in finding["nodes"]]


def canvas_pixels(place: Page | Locator, selector: str) -> np.ndarray:
    """What a canvas shows, (height, width, 3)."""
    found = place.locator(selector).evaluate(
        """canvas => {
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
          copy.drawImage(canvas, 0, 0); // to read the canvas itself often would make Chromium complain
          return [canvas.width, [...copy.getImageData(0, 0, canvas.width, canvas.height).data]];
        }"""
    )
    return np.array(found[1], dtype=int).reshape(found[0], found[0], 4)[..., :3]


def opened(url: str) -> Tensor:
    """The picture in a data URL."""
    return to_tensor(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))).convert("RGB"))


def near(shown: np.ndarray, picture: Tensor) -> bool:
    """Whether a canvas shows a picture, but for the rounding of two decoders."""
    return abs(shown - np.asarray(to_image(picture)).astype(int)).mean() < 2
