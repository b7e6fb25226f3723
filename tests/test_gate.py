"""The gate that the notebooks pass through can fail: shown on notebooks that must not get through."""

import re
import subprocess
import sys
from pathlib import Path

CANARIES = Path(__file__).parent / "canaries"


def run_through_the_gate(notebook, *options):
    command = [sys.executable, "-m", "pytest", "--nbval-lax", CANARIES / notebook, "-p", "no:cacheprovider", *options]
    run = subprocess.run(command, capture_output=True, text=True, cwd=CANARIES.parents[1])
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|xfailed)", run.stdout.splitlines()[-1])}
    return run.returncode, counts


def test_a_false_claim_fails_and_takes_no_other_cell_with_it():
    returncode, counts = run_through_the_gate("false_claim.ipynb")
    assert returncode == 1
    assert counts == {"failed": 1, "passed": 2}


def test_cells_that_never_ran_fail_the_run_although_nbval_expects_them_to_fail():
    returncode, counts = run_through_the_gate("too_slow.ipynb", "--nbval-cell-timeout=2")
    assert returncode == 1
    assert counts["xfailed"] >= 1
