"""The trained generators that the paper's authors publish: listed, fetched by name, and found again by name."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from pix2pix_edu.files import one_writer, read_weights, whole_file, write_text
from pix2pix_edu.photos.catalogue import aligned
from pix2pix_edu.photos.downloads import WAITS, Kind, download
from pix2pix_edu.photos.fetch import GROWTH, ROOM, named_mirrors, refuse_empty, system_errors_explained
from pix2pix_edu.weights.reference import load_generator

ROOT = Path("generators")  # in the working directory, as the data sets are; git ignores it
# https alone: on plain http anyone on the way can change the weights, and without published checksums nobody would notice.
MIRRORS = ("https://efrosgans.eecs.berkeley.edu/pix2pix/models-pytorch",)
MEGABYTES = 218  # of each file: they all hold the paper's U-Net
DEPTH = 8  # of their U-Net
SIZE = 256  # side, in pixels, of the pictures that they were trained on
WEIGHTS = Kind("a weight file", (b"\x80\x02", b"PK\x03\x04"))  # as torch.save wrote it before and since torch 1.6
GENERATORS = {
    "facades_label2photo": "labels -> photo of a facade",
    "edges2shoes": "edges -> photo of a shoe",
    "map2sat": "map -> aerial photo",
    "sat2map": "aerial photo -> map",
    "day2night": "photo by day -> photo by night",
}


class OtherFile(ValueError):
    """A file that may be sound, but is not the one that was fetched first."""


def listing() -> str:
    """The generators as a table."""
    return aligned([("name", "MB", "x -> y"), *((f"{name}.pth", str(MEGABYTES), shows) for name, shows in GENERATORS.items())])


def is_published(name: str) -> bool:
    """Whether this is the name of a published generator, with or without the ending .pth."""
    return name.removesuffix(".pth") in GENERATORS


def fetch_generator(
    name: str,
    root: str | Path = ROOT,
    source: str | Path | None = None,
    mirrors: Sequence[str] | None = None,
    waits: Sequence[float] = WAITS,
) -> Path:
    """Return the file of a generator in `root`: what is there, else copied from `source` or PIX2PIX_EDU_DATA, else downloaded.

    Nobody publishes checksums. So the first file's SHA-256 is noted beside it, and a later file that differs is refused.
    """
    refuse_empty(root, source)
    if not is_published(name):
        raise ValueError(f"there is no published generator named {name!r}: choose one of {', '.join(GENERATORS)}")
    target = Path(root) / f"{name.removesuffix('.pth')}.pth"
    with system_errors_explained(target.name, target.parent):
        addresses = [] if _local_copy(target, source) else named_mirrors(mirrors, MIRRORS)
        with one_writer(target):
            copy = _local_copy(target, source)  # again: another process may just have finished
            if copy:
                _use_copy(copy, target)
            else:
                _fetch_from_mirror(target, addresses, waits)
    return target


def find_fetched(generator: Path) -> Path | None:
    """The file of the published generator that a path or a bare name means, or None if it means something else."""
    if not is_published(generator.name) or (generator.exists() and generator.suffix != ".pth"):
        return None
    if not generator.exists():
        if generator != Path(generator.name):
            return None
        generator = ROOT / f"{generator.name.removesuffix('.pth')}.pth"
        if not generator.exists():
            raise ValueError(f"{generator} is not here yet: fetch it with python -m pix2pix_edu fetch {generator.name}")
    if note_of(generator).is_file():
        _check(generator, note_of(generator))
    return generator


def note_of(target: Path) -> Path:
    """The file that keeps the SHA-256 of the first file."""
    return target.with_name(f"{target.name}.sha256")


def _local_copy(target: Path, source: str | Path | None) -> Path | None:
    """The file that `source` names or holds; without `source`, the one in the root or in PIX2PIX_EDU_DATA."""
    if source:
        file = Path(source) / target.name if Path(source).is_dir() else Path(source)
        if not file.exists():
            raise ValueError(f"{file} does not exist: name a copy of {target.name}, or the folder that holds one")
        return file
    shared = os.environ.get("PIX2PIX_EDU_DATA")
    copies = [target, *([Path(shared) / target.name] if shared else [])]
    return next((copy for copy in copies if copy.exists()), None)


def _use_copy(copy: Path, target: Path) -> None:
    _check(copy, note_of(target))
    if copy.resolve() != target.resolve():
        with open(copy, "rb") as given, whole_file(target) as file:
            shutil.copyfileobj(given, file)


def _fetch_from_mirror(target: Path, addresses: Sequence[str], waits: Sequence[float]) -> None:
    arrived = target.with_name(f".{target.name}")  # hidden until it has been checked
    if not arrived.is_file():  # else an earlier call downloaded another file than the first: you may have decided to trust it
        _download(target.name, arrived, addresses, waits)
    try:
        _check(arrived, note_of(target))
    except OtherFile:
        raise
    except ValueError as error:
        arrived.unlink()
        raise ValueError(f"the download is not {target.name} and was removed: {error}; another mirror may help") from error
    os.replace(arrived, target)


def _download(name: str, arrived: Path, addresses: Sequence[str], waits: Sequence[float]) -> None:
    free = shutil.disk_usage(arrived.parent).free // 10**6
    if free < MEGABYTES:
        raise OSError(
            f"{name} needs some {MEGABYTES} MB below {arrived.parent}, and {free} MB are free: free some space or choose another root"
        )
    try:
        download([f"{address.rstrip('/')}/{name}" for address in addresses], arrived, GROWTH * MEGABYTES * 10**6 + ROOM, waits, WEIGHTS)
    except ConnectionError as error:
        raise OSError(
            f"{name} could not be downloaded ({error}): repeat this later, and the download continues where it stopped; or name a file "
            f"that you have (--source); or set PIX2PIX_EDU_DATA to a folder that holds {name}, or PIX2PIX_EDU_MIRROR to another address "
            "(no checksums are published, so plain http is used only if you name it)"
        ) from error


def _check(file: Path, note: Path) -> None:
    """Compare a file with the note. If there is none, see whether the file holds a generator, and note it."""
    if not file.is_file():
        raise ValueError(f"{file} is not a regular file: name another copy, or remove this one")
    with open(file, "rb") as opened:
        checksum = hashlib.file_digest(opened, "sha256").hexdigest()
    if not note.is_file():
        depth = load_generator(read_weights(file)).depth  # code in the file is refused, never run
        if depth != DEPTH:
            raise ValueError(f"{file} holds a generator of depth {depth}, and the published ones have {DEPTH}: name another file")
        write_text(note, f"{checksum}  {note.stem}\n")  # as sha256sum writes it
    elif note.read_bytes().split()[:1] != [checksum.encode()]:
        raise OtherFile(
            f"{file} is not the file that was fetched first: if you trust this one, remove {note}; if not, remove this one or name another "
            "copy; then repeat this"
        )
