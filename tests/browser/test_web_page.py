"""The web page as a person meets it: drawn on by mouse and keyboard, on a desk and on a phone, handed out by a server of plain files."""

import functools
import http.server
import io
import json
import shutil
import threading

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from pix2pix_edu.drawing.classes import CLASSES, PALETTE, label_ids
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_image, to_tensor
from pix2pix_edu.page.build import build
from pix2pix_edu.weights.bundled import load_pretrained

SECONDS = 1000
PLACE = "some/where/else"  # the page must not need the root of its host


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    build(root / PLACE, "houses_64")
    return root


@pytest.fixture(scope="module")
def host(root):
    """The address of a server that knows nothing but files."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=root)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def visit(chromium, host):
    """Opens the page as told, and afterwards holds that nothing went wrong and that nobody else was asked for anything."""
    contexts, asked, troubles = [], [], []

    def visit(path=PLACE, ready=True, script="", **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 1000}, **options})
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{host}/{path}/")
        if ready:
            expect(page.get_by_text("Ready: draw, and the photograph follows.")).to_be_visible(timeout=60 * SECONDS)
        return page

    yield visit
    for context in contexts:
        context.close()
    # A picture that is saved lies in the browser's own memory, at an address that begins with blob:.
    assert [url for url in asked if not url.removeprefix("blob:").startswith(f"{host}/")] == []
    assert troubles == []


def pixels(page, canvas="#photo"):
    """What a canvas shows, (height, width, 3)."""
    data, side = page.locator(canvas).evaluate(
        """canvas => {
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
          copy.drawImage(canvas, 0, 0);
          return [[...copy.getImageData(0, 0, canvas.width, canvas.height).data], canvas.width];
        }"""
    )
    return np.array(data, dtype=np.uint8).reshape(side, side, 4)[:, :, :3]


def photo_other_than(page, before):
    """The photograph once it has changed and then stands still."""
    last = before
    for _ in range(200):
        page.wait_for_timeout(100)
        last, previous = pixels(page), last
        if not np.array_equal(last, before) and np.array_equal(last, previous):
            return last
    raise AssertionError("the photograph did not change")


def silent_generator():
    """The shipped generator without dropout, in torch."""
    trained, _ = load_pretrained("houses_64")
    generator = Generator(depth=trained.depth, width=trained.down[0][0].out_channels, skips=trained.skips, dropout=0.0)
    generator.load_state_dict(trained.state_dict())
    return generator


def in_torch(label_map):
    with torch.no_grad():
        return silent_generator()(to_tensor(label_map)[None])[0]


def drag(page, *places):
    """Press the mouse on the board at the first place, given as shares of its sides, and let go at the last."""
    box = page.locator(".board canvas").bounding_box()
    for number, (right, down) in enumerate(places):
        page.mouse.move(box["x"] + right * box["width"], box["y"] + down * box["height"], steps=5)
        if not number:
            page.mouse.down()
    page.mouse.up()


def tab_to(page, name):
    """Go on with the Tab key until the control of this name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and name in (focused.get_attribute("aria-label") or focused.inner_text()):
            return
    raise AssertionError(f"{name} is not reached by the Tab key")


def test_a_photograph_is_there_at_once_and_it_is_the_one_that_torch_makes_of_the_drawing(visit):
    page = visit()
    drawing = pixels(page, ".board canvas")
    assert {tuple(colour) for colour in drawing.reshape(-1, 3)} <= {tuple(colour) for colour in PALETTE}
    expected = np.asarray(to_image(in_torch(Image.fromarray(drawing))), dtype=int)
    assert abs(pixels(page) - expected).max() <= 1


def test_the_numbers_in_the_browser_are_those_of_torch(visit, root):
    page = visit()
    classes = json.loads((root / PLACE / "page.json").read_text())["classes"]
    scribble = torch.randint(len(CLASSES), (64, 64), generator=torch.Generator().manual_seed(0))
    houses = [label_ids(x) for x, _ in SyntheticPairs(2, 64, seed=888)]
    program = """async ([classes, maps]) => {
      const { loadGenerator } = await import("./generator.js");
      const generate = await loadGenerator({ size: 64, classes });
      const fakes = [];
      for (const labels of maps) fakes.push([...await generate(Uint8Array.from(labels))]);
      return fakes;
    }"""
    maps = [scribble, *houses, torch.zeros(64, 64, dtype=torch.int64)]
    fakes = page.evaluate(program, [classes, [labels.flatten().tolist() for labels in maps]])
    for labels, fake in zip(maps, fakes, strict=True):
        expected = in_torch(Image.fromarray(PALETTE[labels.numpy()]))
        torch.testing.assert_close(torch.tensor(fake).view(3, 64, 64), expected, rtol=0.0, atol=1e-3)


