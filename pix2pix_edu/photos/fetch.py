"""Fetch a published data set by name: from a local copy or a mirror, verified, installed whole or not at all."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from pix2pix_edu.photos.archives import unpack
from pix2pix_edu.photos.catalogue import DataSet, find_data_set
from pix2pix_edu.photos.downloads import WAITS, download
from pix2pix_edu.photos.verification import verify

ROOT = Path("data_sets")  # where you work, so that you see what fills your disk; git ignores it
MIRRORS = ("https://efrosgans.eecs.berkeley.edu/pix2pix/datasets", "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets")


def fetch(
    name: str | DataSet,
    root: str | Path = ROOT,
    source: str | Path | None = None,
    mirrors: Sequence[str] | None = None,
    waits: Sequence[float] = WAITS,
) -> Path:
    """The folder of a named set: from `source`, from where it lies already, or from the first mirror that has it."""
    data_set = name if isinstance(name, DataSet) else find_data_set(name)
    folder = Path(root) / data_set.name
    copy = _local_copy(data_set, Path(root), source)
    if copy:
        return _take(copy, folder, data_set)
    archive = folder.with_name(f".{data_set.name}.tar.gz")  # hidden, for it goes when it is unpacked
    if not archive.is_file():  # else it came whole, but there was no room to unpack it
        _download(data_set, archive, mirrors or os.environ.get("PIX2PIX_EDU_MIRROR", "").split() or MIRRORS, waits)
    try:
        install(archive, folder, data_set)
    except OtherArchive as error:  # kept, so that trusting it costs no second download
        raise ValueError(f"what was downloaded is not {data_set.name} as it was: {error}") from error
    except ValueError as error:
        archive.unlink()
        raise ValueError(f"what was downloaded is not {data_set.name}, and was removed: {error}; another mirror may help") from error
    archive.unlink()
    return folder


def _local_copy(data_set: DataSet, root: Path, source: str | Path | None) -> Path | None:
    """A folder or an archive that is there already: what `source` names, else in the root, else in PIX2PIX_EDU_DATA."""
    if source and not Path(source).exists():
        raise ValueError(f"{source} does not exist: name a folder or a .tar.gz archive of {data_set.name}")
    for place in [source] if source else [root, os.environ.get("PIX2PIX_EDU_DATA") or root]:
        for file in (data_set.name, f"{data_set.name}.tar.gz"):
            if (Path(place) / file).exists():
                return Path(place) / file
    return Path(source) if source else None


def _take(copy: Path, folder: Path, data_set: DataSet) -> Path:
    """A folder stays where it is; an archive is unpacked to `folder`, unless that is there."""
    try:
        if copy.is_file() and not folder.is_dir():
            install(copy, folder, data_set)
            return folder
        if copy.is_file():
            compare_with_record(copy, folder, data_set)
            copy = folder
        verify(copy, data_set)
    except ValueError as error:
        raise ValueError(f"{copy} is not {data_set.name} as it should be: {error}; use another copy, or remove this one") from error
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
            f"{name} could not be downloaded: {error}. Repeat this later, and it goes on with what has come; or name an archive or a "
            f"folder that you have (--source); or set PIX2PIX_EDU_DATA to a folder that holds {name} or {name}.tar.gz; "
            "or train on drawn pairs, which need nothing"
        ) from error
    except OSError as error:
        raise OSError(f"could not write below {root} ({error}): free some space or choose another root, and repeat this") from error


class OtherArchive(ValueError):
    """An archive that may be sound, but is not the one that was fetched before."""


def install(archive: Path, folder: Path, data_set: DataSet) -> None:
    """Unpack beside `folder`, look at what came, and only then give it its name: a folder that is there is whole."""
    checksum = compare_with_record(archive, folder, data_set)
    unfinished = folder.with_name(f".{data_set.name}.unpacking")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a fetch that was killed
    try:
        unpack(archive, unfinished, most_files=2 * data_set.pairs + 100)
        inside = max((unfinished, *unfinished.iterdir()), key=lambda place: sum((place / split).is_dir() for split in data_set.splits))
        verify(inside, data_set)
        if checksum:
            part = _record(folder, data_set).with_suffix(".part")
            part.write_text(checksum)
            os.replace(part, _record(folder, data_set))
        os.rename(inside, folder)
    except OSError as error:
        raise OSError(f"could not unpack {archive} below {folder.parent} ({error}): free some space or choose another root") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def compare_with_record(archive: Path, folder: Path, data_set: DataSet) -> str:
    """The archive's checksum, which must be that of the first one; a set with a manifest needs none and may be packed anew."""
    if data_set.manifest:
        return ""
    import pooch  # late, for it would slow down every import of the library

    checksum = f"{pooch.file_hash(str(archive))}  {data_set.name}.tar.gz\n"  # as sha256sum writes it
    record = _record(folder, data_set)
    if record.is_file() and record.read_text() != checksum:
        raise OtherArchive(f"it is another archive than the one fetched before; if you trust this one, remove {record}")
    return checksum


def _record(folder: Path, data_set: DataSet) -> Path:
    return folder.with_name(f"{data_set.name}.tar.gz.sha256")
