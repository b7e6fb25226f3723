"""Film a hand that draws a house on the board, and the photograph that follows: python publishing/moving_picture.py (needs Chromium).

It drives the real page, so each frame is the network's own output. The result is data/pictures/drawing.webp.
"""

import base64
import functools
import http.server
import io
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

from pix2pix_edu.page.build import build

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "data" / "pictures" / "drawing.webp"
SIZE, SCALE, GAP = 128, 3, 8  # of the board, of the frames, and between drawing and photograph
FRAME, LAST = 110, 2500  # milliseconds for a frame, and for the finished house
# The class, then the rectangles to draw: left, top, right, bottom in pixels of the board.
HOUSE = (
    ("street", [(0, 116, 127, 127)]),
    ("teal boards", [(28, 34, 100, 115)]),
    ("cornice", [(24, 28, 104, 33)]),
    ("window", [(36, 44, 50, 60), (58, 44, 72, 60), (80, 44, 94, 60)]),
    ("balcony", [(34, 56, 52, 62), (56, 56, 74, 62), (78, 56, 96, 62)]),
    ("window", [(36, 78, 50, 94), (80, 78, 94, 94)]),
    ("door", [(57, 88, 73, 115)]),
    ("tree", [(6, 70, 20, 92), (11, 92, 14, 115)]),
    ("sun or moon", [(104, 8, 116, 20)]),
)
HAND = [(0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (12, 12)]  # a pointer, in pixels of the frame
READ = """() => [".board canvas", ".draw-photo"].map((name) => document.querySelector(`#draw ${name}`).toDataURL("image/png"))"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def film(page: Page) -> Iterator[Image.Image]:
    """Draw the house stroke by stroke, and yield a frame after each move of the pointer."""
    draw = page.locator("#draw")
    draw.get_by_role("button", name="Clear to day").click()
    draw.get_by_text("The network is ready").wait_for(timeout=120_000)
    draw.get_by_role("radio", name="rectangle", exact=True).check(force=True)
    canvas = draw.locator(".board canvas")
    yield frame(page, None)
    for name, rectangles in HOUSE:
        draw.get_by_role("radio", name=name, exact=True).check(force=True)
        canvas.scroll_into_view_if_needed()
        for left, top, right, bottom in rectangles:
            box = canvas.bounding_box()
            places = [(left + (right - left) * share, top + (bottom - top) * share) for share in (0, 0.35, 0.7, 1)]
            for number, (x, y) in enumerate(places):
                page.mouse.move(box["x"] + (x + 0.5) * box["width"] / SIZE, box["y"] + (y + 0.5) * box["height"] / SIZE)
                if number == 0:
                    page.mouse.down()
                settle(page)
                yield frame(page, (x, y))
            page.mouse.up()
            settle(page)
            yield frame(page, (x, y))


def settle(page: Page) -> None:
    """Wait until the photograph no longer changes."""
    before = None
    while (now := page.evaluate(READ)) != before:
        before = now
        page.wait_for_timeout(150)


def frame(page: Page, hand: tuple[float, float] | None) -> Image.Image:
    """The drawing and its photograph side by side, with a pointer on the drawing."""
    pictures = [
        Image.open(io.BytesIO(decoded(url))).convert("RGB").resize((SIZE * SCALE,) * 2, Image.Resampling.NEAREST)
        for url in page.evaluate(READ)
    ]
    whole = Image.new("RGB", (2 * SIZE * SCALE + GAP, SIZE * SCALE), "white")
    for number, picture in enumerate(pictures):
        whole.paste(picture, (number * (SIZE * SCALE + GAP), 0))
    if hand:
        x, y = (SCALE * (place + 0.5) for place in hand)
        ImageDraw.Draw(whole).polygon([(x + right, y + down) for right, down in HAND], fill="white", outline="black", width=2)
    return whole


def decoded(url: str) -> bytes:
    """The bytes of a data URL."""
    return base64.b64decode(url.partition(",")[2])


def main() -> None:
    """Build the page, film it, and save the film."""
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder) / "page", "houses_128")
        handler = functools.partial(_Quiet, directory=Path(folder) / "page")
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.goto(f"http://127.0.0.1:{server.server_port}")
            page.locator("#draw .draw-photo[aria-label^='Photograph made']").wait_for()
            frames = list(film(page))
            browser.close()
            server.shutdown()
    times = [FRAME] * (len(frames) - 1) + [LAST]
    frames[0].save(PICTURE, save_all=True, append_images=frames[1:], duration=times, loop=0, quality=70, method=6, minimize_size=True)
    print(f"{PICTURE}: {len(frames)} frames, {PICTURE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
