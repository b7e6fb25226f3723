"""The slides for ninety minutes: docs/slides.md as one HTML page, with the pictures of measured.py."""

import html
import re
from pathlib import Path
from shutil import copy

from markdown_it import MarkdownIt

from publishing.site.measured import FIGURES
from publishing.site.outputs import Site

HERE = Path(__file__).parent
PICTURE = re.compile(r"^!\[\]\(figure:(\w+)\)$", flags=re.MULTILINE)
PAGE = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>{title}: slides</title>
    <link rel="icon" href="../_static/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="slides.css" />
    <script src="slides.js" defer></script>
  </head>
  <body>
    <main>
{slides}
    </main>
    <nav aria-label="Slides">
      <button type="button" id="back">Back</button>
      <p id="place" role="status"></p>
      <button type="button" id="next">Next</button>
      <button type="button" id="notes" aria-pressed="false">Notes</button>
      <a href="../index.html">The course</a>
    </nav>
  </body>
</html>
"""


def write(source: Path, site: Site) -> None:
    """Write the slides to the site's folder slides/. In the source, a line --- ends a slide, and a quotation is a note for the teacher."""
    folder = site.folder / "slides"
    folder.mkdir()
    parts = re.split(r"^---$", source.read_text("utf-8"), flags=re.MULTILINE)
    pages = [_slide(number, part, site) for number, part in enumerate(parts, start=1)]
    title = parts[0].strip().splitlines()[0].removeprefix("# ")
    (folder / "index.html").write_text(PAGE.format(title=html.escape(title), slides="\n".join(pages)), "utf-8")
    for name in ("slides.css", "slides.js"):
        copy(HERE / name, folder)


def _slide(number: int, text: str, site: Site) -> str:
    """One slide: its words, and its figure beside them."""
    named = PICTURE.search(text)
    if named and named[1] not in FIGURES:
        raise SystemExit(f"docs/slides.md names the figure {named[1]!r}: choose from {', '.join(FIGURES)}")
    words = MarkdownIt().render(PICTURE.sub("", text))
    words = words.replace("<blockquote>", '<aside aria-label="Notes">').replace("</blockquote>", "</aside>")
    if number > 1:
        words = words.replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    figure = f"<figure>{site.share_pictures(FIGURES[named[1]]().svg)}</figure>" if named else ""
    return f'<section id="{number}" class="{"with-figure" if named else "words"}"><div>{words}</div>{figure}</section>'
