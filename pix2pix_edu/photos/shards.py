"""Pairs in a few large tar files: on a network drive, a hundred thousand small files take hours to open.

webdataset and `tar` write such files. A list of where each picture begins lets them be read in any order, without being unpacked.
"""

import io
import tarfile
from pathlib import Path

from PIL import Image, ImageOps

from pix2pix_edu.images import SPLITS, SUFFIXES, naming, opened, refuse_frames, skipped
from pix2pix_edu.photos.folders import DIRECTIONS, Halves, PhotoPairs
from pix2pix_edu.photos.picture_files import Header, has_end, header_of, values_of


class ShardedPairs(PhotoPairs):
    """The side-by-side pictures in all .tar files of a folder, in 8 bits, in the order of the files."""

    def __init__(self, folder: Path, size: int, direction: str = DIRECTIONS[0], x_channels: int = 3, y_channels: int = 3):
        self.folders, self.shards, self.direction = [], list_shards(folder), direction
        places: dict[Path, tuple[Path, int, int]] = {}  # by SHARD.tar/MEMBER: the file, where it begins, and how long it is
        self._skipped: list[str] = []
        self._replaced = 0
        for shard in self.shards:
            self._index(shard, places)
        self.files, self._places = list(places), list(places.values())
        if not self.files:
            raise ValueError(f"the .tar files in {folder} hold no images: they need at least one {', '.join(SUFFIXES)} file")
        self._prepare(size, (x_channels, y_channels))
        self._refuse_narrow()

    def _index(self, shard: Path, places: dict[Path, tuple[Path, int, int]]) -> None:
        """Note where each picture of a .tar file is. Of members with one name the last one counts, as when the file is unpacked."""
        try:
            with tarfile.open(shard, "r:") as tar:
                for member in tar:
                    if member.size < 0 or tar.offset <= member.offset:  # tarfile could read this member again and again
                        raise tarfile.ReadError("a member has a size below 0")
                    name, path = Path(member.name).name, shard / member.name.lstrip("/")
                    if name.startswith(".") or member.isdir():
                        continue
                    if member.isreg() and not member.issparse() and name.lower().endswith(SUFFIXES):
                        self._replaced += path in places
                        places[path] = shard, member.offset_data, member.size
                    else:
                        self._skipped.append(f"{shard.name}/{member.name}")
                _refuse_broken_off(shard, tar.offset)
        except Exception as error:  # a damaged file can raise almost any kind of error
            reason = str(error) or type(error).__name__
            way_out = "unpack it, for it is compressed" if _is_compressed(shard) else "make it again"
            raise ValueError(f"{shard} is not a .tar file, or it is damaged ({reason}): {way_out}") from error

    def stored_bytes(self, index: int) -> int:
        return self._places[index][2]

    def stored(self, index: int) -> bytes:
        return self._read(index).getvalue()

    def _remarks(self) -> list[str]:
        beside = skipped(self.shards[0].parent, (".tar",))
        again = f"In the .tar files, the same name comes again {self._replaced} times: of such members the last one is read."
        return [beside, self._left_out(), self._mixed(), again * bool(self._replaced), *super()._remarks()]

    def _left_out(self) -> str:
        if not self._skipped:
            return ""
        named = ", ".join(self._skipped[:3]) + ", ..." * (len(self._skipped) > 3)
        kinds = f"pictures that end in {', '.join(SUFFIXES)}, and no links"
        count = f"{len(self._skipped)} members are" if len(self._skipped) > 1 else "1 member is"
        return f"In the .tar files, {count} skipped ({named}): only {kinds}, are read."

    def _mixed(self) -> str:
        """Whether the .tar files hold folders of several splits, which are not told apart there."""
        inside = {part for file in self.files for part in file.relative_to(self.shards[0].parent).parts[1:-1] if part in SPLITS}
        if len(inside) < 2:
            return ""
        return (
            f"The .tar files hold the folders {' and '.join(sorted(inside))}, and all their pictures are used alike: make a .tar of each."
        )

    def _read(self, index: int) -> io.BytesIO:
        shard, start, size = self._places[index]
        with open(shard, "rb", buffering=0) as file:  # opened each time, because processes that read ahead must not share a position
            file.seek(start)
            return io.BytesIO(file.read(size))

    def _header(self, index: int) -> Header:
        with naming(self.files[index]), Image.open(file := self._read(index)) as image:
            refuse_frames(image)
            header = header_of(image)
            if header.itemsize > 1:
                raise ValueError("it has more than 8 bits, which are read from folders only")
            if not has_end(image):
                opened(file).load()
        return self._refuse_odd(header, self.files[index])

    def _open(self, index: int) -> Halves:
        with naming(self.files[index]), opened(self._read(index)) as image:
            return self._split(values_of(ImageOps.exif_transpose(image)))


def _refuse_broken_off(shard: Path, end: int) -> None:
    """Raise an error unless a tar file has only zeros after its last member: Python ends the list at a damaged header without a word."""
    with open(shard, "rb") as file:
        file.seek(end)
        block = file.read(tarfile.BLOCKSIZE)
        if len(block) < tarfile.BLOCKSIZE or any(chunk.strip(b"\0") for chunk in (block, *iter(lambda: file.read(2**20), b""))):
            raise tarfile.ReadError(f"it breaks off at byte {end:,}, so what follows would be lost: make it again")


def _is_compressed(shard: Path) -> bool:
    try:
        with open(shard, "rb") as file:
            return file.read(4).startswith((b"\x1f\x8b", b"BZh", b"\xfd7zX", b"\x28\xb5\x2f\xfd"))  # gzip, bzip2, xz, zstd
    except OSError:
        return False


def list_shards(folder: Path) -> list[Path]:
    """The .tar files in a folder, sorted by name."""
    return sorted(file for file in folder.glob("*.tar") if file.is_file() and not file.name.startswith("."))


def open_folder(folder: Path, size: int, direction: str = DIRECTIONS[0], x_channels: int = 3, y_channels: int = 3) -> PhotoPairs:
    """The side-by-side pictures of a folder: those in its .tar files if it has any, else its own."""
    if list_shards(folder):
        return ShardedPairs(folder, size, direction, x_channels, y_channels)
    return PhotoPairs(folder, "", size, direction, x_channels, y_channels)
