"""Numbers and paths on the command line, checked where they are read."""

import argparse
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from pix2pix_edu.sharing.card import RECORD


def whole(least: int, most: int) -> Callable[[str], int]:
    """A type for argparse: a whole number from `least` to `most`."""
    return _number(int, least, most)


def real(least: float, most: float) -> Callable[[str], float]:
    """A type for argparse: a number from `least` to `most`."""
    return _number(float, least, most)


def _number(kind: type, least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]):  # 1e-400 is not nought, and Python would take it for that
            value = None
        if value is None or not least <= value <= most:  # true for NaN as well
            raise argparse.ArgumentTypeError(f"must be a {'whole ' * (kind is int)}number from {least:,} to {most:,}, got {text[:40]!r}")
        return value

    return read


def path(text: str) -> Path:
    """A type for argparse: a path. An empty one would mean the present folder."""
    if not text.strip() or "\0" in text:
        raise argparse.ArgumentTypeError(f"must be the name of a file or folder, got {text!r}")
    return Path(text)


def add_record(parser: argparse.ArgumentParser) -> None:
    """Add the option --record, the file with the scores of a run."""
    scores = f"take the scores from this file, which evaluate --record wrote (default: {RECORD} in the run's folder, if it is there)"
    parser.add_argument("--record", type=path, metavar="FILE", help=scores)


def refuse_ignored(arguments: argparse.Namespace, names: Iterable[str], because: str) -> None:
    """Raise an error if one of these options was given, which would be ignored. One that was not is None, False or absent."""
    for name in names:
        value = getattr(arguments, name, None)
        if value is not None and value is not False:
            raise ValueError(f"--{name.replace('_', '-')} has no effect {because}")


SEED = whole(0, 2**31 - 1)
