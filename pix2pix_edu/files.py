"""Where the bundled data is; files that are written whole, by one process at a time; weights that are checked before they are used."""

import contextlib
import errno
import glob
import json
import os
import secrets
import shutil
import socket
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import torch
from filelock import FileLock, Timeout

HERE = Path(__file__).parent
DATA = HERE / "data" if (HERE / "data").is_dir() else HERE.parent / "data"  # in the installed package, or in the checkout

UNFINISHED = ".unfinished"  # the end of the name of a folder that is being filled

SYSTEM_ERRORS = {  # what follows the path: the reason, and what to do
    errno.ENOENT: "does not exist or cannot be made there: check the path",
    errno.EEXIST: "exists and is no folder: move it away, or name another folder",
    errno.ENOTDIR: "cannot be reached, because a part of this path is no folder: name another path",
    errno.EISDIR: "is a folder where a file is needed: name another file, or move the folder away",
    errno.ENOTEMPTY: "is a folder with files in it: name another one, or move it away",
    errno.EACCES: "may not be read or written by you: get the permission, or name another path",
    errno.EPERM: "may not be changed by you: get the permission, or name another path",
    errno.EROFS: "is on a disk that is read-only: name a path on another one",
    errno.ENOSPC: "cannot be written, because the disk is full: free some space, or name a path on another disk",
    errno.EFBIG: "would be larger than a file may be here: raise the limit (ulimit -f), or name a path on another disk",
    errno.ENAMETOOLONG: "is a longer name than this system allows: choose a shorter one",
    errno.ELOOP: "is a link that leads back to itself: remove it, or name another path",
    errno.EIO: "cannot be read or written, because the disk reports an error: use another disk",
}


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to. It replaces `path` when the block ends without an error, so `path` never holds half of it."""
    unfinished = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")  # each writer has its own
    try:
        with open(unfinished, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
        sync_folder(path.parent)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename in (None, str(unfinished)):
            error.filename = str(path)  # the one that the user knows; it is None if the disk is full
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill. It becomes `path`, which must not exist or be empty, when the block ends without an error; else it is removed."""
    folder = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        folder.mkdir(parents=True)
        yield folder
        if path.is_dir():
            path.rmdir()
        os.rename(folder, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_unfinished_folders(path: Path) -> None:
    """Remove what killed calls of `whole_folder` have left. Hold the lock of `path`: a call at work would lose its folder."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.????????{UNFINISHED}"):
        shutil.rmtree(left, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Have the new name itself written to the disk. Not every system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_text(path: Path) -> str:
    """The text of a file. Only a regular file is read: a pipe could wait forever."""
    if path.exists() and not path.is_file():
        raise OSError("it is no regular file")
    return path.read_text()


def read_object(path: Path, kinds: Mapping[str, type] | None = None) -> dict:
    """The JSON object in a file of which a lost one is written again. It must have values of these kinds."""
    try:
        value = json.loads(read_text(path))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not all(isinstance(value.get(name), kind) for name, kind in (kinds or {}).items()):
        raise ValueError(f"{path} is damaged: move it away and repeat the command, which writes it again")
    return value


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with whole_file(path) as file:
        file.write(text.encode())


def remove_unfinished(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder. Only for a folder with one writer."""
    for file in folder.glob(".*.part"):
        file.unlink(missing_ok=True)


def is_foreign(folder: Path, mark: str) -> bool:
    """Whether something is there that we did not write: a file, or a folder that is not empty and has no file named `mark`."""
    return folder.exists() and not (folder.is_dir() and ((folder / mark).is_file() or not any(folder.iterdir())))


def refuse_special(path: Path) -> None:
    """Raise an error if a link, a pipe or a device is where a file is to be written: replacing it would break what uses it."""
    if os.path.lexists(path) and (path.is_symlink() or not (path.is_file() or path.is_dir())):
        raise ValueError(f"{path} is a link, a pipe or a device: name an ordinary file")


def refuse_unwritable(folder: Path) -> None:
    """Raise an error if nothing could be written to a folder, which need not exist yet: before hours of work instead of after them."""
    place = folder
    while True:
        try:
            os.lstat(place)
            break
        except FileNotFoundError:
            place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        error.filename = str(folder)
        raise


def printable(text: str) -> str:
    """The text on one line and without characters that a terminal obeys, which a file name may hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def explain_system(error: OSError) -> str:
    """One sentence about an error of the operating system: which path, why, and what to do."""
    if error.filename is not None and error.errno:
        return f"{error.filename} {SYSTEM_ERRORS.get(error.errno, f'cannot be used ({error.strerror}): name another path')}"
    return " ".join(str(error).split())


def set_aside(path: Path) -> Path:
    """Rename a damaged file, so that it is neither used nor lost. Return its new path."""
    aside = path.with_name(f"{path.stem}.damaged{path.suffix}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")
    path.rename(aside)
    return aside


@contextlib.contextmanager
def one_writer(path: Path, wait: float = 0.0, name: Path | None = None) -> Iterator[None]:
    """Let no other process write to `path`, a file or a folder, while the block runs.

    If another one does so for longer than `wait` seconds, raise an error that names it, and `path` by its `name` if it has one. The lock
    ends with its process, however that ends.
    """
    file, holder = (path.with_name(f".{path.name}.{what}") for what in ("lock", "writer"))
    # A singleton can be taken again in the same process, for example by a notebook's cell that was stopped and is run again.
    lock = FileLock(file, is_singleton=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(lock.acquire(timeout=wait))
        except Timeout:
            if not file.exists():  # it was not made, as on a disk for which the system accepts no new files
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from None
            user = _read_holder(holder)
            raise ValueError(f"{name or path} is in use by {user}: wait until that has ended, or stop it, and repeat this") from None
        except NotImplementedError:  # some network drives have no locks
            pass
        with contextlib.suppress(OSError):
            holder.write_text(f"process {os.getpid()} on {socket.gethostname()}, started {time.strftime('%H:%M')}")
        try:
            yield
        finally:
            if lock.lock_counter <= 1:  # otherwise an outer block goes on
                for left in (holder, file):  # who has opened the lock's file before it is removed does not get the lock: filelock looks
                    with contextlib.suppress(OSError):
                        left.unlink(missing_ok=True)


def _read_holder(holder: Path) -> str:
    try:
        return holder.read_text() or "another process"
    except (OSError, ValueError):
        return "another process"


def read_weights(path: str | Path) -> object:
    """What torch.save wrote to `path`: tensors, numbers and containers. A damaged file is refused; code in a file is refused, never run."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no weight file at {path}: check the path")
    try:
        if zipfile.is_zipfile(path):  # torch does not compare the checksums that the file has
            with zipfile.ZipFile(path) as parts:
                _check_parts(parts, path.stat().st_size)
        return torch.load(path, map_location="cpu", weights_only=True)
    except PermissionError:  # the file may be whole
        raise
    except Exception as error:  # a damaged file can raise almost any kind of error
        raise ValueError(f"{path} is damaged or is not a plain weight file; nothing in it was run: use another file") from error


def _check_parts(parts: zipfile.ZipFile, size: int) -> None:
    if sum(part.file_size for part in parts.infolist()) > size:  # compressed, which torch.save never does: a few KB could fill the memory
        raise ValueError("its parts claim to be larger than the file")
    if any(part.external_attr & 0x10 for part in parts.infolist()):  # torch takes such a part for a folder, and its numbers from anywhere
        raise ValueError("one of its parts is marked as a folder")
    damaged = parts.testzip()
    if damaged:
        raise ValueError(f"the checksum of its part {damaged} is wrong")
