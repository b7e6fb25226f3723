"""The pages that the site has besides the lessons and docs/: the home page, and the table of contents by question."""

import html
import re
import tomllib
from pathlib import Path
from string import Template

import nbformat

from pix2pix_edu.language.words import say
from publishing.site.measured import MYTHS
from publishing.site.outputs import Site, explorable

HERE = Path(__file__).parent
FENCE = "`" * 7  # longer than any in a page
BADGE = re.compile(r"\[!\[Open in Colab\]\([^)]*\)\]\(([^)]*)\)")
PATH = "docs/ninety_minutes.md"  # the ninety-minute path; without it, the plans for teachers
HEADING = re.compile(r"^(#{1,4}) +(.+?) *$", flags=re.MULTILINE)
ANCHOR = re.compile(r"(\]\((?!https?:)[^)#\s]*#)([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)


def headings(file: Path) -> list[str]:
    """The headings of a notebook or of a Markdown page, from top to bottom."""
    if file.suffix == ".ipynb":
        text = "\n\n".join(cell.source for cell in nbformat.read(file, 4).cells if cell.cell_type == "markdown")
    else:
        text = file.read_text("utf-8")
    return [found[2] for found in HEADING.finditer(CODE.sub("", text))]


def title(file: Path) -> str:
    """The first heading, without formatting."""
    return headings(file)[0].replace("`", "")


def slug(heading: str) -> str:
    """The name that MyST gives a heading, as GitHub does."""
    return re.sub(r"[^\w\- ]", "", heading.lower().replace("`", "")).strip().replace(" ", "-")


def with_slugs(text: str) -> str:
    """The same Markdown, links to headings by the names of MyST: the notebooks have those of JupyterLab."""
    return ANCHOR.sub(lambda link: f"{link[1]}{slug(link[2])})", text)


def find(source: Path, page: str, heading: str) -> str:
    """The address of a section from the site's source folder: of the first heading that contains the words."""
    files = sorted(source.glob(page))
    if len(files) != 1:
        raise SystemExit(f"questions.toml names {page}, which is {len(files)} pages: name one")
    for found in headings(files[0]):
        if heading.lower() in found.lower():
            return f"{files[0].relative_to(source)}#{slug(found)}"
    raise SystemExit(f"questions.toml names the heading {heading!r}, which is not in {files[0].name}: change the words there")


def questions(source: Path) -> str:
    """The table of contents by question."""
    lines = ["# Questions", "", "Each question leads to the section that answers it, with something to run or to push.", ""]
    for group in tomllib.loads((HERE / "questions.toml").read_text("utf-8"))["group"]:
        lines += [f"## {group['title']}", ""]
        for question in group["questions"]:
            address = find(source, question["page"], question["heading"])
            file = source / address.partition("#")[0]
            lines.append(f"- [{question['ask']}]({address})<br>*{title(file)}*")
        lines.append("")
    return "\n".join(lines)


def home(source: Path, site: Site) -> str:
    """The home page in English, and the order of all pages."""
    lessons = sorted(file.stem for file in (source / "notebooks").glob("[0-9]*.ipynb"))
    more = sorted(file.stem for file in (source / "notebooks").glob("[!0-9]*.ipynb"))
    docs = [str(file.relative_to(source).with_suffix("")) for place in ("docs", "data") for file in sorted((source / place).glob("*.md"))]
    trees = {
        "Start": ["questions", PATH.removesuffix(".md")],
        "Lessons": [f"notebooks/{name}" for name in lessons],
        "More to run": [f"notebooks/{name}" for name in more],
        "Help": [name for name in docs if f"{name}.md" != PATH],
    }
    return home_page("Pix2pix, taught by running it", lessons[0], trees, site, PATH.replace(".md", ".html"))


def home_page(title: str, first: str, trees: dict[str, list[str]], site: Site, path: str, up: str = "", asked: str = "") -> str:
    """A home page. `first` is the lesson to begin with, `trees` are the pages in their order; `up` leads from here to the site's folder."""
    page = Template((HERE / "home.html").read_text("utf-8")).substitute(
        board=explorable("boards", "playground/figures/draw.json", {}),
        myths="\n".join(_myth(claim, site, up) for claim in MYTHS),
        first=f"notebooks/{first}.html",
        path=path,
        up=up,
        asked=asked,
    )
    toctrees = "\n\n".join(f":::{{toctree}}\n:hidden:\n:caption: {name}\n\n" + "\n".join(files) + "\n:::" for name, files in trees.items())
    return f"---\nhide-toc: true\n---\n\n# {title}\n\n{raw(page)}\n\n{toctrees}\n"


def _myth(claim: str, site: Site, up: str) -> str:
    """A claim with a switch that shows what is true."""
    found = MYTHS[claim]()
    figure = site.share_pictures(found.svg, up)
    return (
        f'<details class="myth"><summary><span class="switch" aria-hidden="true"></span><span>“{html.escape(claim.rstrip("."))}”</span>'
        f"</summary><p>{html.escape(found.sentence)}</p>"
        f"<figure>{figure}<figcaption>{html.escape(found.alt)}</figcaption></figure></details>"
    )


def raw(page: str) -> str:
    """HTML within a Markdown page."""
    return f"{FENCE}{{raw}} html\n{page}\n{FENCE}"


def for_reading(notebook: nbformat.NotebookNode, name: str, to: str = "en") -> None:
    """Leave out the cell that installs the library, and replace the badge, a picture of another host, by links."""
    notebook.cells = [cell for cell in notebook.cells if "setup" not in cell.metadata.get("tags", [])]
    first = notebook.cells[0]
    links = rf"[{say('Open in Colab', to)}](\1) · {{download}}`{say('Download the notebook', to)} <../downloads/{name}.ipynb>`"
    first.source, found = BADGE.subn(links, first.source)
    if not found:
        raise SystemExit(f"{name}.ipynb has no badge that opens it in Colab in its first cell")
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)
        if cell.cell_type == "markdown":
            cell.source = with_slugs(cell.source)
