"""The course's address: stated once, and stamped wherever else it stands."""

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STATED = runpy.run_path(str(ROOT / "publishing" / "address.py"))["stated"]()
KEEPS_IT = Path("publishing/address.py")  # names the placeholder, so that it can be put back


def contents(folder):
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc"}


@pytest.fixture
def copy(tmp_path):
    """A copy of everything that belongs to the course, but for the data."""
    for file in runpy.run_path(str(ROOT / "publishing" / "wheelhouse.py"))["repository_files"]():
        if "data" not in file.relative_to(ROOT).parts:
            target = tmp_path / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    return tmp_path


def stamp(copy, *words):
    return subprocess.run([sys.executable, copy / "publishing" / "address.py", *words], capture_output=True, text=True)


def test_every_place_that_names_the_address_is_stamped_and_nothing_else(copy):
    before = contents(copy)
    assert stamp(copy, "ada-l/image.course").returncode == 0
    after = contents(copy)
    changed = {file for file in before if before[file] != after[file]}
    assert changed == {file for file, text in before.items() if STATED.encode() in text} - {KEEPS_IT}
    assert all(after[file] == before[file].replace(STATED.encode(), b"ada-l/image.course") for file in changed)


def test_the_address_stands_in_the_readme_and_twice_in_every_notebook():
    assert f"https://github.com/{STATED}" in (ROOT / "README.md").read_text()
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert notebook.read_text().count(STATED) == 2, notebook.name


def test_stamped_notebooks_are_notebooks(copy):
    stamp(copy, "ada-l/image.course")
    for notebook in (copy / "notebooks").glob("*.ipynb"):
        cells = json.loads(notebook.read_text())["cells"]
        assert f"/github/ada-l/image.course/blob/main/notebooks/{notebook.name}" in "".join(cells[0]["source"])


def test_a_stamp_can_be_repeated_changed_and_taken_back(copy):
    before = contents(copy)
    stamp(copy, "ada-l/a")
    once = contents(copy)
    assert stamp(copy, "ada-l/a").stdout == "ada-l/a now stands in 0 files\n"
    assert contents(copy) == once
    stamp(copy, "b/c")
    stamp(copy, STATED)
    assert contents(copy) == before


@pytest.mark.parametrize(
    "words",
    ["", "ada", "ada/", "/course", "ada/course/more", "a da/course", "-ada/course", "ada--l/course", "my_name/course", "ada/course.git"]
    + ["https://github.com/ada/course", 'ada/course"; x = "', "ada/course\n"],
)
def test_what_can_be_no_address_is_refused_in_one_sentence_and_changes_nothing(copy, words):
    before = contents(copy)
    refused = stamp(copy, words)
    assert refused.returncode == 1
    assert refused.stderr == f"address: write it as GitHub does, OWNER/NAME, such as ada-l/pix2pix-edu; got {words!r}\n"
    assert contents(copy) == before


def test_without_a_word_the_address_is_told(copy):
    assert stamp(copy).stdout.startswith(f"{STATED} is the course's address")
