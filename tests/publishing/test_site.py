"""The parts of the site that need no browser. The whole of it is built in tests/browser/test_site.py."""

import re
import subprocess
import sys

import nbformat
import pytest
import yaml
from matplotlib.figure import Figure
from repository import ROOT

from pix2pix_edu.classroom.draw.widgets import draw_and_translate
from pix2pix_edu.classroom.explorer import choice, explore
from pix2pix_edu.generator import Generator
from publishing.site import build, execute, links, outputs, pages, slides
from publishing.site.measured import MYTHS
from publishing.site.site_figures import as_svg


def line_figure():
    figure = Figure(figsize=(2, 1))
    axes = figure.subplots()
    axes.plot([0, 1], color="black")
    axes.set_title("a title")
    return figure


def test_a_figure_takes_the_ink_of_the_page_and_says_its_alt_text():
    drawn = as_svg(line_figure(), 'a "line"')
    assert 'role="img" aria-label="a &quot;line&quot;"' in drawn
    assert "currentColor" in drawn
    assert not re.search(r"#000000|#ffffff|<style|<script", drawn)
    assert "a title</text>" in drawn  # words, not shapes of letters


def test_what_is_drawn_on_a_picture_keeps_its_black():
    figure = Figure(figsize=(2, 1))
    axes = figure.subplots()
    axes.imshow([[0, 1]], cmap="gray")
    axes.text(0, 0, "on the picture", color="black")
    assert re.search(r"fill: #010101[^<]*>on the picture|on the picture", as_svg(figure, "a picture"))
    assert "#010101" in as_svg(figure, "a picture")


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ('<a href="missing.html">', "missing.html leads to no file"),
        ('<a href="#nowhere">', "#nowhere leads to no place of that page"),
        ('<img src="https://example.com/a.png">', "would be loaded from another host"),
        ('<script src="//example.com/a.js">', "would be loaded from another host"),
    ],
)
def test_a_dead_link_and_a_foreign_file_are_found(page, problem, tmp_path):
    (tmp_path / "index.html").write_text(f'<h1 id="here">Title</h1><a href="#here"></a><a href="https://example.com">{page}')
    (found,) = links.problems(tmp_path)
    assert problem in found


def test_a_style_sheet_that_loads_a_foreign_font_is_found(tmp_path):
    (tmp_path / "a.css").write_text("@font-face { src: url(https://example.com/a.woff) }")
    assert list(links.problems(tmp_path)) == ["a.css loads a file from another host"]


def test_every_question_leads_to_a_heading_that_is_there():
    address = re.compile(r"^- \[.+\]\((notebooks|docs)/[^)]+#[^)]+\)", flags=re.MULTILINE)
    assert len(address.findall(pages.questions(ROOT))) >= 15


def test_a_question_about_a_heading_that_is_gone_stops_the_build():
    with pytest.raises(SystemExit, match=r"names the heading 'gone', which is not in 04_\w+.ipynb: change the words there"):
        pages.find(ROOT, "notebooks/04_*.ipynb", "gone")


def test_a_picture_without_alt_text_stops_the_build(tmp_path):
    output = nbformat.v4.new_output("display_data", {"image/png": "", "text/plain": "<Figure>"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("figure", outputs=[output])])
    with pytest.raises(SystemExit, match="an output without alt text"):
        outputs.without_kernel(notebook, outputs.Site(tmp_path))


def test_a_widget_becomes_its_figure_and_a_line_that_names_its_controls(tmp_path):
    box = explore(lambda side: (line_figure(), f"the {side} side"), side=choice("Side", ["left", "right"], "left"))
    states = {box.model_id: box}
    for widget in states.copy().values():
        states |= {child.model_id: child for child in (*widget.children, *widget.children[0].children)}
    models = {
        name: {"model_name": widget.keys and widget._model_name, "state": widget.get_state() | {"children": children_of(widget)}}
        for name, widget in states.items()
    }
    output = nbformat.v4.new_output("display_data", {outputs.VIEW: {"model_id": box.model_id}})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("box", outputs=[output])])
    notebook.metadata.widgets = {outputs.STATES: {"state": models}}
    outputs.without_kernel(notebook, outputs.Site(tmp_path))
    page = notebook.cells[0].outputs[0].data["text/html"]
    assert "you can change this (Side); it needs a kernel" in page
    assert '<img alt="the left side" src="../pictures/' in page
    assert ">the left side</figcaption>" in page
    assert len(list((tmp_path / "pictures").iterdir())) == 1


def children_of(widget):
    return [f"IPY_MODEL_{child.model_id}" for child in getattr(widget, "children", [])]


