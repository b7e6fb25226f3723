"""A packed set unpacked without trusting it: nothing leaves its folder, nothing grows without end."""

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

# Pictures hardly shrink when packed; four times the archive leaves room for uncompressed ones and for the tar's own headers.
GROWTH = 4
ROOM = 2**20


def unpack(archive: Path, folder: Path, most_files: int) -> None:
    """Write the files of a .tar.gz below `folder`, which is made; whoever calls this removes the folder if it fails."""
    folder.mkdir(parents=True)
    most_bytes = GROWTH * archive.stat().st_size + ROOM
    try:
        with gzip.open(archive) as packed:
            stream = _Limited(packed, most_bytes)
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                for count, member in enumerate(tar, 1):
                    if count > most_files:
                        raise ValueError(f"it holds more than {most_files} files, far more than this set has")
                    _write(tar, member, folder, most_bytes)
            while stream.read(2**20):  # to the very end, where gzip keeps the checksum of it all
                pass
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"it is no .tar.gz archive, or a damaged one ({error})") from error


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, most_bytes: int) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or set(member.name) & set("\\:\0"):
        raise ValueError(f"its member {member.name!r} would be written outside the folder")
    if not (member.isdir() or member.isreg()) or member.issparse():
        raise ValueError(f"its member {member.name!r} is a link, a device or another thing that no picture is")
    if member.size > most_bytes:
        raise ValueError(_too_large(most_bytes))
    target = folder.joinpath(*path.parts)
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # Bytes alone, not tar.extract: owners, modes, times and links stay behind (and Python 3.11.2 has no filter against them).
    with open(target, "wb") as file:
        shutil.copyfileobj(tar.extractfile(member), file)


class _Limited:
    """A stream that refuses to give more than it should hold, headers included."""

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
