"""A packed set unpacked into its place: whole and verified, or not at all."""

import os
import shutil
from pathlib import Path

from pix2pix_edu.fetching.archives import unpack
from pix2pix_edu.fetching.catalogue import DataSet
from pix2pix_edu.fetching.verification import verify


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
