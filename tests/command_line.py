"""Run a command of the library in the test's own process."""

import sys

import pytest

from pix2pix_edu import __main__


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", *map(str, words)])
    __main__.main()


def refusal(monkeypatch, *words):
    """The message with which the command ends."""
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, *words)
    return str(stop.value)
