"""Unpack an archive without trusting it: nothing is written outside the folder, and its size is limited."""

import gzip
import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

# Pictures hardly shrink when packed: four times the size of the archive allows for uncompressed ones and for tar headers.
GROWTH = 4
ROOM = 2**20
LONGEST_NAME = 255  # bytes; no system stores a longer name of a file


def unpack(archive: Path, folder: Path, most_files: int) -> None:
    """Write the files of a .tar.gz below `folder`, which is created. If this fails, the caller removes the folder."""
    folder.mkdir(parents=True)
    most_bytes = GROWTH * archive.stat().st_size + ROOM
    try:
        with gzip.open(archive) as packed:
            stream = _Limited(packed, most_bytes)
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                for count, member in enumerate(tar, 1):
                    if count > most_files:
                        raise ValueError(f"it contains more than {most_files} files, far more than this data set")
                    _write(tar, member, folder, most_bytes)
            while stream.read(2**20):  # to the end, where gzip has its checksum
                pass
    except Exception as error:  # a damaged file can raise almost any kind of error
        if isinstance(error, (ValueError, OSError)) and not isinstance(error, gzip.BadGzipFile):
            raise  # a sentence of ours, or an error of the disk
        raise ValueError(f"it is not a .tar.gz archive, or it is damaged ({error})") from error


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, most_bytes: int) -> None:
    name = member.name
    path, shown = PurePosixPath(name), f"its member {name[:40]!r}"
    if path.is_absolute() or ".." in path.parts or set(name) & set("\\:\0"):
        raise ValueError(f"{shown} would be written outside the folder")
    if not (member.isdir() or member.isreg()) or member.issparse():
        raise ValueError(f"{shown} is a link, a device or something else that is not a picture")
    if not name.isprintable() or len(name.encode()) > LONGEST_NAME or not (path.parts or member.isdir()):
        raise ValueError(f"{shown} has a name under which not every system can write a file")
    if member.size > most_bytes:
        raise ValueError(_too_large(most_bytes))
    target = folder.joinpath(*path.parts)
    try:
        (target if member.isdir() else target.parent).mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ValueError(f"{shown} is below a file or replaces one") from error
    if member.isdir():
        return
    if target.is_dir():
        raise ValueError(f"{shown} replaces a folder")
    # Only the bytes, without tar.extract: no owners, modes, times or links (Python 3.11.2 has no filter for them).
    with open(target, "wb") as file:
        shutil.copyfileobj(tar.extractfile(member), file)


class _Limited:
    """A stream that raises an error once it has given more than `most` bytes, headers included."""

    def __init__(self, stream: IO[bytes], most: int):
        self.stream, self.most, self.given = stream, most, 0

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.given += len(data)
        if self.given > self.most:
            raise ValueError(_too_large(self.most))
        return data


def _too_large(most: int) -> str:
    return f"it unpacks to more than {most:,} bytes, far more than pictures do"
