"""Execute copies of the lessons, and keep them until a lesson or the library changes."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "executed"
PROCESSES = 2  # lessons at a time, each with one thread
MINUTES = 10  # for one cell, and for a kernel to start
SHOW_AS_SVG = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom publishing.site import site_figures\nsite_figures.install()"


def execute(notebooks: Sequence[Path], profile: str) -> list[nbformat.NotebookNode]:
    """Return an executed copy of each notebook, from `KEPT` where nothing has changed since."""
    with ThreadPoolExecutor(PROCESSES) as pool:
        return list(pool.map(lambda notebook: _executed(notebook, profile), notebooks))


def _executed(notebook: Path, profile: str) -> nbformat.NotebookNode:
    key = hashlib.sha256(notebook.read_bytes() + _library()).hexdigest()[:16]
    kept = KEPT / profile / f"{notebook.stem}-{key}.ipynb"
    if not kept.exists():
        done = _run(notebook, profile)
        kept.parent.mkdir(parents=True, exist_ok=True)
        for old in kept.parent.glob(f"{notebook.stem}-*.ipynb"):
            old.unlink()
        unfinished = kept.with_suffix(".part")
        nbformat.write(done, unfinished)
        unfinished.rename(kept)
    return nbformat.read(kept, 4)


def _run(notebook: Path, profile: str) -> nbformat.NotebookNode:
    """Execute a notebook from a fresh kernel in an empty folder."""
    copy = nbformat.read(notebook, 4)
    copy.cells.insert(0, nbformat.v4.new_code_cell(SHOW_AS_SVG))
    environment = {**os.environ, "PIX2PIX_PROFILE": profile, "PIX2PIX_LANGUAGE": "en", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        seconds = {"timeout": 60 * MINUTES, "startup_timeout": 60 * MINUTES}
        client = NotebookClient(copy, **seconds, extra_arguments=["--log-level=ERROR"], resources={"metadata": {"path": folder}})
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            raise SystemExit(f"{notebook.name} did not run to its end:\n{error}") from None
    del copy.cells[0]
    print(f"executed {notebook.name}", flush=True)
    return copy


@cache
def _library() -> bytes:
    """A fingerprint of all that a lesson runs: the library, its data, and how figures are drawn for the site."""
    digest = hashlib.sha256((Path(__file__).with_name("site_figures.py")).read_bytes())
    for file in sorted((ROOT / "pix2pix_edu").rglob("*.py")) + sorted((ROOT / "pix2pix_edu" / "play").glob("*.[jc]s*")):
        digest.update(file.read_bytes())
    for file in sorted((ROOT / "data").glob("*/**/*")):
        if file.is_file() and file.parent.name != "pictures":  # those are for the README
            digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.digest()
