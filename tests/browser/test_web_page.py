"""The playground as a person meets it: by mouse and keyboard, on a desk and on a phone, handed out by a server of plain files."""

import http.server
import io
import json
import os
import re
import shutil
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import torch
from hands import canvas_pixels, fingers, problems, served, watched
from PIL import Image
from playwright.sync_api import expect

from pix2pix_edu.discriminator import patch_convs
from pix2pix_edu.drawing.classes import CLASSES, PALETTE, UNPAINTED_COLOURS, label_ids, wall_mask
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.drawing.unpainted import draw_unpainted_pair
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_image, to_tensor
from pix2pix_edu.measures.variety import variety
from pix2pix_edu.page.build import SITE, build
from pix2pix_edu.page.offline import write_worker
from pix2pix_edu.play import data
from pix2pix_edu.play.answers import HOUSES, NOISE, SEED, open_flow, walk
from pix2pix_edu.play.data import JUDGES, LAMBDAS
from pix2pix_edu.play.subjects import paints, sample_sketches
from pix2pix_edu.receptive_field import output_size
from pix2pix_edu.weights.bundled import load_pretrained
from pix2pix_edu.weights.onnx_graph import without_dropout

SECONDS = 1000
PLACE = "some/where/else"  # the page must not need the root of its host
FIGURES = re.findall(r'<section id="(\w+)"', (SITE / "index.html").read_text())  # from top to bottom
NETWORK = "networks/houses_64.onnx"
DRAWN, PHOTO = "#draw .board canvas", "#draw .draw-photo"
SQUARE = "#patch .patch-picture svg"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    build(root / PLACE, "houses_64")
    return root


@pytest.fixture(scope="module")
def host(root):
    """The address of a server that knows nothing but files."""
    with served(root) as address:
        yield address


@pytest.fixture
def visit(chromium, host):
    """Opens the page as told."""
    with watched(chromium, host) as open_page:

        def visit(path=PLACE, address="", ready=True, drawn=False, **options):
            page = open_page(f"{path}/{address}", **options)
            if ready or drawn:
                photo_at_first(page)
            if drawn:
                load_network(page)
            return page

        yield visit


def asked_for(page):
    """What a page has asked for, as addresses within its folder."""
    return [url.removeprefix(page.url.split("#")[0]) for url in page.asked]


def load_network(page):
    """Undo a first stroke: now the network is there, and the photograph of the sample is its own work."""
    said = page.locator("#draw .draw-below [role=status]")
    drag(page, (0.5, 0.05))  # on the sky, where the paint that the board begins with changes something
    expect(said).to_have_text("The network is ready: draw on.", timeout=60 * SECONDS)
    page.locator("#draw").get_by_role("button", name="Undo").click()
    expect(said).to_have_text(re.compile(r"Translated in \d+ ms"))
    page.evaluate("scrollTo(0, 0)")


def go_to(page, figure):
    """Scroll to a figure, wait until it is built, and return it."""
    section = page.locator(f"#{figure}")
    section.scroll_into_view_if_needed()
    section.locator(".play").wait_for()
    return section


def see_everything(page):
    """Scroll to the end as a reader does, until every figure is built and every picture in it has come."""
    for figure in FIGURES:
        go_to(page, figure)
    expect(page.locator(".figure > .play")).to_have_count(len(FIGURES))
    expect(page.locator("#learning").get_by_role("button", name="Train")).to_be_enabled()
    expect(page.locator("#variants").get_by_role("img", name="made from the sample")).to_have_count(len(LAMBDAS) + len(JUDGES))
    expect(page.locator("#skips .play-caption")).to_contain_text("Switched off: nothing.")
    page.wait_for_load_state("networkidle")


def pixels(page, canvas=PHOTO):
    """What a canvas shows, (height, width, 3)."""
    data, side = page.locator(canvas).evaluate(
        """canvas => {
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
          copy.drawImage(canvas, 0, 0);
          return [[...copy.getImageData(0, 0, canvas.width, canvas.height).data], canvas.width];
        }"""
    )
    return np.array(data, dtype=np.uint8).reshape(side, side, 4)[:, :, :3]


def photo_at_first(page):
    expect(page.locator(PHOTO)).to_have_attribute("aria-label", re.compile("Photograph made from the drawing"), timeout=30 * SECONDS)
    return pixels(page)


def photo_other_than(page, before):
    """The photograph once it has changed and then stands still."""
    last = before
    for _ in range(200):
        page.wait_for_timeout(100)
        last, previous = pixels(page), last
        if not np.array_equal(last, before) and np.array_equal(last, previous):
            return last
    raise AssertionError("the photograph did not change")


def silent_generator(name="houses_64"):
    """The shipped generator without dropout, in torch."""
    trained, _ = load_pretrained(name)
    generator = Generator(depth=trained.depth, width=trained.down[0][0].out_channels, skips=trained.skips, dropout=0.0)
    generator.load_state_dict(trained.state_dict())
    return generator


def in_torch(label_map, keep=None, name="houses_64"):
    """What a shipped generator makes of a drawing, without the levels whose factor in `keep` is 0."""
    generator = silent_generator(name)
    with torch.no_grad():
        levels = generator.encode(to_tensor(label_map)[None])
        return generator.decode([level * factor for level, factor in zip(levels, keep or [1] * len(levels), strict=True)])[0]


def drag(page, *places):
    """Press the mouse on the board at the first place, given as shares of its sides, and let go at the last."""
    page.locator(DRAWN).scroll_into_view_if_needed()
    box = page.locator(DRAWN).bounding_box()
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


def test_every_figure_has_its_place_and_its_link(visit):
    page = visit()
    assert sorted(FIGURES) == sorted(["draw", *data.FIGURES])
    assert [link.get_attribute("href") for link in page.locator("nav a").all()] == [f"#{figure}" for figure in FIGURES]


