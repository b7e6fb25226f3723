"""Check that the machine has every package that a lesson needs."""

import sys
from importlib import util

SAME_NAME = (
    "torch",
    "torchvision",
    "numpy",
    "tqdm",
    "filelock",
    "requests",
    "urllib3",
    "safetensors",
    "ipywidgets",
    "anywidget",
    "matplotlib",
)
NEEDED = {"PIL": "pillow", "skimage": "scikit-image", **{name: name for name in SAME_NAME}}  # module: its name for pip


def check() -> None:
    """Stop with the pip command that installs what is missing, if anything is."""
    missing = [package for module, package in NEEDED.items() if util.find_spec(module) is None]
    if missing:
        sys.exit(f"One step is left: run  %pip install {' '.join(missing)}  in a new cell, then this cell again.")
