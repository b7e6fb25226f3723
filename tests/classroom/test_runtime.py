"""The check for missing packages, and what a lesson prints at its start."""

import re
import tomllib

import pytest
from repository import ROOT

from pix2pix_edu.classroom import runtime
from pix2pix_edu.classroom.session import start

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["classroom"]]


def test_a_lesson_prints_one_line_at_its_start(capsys):
    start("anywhere")
    assert re.fullmatch(r"Ready: anywhere on .+, profile '\w+' \(\d+ px\), seed 0\.\n", capsys.readouterr().out)


def test_the_needed_packages_are_those_of_the_project_except_jupyterlab_which_colab_does_not_have():
    assert sorted(runtime.NEEDED.values()) == sorted({re.split("[>=]", word)[0] for word in REQUIREMENTS} - {"jupyterlab"})


def test_nothing_is_printed_if_all_packages_are_there(capsys):
    runtime.check()
    assert capsys.readouterr().out == ""


def test_missing_packages_are_named_in_the_pip_command_that_installs_them(monkeypatch):
    monkeypatch.setattr(runtime, "NEEDED", {"torch": "torch", "no_such_module": "no-such-package", "nor_this": "nor-this"})
    with pytest.raises(SystemExit, match="%pip install no-such-package nor-this  in a new cell"):
        runtime.check()