def test_a_photograph_is_there_at_once_and_it_is_the_one_that_torch_makes_of_the_drawing(visit):
    page = visit()
    drawing = pixels(page, DRAWN)
    assert {tuple(colour) for colour in drawing.reshape(-1, 3)} <= {tuple(colour) for colour in PALETTE}
    expected = np.asarray(to_image(in_torch(Image.fromarray(drawing))), dtype=int)
    assert abs(pixels(page) - expected).max() <= 1
    counts = torch.bincount(label_ids(to_tensor(Image.fromarray(drawing))).flatten()).tolist()
    said = re.findall(r"([a-z ]+) ([\d.]+)%", page.locator(PHOTO).get_attribute("aria-label").split(":")[1])
    names = [each["name"] for each in paints("painted")]
    shares = {names[label]: 100 * count / sum(counts) for label, count in enumerate(counts) if count}
    assert {name.strip(): float(share) for name, share in said} == pytest.approx(shares, abs=0.0501)


def test_no_network_and_no_runtime_is_asked_for_before_the_first_stroke_and_then_only_the_network_of_the_board(visit):
    page = visit()
    see_everything(page)
    heavy = [url for url in asked_for(page) if url.startswith(("networks/", "runtime/"))]
    assert heavy == []
    page.evaluate("scrollTo(0, 0)")
    load_network(page)
    heavy = sorted(url for url in asked_for(page) if url.startswith(("networks/", "runtime/")))
    assert heavy == ["networks/houses_64.onnx", "runtime/ort-wasm-simd-threaded.wasm.gzip", "runtime/ort.wasm.bundle.min.js"]


def test_a_first_skip_that_is_switched_off_loads_its_network_and_shows_what_torch_makes_of_the_other_levels(visit):
    page = visit()
    section = go_to(page, "skips")
    expect(section.locator(".play-caption")).to_contain_text("Switched off: nothing.")
    expect(section.get_by_text("difference (black: none)")).to_be_hidden()
    assert [url for url in asked_for(page) if url.startswith(("networks/", "runtime/"))] == []
    section.get_by_role("checkbox", name="skip 2").uncheck()
    expect(section.locator(".play-caption")).to_contain_text("Switched off: skip 2, 16 x 16", timeout=60 * SECONDS)
    expect(section.get_by_text("difference (black: none)")).to_be_visible()
    assert [url for url in asked_for(page) if url.startswith("networks/")] == ["networks/houses_64.onnx"]
    house = next(iter(sample_sketches(64).values()))
    for number, keep in ((1, [1, 1, 1, 1]), (2, [1, 0, 1, 1])):
        expected = np.asarray(to_image(in_torch(house, keep)), dtype=int)
        seen = pixels(page, f"#skips .play-panels figure:nth-of-type({number + 1}) canvas")
        assert abs(seen - expected).max() <= 1


def test_the_l1_of_the_skips_is_that_of_the_pictures_of_torch(visit):
    section = go_to(visit(ready=False), "skips")
    caption = section.locator(".play-caption")
    combinations = {"Only the bottleneck": [0, 0, 0, 1], "Only the outermost skip": [1, 0, 0, 0], "All but the bottleneck": [1, 1, 1, 0]}
    for title, house in sample_sketches(64).items():
        section.get_by_role("radio", name=title, exact=True).check()
        whole = to_tensor(to_image(in_torch(house)))  # the page has it as a picture
        for name, keep in combinations.items():
            section.get_by_role("button", name=name).click()
            off = [("skip 1", "skip 2", "skip 3", "bottleneck")[level] for level in range(4) if not keep[level]]
            words = re.compile(
                f"^Switched off: {'; '.join(f'{each}, [^;.]*' for each in off)}\\. L1 between the two pictures: ([\\d.]+)\\.$"
            )
            expect(caption).to_have_text(words, timeout=60 * SECONDS)
            l1 = float(words.match(caption.inner_text())[1])
            assert l1 == pytest.approx(float((whole - in_torch(house, keep)).abs().mean()), abs=6e-4), (title, name)


def test_a_stroke_on_the_board_of_the_eight_networks_loads_each_of_them_once(visit):
    page = visit()
    section = go_to(page, "variants")
    section.locator("canvas").first.scroll_into_view_if_needed()
    section.locator(".board canvas").click(position={"x": 20, "y": 20})  # on the sky
    expect(section.locator(".play-caption")).to_contain_text("8 networks translated this drawing", timeout=60 * SECONDS)
    networks = sorted(url for url in asked_for(page) if url.startswith("networks/"))
    assert networks == sorted(f"networks/{name}.onnx" for name in {*LAMBDAS.values(), *JUDGES.values()})
    drawing = Image.fromarray(pixels(page, "#variants .board canvas"))
    expected = np.asarray(to_image(in_torch(drawing)), dtype=int)
    same = section.locator("figure", has_text=re.compile("^λ 100$")).locator("canvas").first
    same.evaluate("canvas => canvas.id = 'the-network-of-the-board'")
    assert abs(pixels(page, "#the-network-of-the-board") - expected).max() <= 1


def test_the_verdicts_on_the_sample_are_there_when_they_are_asked_for(visit):
    section = go_to(visit(ready=False), "variants")
    section.get_by_role("radio", name="D's verdict on it").click()
    expect(section.locator(".variants-verdict:visible")).to_have_count(len(LAMBDAS) + len(JUDGES), timeout=60 * SECONDS)
    x = to_tensor(list(sample_sketches(64).values())[-1])[None]
    titled = {f"{word} {value}": name for word, names in (("λ", LAMBDAS), ("patch", JUDGES)) for value, name in names.items()}
    for title, name in titled.items():
        G, D = load_pretrained(name)
        with torch.no_grad():
            real = D(x, without_dropout(G)(x)).sigmoid()
        words = section.get_by_role("img", name=f"{title}:").get_attribute("aria-label")
        said = re.search(r"real with probability (\d\.\d\d), the mean over (\d+) patches$", words)
        assert float(said[1]) == pytest.approx(float(real.mean()), abs=0.0055), title
        assert int(said[2]) == real.numel()


