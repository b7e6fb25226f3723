"""The tests can fail: shown on two notebooks, and on warnings, that must not pass."""

import os
import re
import subprocess
import sys
import tomllib

from repository import ROOT

CANARIES = ROOT / "tests" / "canaries"


def run_pytest(*options):
    return subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options], capture_output=True, text=True, cwd=ROOT)


def run_notebook(notebook, *options):
    run = run_pytest("--nbval-lax", CANARIES / notebook, *options)
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


def test_a_warning_fails_a_test_if_our_code_gives_it_and_not_if_another_package_says_that_it_will_change():
    done = run_pytest(CANARIES / "warning_tests.py")
    assert re.findall(r"FAILED .*::test_(\w+)", done.stdout) == ["of_a_test", "of_the_library", "of_a_helper", "of_another_kind"]
    assert "4 failed, 3 passed" in done.stdout


def test_a_skipped_test_is_named_with_its_reason(tmp_path):
    file = tmp_path / "test_elsewhere.py"
    file.write_text('import pytest\n\n\ndef test_of_another_machine():\n    pytest.skip("this machine has no such part")\n')
    done = run_pytest("-c", "pyproject.toml", file)
    assert re.search(r"^SKIPPED .*test_elsewhere.py:5: this machine has no such part$", done.stdout, re.MULTILINE)


FAULTS = """
import pytest

@pytest.mark.fault
@pytest.mark.parametrize("damage", ["noticed", "not noticed", "of another machine"])
def test_damage_is_noticed(damage):
    if damage == "of another machine":
        pytest.skip(damage)
    assert damage == "noticed"

@pytest.mark.fault
def test_a_link_is_refused(nowhere):
    pass

def test_of_no_fault():
    pass
"""


def test_the_table_of_faults_counts_what_held_what_failed_and_what_was_skipped(tmp_path):
    (tmp_path / "test_some.py").write_text(FAULTS)
    done = run_pytest("-c", "pyproject.toml", "-p", "conftest", "-m", "fault", tmp_path)
    assert re.findall(r"^ +\d+ of .*$", done.stdout, re.MULTILINE) == [
        "   1 of 3    damage is noticed (1 skipped)",
        "   0 of 1    a link is refused",
    ]


def test_where_there_is_no_gpu_make_says_how_to_run_the_tests_that_need_one(tmp_path):
    no_gpu = plan_of_make_test(tmp_path / "without", prints="NVIDIA-SMI has failed")
    with_gpu = plan_of_make_test(tmp_path / "with", prints="GPU 0: NVIDIA T4")
    sentence = "The tests that need a GPU were not run: make cuda runs them"
    assert (sentence in no_gpu, "pytest tests/cuda" in no_gpu) == (True, False)
    assert (sentence in with_gpu, "pytest tests/cuda" in with_gpu) == (False, True)


def plan_of_make_test(folder, prints):
    """What make test would do on a machine where nvidia-smi prints that."""
    folder.mkdir()
    (folder / "nvidia-smi").write_text(f"#!/bin/sh\necho '{prints}'\n")
    (folder / "nvidia-smi").chmod(0o755)
    path = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(["make", "-n", "test"], capture_output=True, text=True, cwd=ROOT, env=path, check=True).stdout


def test_every_module_beside_the_tests_is_named_where_the_warnings_are_chosen():
    filters = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["filterwarnings"]
    ours = re.compile(filters[-1].removeprefix("error:::"))
    helpers = {path.stem for folder in ("tests", "tests/browser") for path in (ROOT / folder).glob("*.py") if "test_" not in path.stem}
    assert all(ours.match(name) for name in helpers | {"pix2pix_edu.layers", "tests.run.test_loop"})
    assert not any(ours.match(name) for name in ("torch.nn", "tinycss2", "referencing", "jupyter_client.manager"))


def test_the_tests_that_need_a_gpu_can_be_loaded_without_one():
    done = run_pytest("--collect-only", "-q", CANARIES.with_name("cuda"))
    assert done.returncode == 0
    assert "tests collected" in done.stdout
