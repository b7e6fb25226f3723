"""Run a command of the library in the test's own process."""

import contextlib
import io
import sys

import pytest

from pix2pix_edu import __main__


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", *map(str, words)])
    __main__.main()


def refusal(monkeypatch, *words):
    """The message with which the command ends."""
    errors = io.StringIO()
    with pytest.raises(SystemExit) as stop, contextlib.redirect_stderr(errors):
        call(monkeypatch, *words)
    return errors.getvalue() if stop.value.code == 2 else str(stop.value)  # 2: argparse has printed it