KEPT = """async ([file, than]) => {
  const here = location.href.split(/[?#]/)[0].replace(/[^/]*$/, "");
  const names = await caches.keys();
  const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  const files = requests.flat().map(({ url }) => url.slice(here.length));
  return names.length === 1 && names[0] !== than && files.includes(file) && [names[0], files];
}"""


def wait_until_kept(page, file, than=""):
    """Wait until one version of the page, and not `than` this one, is kept for times without a server, with a file. Its name, its files."""
    for _ in range(600):
        if found := page.evaluate(KEPT, [file, than]):
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"{file} is not kept")


def test_opening_the_page_and_scrolling_to_its_end_loads_less_than_a_megabyte_with_all_that_is_kept(visit, root):
    build(root / "default", "houses_128")  # the network of the command
    page = visit("default")
    see_everything(page)
    asked = [urlsplit(url).path or "index.html" for url in asked_for(page)]
    assert {f"figures/{figure}.json" for figure in FIGURES} <= set(asked)
    kept = [file or "index.html" for file in wait_until_kept(page, "")[1]]
    assert sum((root / "default" / file).stat().st_size for file in {*asked, *kept, "offline_worker.js"}) < 1e6


def test_after_one_visit_the_page_needs_no_server_until_a_new_build_takes_its_place(chromium, root, tmp_path):
    folder, troubles = shutil.copytree(root / PLACE, tmp_path / PLACE), []
    for file in folder.rglob("*"):
        os.utime(file, (0, 0))  # a browser shows again what is so old, without asking the server
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    with served(tmp_path) as host:
        page.goto(f"{host}/{PLACE}/")
        photo_at_first(page)
        load_network(page)
        first, _ = wait_until_kept(page, NETWORK)
        errors = context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []
    page.goto(f"{host}/{PLACE}/index.html?lang=en")  # nobody answers there now
    before = photo_at_first(page)
    see_everything(page)
    page.evaluate("scrollTo(0, 0)")
    page.locator("#draw").get_by_role("radio", name="pillar").check()
    drag(page, (0.2, 0.2), (0.6, 0.7))
    after = photo_other_than(page, before)
    assert abs(after - np.asarray(to_image(in_torch(Image.fromarray(pixels(page, DRAWN)))), dtype=int)).max() <= 1
    index = folder / "index.html"
    index.write_text(index.read_text("utf-8").replace("<title>Play with pix2pix", "<title>Play again"), "utf-8")
    write_worker(folder)
    with served(tmp_path, urlsplit(host).port):
        page.goto(f"{host}/{PLACE}/")
        assert page.title() == "Play again"
        _, files = wait_until_kept(page, "", than=first)
        assert "page.js" in files
    page.reload()
    assert page.title() == "Play again"
    photo_at_first(page)
    context.close()
    assert troubles == []


def test_the_first_pair_of_the_game_comes_when_it_is_asked_for(visit):
    page = visit(ready=False)
    section = go_to(page, "game")
    page.wait_for_load_state("networkidle")
    assert [url for url in asked_for(page) if url.startswith("figures/game")] == ["figures/game.json"]
    section.get_by_role("radio", name="until I answer").check()
    section.get_by_role("button", name="Show a pair").click()
    expect(section.get_by_role("button", name="The left one is real")).to_be_enabled()
    left, right = (pixels(page, f"#game figure:nth-of-type({number}) canvas").astype(int) for number in (1, 2))
    houses = [np.asarray(to_image(y), dtype=int) for _, y in SyntheticPairs(data.PLAYED, left.shape[0], data.UNSEEN)]
    distances = [min(abs(picture - house).mean() for house in houses) for picture in (left, right)]
    assert min(distances) < 10 < max(distances)  # one is the photograph, the other is not


def test_the_numbers_of_every_network_in_the_browser_are_those_of_torch(visit, root):
    page, names = visit(), sorted({*LAMBDAS.values(), *JUDGES.values()})
    classes = json.loads((root / PLACE / "figures" / "draw.json").read_text())["classes"]
    scribble = torch.randint(len(CLASSES), (64, 64), generator=torch.Generator().manual_seed(0))
    house = label_ids(SyntheticPairs(1, 64, seed=888)[0][0])
    program = """async ([names, classes, labels, keep]) => {
      const { openNetworks } = await import("./onnx.js");
      const results = await openNetworks({ size: 64, classes })(names, Uint8Array.from(labels), keep ? { keep } : {});
      return results.map(({ fake, logits, side }) => [[...fake], [...logits], side]);
    }"""
    for labels in (scribble, house, torch.zeros(64, 64, dtype=torch.int64)):
        for keep in (None, [1, 0, 1, 1]):
            results = page.evaluate(program, [names, classes, labels.flatten().tolist(), keep])
            for name, (fake, logits, side) in zip(names, results, strict=True):
                drawing = Image.fromarray(PALETTE[labels.numpy()])
                expected = in_torch(drawing, keep, name)
                with torch.no_grad():
                    judged = load_pretrained(name)[1](to_tensor(drawing)[None], expected[None])
                torch.testing.assert_close(torch.tensor(fake).view(3, 64, 64), expected, rtol=0.0, atol=1e-3)
                torch.testing.assert_close(torch.tensor(logits).view(1, 1, side, side), judged, rtol=0.0, atol=1e-3)


def test_a_planet_and_an_emoji_are_drawn_on_boards_of_their_own_and_each_keeps_its_drawing(visit, root):
    page, draw = visit(), "#draw"
    for title, name, word in (("a planet", "earth_128", "photograph from orbit"), ("an emoji", "openmoji_128", "emoji in colour")):
        page.locator(draw).get_by_role("radio", name=title).check()
        expect(page.locator(PHOTO)).to_have_attribute("aria-label", re.compile(f"^{word.capitalize()} made from the drawing"))
        before = pixels(page)
        page.locator(DRAWN).click(position={"x": 60, "y": 60})
        expect(page.locator("#draw .draw-below [role=status]")).to_have_text("The network is ready: draw on.", timeout=60 * SECONDS)
        after = photo_other_than(page, before)
        drawing = Image.fromarray(pixels(page, DRAWN))
        assert abs(after - np.asarray(to_image(in_torch(drawing, name=name)), dtype=int)).max() <= 1
        assert f"networks/{name}.onnx" in asked_for(page)
    page.locator(draw).get_by_role("radio", name="a planet").check()
    assert "OpenMoji" not in page.locator(draw).inner_text()
    assert "NASA" in page.locator(draw).inner_text()
    page.locator(draw).get_by_role("button", name="Undo").click()  # the stroke is still there to be undone


