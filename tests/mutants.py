"""Mutation testing: make small faults in the core modules, and count those that the tests notice.

python tests/mutants.py [--count 150] [--seed 0] [--jobs 2] [--least 97]

Every fault is made in a temporary copy. Needs fork: Linux or macOS.
"""

import argparse
import ast
import contextlib
import multiprocessing.connection
import os
import random
import shutil
import signal
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported

# Imported once, here, and never the library: each copy of it is imported in a process of its own.
import hypothesis  # noqa: F401
import pytest
import torch  # noqa: F401
from PIL import Image  # noqa: F401

ROOT = Path(__file__).parents[1]
COPIED = ("pix2pix_edu", "tests", "conftest.py", "pyproject.toml")
LIMIT = 180  # seconds for the tests of one mutant: one that hangs is noticed too
IN_ONE_PROCESS = "not second_training and not asked_to_stop and not more_than_their_share"  # the others start processes, or wait

# The warning is about hypothesis, which is imported before pytest starts.
OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", "--basetemp=tmp", "-W", "ignore::pytest.PytestAssertRewriteWarning"]

# For each module the tests that can notice a fault in it, the quickest first.
TESTS = {
    "receptive_field.py": ["tests/test_receptive_field.py", "tests/test_discriminator.py"],
    "objective.py": ["tests/test_objective.py", "tests/test_training.py"],
    "training.py": ["tests/test_training.py", "tests/run/test_checkpoint.py"],
    "images.py": ["tests/test_images.py"],
    "generator.py": ["tests/test_generator.py", "tests/test_training.py"],
    "discriminator.py": ["tests/test_discriminator.py", "tests/test_receptive_field.py"],
    "run/checkpoint.py": ["tests/run/test_checkpoint.py", "tests/run/test_saving.py", "-k", IN_ONE_PROCESS],
}

# Mutants that do the same as the original, with the reason: (module, before, after).
SIDES = {
    "generator.py": "unit, sides = 2**self.depth, x.shape[{}:]",
    "discriminator.py": "if min(output_size(self.convs, side) for side in y.shape[{}:]) < 1:",
}
GREY = "return Image.fromarray(pixels[..., {}] if tensor.shape[0] == 1 else pixels)"
GPU_STATE = 'torch.cuda.set_rng_state(state["cuda_random"][{}])'
HEADER = 'state = torch.load(path, map_location="cpu", weights_only=True, mmap={})'
CACHE = "@functools.lru_cache(maxsize={})"
ADAM = "return torch.optim.Adam(network.parameters(), lr=lr, betas=(0.5, 0.999), fused={})"
EQUIVALENT = {
    **{("training.py", CACHE.format(2), CACHE.format(size)): "the same orders, kept or made again" for size in (1, 3, 4)},
    ("training.py", ADAM.format(True), ADAM.format(False)): "the same update, slower",
    ("discriminator.py", "conv = self.convs[-1]", "conv = self.convs[-2]"): "the last two convolutions of every patch are the same",
    **{(module, line.format("-2"), line.format("(2)")): "a batch of pictures has four dimensions" for module, line in SIDES.items()},
    ("images.py", GREY.format(0), GREY.format(-1)): "the first channel of one is the last",
    ("run/checkpoint.py", GPU_STATE.format(0), GPU_STATE.format(-1)): "the first state of one is the last",
    ("run/checkpoint.py", HEADER.format(True), HEADER.format(False)): "the same numbers, after reading the weights as well",
    ("run/checkpoint.py", "return False", "return None"): "of _fits and _is_random_state, only whether it is true is asked",
}

SWAPPED = {
    **{
        ast.Add: ast.Sub,
        ast.Sub: ast.Add,
        ast.Mult: ast.Div,
        ast.Div: ast.Mult,
        ast.FloorDiv: ast.Mult,
        ast.Mod: ast.Mult,
        ast.Pow: ast.Mult,
    },
    **{ast.And: ast.Or, ast.Or: ast.And},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In},
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt},
}
TURNED = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}
STATEMENTS = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Raise, ast.If, ast.For, ast.While)


class Mutant(NamedTuple):
    """One fault: the module, where in it, its lines before and after, and the whole text of the faulty module."""

    module: str
    line: int
    before: str
    after: str
    source: bytes

    def __str__(self) -> str:
        before, after = (textwrap.shorten(text, 150) for text in (self.before, self.after))
        return f"pix2pix_edu/{self.module}:{self.line}: {before} -> {after}"


