"""The notebook tests can fail: shown on two notebooks that must not pass."""

import re
import subprocess
import sys
from pathlib import Path

CANARIES = Path(__file__).parent / "canaries"


def run_notebook(notebook, *options):
    command = [sys.executable, "-m", "pytest", "--nbval-lax", CANARIES / notebook, "-p", "no:cacheprovider", *options]
    run = subprocess.run(command, capture_output=True, text=True, cwd=CANARIES.parents[1])
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|xfailed)", run.stdout.splitlines()[-1])}
    return run.returncode, counts


def test_a_false_claim_fails_and_takes_no_other_cell_with_it():
    returncode, counts = run_notebook("false_claim.ipynb")
    assert returncode == 1
    assert counts == {"failed": 1, "passed": 2}


def test_cells_that_never_ran_fail_the_run_although_nbval_expects_them_to_fail():
    returncode, counts = run_notebook("too_slow.ipynb", "--nbval-cell-timeout=2")
    assert returncode == 1
    assert counts["xfailed"] >= 1


def test_the_tests_that_need_a_gpu_can_be_loaded_without_one():
    folder = CANARIES.with_name("cuda")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", folder, "-p", "no:cacheprovider"]
    assert "tests collected" in subprocess.run(command, capture_output=True, text=True, cwd=CANARIES.parents[1], check=True).stdout
