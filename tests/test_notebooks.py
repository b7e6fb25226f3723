"""The form of the lessons: what every notebook has, checked without running it; and that each exercise can be solved."""

import ast
import contextlib
import importlib
import io
import json
import re
import statistics
import tomllib
from functools import cache

import pytest
from repository import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
COURSE = [notebook for notebook in NOTEBOOKS if notebook.stem != "play"]  # that one has figures only
LESSONS = [notebook for notebook in COURSE if not notebook.name.startswith("00")]
SETUP = (ROOT / "tests" / "setup_cell.py").read_text().rstrip("\n")
SITES = {  # the only sites that a lesson may link to
    "arxiv.org",
    "colab.research.google.com",
    "github.com",
    "pytorch.org",
    "docs.pytorch.org",
    "distill.pub",
    "doi.org",
    "phillipi.github.io",
    "creativecommons.org",
    "cmp.felk.cvut.cz",
    "www.cnblogs.com",  # these two, and GitHub, have the texts of lesson 08
    "0809zheng.github.io",
}

REVEALING = ("reveal", "reveal_nearest", "decide")  # calls that compare a prediction with a measurement

every_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
every_notebook_of_the_course = pytest.mark.parametrize("notebook", COURSE, ids=lambda path: path.stem)
every_lesson = pytest.mark.parametrize("notebook", LESSONS, ids=lambda path: path.stem)


@cache
def cells(notebook):
    return [{**cell, "source": "".join(cell["source"])} for cell in json.loads(notebook.read_text())["cells"]]


def code(notebook):
    return [cell for cell in cells(notebook) if cell["cell_type"] == "code"]


def tagged(notebook, tag):
    return [cell for cell in cells(notebook) if tag in cell["metadata"].get("tags", [])]


def statements(notebook):
    return [node for cell in code(notebook) for node in ast.walk(ast.parse(cell["source"]))]


def calls(notebook, name):
    return [node for node in statements(notebook) if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name]


def code_lines(cell):
    return sum(bool(line.strip()) for line in cell["source"].splitlines())


def test_the_lessons_are_numbered_from_00_to_10():
    assert [notebook.stem[:3] for notebook in COURSE if notebook.stem != "speed"] == [f"{number:02}_" for number in range(11)]


@every_notebook
def test_a_notebook_is_committed_without_outputs(notebook):
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code(notebook))


@every_notebook
def test_the_first_cell_has_a_title_and_the_badge_that_opens_this_very_notebook(notebook):
    repository = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"].removeprefix("https://github.com/")
    address = f"https://colab.research.google.com/github/{repository}/blob/main/notebooks/{notebook.name}"
    first = cells(notebook)[0]["source"]
    assert first.startswith("# ")
    assert f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({address})" in first


@every_notebook_of_the_course
def test_the_card_states_aim_need_minutes_and_data(notebook):
    card = cells(notebook)[1]["source"]
    for word in ("You will be able to", "You need", "Minutes", "Data"):
        assert word in card


@every_notebook
def test_there_is_one_setup_cell_folded_and_the_same_everywhere(notebook):
    (setup,) = tagged(notebook, "setup")
    assert setup["source"] == SETUP
    assert setup["metadata"]["jupyter"]["source_hidden"] is True


@every_notebook
def test_code_cells_are_short(notebook):
    lines = sorted(code_lines(cell) for cell in code(notebook) if cell not in tagged(notebook, "setup"))
    assert lines[-1] <= 25
    assert statistics.median(lines) <= 6
    assert lines[int(0.9 * len(lines)) - 1] <= 15


@every_notebook
def test_markdown_cells_are_short(notebook):
    for cell in cells(notebook)[2:]:
        if cell["cell_type"] == "markdown" and "<details>" not in cell["source"]:
            assert len(cell["source"].split()) <= 120, cell["source"][:80]


@every_notebook
def test_a_lesson_has_at_most_2100_words(notebook):
    assert sum(len(cell["source"].split()) for cell in cells(notebook) if cell["cell_type"] == "markdown") <= 2100


@every_notebook_of_the_course
def test_every_figure_has_an_alt_text(notebook):
    for call in calls(notebook, "show"):
        assert len(call.args) == 2 or isinstance(call.args[0], ast.Starred), ast.unparse(call)
    assert not any("pyplot" in ast.unparse(node) for node in statements(notebook) if isinstance(node, (ast.Import, ast.ImportFrom)))
    assert len(calls(notebook, "show")) >= 1