def test_the_answers_of_the_flow_network_are_those_of_the_library(visit):
    page = visit()
    section = go_to(page, "flow")
    expect(section.locator(".play-caption")).to_contain_text("Step 16 of 16")
    section.get_by_role("radio", name="2", exact=True).check(force=True)
    expect(section.locator(".play-caption")).to_contain_text("Step 2 of 2", timeout=60 * SECONDS)
    x = to_tensor(draw_unpainted_pair(SEED + HOUSES["gable"], 64)[0])
    expected = walk(open_flow(), x, NOISE, steps=2)
    for number, picture in enumerate(expected):
        section.locator(".flow-row").first.locator("canvas").nth(number).evaluate(f"canvas => canvas.id = 'answer-{number}'")
        assert abs(pixels(page, f"#answer-{number}") - np.asarray(to_image(picture), dtype=int)).max() <= 1
    varied = variety(expected[None], wall_mask(label_ids(x, UNPAINTED_COLOURS), UNPAINTED_COLOURS)[None]).wall
    said = float(re.search(r"varies by ([\d.]+) between the guesses", section.locator(".play-caption").inner_text())[1])
    assert said == pytest.approx(varied, abs=0.002)


def test_a_stroke_of_the_mouse_changes_the_photograph_and_its_words_and_undo_brings_both_back(visit):
    page = visit()
    given, words = pixels(page), page.locator(PHOTO).get_attribute("aria-label")
    load_network(page)
    assert abs(pixels(page) - given.astype(int)).max() <= 1  # the network and torch, which made the first photograph
    assert page.locator(PHOTO).get_attribute("aria-label") == words
    before = pixels(page)
    page.locator("#draw").get_by_role("radio", name="pillar").check()
    drag(page, (0.2, 0.2), (0.6, 0.7), (0.8, 0.3))
    after = photo_other_than(page, before)
    assert abs(after.astype(int) - before).mean() > 1
    assert page.locator(PHOTO).get_attribute("aria-label") != words
    page.locator("#draw").get_by_role("button", name="Undo").click()
    assert np.array_equal(photo_other_than(page, after), before)
    assert page.locator(PHOTO).get_attribute("aria-label") == words


def test_everything_is_done_by_keyboard_alone(visit):
    page = visit()
    before = pixels(page)
    tab_to(page, "Drawing board")
    for key in ("d", "4", "Space", "Shift+ArrowRight", "Shift+ArrowDown", "Space"):
        page.keyboard.press(key)
    after = photo_other_than(page, before)
    expected = np.asarray(to_image(in_torch(Image.fromarray(pixels(page, DRAWN)))), dtype=int)
    assert abs(after - expected).max() <= 1
    tab_to(page, "Save picture")
    with page.expect_download() as saving:
        page.keyboard.press("Enter")
    picture = np.asarray(Image.open(io.BytesIO(saving.value.path().read_bytes())).convert("RGB"))
    assert saving.value.suggested_filename == "drawing_and_photograph.png"
    assert np.array_equal(picture[4::8, 4::8], np.hstack([pixels(page, DRAWN), after]))


def test_what_is_saved_is_the_photograph_with_the_drawing_that_it_was_made_from(visit):
    page = visit()
    pair = np.hstack([pixels(page, DRAWN), pixels(page)])
    with page.expect_download() as saving:  # cleared and saved at once, before the photograph can follow
        page.evaluate(
            "[/^Clear/, /^Save/].forEach((name) => [...document.querySelectorAll('button')].find((it) => name.test(it.innerText)).click())"
        )
    picture = np.asarray(Image.open(io.BytesIO(saving.value.path().read_bytes())).convert("RGB"))
    assert np.array_equal(picture[4::8, 4::8], pair)


@pytest.mark.parametrize("drawn", [False, True], ids=["loads", "works"])
def test_while_the_network_is_busy_strokes_are_overtaken_and_the_last_one_is_what_is_seen(visit, drawn):
    page = visit(drawn=drawn)
    before = pixels(page)
    page.locator("#draw").get_by_role("radio", name="shop").check()
    for row in range(1, 9):
        drag(page, (0.1, row / 10), (0.9, row / 10))
    after = photo_other_than(page, before)
    expected = np.asarray(to_image(in_torch(Image.fromarray(pixels(page, DRAWN)))), dtype=int)
    assert abs(after - expected).max() <= 1


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_nothing_is_cut_off_and_the_photograph_stays_in_sight_while_a_finger_draws(visit, width):
    page = visit(viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    board = page.locator(DRAWN)
    board.scroll_into_view_if_needed()
    before, box = pixels(page), board.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
    photo_other_than(page, before)
    photo = page.locator(PHOTO).bounding_box()
    assert min(photo["x"], photo["y"]) >= 0
    assert photo["x"] + photo["width"] <= width
    assert photo["y"] + photo["height"] <= 844


def test_on_a_phone_the_pictures_of_all_variants_stay_in_sight_while_a_finger_draws(visit):
    page = visit(viewport={"width": 390, "height": 844}, device_scale_factor=3, has_touch=True, is_mobile=True, ready=False)
    section = go_to(page, "variants")
    board = section.locator(".board canvas")
    page.evaluate("document.querySelector('#variants .board canvas').scrollIntoView({ block: 'start' })")
    box = board.bounding_box()
    page.touchscreen.tap(box["x"] + 60, box["y"] + 60)
    expect(section.locator(".play-caption")).to_contain_text("translated this drawing", timeout=60 * SECONDS)
    pictures = [picture.bounding_box() for picture in section.locator(".variants-picture").all()]
    assert len(pictures) == len(LAMBDAS) + len(JUDGES)
    assert min(picture["y"] for picture in pictures) > box["y"] + 200
    assert max(picture["y"] + picture["height"] for picture in pictures) <= 844
    assert {picture["width"] * 3 % 64 for picture in pictures} == {0}


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_with_every_figure_built_nothing_is_wider_than_the_window(visit, width):
    page = visit(viewport={"width": width, "height": 844})
    see_everything(page)
    page.locator("#learning").get_by_role("button", name="One step").click()
    expect(page.locator("#learning .play-caption")).to_contain_text("1 step.")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    outside = page.evaluate("""() => [...document.querySelectorAll("body *")].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      return width && (left < -0.5 || right > innerWidth + 0.5);
    }).map((element) => element.outerHTML.slice(0, 100))""")
    assert outside == []


HAND = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2, "ready": False}
TOLD = """section => [...section.querySelectorAll(".play-caption, .runs-wipe + label output, .board canvas")]
  .map((each) => each.innerText || each.toDataURL())"""
