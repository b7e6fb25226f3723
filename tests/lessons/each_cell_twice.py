"""Every code cell of every lesson, run twice in a row in a fresh kernel, as learners do.

It takes some five minutes on one core, so `pytest tests` does not collect it: run  make twice
"""

import re

import nbformat
import pytest
from nbclient import NotebookClient
from repository import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
VERDICT = re.compile(r"^Measured: .*|[○✗✓] (?:not started|not yet|proved): .*", re.MULTILINE)
BAR = re.compile(r"(\d+)/(\d+) \[")  # of tqdm


def written(cell, *streams):
    """What a cell has written to these streams, and the text of its value if these are standard output."""
    texts = [output.text for output in cell.outputs if output.output_type == "stream" and output.name in streams]
    values = [output.data.get("text/plain", "") for output in cell.outputs if output.output_type == "execute_result"]
    return "".join(texts) + "\n" + "\n".join(values if "stdout" in streams else ())


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_bears_a_second_run_and_gives_the_same_verdict(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("PIX2PIX_PROFILE", "smoke")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    lesson = nbformat.read(notebook, as_version=4)
    client = NotebookClient(lesson, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    with client.setup_kernel():
        for place, cell in enumerate(lesson.cells):
            if cell.cell_type == "code":
                verdicts = []
                for _ in range(2):
                    client.execute_cell(cell, place)
                    verdicts.append(VERDICT.findall(written(cell, "stdout")))
                    errors = written(cell, "stderr")
                    assert "Warning" not in errors, f"cell {place} warns"
                    assert all(bar[-1][0] == bar[-1][1] for bar in map(BAR.findall, errors.split("\n")) if bar), f"cell {place}: {errors}"
                assert verdicts[0] == verdicts[1], f"cell {place}"