def code_nodes(node: ast.AST, in_function: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """The nodes of the code, and whether each is in a function. Annotations and f-strings, which are messages, are left out."""
    yield node, in_function
    in_function = in_function or isinstance(node, (ast.FunctionDef, ast.Lambda))
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in ("annotation", "returns") and not isinstance(child, ast.JoinedStr):
                yield from code_nodes(child, in_function)


def faults(node: ast.AST, in_function: bool) -> Iterator[tuple[ast.AST, str]]:
    """Nodes to replace, and the text of each replacement. Strings stay as they are."""
    match node:
        case ast.Constant(value=bool(value)):
            yield node, str(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield from ((node, repr(other)) for other in {value + 1: 0, value - 1: 0, value * 2: 0} if other != value)
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if type(op) in SWAPPED:
            yield node, with_change(node, op=SWAPPED[type(op)]())
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                for other in filter(None, (SWAPPED[type(op)], TURNED.get(type(op)))):
                    yield node, with_change(node, ops=[*ops[:place], other(), *ops[place + 1 :]])
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node, f"({ast.unparse(node.operand)})"
        case ast.arguments():
            for default in filter(None, (*node.defaults, *node.kw_defaults)):
                if not isinstance(default, ast.Constant) or default.value is None:
                    yield default, "1" if isinstance(default, ast.Constant) else "None"
        case ast.Return(value=ast.AST()):
            yield node, "return None"
    if in_function and isinstance(node, STATEMENTS) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        yield node, "pass"


def with_change(node: ast.AST, **changes: object) -> str:
    """The text of a node with other fields, in brackets if it is an expression."""
    text = ast.unparse(type(node)(**{**dict(ast.iter_fields(node)), **changes}))
    return f"({text})" if isinstance(node, ast.expr) else text


def mutants_of(module: str, source: bytes) -> Iterator[Mutant]:
    """Every fault in a module that still can be compiled and is other code."""
    tree, lines = ast.parse(source), source.splitlines(keepends=True)
    for node, in_function in code_nodes(tree):
        for place, text in faults(node, in_function):
            first, last = place.lineno - 1, place.end_lineno - 1
            head, tail = lines[first][: place.col_offset], lines[last][place.end_col_offset :]
            changed = head + text.encode() + tail
            faulty = b"".join([*lines[:first], changed, *lines[last + 1 :]])
            with contextlib.suppress(SyntaxError):
                if ast.dump(ast.parse(faulty)) != ast.dump(tree):
                    before, after = (" ".join(part.decode().split()) for part in (b"".join(lines[first : last + 1]), changed))
                    yield Mutant(module, place.lineno, before, after, faulty)


def run_tests(original: Path, module: str, source: bytes) -> None:
    """Run a module's tests on a copy of the original with this text of the module, and end this process with pytest's exit code."""
    os.setsid()  # what the tests start can be ended together with them
    with tempfile.TemporaryDirectory(dir=original.parent) as folder:
        copy = shutil.copytree(original, Path(folder) / "copy", symlinks=True)
        (copy / "pix2pix_edu" / module).write_bytes(source)
        os.chdir(copy)
        sys.path[0] = os.environ["PYTHONPATH"] = str(copy)
        with open(original.with_name("output.txt"), "w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        code = pytest.main([*OPTIONS, *TESTS[module]])
        sys.stdout.flush()
        os.chdir(original)
    os._exit(code)


class Trial:
    """The tests of one mutant, in a process of its own."""

    def __init__(self, original: Path, module: str, source: bytes):
        self.process = multiprocessing.get_context("fork").Process(target=run_tests, args=(original, module, source))
        self.process.start()
        self.end = time.monotonic() + LIMIT

    def passed(self) -> bool:
        """Whether every test has passed. End what is still running."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()
        if self.process.exitcode in (3, 4, 5):  # an error of pytest, wrong options, no tests
            raise RuntimeError(f"pytest could not run the tests: it ended with {self.process.exitcode}")
        return self.process.exitcode == 0


def try_all(original: Path, mutants: list[Mutant], jobs: int) -> Iterator[tuple[Mutant, bool]]:
    """Run the tests of every mutant, some at a time, and yield each as it ends, with whether the tests passed."""
    waiting, running = list(reversed(mutants)), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[mutant] = Trial(original, mutant.module, mutant.source)
        first_end = min(trial.end for trial in running.values())
        multiprocessing.connection.wait([trial.process.sentinel for trial in running.values()], max(0.0, first_end - time.monotonic()))
        for mutant, trial in list(running.items()):
            if not trial.process.is_alive() or time.monotonic() > trial.end:
                yield mutant, trial.passed()
                del running[mutant]


def chosen_mutants(original: Path, count: int, seed: int) -> list[Mutant]:
    """A sample of all mutants that are not equivalent to the original."""
    sources = {module: (original / "pix2pix_edu" / module).read_bytes() for module in TESTS}
    mutants = [mutant for module, source in sources.items() for mutant in mutants_of(module, source)]
    unknown = EQUIVALENT.keys() - {(mutant.module, mutant.before, mutant.after) for mutant in mutants}
    if unknown:
        raise ValueError(f"EQUIVALENT holds what is no mutant any more: correct or remove {sorted(unknown)}")
    different = [mutant for mutant in mutants if (mutant.module, mutant.before, mutant.after) not in EQUIVALENT]
    return random.Random(seed).sample(different, min(count, len(different)))


def check_originals(original: Path) -> None:
    """Refuse to begin if the tests fail without any fault: then they would seem to notice every one."""
    for module in TESTS:
        trial = Trial(original, module, (original / "pix2pix_edu" / module).read_bytes())
        trial.process.join(LIMIT)
        if not trial.passed():
            print(original.with_name("output.txt").read_text())
            raise ValueError(f"the tests of {module} fail or take more than {LIMIT} s without any fault: mend them first")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=150, help="how many mutants (default: 150)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of the mutants (default: 0)")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (default: 2)")
    parser.add_argument("--least", type=float, default=97.0, help="the lowest score that is enough, in percent (default: 97)")
    options = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        original = Path(folder) / "original"
        original.mkdir()
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, original / name)
        os.symlink(ROOT / "data", original / "data")
        check_originals(original)
        mutants = chosen_mutants(original, options.count, options.seed)
        survivors = []
        for number, (mutant, passed) in enumerate(try_all(original, mutants, options.jobs), 1):
            if passed:
                survivors.append(mutant)
                print(mutant, flush=True)
            elif number % 25 == 0:
                print(f"{number} of {len(mutants)}", flush=True)
    score, minutes = 100 * (1 - len(survivors) / len(mutants)), (time.monotonic() - start) / 60
    print(f"{score:.1f}% ({len(mutants) - len(survivors)} of {len(mutants)}) were noticed in {minutes:.0f} minutes; seed {options.seed}")
    return 0 if score >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
