"""The site in a second language: a home page and the lessons that are translated, with the outputs that the English ones gave."""

import html
import re
from collections.abc import Mapping
from pathlib import Path

import nbformat

from pix2pix_edu.language.words import LANGUAGES, say
from publishing.site.outputs import Site, without_kernel
from publishing.site.pages import for_reading, home_page, slug

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAMES = {"zh": "zh-CN"}  # as pages and browsers name a language
AS_IT_IS = re.compile(r"(<pre.*?</pre>|<script.*?</script>|<title>.*?</title>)", flags=re.DOTALL)
TEXT = re.compile(r"(?<=>)[^<>]*[A-Za-z][^<>]*(?=<)")
ATTRIBUTE = re.compile(r'(?<= )(alt|aria-label|placeholder|title)="([^"]+)"')
ENGLISH_LESSON = re.compile(r"\[([^\]]*)\]\(\.\./(\.\./docs/)?(\w+)\.(?:ipynb|md)(#[^)]*)?\)")
ARTICLE = '<article role="main" id="furo-main-content">'


def translated_lessons(to: str) -> list[Path]:
    """The notebooks of a language, in their order."""
    return sorted((NOTEBOOKS / to).glob("*.ipynb"))


def write_pages(source: Path, site: Site, to: str, executed: Mapping[str, nbformat.NotebookNode]) -> None:
    """Write what Sphinx makes the pages of a language from: the home page, and each lesson around the outputs of the English one."""
    (source / "notebooks").mkdir()
    for file in translated_lessons(to):
        words = {cell.id: cell.source for cell in nbformat.read(file, 4).cells if cell.cell_type == "markdown"}
        lesson = executed[file.stem]
        without_kernel(lesson, site)
        for cell in lesson.cells:
            cell.source = words.get(cell.id, cell.source)
            for output in cell.get("outputs", []):
                if output.output_type == "stream":
                    output.text = "\n".join(say(line, to) for line in output.text.split("\n"))
        for_reading(lesson, file.stem, to)
        for cell in lesson.cells:
            if cell.cell_type == "markdown":
                cell.source = ENGLISH_LESSON.sub(_english_page, cell.source)
        nbformat.write(lesson, source / "notebooks" / file.name)
    names = [file.stem for file in translated_lessons(to)]
    trees = {say("Lessons", to): [f"notebooks/{name}" for name in names]}
    title = say("Pix2pix, taught by running it", to)
    home = home_page(title, names[0], trees, site, "docs/ninety_minutes.html", up="../", asked=f"?lang={to}")
    (source / "index.md").write_text(home, "utf-8")


def _english_page(link: re.Match[str]) -> str:
    words, docs, name, place = link.groups()
    address = f"../../{'docs' if docs else 'notebooks'}/{name}.html" + (f"#{slug(place[1:])}" if place else "")
    return f'<a href="{address}" hreflang="en">{html.escape(words)}</a>'


def translate_pages(folder: Path, to: str) -> None:
    """Put every text of the pages that is still English, such as captions and the theme's buttons, into the language."""
    for file in folder.rglob("*.html"):
        parts = AS_IT_IS.split(file.read_text("utf-8"))
        file.write_text("".join(part if AS_IT_IS.fullmatch(part) else in_language(part, to) for part in parts), "utf-8")


def in_language(page: str, to: str) -> str:
    """HTML with its texts and names in a language, as far as the catalogue has them."""
    page = ATTRIBUTE.sub(lambda found: f'{found[1]}="{html.escape(say(html.unescape(found[2]), to))}"', page)
    return TEXT.sub(lambda found: _said(found[0], to), page)


def _said(text: str, to: str) -> str:
    words = " ".join(html.unescape(text).split())
    said = say(words, to)
    return text if said == words else f"{' ' * text[0].isspace()}{html.escape(said, quote=False)}{' ' * text[-1].isspace()}"


def link_languages(folder: Path, to: str) -> None:
    """Link each page that there is in both languages to the other one."""
    for file in [page for page in (folder / to).rglob("*.html") if (folder / page.relative_to(folder / to)).exists()]:
        name = file.relative_to(folder / to)
        up = "../" * (len(name.parts) - 1)
        _add_link(folder / name, f"{up}{to}/{name}", to)
        _add_link(file, f"../{up}{name}", "en")


def _add_link(file: Path, address: str, to: str) -> None:
    name = NAMES.get(to, to)
    link = f'<p class="language"><a href="{address}" lang="{name}" hreflang="{name}">{LANGUAGES[to]}</a></p>'
    page = file.read_text("utf-8")
    if ARTICLE not in page:
        raise SystemExit(f"{file.name} has no {ARTICLE}: say in languages.py where the theme begins an article")
    file.write_text(page.replace(ARTICLE, ARTICLE + link), "utf-8")
