"""Pack a folder from which the course is installed without internet: python publishing/wheelhouse.py (make wheelhouse)."""

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
UNFINISHED = FOLDER.with_name("wheelhouse.part")  # becomes FOLDER when it is whole
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

pix2pix-edu.zip is the whole repository. It also serves on Colab: upload it beside the notebook, and the first cell takes it.
What to do where something is in the way: docs/class_of_thirty.md in that file.
"""


def repository_files() -> list[Path]:
    """The files of the course, without what .gitignore names."""
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
    """Write the course into one zip with one folder at its top, as GitHub does."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in repository_files():
            archive.write(file, Path("pix2pix-edu") / file.relative_to(ROOT))


def collect_wheels() -> None:
    """Build the course's wheel and bring every wheel that it needs beside it."""
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)  # of an earlier build: modules since removed would come along
    command = [sys.executable, "-m", "pip", "wheel", "--wheel-dir", str(UNFINISHED), f"{ROOT}[classroom]"]
    if subprocess.run(command).returncode:
        sys.exit("wheelhouse: pip could not collect every wheel; the lines above say why. Mend that and repeat the command")


def main() -> None:
    """Make the folder anew, and say how large it is."""
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
    print(f"{FOLDER} holds {len(files)} files, {sum(file.stat().st_size for file in files) / 1e9:.2f} GB; README.txt there is the way in")


if __name__ == "__main__":
    main()
