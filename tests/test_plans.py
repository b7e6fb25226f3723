"""The plans of the course agree: cards, the tour's tables, the class page, and the path of ninety minutes."""

import ast
import builtins
import json
import re

import pytest
from repository import NOTEBOOKS, ROOT

LESSONS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
PAGE = (ROOT / "docs" / "ninety_minutes.md").read_text()
STOPS = re.findall(r"^\| (\d+) \| \[(\d\d): (.*?)\]\(\.\./notebooks/(\w+)\.ipynb#(\S+)\) \|", PAGE, flags=re.MULTILINE)
PATH = r"\[Ninety-minute path\]\((?:00_tour\.ipynb)?#The-lessons\)"  # JupyterLab, opened in notebooks/, cannot show docs/
MARK = re.compile(rf"^\*{PATH}: (\d+) minutes\. (?:Next stop: \[\w+\]\((\S*?)\)|The last stop\.)\*$")


def cells(name):
    return [{**cell, "source": "".join(cell["source"])} for cell in json.loads((NOTEBOOKS / f"{name}.ipynb").read_text())["cells"]]


def name_of(lesson):
    """The number and name of a lesson, from its title: what stands before the colon."""
    return re.match(r"# (\d\d [^:\n]+)", cells(lesson.stem)[0]["source"])[1]


def minutes_of(lesson):
    return int(re.search(r"\*\*Minutes\*\* (\d+)", cells(lesson.stem)[1]["source"])[1])


def test_the_tour_lists_every_lesson_with_its_name_and_the_minutes_of_its_card():
    tour = "\n".join(cell["source"] for cell in cells("00_tour"))
    rows = re.findall(r"^\| \[?([^|\]]+?)(?:\]\((\w+)\.ipynb\))? \|.*\| (\d+) \|$", tour, flags=re.MULTILINE)
    listed = {name: (notebook or "00_tour", int(minutes)) for name, notebook, minutes in rows if name != "Speed"}
    assert listed == {name_of(lesson): (lesson.stem, minutes_of(lesson)) for lesson in LESSONS}
    assert ("Speed", "speed", str(minutes_of(NOTEBOOKS / "speed.ipynb"))) in rows


def test_the_class_page_gives_each_session_the_lessons_and_minutes_of_their_cards():
    page = (ROOT / "docs" / "class_of_thirty.md").read_text()
    sessions = re.findall(r"^\| \d+ \| (\d\d [^|]+?) \| (\d+) \|", page, flags=re.MULTILINE)
    cards = {name_of(lesson): minutes_of(lesson) for lesson in LESSONS}
    planned = [name for names, _ in sessions for name in names.split(", ")]
    assert planned == list(cards)
    for names, minutes in sessions:
        assert int(minutes) == sum(cards[name] for name in names.split(", ")), names


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_needs_earlier_lessons_only_and_calls_them_by_their_names(lesson):
    need = re.search(r"\*\*You need\*\*.*", cells(lesson.stem)[1]["source"])[0]
    for name, target in re.findall(r"\[([^\]]+)\]\((\w+)\.ipynb\)", need):
        assert target < lesson.stem
        assert name == name_of(NOTEBOOKS / f"{target}.ipynb")


def test_the_path_takes_ninety_minutes_and_is_linked_from_the_readme_and_the_tour():
    assert sum(int(minutes) for minutes, *_ in STOPS) == 90
    assert "(docs/ninety_minutes.md)" in (ROOT / "README.md").read_text()
    (lessons,) = [cell["source"] for cell in cells("00_tour") if "[ninety-minute path](../docs/ninety_minutes.md)" in cell["source"]]
    assert f"(#{STOPS[0][4]})" in lessons
    assert any(cell["source"].startswith("## The lessons\n") for cell in cells("00_tour"))  # where the marks link to


def marked(name):
    """The marked sections of a notebook in their order: heading, minutes, and where the link to the next stop leads."""
    for cell in cells(name):
        heading, _, rest = cell["source"].partition("\n\n")
        if "Ninety-minute path]" in rest:
            yield heading.removeprefix("## "), *MARK.match(rest.split("\n")[0]).groups()


def test_every_stop_of_the_path_is_marked_under_its_heading_and_links_to_the_next():
    found = [(lesson.stem, *section) for lesson in LESSONS for section in marked(lesson.stem)]
    assert [(stop, heading, minutes) for stop, heading, minutes, _ in found] == [(stop, title, time) for time, _, title, stop, _ in STOPS]
    for (stop, heading, _, link), (_, number, _, _, anchor), following in zip(found, STOPS, [*STOPS[1:], None], strict=True):
        assert number == stop[:2]
        assert anchor == heading.replace(" ", "-")  # as JupyterLab makes the address of a heading
        there = following and ("" if following[3] == stop else f"{following[3]}.ipynb") + f"#{following[4]}"
        assert link == there


def names_in(source):
    """The names that a cell uses, and those that it binds anywhere."""
    nodes = list(ast.walk(ast.parse(source)))
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)) and node.name}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    imported = [alias for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names]
    bound |= {(alias.asname or alias.name).split(".")[0] for alias in imported}
    return used, bound


@pytest.mark.parametrize("stop", sorted({stop for _, _, _, stop, _ in STOPS}))
def test_the_sections_of_the_path_need_no_other_section(stop):
    on_the_path, known = True, set(dir(builtins))
    titles = {title for _, _, title, notebook, _ in STOPS if notebook == stop}
    for cell in cells(stop):
        if cell["source"].startswith("## "):
            on_the_path = cell["source"].split("\n")[0].removeprefix("## ") in titles
        if cell["cell_type"] == "code" and on_the_path:
            used, bound = names_in(cell["source"])
            known |= bound
            assert used <= known, f"{cell['id']}: {used - known}"