def test_an_executed_lesson_is_kept_until_it_changes(tmp_path, monkeypatch):
    runs = []
    monkeypatch.setattr(execute, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(execute, "_run", lambda notebook, profile: runs.append(profile) or nbformat.read(notebook, 4))
    lesson = tmp_path / "lesson.ipynb"
    for source in ("1", "1", "2", "2"):
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(source, id="only")]), lesson)
        (done,) = execute.execute([lesson], "smoke")
        assert done.cells[0].source == source
    assert len(runs) == 2
    assert len(list((tmp_path / "kept" / "smoke").iterdir())) == 1


def test_a_lesson_that_fails_stops_the_build_and_is_not_kept(tmp_path):
    lesson = tmp_path / "lesson.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 1 == 2")]), lesson)
    program = (
        "import pathlib, sys; from publishing.site import execute; folder = pathlib.Path(sys.argv[1]);"
        "execute.KEPT = folder / 'kept'; execute.execute([folder / 'lesson.ipynb'], 'smoke')"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "lesson.ipynb did not run to its end" in done.stderr
    assert "assert 1 == 2" in done.stderr
    assert not (tmp_path / "kept").exists()


def test_the_numbers_of_the_myths_are_those_that_the_library_gives():
    said = {make.__name__: make().sentence for make in MYTHS.values()}
    assert "30 x 30 numbers, one every 8 pixels, and each sees 70 x 70 pixels" in said["patch"]
    assert re.search(r"half the loss is (1\.00\d\d|0\.99\d\d) times", said["half_loss"])
    assert "gradient descent it is 0.5000 times" in said["half_loss"]
    detail = [float(value) for value in re.findall(r"(\d\.\d\d) at λ", said["weights_of_l1"])]
    assert len(detail) == 3
    assert detail == sorted(detail, reverse=True)
    assert "G's weights differ by 0." in said["detach"]
    of_perfect, of_healthy = (
        float(re.search(rf"{words} (\d\.\d\d)", said["d_at_zero"])[1]) for words in ("its loss ended at", "D ended at")
    )
    assert of_perfect < 0.2 < 0.5 < of_healthy < 0.69


def test_a_slide_with_a_figure_that_is_not_there_stops_the_build(tmp_path):
    (tmp_path / "slides.md").write_text("# Title\n\n![](figure:gone)\n")
    with pytest.raises(SystemExit, match="names the figure 'gone'"):
        slides.write(tmp_path / "slides.md", outputs.Site(tmp_path))


def test_the_workflow_that_publishes_the_site_builds_it_with_the_commands_of_the_makefile():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "site.yml").read_text())
    (job,) = workflow["jobs"].values()
    commands = [step["run"].split(" #")[0] for step in job["steps"] if "run" in step]
    assert [command.split()[:2] for command in commands] == [["make", "address"], ["make", "site"]]
    (path,) = [step["with"]["path"] for step in job["steps"] if step.get("uses", "").startswith("actions/upload-pages-artifact")]
    assert f"publishing.site.build {path}" in (ROOT / "Makefile").read_text()
    assert workflow["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}


def test_a_folder_with_something_else_is_not_deleted(tmp_path):
    (tmp_path / "thesis.txt").write_text("two years of work")
    with pytest.raises(SystemExit, match="contains something else: name a new folder"):
        build.build(tmp_path, "smoke")
    assert (tmp_path / "thesis.txt").exists()


def test_lessons_are_executed_in_english_whatever_the_language_of_the_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.setenv("PIX2PIX_LANGUAGE", "zh")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("from pix2pix_edu.language.words import language\nprint(language())")]
    )
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "told.ipynb")
    done = execute._run(tmp_path / "told.ipynb", "smoke")
    assert done.cells[0].outputs[0].text == "en\n"


@pytest.mark.parametrize(
    ("drawn", "figure", "credit"),
    [
        ("painted", "draw", ""),
        ("earth", "draw_planet", "Photographs: Blue Marble"),
        ("openmoji", "draw_emoji", "All emojis designed by OpenMoji"),
    ],
)
def test_a_board_is_that_of_the_playground_for_the_same_drawings_with_its_credit(tmp_path, drawn, figure, credit):
    board = draw_and_translate(Generator(depth=2, width=4), 32, drawn=drawn)
    page = outputs._widget("m", {"m": {"state": board.get_state()}}, outputs.Site(tmp_path))
    assert f'data-figure="draw" data-content="playground/figures/{figure}.json"' in page
    assert page.rpartition("</div>")[2].startswith(f"<p>{credit}" if credit else "")
    assert bool(credit) == page.endswith("</p>")
