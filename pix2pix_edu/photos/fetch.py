"""Fetch a published data set by name: from a local copy or a mirror, verified, installed whole or not at all."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from pix2pix_edu.files import write_text
from pix2pix_edu.photos.archives import unpack
from pix2pix_edu.photos.catalogue import DataSet, find_data_set
from pix2pix_edu.photos.downloads import WAITS, download
from pix2pix_edu.photos.verification import verify

ROOT = Path("data_sets")  # in the working directory, where a large folder is easily noticed; git ignores it
MIRRORS = ("https://efrosgans.eecs.berkeley.edu/pix2pix/datasets", "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets")


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
    data_set = name if isinstance(name, DataSet) else find_data_set(name)
    folder = Path(root) / data_set.name
    copy = _local_copy(data_set, Path(root), source)
    if copy:
        return _use_copy(copy, folder, data_set)
    archive = folder.with_name(f".{data_set.name}.tar.gz")  # hidden, because it is removed once it is unpacked
    if not archive.is_file():  # else an earlier call downloaded it, but had no room to unpack it
        _download(data_set, archive, mirrors or os.environ.get("PIX2PIX_EDU_MIRROR", "").split() or MIRRORS, waits)
    try:
        _install(archive, folder, data_set)
    except OtherArchive as error:  # the archive is kept: if you trust it, it need not be downloaded again
        raise ValueError(f"the download cannot be used: {error}") from error
    except ValueError as error:
        archive.unlink()
        raise ValueError(f"the download is not {data_set.name} and was removed: {error}; another mirror may help") from error
    archive.unlink()
    return folder


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


def _download(data_set: DataSet, archive: Path, mirrors: Sequence[str], waits: Sequence[float]) -> None:
    name, root = data_set.name, archive.parent
    try:
        root.mkdir(parents=True, exist_ok=True)
        free, needed = shutil.disk_usage(root).free // 10**6, 2 * data_set.megabytes
        if free < needed:
            raise OSError(f"{name} needs some {needed} MB, packed and unpacked; {free} MB are free")
        download([f"{mirror.rstrip('/')}/{name}.tar.gz" for mirror in mirrors], archive, waits)
    except ConnectionError as error:
        raise OSError(
            f"{name} could not be downloaded: {error}. Repeat this later: the download continues where it stopped. Or name an archive or a "
            f"folder that you have (--source); or set PIX2PIX_EDU_DATA to a folder that holds {name} or {name}.tar.gz; "
            "or train on drawn pairs, which need no download"
        ) from error
    except OSError as error:
        raise OSError(f"could not write below {root} ({error}): free some space or choose another root, and repeat this") from error


def _install(archive: Path, folder: Path, data_set: DataSet) -> None:
    """Unpack and verify beside `folder`, and rename last: so a folder that exists is complete."""
    checksum = _compare_with_record(archive, folder, data_set)
    unfinished = folder.with_name(f".{data_set.name}.unpacking")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a fetch that was killed
    try:
        unpack(archive, unfinished, most_files=2 * data_set.pairs + 100)
        inside = max((unfinished, *unfinished.iterdir()), key=lambda place: sum((place / split).is_dir() for split in data_set.splits))
        verify(inside, data_set)
        if checksum:
            write_text(_record(folder, data_set), checksum)
        os.rename(inside, folder)
    except OSError as error:
        raise OSError(f"could not unpack {archive} below {folder.parent} ({error}): free some space or choose another root") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _compare_with_record(archive: Path, folder: Path, data_set: DataSet) -> str:
    """Return the archive's checksum, which must be that of the first archive. With a manifest there is none: every picture is checked."""
    if data_set.manifest:
        return ""
    with open(archive, "rb") as file:
        checksum = f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {data_set.name}.tar.gz\n"  # as sha256sum writes it
    record = _record(folder, data_set)
    if record.is_file() and record.read_text() != checksum:
        raise OtherArchive(f"it differs from the archive that was fetched before; if you trust this one, remove {record}")
    return checksum


def _record(folder: Path, data_set: DataSet) -> Path:
    return folder.with_name(f"{data_set.name}.tar.gz.sha256")
