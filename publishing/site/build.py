"""Build the course as a site: python -m publishing.site.build [FOLDER] [--profile smoke] (make site)."""

import argparse
import importlib.util
import re
import shutil
from pathlib import Path

import nbformat
from sphinx.cmd.build import build_main

from pix2pix_edu.experiments.gallery import GALLERY
from pix2pix_edu.files import is_foreign
from pix2pix_edu.images import to_tensor
from pix2pix_edu.language.words import say
from pix2pix_edu.page.build import build as build_playground
from pix2pix_edu.page.offline import write_worker
from pix2pix_edu.play import data
from pix2pix_edu.play.subjects import sample_sketches
from pix2pix_edu.weights.bundled import load_pretrained, trained_on
from pix2pix_edu.weights.onnx_graph import write_live_onnx
from publishing.site import execute, languages, links, outputs, pages, slides

TITLE = "pix2pix, taught by running it"  # as in conf.py
ROOT, HERE = execute.ROOT, Path(__file__).parent
NETWORK = "houses_128"  # of the board
MARK = ".nojekyll"  # by this file a folder is known to be a site; without it GitHub Pages leaves out folders that begin with _
MATHJAX = ("tex-chtml.js", "output/chtml/fonts/woff-v2")  # what a browser needs of it
NAMES = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Pages">',
    '<div id="search-results">': '<h1>Search</h1><div id="search-results">',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
}


def main() -> None:
    """Build the site from the committed notebooks, and check it."""
    parser = argparse.ArgumentParser(description="Execute the lessons, and write them and the pages around them as a site.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--profile", choices=("class", "smoke"), default="class", help="how long the lessons train (default: class)")
    parser.add_argument("--only", nargs="*", default=[], metavar="NN", help="execute these lessons only, by the beginning of their names")
    arguments = parser.parse_args()
    build(arguments.folder.resolve(), arguments.profile, arguments.only)
    size = sum(file.stat().st_size for file in arguments.folder.rglob("*") if file.is_file()) / 1e6
    print(f"{arguments.folder} is ready: {size:.0f} MB. Look at it: python -m http.server --directory {arguments.folder} 8000")


def build(folder: Path, profile: str, only: list[str] = ()) -> None:
    """Write the site to a folder, which is made anew. Lessons that are not in `only`, if any are named, are shown without outputs."""
    if is_foreign(folder, MARK):
        raise SystemExit(f"{folder} contains something else: name a new folder")
    source = folder.with_name(f"{folder.name}.source")
    for old in (folder, source):
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    site = outputs.Site(folder)
    collect(source)
    write_lessons(source, site, profile, only)
    build_playground(folder / "playground", NETWORK)
    complete_playground(site)
    (source / "questions.md").write_text(pages.questions(source), "utf-8")
    (source / "index.md").write_text(pages.home(source, site), "utf-8")
    make_pages(source, folder)
    name_landmarks(folder)
    write_in("zh", folder, profile, only)
    slides.write(ROOT / "docs" / "slides.md", site)
    copy_mathjax(folder / "_static" / "mathjax")
    if found := list(links.problems(folder)):
        raise SystemExit("\n".join(found))


def make_pages(source: Path, folder: Path, *options: str) -> None:
    """Let Sphinx make pages from a folder of sources, which is deleted."""
    if build_main(["-W", "--keep-going", "-q", "-E", *options, "-d", str(source / ".doctrees"), str(source), str(folder)]):
        raise SystemExit("Sphinx had something to say about the pages: see the lines above")
    shutil.rmtree(source)
    for leftover in (".buildinfo", "objects.inv"):
        (folder / leftover).unlink(missing_ok=True)


def write_in(to: str, folder: Path, profile: str, only: list[str]) -> None:
    """Write the pages of another language into a folder of the site that is named after it."""
    source = folder.with_name(f"{folder.name}.source")
    source.mkdir()
    notebooks = languages.translated_lessons(to)
    shutil.copytree(notebooks[0].parent, source / "downloads")
    shutil.copytree(HERE / "static", source / "static")
    shutil.copy(HERE / "conf.py", source)
    executed = executed_lessons([ROOT / "notebooks" / file.name for file in notebooks], profile, only)
    languages.write_pages(source, outputs.Site(folder, "../../"), to, executed)
    make_pages(
        source,
        folder / to,
        "-D",
        f"language={languages.NAMES[to].replace('-', '_')}",
        "-D",
        f"html_title={say(TITLE, to)}",
        "-D",
        "mathjax_path=../../_static/mathjax/tex-chtml.js",
    )
    name_landmarks(folder / to)
    languages.translate_pages(folder / to, to)
    languages.link_languages(folder, to)


