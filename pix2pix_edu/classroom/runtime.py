"""The machine on which a lesson has landed: the packages that it lacks, the versions that the course has not met."""

import platform
import re
import sys
from importlib import metadata, util

NEEDED = {  # what a lesson imports, and what pip calls it
    "torch": "torch",
    "torchvision": "torchvision",
    "numpy": "numpy",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "tqdm": "tqdm",
    "pooch": "pooch",
    "safetensors": "safetensors",
    "ipywidgets": "ipywidgets",
    "anywidget": "anywidget",
    "matplotlib": "matplotlib",
}
KNOWN = {  # the oldest version that pyproject.toml lets in, and the newest that was met here or on Colab
    "Python": ("3.11", "3.13"),
    "torch": ("2.4", "2.15"),
    "ipywidgets": ("7.7", "8.1"),
}


def check() -> None:
    """Stop with the one command that helps where a package is missing; else say nothing."""
    missing = [package for module, package in NEEDED.items() if util.find_spec(module) is None]
    if missing:
        sys.exit(f"One step is left: run  %pip install {' '.join(missing)}  in a new cell, then this cell again.")


def versions() -> dict[str, str]:
    """The version, on this machine, of everything in KNOWN."""
    return {name: platform.python_version() if name == "Python" else metadata.version(name) for name in KNOWN}


def remark(found: dict[str, str]) -> str:
    """One line on what is older or newer than the course knows; nothing where all of it is known."""
    strange = []
    for name, version in found.items():
        oldest, newest = KNOWN[name]
        if _number(version) < _number(oldest):
            strange.append(f"{name} {version} is older than {oldest}")
        if _number(version) > _number(newest):
            strange.append(f"{name} {version} is newer than {newest}")
    if not strange:
        return ""
    return f"New to this course: {', '.join(strange)}. It may well work all the same; if something breaks, say so where you got the course."


def _number(version: str) -> tuple[int, ...]:
    """2.15.1+cu130 as (2, 15): what comes after changes nothing for a lesson."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])