@every_notebook_of_the_course
def test_every_prediction_is_compared_with_a_measurement_and_shown_again_at_the_end(notebook):
    asked = list(calls(notebook, "predict"))
    revealed = [call for name in REVEALING for call in calls(notebook, name)]
    assert len(revealed) == len(asked) >= (2 if notebook.name.startswith("00") else 4)
    assert {call.args[0].value for call in asked} == {notebook.stem}
    assert len({call.args[1].value for call in asked}) == len(asked)
    assert all(not isinstance(call.args[0], ast.Constant) for call in revealed)
    assert len(calls(notebook, "review")) == 1


def test_lesson_06_says_before_its_run_starts_how_to_keep_it_on_drive():
    sources = [cell["source"] for cell in cells(ROOT / "notebooks" / "06_full_run.ipynb")]

    def place(words):
        (number,) = (number for number, source in enumerate(sources) if words in source)
        return number

    warning = place("a lost connection costs you the run unless you set `KEEP_ON_DRIVE = True`")
    assert warning < place("KEEP_ON_DRIVE = False") < place("loop.run(model, settings, folder")


def test_there_are_at_least_24_predictions_and_15_exercises():
    assert sum(len(calls(notebook, "predict")) for notebook in NOTEBOOKS) >= 24
    assert sum(len(tagged(notebook, "exercise")) for notebook in NOTEBOOKS) >= 15


@every_lesson
def test_claims_are_asserted_in_visible_cells(notebook):
    assert sum(isinstance(node, ast.Assert) for node in statements(notebook)) >= 8


@every_notebook
def test_links_lead_somewhere(notebook):
    for target in re.findall(r"\]\(([^)\s]+)\)", "\n".join(cell["source"] for cell in cells(notebook) if cell["cell_type"] == "markdown")):
        if target.startswith("http"):
            assert re.fullmatch(r"https://[^\s]+", target)
            assert target.split("/")[2] in SITES, target
        elif not target.startswith("#"):
            assert (notebook.parent / target.split("#")[0]).exists(), target


def imports(notebook):
    """The import statements of a notebook's cells, as one program."""
    return "\n".join(
        ast.unparse(node)
        for cell in code(notebook)
        if cell not in tagged(notebook, "setup")
        for node in ast.parse(cell["source"]).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
    )


def exercises():
    for notebook in NOTEBOOKS:
        rows = zip(tagged(notebook, "exercise"), tagged(notebook, "check"), tagged(notebook, "solution"), strict=True)
        for number, (stub, check, solution) in enumerate(rows):
            yield pytest.param(notebook, stub, check, solution, id=f"{notebook.stem}-{number}")


def verdict_of(notebook, answer, check):
    """Run imports, an answer and its check as a learner would, and return the verdict."""
    names = {}
    exec(imports(notebook), names)
    exec(answer, names)
    *before, last = ast.parse(check["source"]).body
    exec(ast.unparse(ast.Module(before, [])), names)
    with contextlib.redirect_stdout(io.StringIO()):
        return eval(ast.unparse(last.value), names)


@pytest.mark.parametrize(("notebook", "stub", "check", "solution"), list(exercises()))
def test_an_exercise_is_not_started_and_its_solution_is_proved(notebook, stub, check, solution):
    assert verdict_of(notebook, stub["source"], check).state == "not started"
    (answer,) = re.findall(r"```python\n(.*?)```", solution["source"], flags=re.DOTALL)
    assert verdict_of(notebook, answer, check).state == "proved"


@pytest.mark.parametrize(("notebook", "stub", "check", "solution"), list(exercises()))
def test_an_exercise_states_its_difficulty_and_minutes_and_has_a_hint(notebook, stub, check, solution):
    everything = cells(notebook)
    place = next(i for i, cell in enumerate(everything) if cell["id"] == stub["id"])
    text = everything[place - 1]["source"]
    assert re.search(r"[★⭐]", text), text
    assert re.search(r"\bmin", text), text
    assert "Hint" in solution["source"] or "Hint" in text or "Hint" in everything[place + 2]["source"]


def test_every_public_name_of_the_library_is_used_by_a_notebook_the_command_line_or_another_module():
    library = {file: file.read_text() for file in (ROOT / "pix2pix_edu").rglob("*.py")}
    lessons = "\n".join(file.read_text() for file in sorted((ROOT / "data").glob("make*.py")))
    lessons += "\n".join(cell["source"] for notebook in NOTEBOOKS for cell in code(notebook))
    unused = []
    for file, source in library.items():
        for node in ast.parse(source).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                word = re.compile(rf"\b{node.name}\b")
                uses = sum(len(word.findall(text)) for text in library.values()) - 1
                if not uses and not word.search(lessons):
                    unused.append(f"{file.stem}.{node.name}")
    assert unused == []


def test_every_module_of_the_classroom_can_be_imported_on_its_own():
    for file in (ROOT / "pix2pix_edu" / "classroom").rglob("*.py"):
        importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