def collect(source: Path) -> None:
    """Copy what the pages are made of: docs/ with the pictures that it shows, the notebooks for download, the look."""
    shutil.copytree(ROOT / "docs", source / "docs", ignore=shutil.ignore_patterns("slides.md"))
    shutil.copytree(
        ROOT / "notebooks", source / "downloads", ignore=lambda _, names: [name for name in names if not name.endswith(".ipynb")]
    )
    for page in source.glob("docs/*.md"):
        page.write_text(pages.with_slugs(page.read_text("utf-8")), "utf-8")
    shutil.copytree(HERE / "static", source / "static")
    shutil.copy(HERE / "conf.py", source)
    for page in (*source.glob("docs/*.md"), *source.glob("downloads/*.ipynb")):  # and what they link to
        for target in re.findall(r"\]\(\.\./(?!docs/|notebooks/)([^)#\s\\]+)\)", page.read_text("utf-8")):
            shown = re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", (ROOT / target).read_text("utf-8")) if target.endswith(".md") else []
            for file in (Path(target), *(Path(target).parent / name for name in shown)):
                (source / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, source / file)


def write_lessons(source: Path, site: outputs.Site, profile: str, only: list[str]) -> None:
    (source / "notebooks").mkdir()
    for name, lesson in executed_lessons(sorted((ROOT / "notebooks").glob("*.ipynb")), profile, only).items():
        outputs.without_kernel(lesson, site)
        pages.for_reading(lesson, name)
        nbformat.write(lesson, source / "notebooks" / f"{name}.ipynb")


def executed_lessons(notebooks: list[Path], profile: str, only: list[str]) -> dict[str, nbformat.NotebookNode]:
    """The notebooks by name, executed if they are in `only` or if that is empty."""
    chosen = [each for each in notebooks if not only or each.name.startswith(tuple(only))]
    executed = dict(zip(chosen, execute.execute(chosen, profile), strict=True))
    return {each.stem: executed.get(each) or nbformat.read(each, 4) for each in notebooks}


def complete_playground(site: outputs.Site) -> None:
    """Add the networks and the recorded trainings that explorables of the lessons ask for, and a way back from the playground."""
    place = site.folder / "playground"
    page = (place / "index.html").read_text("utf-8")
    if "<footer><p>From a course" not in page:
        raise SystemExit("the playground's footer has changed: name its words in complete_playground(), which makes them a link")
    page = page.replace("<footer><p>From a course", '<footer><p>From <a href="../index.html">a course</a>')
    (place / "index.html").write_text(page, "utf-8")
    for content in site.explorables.values():
        if "channels" in content and content["network"] not in {*data.LAMBDAS.values(), *data.JUDGES.values()}:
            size, drawn = trained_on(content["network"])
            x = to_tensor(next(iter(sample_sketches(size, drawn).values())))
            write_live_onnx(*load_pretrained(content["network"]), x, place / "networks" / f"{content['network']}.onnx")
        for cell in content.get("cells", []):
            for seed in content["seeds"]:
                shutil.copy(GALLERY / f"{cell['name']}-{seed}.avif", place / "gallery")
    write_worker(place)


def name_landmarks(folder: Path) -> None:
    """Add what screen readers need and the theme leaves out: a heading for the search, levels and names in the margins."""
    for file in folder.rglob("*.html"):
        if not file.is_relative_to(folder / "playground"):
            page = file.read_text("utf-8")
            for old, new in NAMES.items():
                page = page.replace(old, new)
            file.write_text(page, "utf-8")


def copy_mathjax(target: Path) -> None:
    """Copy the part of MathJax that the pages load from the package sphinx-mathjax-offline."""
    package = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
    for name in MATHJAX:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (package / name).is_dir() else shutil.copy)(package / name, target / name)


if __name__ == "__main__":
    main()
