"""Check that a folder contains the data set that it should."""

import hashlib
from pathlib import Path

from PIL import Image

from pix2pix_edu.images import SUFFIXES
from pix2pix_edu.photos.catalogue import DataSet

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")  # those of SUFFIXES; Pillow would also open formats that start other programs


def verify(folder: Path, data_set: DataSet) -> None:
    """Raise an error if a folder is not the data set: by the checksum of every picture if known, else by their shape."""
    if not folder.is_dir():
        raise ValueError("it is not a folder or a regular file")
    for split in data_set.splits:
        if not (folder / split).is_dir():
            raise ValueError(f"it has no folder {split} (the set has {', '.join(data_set.splits)})")
    pictures = {
        f"{split}/{file.name}": file
        for split in data_set.splits
        for file in sorted((folder / split).iterdir())
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")  # ._a.jpg is a note of macOS about a.jpg
    }
    for name, file in pictures.items():
        if not file.is_file():
            raise ValueError(f"its {name} is not a regular file")
    if data_set.manifest:
        _compare(pictures, read_manifest(data_set.manifest))
    else:
        _check_pictures(pictures, data_set)


def read_manifest(path: Path) -> dict[str, str]:
    """The sha256 of every picture by its path, from a file as sha256sum writes it."""
    return {name: digest for digest, name in (line.split("  ", 1) for line in path.read_text().splitlines())}


def _compare(pictures: dict[str, Path], expected: dict[str, str]) -> None:
    differences = {
        "missing": [name for name in expected if name not in pictures],
        "too many": [name for name in pictures if name not in expected],
        "changed": [name for name in expected if name in pictures and _checksum(pictures[name]) != expected[name]],
    }
    found = [f"{len(names)} {what} ({', '.join(names[:3])}{', ...' if names[3:] else ''})" for what, names in differences.items() if names]
    if found:
        raise ValueError(f"of its {len(expected)} pictures, {', '.join(found)}")


def _checksum(file: Path) -> str:
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _check_pictures(pictures: dict[str, Path], data_set: DataSet) -> None:
    for split in data_set.splits:
        names = [name for name in pictures if name.startswith(f"{split}/")]
        if not names:
            raise ValueError(f"its folder {split} contains no pictures")
        for name in names:
            # Decoding every picture would take minutes; gzip's checksum covers the ones in between.
            _check_picture(name, pictures[name], whole=name in (names[0], names[-1]))


def _check_picture(name: str, file: Path, whole: bool) -> None:
    try:
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            if whole:
                image.load()
    except PermissionError:
        raise
    except Image.DecompressionBombError as error:
        raise ValueError(f"its picture {name} is too large: it has more than {2 * Image.MAX_IMAGE_PIXELS:,} pixels") from error
    except Exception as error:  # a damaged file can raise almost any kind of error
        raise ValueError(f"its file {name} is not a complete picture") from error
    if width != 2 * height:
        raise ValueError(f"its picture {name} is {width} x {height}, not two squares side by side")
