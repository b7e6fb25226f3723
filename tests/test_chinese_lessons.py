"""The lessons in Chinese: the same cells as in English, word for word the same code, and texts that follow the English ones."""

import hashlib
import json
import re
from functools import cache

import pytest
from repository import NOTEBOOKS

CHINESE = sorted((NOTEBOOKS / "zh").glob("*.ipynb"))
BLOCK = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", flags=re.DOTALL)
SPAN = re.compile(r"`[^`\n]+`")
HEADING = re.compile(r"^#{1,4} +(.+?) *$", flags=re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HAN = r"[\u4e00-\u9fff]"

each_lesson = pytest.mark.parametrize("lesson", CHINESE, ids=lambda path: path.stem)


@cache
def cells(notebook):
    return [{**cell, "source": "".join(cell["source"])} for cell in json.loads(notebook.read_text("utf-8"))["cells"]]


def english(lesson):
    return cells(NOTEBOOKS / lesson.name)


def texts(lesson):
    """Each translated cell with the English one."""
    return [(cell, original) for cell, original in zip(cells(lesson), english(lesson), strict=True) if cell["cell_type"] == "markdown"]


def test_the_tour_and_the_lessons_of_the_idea_are_there():
    assert [lesson.stem[:2] for lesson in CHINESE] == ["00", "02", "03", "04", "05"]


@each_lesson
def test_the_code_is_that_of_the_english_lesson(lesson):
    for cell, original in zip(cells(lesson), english(lesson), strict=True):
        assert (cell["id"], cell["cell_type"]) == (original["id"], original["cell_type"])
        if cell["cell_type"] == "code":
            assert cell == original


@each_lesson
def test_a_text_was_translated_from_the_english_text_as_it_stands(lesson):
    changed = [
        cell["id"]
        for cell, original in texts(lesson)
        if cell["metadata"]["english"] != hashlib.sha256(original["source"].encode()).hexdigest()[:12]
    ]
    assert changed == []  # look at these again, and then write the new fingerprint


@each_lesson
def test_formulas_code_and_links_are_kept(lesson):
    for cell, original in texts(lesson):
        for kept in (BLOCK, FORMULA):
            assert kept.findall(cell["source"]) == kept.findall(original["source"]), cell["id"]
        said, meant = (set(SPAN.findall(BLOCK.sub("", each["source"]))) for each in (cell, original))
        assert said >= meant, cell["id"]
        assert len(LINK.findall(cell["source"])) == len(LINK.findall(original["source"])), cell["id"]


@each_lesson
def test_a_text_is_chinese_with_chinese_punctuation(lesson):
    for cell, _ in texts(lesson):
        plain = SPAN.sub("`", FORMULA.sub("$", BLOCK.sub("", cell["source"])))
        plain = re.sub(r"\]\([^)]*\)", "]", plain)
        assert re.search(HAN, plain), cell["id"]
        assert re.findall(rf"{HAN}[,.:;?!()]", plain) == [], cell["id"]
        for bold, following in re.findall(r"\*\*([^*]+)\*\*(.?)", plain):
            assert bold[-1] not in "。：，；？”）" or not re.match(r"\w", following), bold  # Markdown would not end it here


@cache
def anchors(notebook):
    headings = [
        found for cell in cells(notebook) if cell["cell_type"] == "markdown" for found in HEADING.findall(BLOCK.sub("", cell["source"]))
    ]
    return {heading.replace(" ", "-") for heading in headings}


@each_lesson
def test_links_lead_to_what_is_there(lesson):
    for cell, _ in texts(lesson):
        for target in LINK.findall(cell["source"]):
            file, _, place = target.partition("#")
            if target.startswith("http"):
                assert "/blob/" not in target or target.endswith(f"/blob/main/notebooks/zh/{lesson.name}")
                continue
            there = (lesson.parent / file).resolve() if file else lesson
            assert there.exists(), target
            assert not place or place in anchors(there), target
