"""The house keeps its floors: a module imports only from floors below its own."""

import ast
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "pix2pix_edu"
FLOORS = [
    [
        "receptive_field",
        "shipped",
        "classroom.runtime",
        "classroom.votes",
        "images",
        "fetching.downloads",
        "fetching.archives",
        "drawing.streams",
        "drawing.layout",
        "drawing.look",
    ],
    ["layers", "joint_norm", "objective", "weight_files", "sittings", "roofline", "fetching.catalogue", "drawing.parts", "drawing.shapes"],
    ["generator", "discriminator", "pairing", "peer", "fetching.verification", "drawing.paint", "published.losses"],
    ["synthetic", "training", "pretrained", "onnx_graph", "fetching.installation"],
    ["datasets", "sketches", "metrics", "reading", "checkpoint", "recording", "resident", "parallel", "reference_weights"],
    ["acceleration", "paper_tables"],
    ["published.*_unet", "published.audit", "published.system", "published.steps", "published.protocol"],
    ["published.comparison", "published.annotated_reading", "published.least_squares", "published.cross_entropy"],
    ["published.layer_tables", "published.linked_code", "published.paper_words"],
    ["published.systems", "published.paper_and_code"],
    [
        "runs",
        "classroom.session",
        "classroom.questions",
        "classroom.small_runs",
        "classroom.signatures",
        "classroom.figures.display",
        "classroom.checks.verdict",
    ],
    [
        "translation",
        "page",
        "bench",
        "records",
        "classroom.figures.*",
        "classroom.vote_files",
        "classroom.causes",
        "classroom.checks.step_trace",
    ],
    ["evaluation", "classroom.widgets.explorer", "classroom.conditions", "classroom.checks.step_diagnosis"],
    ["published.trials", "experiments", "classroom.clinic"],
    ["gallery"],
    ["classroom.lineup", "results"],
    ["commands.*"],
    ["__main__"],
    ["classroom.widgets.*", "classroom.checks.*"],
]
MODULES = sorted(
    str(file.relative_to(LIBRARY).with_suffix("")).replace("/", ".") for file in LIBRARY.rglob("*.py") if file.name != "__init__.py"
)
FLOOR = {module: next((floor for floor, names in enumerate(FLOORS) for name in names if fnmatch(module, name)), None) for module in MODULES}


def tree(module):
    return ast.parse((LIBRARY / (module.replace(".", "/") + ".py")).read_text())


def imported(module):
    """Every module of the library that this one imports, however the import is written."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pix2pix_edu":
            place = node.module.removeprefix("pix2pix_edu").removeprefix(".")
            yield from [place] if place in MODULES else [f"{place}.{alias.name}".removeprefix(".") for alias in node.names]


def test_every_module_has_its_floor():
    assert [module for module in MODULES if FLOOR[module] is None] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_the_floors_below(module):
    assert [name for name in imported(module) if FLOOR[name] >= FLOOR[module]] == []


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
def test_every_public_name_says_in_a_docstring_what_it_is(module):
    public = [node for node in tree(module).body if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")]
    assert ast.get_docstring(tree(module))
    assert [node.name for node in public if not ast.get_docstring(node)] == []


def test_importing_the_library_brings_in_nothing_heavy_beside_torch():
    modules = ", ".join(f"pix2pix_edu.{module}" for module in MODULES if not module.startswith("classroom"))
    program = (
        f"import torch, numpy, PIL.Image, tqdm, sys; before = set(sys.modules); import {modules}; print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {name.split(".")[0] for name in loaded} & {
        "scipy",
        "skimage",
        "torchvision",
        "triton",
        "matplotlib",
        "IPython",
        "ipywidgets",
        "pooch",
        "requests",
        "onnx",
        "onnxruntime",
    } == set()


def test_the_readme_has_a_phrase_for_every_module_and_every_lesson():
    readme = (LIBRARY.parent / "README.md").read_text()
    top = {module.split(".")[0] for module in MODULES}
    lessons = {notebook.stem for notebook in (LIBRARY.parent / "notebooks").glob("*.ipynb")}
    assert [name for name in sorted(top | lessons) if f"\n  {name}" not in readme] == []
