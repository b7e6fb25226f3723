"""What a lesson says of the machine on which it has landed."""

import re
import tomllib

import pytest
from repository import ROOT

from pix2pix_edu.classroom import runtime
from pix2pix_edu.classroom.session import start

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ASKED_FOR = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["classroom"]]
KNOWN = {"Python": "3.12.4", "torch": "2.11.0+cu128", "ipywidgets": "7.7.1"}


def test_nothing_is_said_of_known_versions():
    assert runtime.remark(KNOWN) == ""


@pytest.mark.parametrize("version", ["2.4", "2.4.1", "2.15.0+cpu", "2.15.7"])
def test_the_oldest_and_the_newest_known_version_are_known_whatever_their_last_number(version):
    assert runtime.remark({**KNOWN, "torch": version}) == ""


@pytest.mark.parametrize(
    ("name", "version", "words"),
    [
        ("torch", "2.16.0+cu140", "torch 2.16.0+cu140 is newer than 2.15"),
        ("torch", "3.0", "torch 3.0 is newer than 2.15"),
        ("torch", "2.3.1", "torch 2.3.1 is older than 2.4"),
        ("Python", "3.14.0", "Python 3.14.0 is newer than 3.13"),
        ("Python", "3.9.2", "Python 3.9.2 is older than 3.11"),
        ("ipywidgets", "9.0.0b1", "ipywidgets 9.0.0b1 is newer than 8.1"),
        ("ipywidgets", "7.6", "ipywidgets 7.6 is older than 7.7"),
    ],
)
def test_an_unknown_version_is_named_in_one_line(name, version, words):
    line = runtime.remark({**KNOWN, name: version})
    assert line.startswith(f"New to this course: {words}. ")
    assert "\n" not in line


def test_several_unknown_versions_share_the_line():
    line = runtime.remark({"Python": "3.20", "torch": "1.9", "ipywidgets": "10.0"})
    assert "Python 3.20 is newer than 3.13, torch 1.9 is older than 2.4, ipywidgets 10.0 is newer than 8.1." in line


def test_a_lesson_says_so_below_its_first_line(monkeypatch, capsys):
    monkeypatch.setitem(runtime.KNOWN, "torch", ("1.0", "1.13"))
    start("anywhere")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Ready: anywhere")
    assert "is newer than 1.13" in second


def test_a_lesson_on_this_machine_says_one_line(capsys):
    start("anywhere")
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_the_oldest_known_versions_are_those_that_the_project_asks_for():
    least = dict(re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups() for requirement in ASKED_FOR)
    assert runtime.KNOWN["torch"][0] == least["torch"]
    assert runtime.KNOWN["ipywidgets"][0] == least["ipywidgets"]
    assert f">={runtime.KNOWN['Python'][0]}" == PROJECT["requires-python"]


def test_what_a_lesson_needs_is_what_the_project_asks_for_without_jupyterlab_which_colab_has_not():
    assert sorted(runtime.NEEDED.values()) == sorted({re.split("[>=]", word)[0] for word in ASKED_FOR} - {"jupyterlab"})


def test_a_machine_with_all_packages_passes_without_a_word(capsys):
    runtime.check()
    assert capsys.readouterr().out == ""


def test_missing_packages_are_named_with_the_one_command_that_brings_them(monkeypatch):
    monkeypatch.setattr(runtime, "NEEDED", {"torch": "torch", "no_such_module": "no-such-package", "nor_this": "nor-this"})
    with pytest.raises(SystemExit, match="%pip install no-such-package nor-this  in a new cell"):
        runtime.check()
