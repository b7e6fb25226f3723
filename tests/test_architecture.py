"""How the library is put together: what may import what, and how long things may get."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter

import pytest
from repository import ROOT

LIBRARY = ROOT / "pix2pix_edu"
MODULES = sorted(
    str(file.relative_to(LIBRARY).with_suffix("")).replace("/", ".") for file in LIBRARY.rglob("*.py") if file.name != "__init__.py"
)
PAPER = {"receptive_field", "images", "layers", "generator", "discriminator", "objective", "training", "translation"}


@cache
def tree(module):
    return ast.parse((LIBRARY / (module.replace(".", "/") + ".py")).read_text())


def imported(module):
    """Every module of the library that this one imports, however the import is written."""
    found = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pix2pix_edu":
            place = node.module.removeprefix("pix2pix_edu").removeprefix(".")
            found |= {place} if place in MODULES else {f"{place}.{alias.name}".removeprefix(".") for alias in node.names}
    return found


def test_no_modules_import_one_another_in_a_circle():
    TopologicalSorter({module: imported(module) for module in MODULES}).prepare()  # raises CycleError, which names the circle


def test_no_folders_import_one_another_in_a_circle():
    folders = {}
    for module in MODULES:
        outside = {name.split(".")[0] for name in imported(module)} - {module.split(".")[0]}
        folders.setdefault(module.split(".")[0], set()).update(outside)
    TopologicalSorter(folders).prepare()


def test_the_eight_files_of_the_paper_import_only_one_another():
    assert {name for module in PAPER for name in imported(module)} <= PAPER


def test_the_library_never_imports_the_classroom():
    assert [module for module in MODULES if not module.startswith("classroom") for name in imported(module) if "classroom" in name] == []


def test_the_patch_arithmetic_needs_no_torch():
    assert not any(
        "torch" in ast.unparse(node) for node in ast.walk(tree("receptive_field")) if isinstance(node, (ast.Import, ast.ImportFrom))
    )


@pytest.mark.parametrize("module", MODULES)
def test_modules_and_functions_stay_short_enough_to_read_in_one_sitting(module):
    assert len((LIBRARY / (module.replace(".", "/") + ".py")).read_text().splitlines()) <= 250
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 40, node.name


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is_for(module):
    assert ast.get_docstring(tree(module))


def test_importing_the_library_brings_in_nothing_heavy_beside_torch():
    modules = ", ".join(f"pix2pix_edu.{module}" for module in MODULES if not module.startswith("classroom"))
    program = (
        f"import torch, numpy, PIL.Image, tqdm, sys; before = set(sys.modules); import {modules}; print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"scipy", "skimage", "torchvision", "triton", "matplotlib", "IPython", "ipywidgets", "requests", "onnx", "onnxruntime"}
    assert {name.split(".")[0] for name in loaded} & heavy == set()
