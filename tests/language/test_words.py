"""Texts in another language: how a catalogue is used, and that it has what the lessons say."""

import ast
import re
from functools import cache

import nbformat
import pytest
from repository import NOTEBOOKS, ROOT

from pix2pix_edu.classroom.questions import Question
from pix2pix_edu.classroom.verdict import Misconception, check
from pix2pix_edu.language import words
from pix2pix_edu.language.words import LETTERS, catalogue, language, say

LESSONS = {
    "00_tour": None,
    "02_objective": "objective",
    "03_unet_skips": "unet_skips",
    "04_patchgan": "patchgan",
    "05_training_step": "training_step",
}
CHINESE = catalogue("zh")


@pytest.fixture
def in_a_test_language(monkeypatch):
    monkeypatch.setenv("PIX2PIX_LANGUAGE", "zh_CN.UTF-8")
    texts = {"{} of {} houses are red": "{1} -> {0} rot", "two": "zwei", "proved": "bewiesen", "a whole text": "ein Text"}
    monkeypatch.setattr(words, "catalogue", lambda to, *parts: texts)
    words._patterns.cache_clear()
    yield
    words._patterns.cache_clear()


def test_a_text_is_found_whole_or_by_what_the_code_inserts(in_a_test_language):
    assert say("a whole text") == "ein Text"
    assert say("two of 7 houses are red") == "7 -> zwei rot"
    assert say("nobody has translated this") == "nobody has translated this"
    assert say("a whole text", "en") == "a whole text"


def test_a_verdict_is_said_in_the_language_of_the_reader(in_a_test_language):
    @check
    def answer(value):
        if value != 3:
            raise Misconception(f"two of {value} houses are red")
        return "a whole text"

    assert repr(answer(3)) == "✓ bewiesen: ein Text"
    assert repr(answer(4)) == "✗ not yet: 4 -> zwei rot"
    assert answer(4).message == "two of 4 houses are red"  # the tests and the code see English


@pytest.mark.parametrize(("wanted", "expected"), [("zh", "zh"), ("zh_TW.UTF-8", "zh"), ("en_GB", "en"), ("fr", "en"), ("C", "en")])
def test_the_language_is_that_of_the_environment_and_else_english(monkeypatch, wanted, expected):
    monkeypatch.setenv("PIX2PIX_LANGUAGE", wanted)
    assert language() == expected


def test_without_the_variable_the_language_is_that_of_the_system(monkeypatch):
    monkeypatch.delenv("PIX2PIX_LANGUAGE", raising=False)
    for system, expected in (
        ("zh_CN", "zh"),
        ("Chinese (Simplified)_China", "zh"),
        ("en_US", "en"),
        ("English_United States", "en"),
        (None, "en"),
    ):
        monkeypatch.setattr(words.locale, "getlocale", lambda system=system: (system, "UTF-8"))
        assert language() == expected


def test_in_jupyterlab_the_language_is_that_of_the_notebook_s_folder(monkeypatch):
    monkeypatch.delenv("PIX2PIX_LANGUAGE", raising=False)
    monkeypatch.setattr(words.locale, "getlocale", lambda: ("en_US", "UTF-8"))
    for notebook, expected in (("/course/notebooks/zh/00_tour.ipynb", "zh"), ("/course/notebooks/00_tour.ipynb", "en")):
        monkeypatch.setenv("JPY_SESSION_NAME", notebook)
        assert language() == expected


def test_predictions_are_kept_in_english_in_every_language(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIX2PIX_LANGUAGE", "zh")
    Question("02_objective", "squares", "One number?", ("the mean of the values", "the median of the values")).reveal(
        "the mean of the values"
    )
    assert capsys.readouterr().out.startswith(f"实测结果：{CHINESE['the mean of the values']}。")
    assert '"answer": "the mean of the values"' in (tmp_path / "predictions" / "02_objective.json").read_text()


@pytest.mark.parametrize("english", CHINESE)
def test_a_text_inserts_the_same_values_in_both_languages(english):
    count = english.count("{}")
    places = re.findall(r"\{(\d*)\}", CHINESE[english])
    assert {int(place) if place else number for number, place in enumerate(places)} == set(range(count))
    assert len(places) == count


def template(node):
    """What a string of the code says, {} for what is inserted; None if it is no string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def said_by(notebook):
    """Questions with their answers, and the alt texts of figures, in the cells of a notebook."""
    for cell in nbformat.read(notebook, 4).cells:
        if cell.cell_type != "code" or "setup" in cell.metadata.get("tags", []):
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "predict":
                yield template(node.args[2])
                yield from (template(option) for option in node.args[3].elts)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "show" and len(node.args) == 2:
                yield template(node.args[1])


def messages_of(lesson):
    """What the checks of a lesson say to a wrong idea, as far as it is written in one piece."""
    for node in ast.walk(ast.parse((ROOT / "pix2pix_edu" / "classroom" / lesson / "checks.py").read_text())):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func) == "Misconception":
            yield template(node.exc.args[0])
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(each) == "check" for each in node.decorator_list):
            yield from (template(each.value) for each in ast.walk(node) if isinstance(each, ast.Return) and each.value)


@cache
def spoken(lesson):
    folder = LESSONS[lesson]
    texts = [*said_by(NOTEBOOKS / f"{lesson}.ipynb"), *(messages_of(folder) if folder else [])]
    return [text for text in texts if text and len(re.findall("[A-Za-z]", text)) >= LETTERS]


def is_there(text):
    """Whether the catalogue has a text, or longer ones in which what the code inserts is written out."""
    longer = re.compile(".+".join(map(re.escape, text.split("{}"))), re.DOTALL)
    return text in CHINESE or any(longer.fullmatch(each) for each in CHINESE)


@pytest.mark.parametrize("lesson", LESSONS)
def test_questions_captions_and_verdicts_of_a_lesson_are_in_the_catalogue(lesson):
    assert len(spoken(lesson)) > 8
    assert [text for text in spoken(lesson) if not is_there(text)] == []
