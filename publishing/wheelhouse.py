"""Pack a folder from which the course can be installed without internet: python publishing/wheelhouse.py (make wheelhouse)."""

import os
import platform
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "wheelhouse"
UNFINISHED = FOLDER.with_name("wheelhouse.part")  # renamed to FOLDER once it is complete
HOW_TO = """\
The course, to be installed without internet on {machine}, with Python {python} or a later {line}.
Open a terminal in this folder. Linux and macOS:

  python3 -m venv course && course/bin/pip install --no-index --find-links . "pix2pix-edu[classroom]"
  python3 -m zipfile -e pix2pix-edu.zip . && course/bin/jupyter lab pix2pix-edu/notebooks

Windows, line by line:

  py -m venv course
  course\\Scripts\\pip install --no-index --find-links . "pix2pix-edu[classroom]"
  py -m zipfile -e pix2pix-edu.zip .
  course\\Scripts\\jupyter lab pix2pix-edu\\notebooks

pix2pix-edu.zip is the whole repository. It is also for Colab: upload it beside the notebook, and the first cell installs it.
If something goes wrong: docs/class_of_thirty.md in that file.
"""


def repository_files() -> list[Path]:
    """The files of the course, without those that .gitignore names."""
    lines = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]

    def ignored(path: Path) -> bool:
        place = f"/{path.relative_to(ROOT).as_posix()}"  # a pattern that begins with / is anchored: it means one place
        return path.name == ".git" or any(fnmatch(place if line.startswith("/") else path.name, line) for line in lines)

    files = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = sorted(name for name in inner if not ignored(Path(folder, name)))  # os.walk goes on into these only
        files += [Path(folder, name) for name in sorted(names) if not ignored(Path(folder, name))]
    return files


def pack_repository(target: Path) -> None:
    """Write the course to one zip with one folder at the top, as GitHub does."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in repository_files():
            archive.write(file, Path("pix2pix-edu") / file.relative_to(ROOT))


def collect_wheels() -> None:
    """Build the course's wheel and collect every wheel that it needs."""
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)  # an earlier build may contain modules that have since been removed
    command = [sys.executable, "-m", "pip", "wheel", "--wheel-dir", str(UNFINISHED), f"{ROOT}[classroom]"]
    if subprocess.run(command).returncode:
        sys.exit("wheelhouse: pip could not collect every wheel; the lines above say why. Fix that and repeat the command")


def main() -> None:
    """Make the folder again and print its size."""
    shutil.rmtree(UNFINISHED, ignore_errors=True)  # an older torch left in it would double its size
    UNFINISHED.mkdir(parents=True)
    collect_wheels()
    pack_repository(UNFINISHED / "pix2pix-edu.zip")
    version = platform.python_version()
    how_to = HOW_TO.format(machine=f"{platform.system()} {platform.machine()}", python=version, line=version.rpartition(".")[0])
    (UNFINISHED / "README.txt").write_text(how_to, encoding="utf-8")
    shutil.rmtree(FOLDER, ignore_errors=True)
    UNFINISHED.rename(FOLDER)
    files = list(FOLDER.iterdir())
    print(f"{FOLDER} holds {len(files)} files, {sum(file.stat().st_size for file in files) / 1e9:.2f} GB; open README.txt there")


if __name__ == "__main__":
    main()