DRAGS = {  # of a figure: what is dragged, from where to where, in shares of it
    "draw": (DRAWN, (0.2, 0.3), (0.8, 0.6)),
    "patch": (SQUARE, (0.5, 0.4), (0.25, 0.8)),
    "patch's map": ("#patch .patch-map", (0.5, 0.5), (0.2, 0.8)),
    "patch's cone": ("#patch .cone svg", (0.5, 0.5), (0.8, 0.5)),
    "verdict": ("#verdict .verdict-picture svg >> nth=1", (0.5, 0.5), (0.8, 0.2)),
    "objective": ("#objective .objective-plot svg", (0.5, 0.3), (0.8, 0.3)),
    "runs": ("#runs .runs-wipe", (0.5, 0.5), (0.2, 0.5)),
}


def places_in(target, *shares):
    """Places of an element in the window, given as shares of its sides."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    return [(box["x"] + right * box["width"], box["y"] + down * box["height"]) for right, down in shares]


def swipe(page, start, end):
    """Move one finger in a straight line."""
    touch = fingers(page)
    touch("touchStart", start)
    for share in (0.2, 0.4, 0.6, 0.8, 1):
        touch("touchMove", tuple(a + share * (b - a) for a, b in zip(start, end, strict=True)))
    touch("touchEnd")


@pytest.mark.parametrize("place", DRAGS)
def test_a_finger_drags_as_a_mouse_does_and_the_page_stands_still(visit, place):
    (selector, *shares), told = DRAGS[place], []
    for by_finger in (False, True):
        page = visit(**HAND)
        section = go_to(page, place.split("'")[0])
        page.wait_for_load_state("networkidle")
        start, end = places_in(page.locator(selector), *shares)
        before, stood = section.evaluate(TOLD), page.evaluate("scrollY")
        if by_finger:
            swipe(page, start, end)
        else:
            page.mouse.move(*start)
            page.mouse.down()
            page.mouse.move(*end, steps=5)
            page.mouse.up()
        changed = f"([section, before]) => `${{({TOLD})(section)}}` !== before"
        page.wait_for_function(changed, arg=[section.element_handle(), ",".join(before)])
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")  # the last move is painted
        told.append(section.evaluate(TOLD))
        assert page.evaluate("scrollY") == stood
    assert told[0] == told[1]


def test_a_finger_moves_a_slider(visit):
    page = visit(**HAND)
    weight = go_to(page, "objective").get_by_role("slider", name="λ, the weight of the distance")
    page.wait_for_load_state("networkidle")
    share = int(weight.input_value()) / int(weight.get_attribute("max"))
    swipe(page, *places_in(weight, (0.04 + 0.92 * share, 0.5), (0.99, 0.5)))
    expect(weight).to_have_value(weight.get_attribute("max"))
    expect(page.locator("#objective .play-caption")).to_contain_text("λ = 100,")


@pytest.mark.parametrize("place", ["#patch > p", "#patch .play-caption", "#objective .objective-plot svg", "#runs .runs-wipe"])
def test_a_finger_that_moves_up_beside_a_figure_or_across_its_sideways_handle_scrolls_the_page(visit, place):
    page = visit(**HAND)
    section = go_to(page, place[1:].split()[0])
    page.wait_for_load_state("networkidle")
    (start,) = places_in(page.locator(place), (0.5, 0.5))
    stood, told = page.evaluate("scrollY"), section.evaluate(TOLD)
    swipe(page, start, (start[0], start[1] - 200))
    page.wait_for_function("stood => scrollY > stood + 100", arg=stood)
    assert place.endswith(("svg", "wipe")) or section.evaluate(TOLD) == told


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_with_every_figure_built(visit, width, scheme):
    page = visit(viewport={"width": width, "height": 900}, color_scheme=scheme)
    see_everything(page)
    page.get_by_text("Drawing by keyboard").first.click()
    assert problems(page) == []


def address_of(page):
    """The figure and the state that the address names."""
    name, _, state = page.evaluate("location.hash.slice(1)").partition("?")
    return name, {key: value for key, (value,) in parse_qs(state).items()}


def wait_for_address(page, part):
    page.wait_for_function("part => location.hash.includes(part)", arg=part)


def test_an_address_opens_the_patch_in_a_state_and_moving_the_square_changes_the_address(visit):
    page = visit(address="#patch?patch=16&row=3", ready=False)
    side, caption, square = output_size(patch_convs(16), 256), page.locator("#patch .play-caption"), page.locator(SQUARE)
    expect(caption).to_contain_text(f"Patch 16 on a 256 px picture: {side} x {side} logits")
    expect(caption).to_contain_text("Logit (3, 15)")
    square.press("ArrowDown")
    square.press("Shift+ArrowRight")
    wait_for_address(page, "column=20")
    assert address_of(page) == ("patch", {"patch": "16", "size": "256", "row": "4", "column": "20", "shown": "patch"})
    expect(caption).to_contain_text("Logit (4, 20)")
    box = square.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    wait_for_address(page, f"column={side - 1}")
    assert 0 < int(address_of(page)[1]["row"]) - (side - 1) / 2 + 1 < 2  # the middle
    said = caption.inner_text()
    page.reload()
    expect(caption).to_have_text(said)


def test_a_new_address_in_an_open_page_is_followed(visit):
    page = visit()
    go_to(page, "patch")
    for patch in (1, 34):
        page.evaluate("address => (location.hash = address)", f"patch?patch={patch}&row=2")
        expect(page.locator("#patch .play-caption")).to_contain_text(f"Patch {patch} on a 256 px picture")
    page.go_back()
    expect(page.locator("#patch .play-caption")).to_contain_text("Patch 1 on a 256 px picture")
    expect(page.locator("#patch .play")).to_have_count(1)


CHOICES = "section => [...section.querySelectorAll('input')].map((input) => (input.type === 'range' ? input.value : input.checked))"


@pytest.mark.parametrize(
    ("figure", "role", "name"),
    [
        ("learning", "radio", "34"),
        ("verdict", "radio", "70"),
        ("objective", "radio", "L2"),
        ("variants", "radio", "D's verdict on it"),
        ("skips", "radio", "green shop"),
        ("skips", "checkbox", "skip 3"),
        ("flow", "radio", "the mixture it is given"),
        ("runs", "radio", "1"),
        ("game", "radio", "3 seconds"),
    ],
)
def test_what_is_chosen_in_a_figure_is_kept_in_the_address(visit, figure, role, name):
    page = visit(ready=False)
    section = go_to(page, figure)
    begun = section.evaluate(CHOICES)
    section.get_by_role(role, name=name, exact=role == "radio").click()
    chosen = section.evaluate(CHOICES)
    assert chosen != begun
    wait_for_address(page, f"#{figure}?")
    again = visit(address=f"#{page.evaluate('location.hash.slice(1)')}", ready=False)
    assert go_to(again, figure).evaluate(CHOICES) == chosen


def test_the_house_the_steps_and_the_noise_of_the_flow_are_kept_in_the_address(visit):
    page = visit(ready=False)
    section = go_to(page, "flow")
    section.get_by_role("radio", name="2", exact=True).check(force=True)
    section.get_by_role("radio", name="shop", exact=True).check()
    section.get_by_role("button", name="Other noise").click()
    wait_for_address(page, f"seed={NOISE + 1}")
    assert address_of(page) == ("flow", {"sample": "shop", "steps": "2", "seed": f"{NOISE + 1}", "shown": "guess"})
    again = visit(address=f"#{page.evaluate('location.hash.slice(1)')}", ready=False)
    section = go_to(again, "flow")
    expect(section.locator(".play-caption")).to_contain_text("Step 2 of 2", timeout=60 * SECONDS)
    expected = walk(open_flow(), to_tensor(draw_unpainted_pair(SEED + HOUSES["shop"], 64)[0]), NOISE + 1, steps=2)
    for number, picture in enumerate(expected):
        shown = canvas_pixels(again, f"#flow .flow-row >> nth=0 >> canvas >> nth={number}")
        assert abs(shown - np.asarray(to_image(picture), dtype=int)).max() <= 1


def test_the_board_that_is_chosen_is_kept_in_the_address(visit):
    page = visit()
    page.locator("#draw").get_by_role("radio", name="a planet").check()
    expect(page.locator(PHOTO)).to_have_attribute("aria-label", re.compile("^Photograph from orbit made from the drawing"))
    wait_for_address(page, "#draw?board=planet")
    again = visit(address=f"#{page.evaluate('location.hash.slice(1)')}", ready=False)
    expect(again.locator(PHOTO)).to_have_attribute("aria-label", page.locator(PHOTO).get_attribute("aria-label"), timeout=30 * SECONDS)
    assert again.locator("#draw").get_by_role("radio", name="a planet").is_checked()
    assert np.array_equal(pixels(again), pixels(page))


QUERY = (
    "patch=*&strides=*&kernel=*&size=*&row=*&column=*&shown=*&house=*&weight=*&lit=*&grain=*&distance=*&step=*&seed=*&measure=*"
    "&sample=*&off=*&steps=*&l1Weight=*&seconds=*&board=*&unknown=*&__proto__=*"
)
HOSTILE = ["NaN", "", "1e9", "%00", "__proto__", "9" * 20_000]
SAID = "section => [...section.querySelectorAll('.play-caption, .draw-photo')].map((each) => each.ariaLabel ?? each.innerText).join()"


@pytest.mark.parametrize("figure", FIGURES)
def test_an_address_that_says_nothing_leaves_the_figure_as_it_begins(visit, figure):
    page = visit(address=f"#{figure}", ready=False)
    section = go_to(page, figure)
    page.wait_for_load_state("networkidle")
    begun = [section.evaluate(read) for read in (SAID, CHOICES)]
    for value in HOSTILE:
        section.locator(".play").first.evaluate("figure => figure.classList.add('earlier')")
        answer = "" if value[:1].isdigit() else f"&answer={value}"  # of any number, the end of the range would be taken
        page.evaluate("address => (location.hash = address)", f"{figure}?{QUERY.replace('*', value)}{answer}")
        section.locator(".play:not(.earlier)").first.wait_for()
        page.wait_for_function(f"([section, begun]) => ({SAID})(section) === begun", arg=[section.element_handle(), begun[0]])
        assert section.evaluate(CHOICES) == begun[1], value[:10]


def test_an_address_of_a_figure_that_is_not_there_opens_the_page(visit):
    for address in ("pictures?patch=1", "pictures", "constructor?patch=1", "%00?", "?", "draw?", "x" * 20_000):
        photo_at_first(visit(address=f"#{address}"))


COUNT_ADDRESSES = """
window.written = 0;
const replace = history.replaceState.bind(history);
history.replaceState = (...values) => { window.written += 1; replace(...values); };
"""


def test_hundreds_of_moves_of_the_square_write_one_address_because_browsers_refuse_to_write_hundreds(visit):
    page = visit(address="#patch", ready=False, script=COUNT_ADDRESSES)
    page.locator(SQUARE).wait_for()
    program = """([selector, moves]) => moves.forEach((key) => {
      document.querySelector(selector).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    })"""
    page.evaluate(program, [SQUARE, ["ArrowDown", "ArrowUp"] * 200 + ["ArrowRight"]])
    wait_for_address(page, "column=16")
    assert address_of(page)[1]["row"] == "15"
    assert page.evaluate("[window.written, history.length]") == [1, 2]  # nor is there a step back for each of them


def top_of(page, figure):
    return page.locator(f"#{figure}").evaluate("section => section.getBoundingClientRect().top")


def wait_until_it_stands(page, figure):
    """Wait until a figure and its neighbours are built."""
    page.locator(f"#{figure} .play").wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)


def is_where_it_was_asked_for(page, figure):
    """The figure begins where the window does, or, if too little follows it, the window shows the end of the page with the whole figure."""
    at_end = page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 1")
    return abs(top_of(page, figure)) < 20 or (at_end and top_of(page, figure) > 0)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("figure", [FIGURES[1], FIGURES[len(FIGURES) // 2], *FIGURES[-2:]])
def test_an_address_and_a_link_lead_to_their_figure_while_the_figures_above_it_grow(visit, width, figure):
    options = {"viewport": {"width": width, "height": 844}}
    page = visit(address=f"#{figure}?some=state", ready=False, **options)
    wait_until_it_stands(page, figure)
    assert is_where_it_was_asked_for(page, figure)
    page = visit(**options)
    page.wait_for_load_state("networkidle")
    page.locator(f'nav a[href="#{figure}"]').click()
    wait_until_it_stands(page, figure)
    assert is_where_it_was_asked_for(page, figure)


def test_whoever_scrolls_on_is_not_called_back(visit):
    page = visit(address="#variants", ready=False)
    wait_until_it_stands(page, "variants")
    page.mouse.move(600, 400)
    for _ in range(6):
        page.mouse.wheel(0, -600)
        page.wait_for_timeout(200)
    wait_until_it_stands(page, "objective")
    assert top_of(page, "variants") > 1000


def test_no_other_host_could_be_asked_even_by_a_script_that_tried(chromium, host):
    class Recorder(http.server.SimpleHTTPRequestHandler):
        seen = []

        def log_message(self, *_):
            pass

        def do_GET(self):
            self.seen.append(self.path)
            self.send_response(204)
            self.end_headers()

    tries = {
        "fetch": "url => fetch(url, { mode: 'no-cors' }).then(() => 'sent', () => 'refused')",
        "module": "url => import(url).then(() => 'sent', () => 'refused')",
        **{
            tag: f"url => new Promise((done) => document.head.append(Object.assign(document.createElement('{tag}'), "
            f"{{ onload: () => done('sent'), onerror: () => done('refused'), {more} }})))"
            for tag, more in {"img": "src: url", "script": "src: url", "link": "rel: 'stylesheet', href: url"}.items()
        },
    }
    page = chromium.new_page()
    page.goto(f"{host}/{PLACE}/")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{other.server_port}/stolen"
        assert {name: page.evaluate(program, address) for name, program in tries.items()} == dict.fromkeys(tries, "refused")
        other.shutdown()
    page.close()
    assert Recorder.seen == []


def test_the_page_allows_no_script_that_is_written_into_it(chromium, host):
    page = chromium.new_page()
    page.goto(f"{host}/{PLACE}/")
    page.evaluate("document.head.append(Object.assign(document.createElement('script'), { textContent: 'window.written = true' }))")
    assert page.evaluate("window.written ?? 'refused'") == "refused"
    later = "(work) => new Promise((done) => setTimeout(() => { try { done(eval('1')); } catch { done('refused'); } }))"
    assert page.evaluate(later) == "refused"  # later, because what a test says directly is exempt
    page.close()


def test_without_webassembly_one_can_draw_and_a_sentence_says_what_to_do(visit):
    page = visit(script="delete globalThis.WebAssembly")
    pair = np.hstack([pixels(page, DRAWN), pixels(page)])
    draw = page.locator("#draw")
    draw.get_by_role("button", name="plain house").click()
    expect(draw.get_by_role("status").get_by_text("No photograph: this browser has no WebAssembly")).to_be_visible()
    expect(draw.get_by_text("Sample plain house.")).to_be_visible()
    with page.expect_download() as saving:  # the photograph that is still there, with its own drawing
        draw.get_by_role("button", name="Save picture").click()
    picture = np.asarray(Image.open(io.BytesIO(saving.value.path().read_bytes())).convert("RGB"))
    assert np.array_equal(picture[4::8, 4::8], pair)


def test_without_javascript_a_sentence_asks_for_it(visit):
    page = visit(ready=False, java_script_enabled=False)
    expect(page.locator("noscript p")).to_be_visible()  # with JavaScript, what stands there is no element


@pytest.fixture
def torn(chromium, host, root):
    """Opens a page that lacks a file."""
    pages = []

    def torn(missing):
        folder = root / f"without_{Path(missing).stem}"
        shutil.copytree(root / PLACE, folder, dirs_exist_ok=True)
        (folder / missing).unlink()
        pages.append(chromium.new_page())
        pages[-1].goto(f"{host}/{folder.name}/")
        return pages[-1]

    yield torn
    for page in pages:
        page.close()


def test_a_network_that_does_not_load_is_said_in_a_sentence_and_the_next_stroke_tries_again(torn, root):
    page = torn("networks/houses_64.onnx")
    before, said = photo_at_first(page), page.locator("#draw .draw-below [role=status]")
    page.locator("#draw").get_by_role("radio", name="pillar").check()
    drag(page, (0.3, 0.3))
    words = "No photograph: networks/houses_64.onnx did not load (404). You can still draw; the next stroke tries again."
    expect(said).to_have_text(words, timeout=30 * SECONDS)
    expect(said).to_have_class(re.compile("notice"))
    assert np.array_equal(pixels(page), before)
    shutil.copy(root / PLACE / "networks" / "houses_64.onnx", root / "without_houses_64" / "networks")
    drag(page, (0.6, 0.6))
    after = photo_other_than(page, before)
    expect(said).not_to_have_class(re.compile("notice"))
    expected = np.asarray(to_image(in_torch(Image.fromarray(pixels(page, DRAWN)))), dtype=int)
    assert abs(after - expected).max() <= 1


def test_without_the_picture_of_the_sample_the_network_makes_it(torn):
    page = torn("figures/draw_fake.webp")
    expect(page.locator(PHOTO)).to_have_attribute("aria-label", re.compile("Photograph made from"), timeout=30 * SECONDS)
    expected = np.asarray(to_image(in_torch(Image.fromarray(pixels(page, DRAWN)))), dtype=int)
    assert abs(pixels(page) - expected).max() <= 1


TEXTS = """() => {
  const texts = [];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest("noscript, code")) texts.push(walker.currentNode.data);
  for (const name of ["alt", "aria-label", "aria-valuetext", "placeholder", "title", "data-told"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) texts.push(element.getAttribute(name));
  }
  return texts;
}"""
ENGLISH = re.compile(r"[A-Za-z][A-Za-z']*( [A-Za-z][A-Za-z']*){2,}")
CREDITS = ("Photographs: Blue Marble", "All emojis designed by OpenMoji")


def english_in(page):
    """What a person can see or hear on the page that holds three or more English words in a row, credits excepted."""
    return [text for text in page.evaluate(TEXTS) if ENGLISH.search(text) and not text.startswith(CREDITS)]


@pytest.mark.parametrize("width", [390, 1280])
def test_asked_for_chinese_the_page_and_all_its_figures_speak_it(visit, width):
    page = visit(address="?lang=zh", ready=False, viewport={"width": width, "height": 900})
    for figure in FIGURES:
        go_to(page, figure)
    expect(page.locator("#variants").get_by_role("img", name="由样例")).to_have_count(len(LAMBDAS) + len(JUDGES))
    expect(page.locator("#skips .play-caption")).to_contain_text("已关闭：无。")
    expect(page.locator("#learning").get_by_role("button", name="训练")).to_be_enabled()
    expect(page.locator("#runs .play-caption")).not_to_contain_text("正在加载")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.title() == "动手玩 pix2pix"
    assert english_in(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for title in ("行星", "emoji"):
        page.locator("#draw").get_by_role("radio", name=title).check()
        expect(page.locator(PHOTO)).to_have_attribute("aria-label", re.compile("根据这幅画生成的"))
        page.locator("#draw").get_by_role("button", name="撤销").click()
        assert english_in(page) == []


def test_in_chinese_what_is_pressed_is_told_with_the_right_numbers(visit):
    page = visit(address="?lang=zh#patch?patch=16&row=3", ready=False)
    side, caption, square = output_size(patch_convs(16), 256), go_to(page, "patch").locator(".play-caption"), page.locator(SQUARE)
    expect(caption).to_contain_text(f"256 px 的图片，16 px 的图块：{side} x {side} 个 logit")
    square.press("ArrowDown")
    expect(caption).to_contain_text("logit (4, 15) 看到第 ")
    wait_for_address(page, "row=4")
    assert urlsplit(page.url).query == "lang=zh"  # a link to this state speaks Chinese too
    page.locator("#patch").get_by_role("button", name="加一层").click()
    expect(caption).to_contain_text(f"{side - 1} x {side - 1} 个 logit")
    game = go_to(page, "game")
    game.get_by_role("button", name="看一对").click()
    game.get_by_role("button", name="左边是真的").click()
    score = re.compile(r"^(对|不对)：[左右]边才?是照片。1 次中 G 骗过你 [01] 次：(0|100)%（95% 区间：")
    expect(game.locator(".play-caption")).to_have_text(score)
    behind = "all => all.map((figure) => getComputedStyle(figure.lastChild, '::after').content)"  # what the style adds to left and right
    assert sorted(game.locator("figure").evaluate_all(behind)) == ['"：假图"', '"：照片"']
    draw = page.locator("#draw")
    draw.get_by_role("radio", name="柱子").check()
    expect(draw.locator(".board-status")).to_have_text("正在画：柱子。")
    drag(page, (0.3, 0.3), (0.6, 0.6))
    expect(draw.locator(".draw-below [role=status]")).to_have_text(re.compile("网络已就绪|已翻译"), timeout=60 * SECONDS)
    expect(page.locator(PHOTO)).to_have_attribute("aria-label", re.compile(r"^根据这幅画生成的照片：.*柱子 \d+\.\d%"))
    assert english_in(page) == []


def test_a_page_that_says_it_is_chinese_needs_no_word_in_its_address_and_an_english_one_loads_no_catalogue(visit, root):
    page = visit(ready=False)
    go_to(page, "draw")
    assert not any(url.endswith("zh.json") for url in page.asked)
    shutil.copytree(root / PLACE, root / "chinese", dirs_exist_ok=True)
    index = root / "chinese" / "index.html"
    index.write_text(index.read_text("utf-8").replace('<html lang="en">', '<html lang="zh-CN">'), "utf-8")
    page = visit("chinese", ready=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("动手玩 pix2pix")
    page = visit("chinese", "?lang=en", ready=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Play with pix2pix")


def test_a_figure_that_does_not_load_is_said_in_its_place_and_the_others_are_there(torn):
    page = torn("figures/patch.json")
    page.locator("#patch").scroll_into_view_if_needed()
    expect(page.locator("#patch .notice")).to_have_text(re.compile(r"This figure did not load: figures/patch\.json did not load \(404\)"))
    for figure in FIGURES:
        if figure != "patch":
            go_to(page, figure)
