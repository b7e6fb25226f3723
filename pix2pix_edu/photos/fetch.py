"""Fetch a published data set by name: from a local copy or a mirror, verified, installed whole or not at all."""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from pix2pix_edu.files import one_writer, write_text
from pix2pix_edu.photos.archives import unpack
from pix2pix_edu.photos.catalogue import DATA_SETS, DataSet, find_data_set
from pix2pix_edu.photos.downloads import WAITS, download, is_address
from pix2pix_edu.photos.verification import verify

ROOT = Path("data_sets")  # in the working directory, where a large folder is easily noticed; git ignores it
MIRRORS = ("https://efrosgans.eecs.berkeley.edu/pix2pix/datasets", "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets")
# The listed size is rounded, and a copy that was packed again differs somewhat, but pictures hardly shrink: twice the size is far from it.
GROWTH = 2
ROOM = 2**20


class OtherArchive(ValueError):
    """An archive that may be sound, but is not the one that was fetched before."""


def fetch(
    name: str | DataSet,
    root: str | Path = ROOT,
    source: str | Path | None = None,
    mirrors: Sequence[str] | None = None,
    waits: Sequence[float] = WAITS,
) -> Path:
    """Return the folder of a data set: from `source`, from a copy that is already there, or from the first mirror that has it.

    `waits` are the seconds to wait before each further round over the mirrors.
    """
    refuse_empty(root, source)
    data_set = name if isinstance(name, DataSet) else find_data_set(name)
    root, folder = Path(root), Path(root) / data_set.name
    with system_errors_explained(data_set.name, root):
        copy = _local_copy(data_set, root, source)
        if copy and (copy.is_dir() or folder.is_dir()):
            return _use_copy(copy, folder, data_set)  # nothing is written
        # On plain http anyone on the way can change the pictures; without published checksums nobody would notice.
        own = [mirror for mirror in MIRRORS if data_set.manifest or mirror.startswith("https:")]
        mirrors = [] if copy else named_mirrors(mirrors, own)
        with one_writer(folder):
            copy = _local_copy(data_set, root, source)  # again: another process may just have finished
            return _use_copy(copy, folder, data_set) if copy else _fetch_from_mirror(data_set, folder, mirrors, waits)


def refuse_empty(root: str | Path, source: str | Path | None) -> None:
    """Raise an error if a path is empty: it would mean the present folder."""
    for what, path in (("root", root), ("source", source)):
        if path == "":
            raise ValueError(f"the {what} is empty: name a folder, or leave it out")


@contextlib.contextmanager
def system_errors_explained(name: str, root: Path) -> Iterator[None]:
    """Say what to do about an error of the file system."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # already a sentence
            raise
        remedy = "use another root or another copy"
        if isinstance(error, PermissionError):
            remedy = "get the permission, or use another root or another copy"
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            remedy = f"free some space below {root} or choose another root, and repeat this"
        raise OSError(f"{name} could not be fetched ({error}): {remedy}") from error


def _local_copy(data_set: DataSet, root: Path, source: str | Path | None) -> Path | None:
    """A folder or an archive of the data set: `source`, else in `root`, else in PIX2PIX_EDU_DATA."""
    if source and not Path(source).exists():
        raise ValueError(f"{source} does not exist: name a folder or a .tar.gz archive of {data_set.name}")
    for place in [source] if source else [root, os.environ.get("PIX2PIX_EDU_DATA") or root]:
        for file in (data_set.name, f"{data_set.name}.tar.gz"):
            if (Path(place) / file).exists():
                return Path(place) / file
    return Path(source) if source else None


def _use_copy(copy: Path, folder: Path, data_set: DataSet) -> Path:
    """Verify a folder where it is; unpack an archive to `folder`, unless that exists."""
    try:
        if copy.is_file() and not folder.is_dir():
            _install(copy, folder, data_set)
            return folder
        if copy.is_file():
            _compare_with_record(copy, folder, data_set)
            copy = folder
        verify(copy, data_set)
    except ValueError as error:
        raise ValueError(f"{copy} is not a valid copy of {data_set.name}: {error}; use another copy, or remove this one") from error
    return copy


def named_mirrors(named: Sequence[str] | None, own: Sequence[str]) -> Sequence[str]:
    """The addresses to ask: those that the caller or PIX2PIX_EDU_MIRROR names, else `own`, those of the file's makers."""
    variable = os.environ.get("PIX2PIX_EDU_MIRROR")
    if not named and variable is None:
        return own
    named = named or variable.split()
    if not named:
        raise ValueError("PIX2PIX_EDU_MIRROR is empty: set it to the address of a mirror, or unset it")
    for mirror in named:
        if not is_address(mirror):
            raise ValueError(f"{mirror!r} is not the address of a mirror: it must begin with https:// or http:// and name a host")
    return named


