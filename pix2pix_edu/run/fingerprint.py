"""Notice that the pairs of a run have changed since it began: its batches would then be others."""

import hashlib
from pathlib import Path

from pix2pix_edu.photos.folders import ParallelPairs, PhotoPairs
from pix2pix_edu.photos.shards import ShardedPairs
from pix2pix_edu.training import Pairs

LOOKED_AT = 2**28  # bytes of pictures that are compared; of a larger data set only some of the files, evenly spread


def fingerprint(pairs: Pairs) -> dict[str, object]:
    """The number of pairs, and for pictures on disk a checksum of their names and sizes in bytes, and one of what is in them."""
    files = pairs.files if isinstance(pairs, PhotoPairs) else []
    if isinstance(pairs, ParallelPairs):
        files = [*files, *pairs.partners]
    if isinstance(pairs, ShardedPairs):
        files = pairs.shards
    sizes = [file.stat().st_size for file in files]
    names = "\n".join(f"{file.name} {size}" for file, size in zip(files, sizes, strict=True))
    some = files[:: -(-sum(sizes) // LOOKED_AT) or 1]
    return {
        "pairs": len(pairs),
        "names": hashlib.sha256(names.encode(errors="surrogateescape")).hexdigest(),
        "contents": hashlib.sha256(b"".join(map(_checksum, some))).hexdigest(),
    }


def _checksum(file: Path) -> bytes:
    with open(file, "rb") as opened:
        return hashlib.sha256(opened.read(LOOKED_AT)).digest()


def count_copies(pairs: PhotoPairs, count: int, others: PhotoPairs) -> int:
    """How many of the first `count` pairs are also among the others, byte for byte."""
    sizes = {pairs.stored_bytes(i) for i in range(count)}
    known = {hashlib.sha256(others.stored(i)).digest() for i in range(len(others)) if others.stored_bytes(i) in sizes}
    return sum(hashlib.sha256(pairs.stored(i)).digest() in known for i in range(count))


def change(before: dict[str, object], now: dict[str, object]) -> str:
    """What has changed, as the end of a sentence; empty if nothing has."""
    now = {name: value for name, value in now.items() if name in before}  # checkpoints from before the contents were compared
    then = {name: value for name, value in before.items() if name != "changed"}
    if then == now:
        return "they changed before, while it was trained" if "changed" in before else ""
    if before.get("pairs") != now.get("pairs"):
        return f"there were {before['pairs']} and now there are {now['pairs']}"
    if before.get("names") != now.get("names"):
        return "names or sizes of pictures are different"
    return "some pictures are not the same, though their names are"
