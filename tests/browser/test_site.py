"""The site, built from the committed notebooks with two of them executed in the smoke profile, as a visitor meets it."""

import re
import subprocess
import sys

import pytest
from hands import problems, served, until, watched
from playwright.sync_api import expect
from repository import NOTEBOOKS, ROOT

SECONDS = 1000
LESSONS = sorted(file.stem for file in NOTEBOOKS.glob("*.ipynb"))
EXECUTED = ("00_tour", "03_unet_skips")  # make site executes all
CHINESE = sorted(file.stem for file in (NOTEBOOKS / "zh").glob("*.ipynb"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The site. Sphinx's warnings, dead links and files of other hosts fail the build."""
    folder = tmp_path_factory.mktemp("site") / "course"
    done = subprocess.run(
        [sys.executable, "-m", "publishing.site.build", folder, "--profile", "smoke", "--only", *EXECUTED],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def visit(chromium, folder):
    """Opens a page."""
    with served(folder) as host, watched(chromium, host) as open_page:

        def visit(page, width=1280, scheme="light"):
            opened = open_page(page, viewport={"width": width, "height": 900}, color_scheme=scheme)
            opened.wait_for_load_state("networkidle")
            return opened

        yield visit


def see_explorables(page):
    """Scroll to each explorable until it is built."""
    places = page.locator(".explorable")
    for number in range(places.count()):
        places.nth(number).scroll_into_view_if_needed()
        expect(places.nth(number)).to_have_class(re.compile("alive"), timeout=30 * SECONDS)


def pages_of(folder):
    pages = sorted(str(file.relative_to(folder)) for file in folder.rglob("*.html") if not file.is_relative_to(folder / "playground"))
    assert len(pages) > len(LESSONS) + 5
    return pages


def test_every_notebook_has_a_page_with_figures_captions_and_a_download_without_outputs(folder):
    for lesson in LESSONS:
        page = (folder / "notebooks" / f"{lesson}.html").read_text()
        figures = re.findall(r"<figure.*?</figure>", page, flags=re.DOTALL)
        assert len(figures) >= (3 if lesson in EXECUTED else 0), lesson
        assert all(re.search(r'(aria-label|alt)="[^"]{10,}"', figure) and "<figcaption" in figure for figure in figures), lesson
        (download,) = re.findall(r'download="" href="([^"]+)"', page)
        assert (folder / "notebooks" / download).resolve().read_bytes() == (NOTEBOOKS / f"{lesson}.ipynb").read_bytes()
        assert f"blob/main/notebooks/{lesson}.ipynb" in page


def test_no_page_names_a_folder_of_this_machine_or_says_that_no_prediction_was_entered(folder):
    for page in pages_of(folder):
        text = (folder / page).read_text()
        assert str(ROOT) not in text, page
        assert "You entered no prediction" not in text, page


def test_the_site_is_smaller_than_sixty_megabytes(folder):
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 60e6


def is_sound(page, width):
    """Axe finds nothing, and nothing is wider than the window, once every figure is there and everything is unfolded."""
    see_explorables(page)
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert problems(page) == [], page.url


def test_every_page_is_sound_on_a_small_dark_phone(visit, folder):
    for name in pages_of(folder):
        page = visit(name, 320, "dark")
        is_sound(page, 320)
        page.close()


@pytest.mark.parametrize("name", ["index", "questions", "search", "notebooks/04_patchgan", "docs/teaching", "slides/index"])
def test_a_page_of_each_kind_is_sound_on_a_light_desk(visit, name):
    is_sound(visit(f"{name}.html"), 1280)


def test_the_board_of_the_home_page_translates_a_stroke(visit):
    page = visit("index.html")
    see_explorables(page)
    photo = page.locator(".draw-photo")
    before = photo.evaluate("canvas => canvas.toDataURL()")
    page.locator(".board canvas").click(position={"x": 20, "y": 20})  # in the sky
    expect(page.get_by_text("The network is ready")).to_be_visible(timeout=60 * SECONDS)
    until(page, lambda: photo.evaluate("canvas => canvas.toDataURL()") != before)


def test_a_myth_is_answered_when_it_is_switched(visit):
    page = visit("index.html")
    assert page.locator("details.myth").count() == 5
    myth = page.locator("details.myth").first
    expect(myth.locator("svg")).not_to_be_visible()
    myth.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(myth.get_by_text("each sees 70 x 70 pixels")).to_be_visible()
    expect(myth.locator("svg")).to_be_visible()


def test_the_skips_of_a_lesson_are_switched_without_a_kernel(visit):
    page = visit("notebooks/03_unet_skips.html")
    see_explorables(page)
    skips = page.locator(".play-skips").first
    skips.get_by_role("checkbox", name="skip 1").uncheck()
    skips.get_by_role("checkbox", name="skip 2").uncheck()
    expect(skips.locator(".play-caption")).to_contain_text("Switched off: skip 1", timeout=60 * SECONDS)
    expect(skips.locator(".play-caption")).to_contain_text("skip 2")


def test_a_question_leads_to_its_section(visit):
    page = visit("questions.html")
    page.get_by_role("link", name="Why detach?").click()
    expect(page.get_by_role("heading", name="Why detach?")).to_be_in_viewport()


def test_the_search_finds_a_word_of_a_lesson(visit):
    page = visit("search.html?q=dropout")
    expect(page.locator("#search-results li").first).to_be_visible(timeout=20 * SECONDS)


def test_the_slides_are_turned_by_key_and_show_their_notes(visit):
    page = visit("slides/index.html")
    expect(page.locator("section:visible")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Draw")).to_be_visible()
    expect(page.locator("aside:visible")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator("aside:visible")).to_have_count(1)
    page.emulate_media(media="print")
    assert page.locator("section:visible").count() == page.locator("section").count()


def test_a_chinese_lesson_has_the_figures_of_the_english_one_and_chinese_around_them(visit, folder):
    for lesson in CHINESE:
        english, chinese = ((folder / place / "notebooks" / f"{lesson}.html").read_text() for place in ("", "zh"))
        assert '<html class="no-js" lang="zh' in chinese
        assert chinese.count("<figure") == english.count("<figure")
        (download,) = re.findall(r'download="" href="([^"]+)"', chinese)
        assert (folder / "zh/notebooks" / download).resolve().read_bytes() == (NOTEBOOKS / "zh" / f"{lesson}.ipynb").read_bytes()
        assert f"blob/main/notebooks/zh/{lesson}.ipynb" in chinese
    page = visit("zh/notebooks/03_unet_skips.html")
    see_explorables(page)
    captions = [text for text in page.locator("figcaption").all_inner_texts() if text]
    assert len(captions) >= 5
    assert [text for text in captions if not re.search("[\u4e00-\u9fff]", text)] == []
    expect(page.locator(".play-skips .play-caption").first).to_contain_text(re.compile("[\u4e00-\u9fff]"))


def test_one_changes_the_language_and_comes_back(visit):
    page = visit("index.html")
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("动手学 pix2pix")
    page.get_by_role("link", name="从导览开始").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("[\u4e00-\u9fff]"))
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("00 Tour")


def test_the_myths_are_told_in_chinese_with_their_numbers(visit):
    page = visit("zh/index.html")
    myth = page.locator("details.myth").first
    myth.locator("summary").click()
    expect(myth.locator("p")).to_contain_text("30 × 30")
    for text in page.locator("details.myth p, details.myth figcaption").all_text_contents():
        assert re.search("[\u4e00-\u9fff]", text), text


def test_the_search_finds_a_chinese_word(visit):
    page = visit("zh/search.html?q=判别器")
    expect(page.locator("#search-results li").first).to_be_visible(timeout=20 * SECONDS)
    page = visit("zh/search.html?q=损失")
    expect(page.locator("#search-results li").first).to_be_visible(timeout=20 * SECONDS)