def _fetch_from_mirror(data_set: DataSet, folder: Path, mirrors: Sequence[str], waits: Sequence[float]) -> Path:
    archive = folder.with_name(f".{data_set.name}.tar.gz")  # hidden, because it is removed once it is unpacked
    if not archive.is_file():  # else an earlier call downloaded it, but had no room to unpack it
        _download(data_set, archive, mirrors, waits)
    try:
        _install(archive, folder, data_set)
    except OtherArchive as error:  # the archive is kept: if you trust it, it need not be downloaded again
        raise ValueError(f"the download cannot be used: {error}") from error
    except ValueError as error:
        archive.unlink()
        raise ValueError(f"the download is not {data_set.name} and was removed: {error}; another mirror may help") from error
    archive.unlink()
    return folder


def _download(data_set: DataSet, archive: Path, mirrors: Sequence[str], waits: Sequence[float]) -> None:
    name, root = data_set.name, archive.parent
    free, needed = shutil.disk_usage(root).free // 10**6, 2 * data_set.megabytes
    if free < needed:
        raise OSError(
            f"{name} needs some {needed} MB below {root}, packed and unpacked, and {free} MB are free: "
            "free some space or choose another root"
        )
    most_bytes = GROWTH * data_set.megabytes * 10**6 + ROOM
    try:
        download([f"{mirror.rstrip('/')}/{name}.tar.gz" for mirror in mirrors], archive, most_bytes, waits)
    except ConnectionError as error:
        insecure = "" if data_set.manifest else f" (no checksums of {name} are published, so plain http is used only if you name it)"
        raise OSError(
            f"{name} could not be downloaded: {error}. Repeat this later: the download continues where it stopped. Or name an archive or a "
            f"folder that you have (--source); or set PIX2PIX_EDU_DATA to a folder that holds {name} or {name}.tar.gz; "
            f"or set PIX2PIX_EDU_MIRROR to another address{insecure}; or train on drawn pairs, which need no download"
        ) from error


def _install(archive: Path, folder: Path, data_set: DataSet) -> None:
    """Unpack and verify beside `folder`, and rename last: so a folder that exists is complete."""
    checksum = _compare_with_record(archive, folder, data_set)
    unfinished = folder.with_name(f".{data_set.name}.unpacking")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a fetch that was killed
    try:
        unpack(archive, unfinished, most_files=2 * data_set.pairs + 100)
        inside = max((unfinished, *unfinished.iterdir()), key=lambda place: sum((place / split).is_dir() for split in data_set.splits))
        if inside.name in DATA_SETS and inside.name != data_set.name:
            raise ValueError(f"it holds {inside.name}")
        verify(inside, data_set)
        if checksum:
            write_text(_record(folder, data_set), checksum)
        os.rename(inside, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _compare_with_record(archive: Path, folder: Path, data_set: DataSet) -> str:
    """Return the archive's checksum, which must be that of the first archive. With a manifest there is none: every picture is checked."""
    if data_set.manifest:
        return ""
    with open(archive, "rb") as file:
        checksum = f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {data_set.name}.tar.gz\n"  # as sha256sum writes it
    record = _record(folder, data_set)
    if record.is_file() and record.read_bytes() != checksum.encode():
        raise OtherArchive(f"it differs from the archive that was fetched before; if you trust this one, remove {record}")
    return checksum


def _record(folder: Path, data_set: DataSet) -> Path:
    return folder.with_name(f"{data_set.name}.tar.gz.sha256")