def test_a_stroke_of_the_mouse_changes_the_photograph_and_its_words_and_undo_brings_both_back(visit):
    page = visit()
    before, words = pixels(page), page.locator("#photo").get_attribute("aria-label")
    page.get_by_role("radio", name="pillar").check()
    drag(page, (0.2, 0.2), (0.6, 0.7), (0.8, 0.3))
    after = photo_other_than(page, before)
    assert abs(after.astype(int) - before).mean() > 1
    assert page.locator("#photo").get_attribute("aria-label") != words
    page.get_by_role("button", name="Undo").click()
    assert np.array_equal(photo_other_than(page, after), before)
    assert page.locator("#photo").get_attribute("aria-label") == words


def test_everything_is_done_by_keyboard_alone(visit):
    page = visit()
    before = pixels(page)
    tab_to(page, "Drawing board")
    for key in ("d", "4", "Space", "Shift+ArrowRight", "Shift+ArrowDown", "Space"):
        page.keyboard.press(key)
    after = photo_other_than(page, before)
    expected = np.asarray(to_image(in_torch(Image.fromarray(pixels(page, ".board canvas")))), dtype=int)
    assert abs(after - expected).max() <= 1
    tab_to(page, "Save picture")
    with page.expect_download() as saving:
        page.keyboard.press("Enter")
    picture = np.asarray(Image.open(io.BytesIO(saving.value.path().read_bytes())).convert("RGB"))
    assert saving.value.suggested_filename == "drawing_and_photograph.png"
    assert np.array_equal(picture[4::8, 4::8], np.hstack([pixels(page, ".board canvas"), after]))


def test_what_is_saved_is_the_photograph_with_the_drawing_that_it_was_made_from(visit):
    page = visit()
    pair = np.hstack([pixels(page, ".board canvas"), pixels(page)])
    with page.expect_download() as saving:  # cleared and saved at once, before the photograph can follow
        page.evaluate(
            "[/^Clear/, /^Save/].forEach((name) => [...document.querySelectorAll('button')].find((it) => name.test(it.innerText)).click())"
        )
    picture = np.asarray(Image.open(io.BytesIO(saving.value.path().read_bytes())).convert("RGB"))
    assert np.array_equal(picture[4::8, 4::8], pair)


def test_while_the_network_is_busy_strokes_are_overtaken_and_the_last_one_is_what_is_seen(visit):
    page = visit()
    before = pixels(page)
    page.get_by_role("radio", name="shop").check()
    for row in range(1, 9):
        drag(page, (0.1, row / 10), (0.9, row / 10))
    after = photo_other_than(page, before)
    expected = np.asarray(to_image(in_torch(Image.fromarray(pixels(page, ".board canvas")))), dtype=int)
    assert abs(after - expected).max() <= 1


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_nothing_is_cut_off_and_the_photograph_stays_in_sight_while_a_finger_draws(visit, width):
    page = visit(viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    board = page.locator(".board canvas")
    board.scroll_into_view_if_needed()
    before, box = pixels(page), board.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
    photo_other_than(page, before)
    photo = page.locator("#photo").bounding_box()
    assert photo["x"] >= 0
    assert photo["x"] + photo["width"] <= width
    assert photo["y"] + photo["height"] <= 844


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, width, scheme):
    page = visit(viewport={"width": width, "height": 900}, color_scheme=scheme)
    found = Axe().run(page).response["violations"]
    assert [(finding["id"], [node["html"][:200] for node in finding["nodes"]]) for finding in found if finding["impact"] != "minor"] == []


def test_no_other_host_could_be_asked_even_by_a_script_that_tried(chromium, host):
    class Recorder(Quiet):
        seen = []

        def do_GET(self):
            self.seen.append(self.path)
            self.send_response(204)
            self.end_headers()

    page = chromium.new_page()
    page.goto(f"{host}/{PLACE}/")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{other.server_port}/stolen"
        assert page.evaluate("url => fetch(url, { mode: 'no-cors' }).then(() => 'sent', () => 'refused')", address) == "refused"
        other.shutdown()
    page.close()
    assert Recorder.seen == []


def test_without_webassembly_the_board_is_there_and_a_sentence_says_what_to_do(visit):
    page = visit(ready=False, script="delete globalThis.WebAssembly")
    expect(page.get_by_role("status").get_by_text("No photograph: this browser has no WebAssembly")).to_be_visible()
    page.get_by_role("button", name="gable at night").click()
    expect(page.get_by_text("Sample gable at night.")).to_be_visible()
    expect(page.get_by_role("button", name="Save picture")).to_be_disabled()


def test_without_javascript_a_sentence_asks_for_it(visit):
    page = visit(ready=False, java_script_enabled=False)
    expect(page.locator("noscript p")).to_be_visible()  # with JavaScript, what stands there is no element


def test_a_network_that_does_not_load_is_said_in_a_sentence(chromium, host, root):
    shutil.copytree(root / PLACE, root / "torn", dirs_exist_ok=True)
    (root / "torn" / "model.onnx").unlink()
    page = chromium.new_page()
    page.goto(f"{host}/torn/")
    expect(page.get_by_text("No photograph: model.onnx did not load (404). You can still draw")).to_be_visible(timeout=30 * SECONDS)
    page.close()
