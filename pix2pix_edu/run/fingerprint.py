"""Notice that the pairs of a run have changed since it began: its batches would then be others."""

import hashlib

from pix2pix_edu.photos.folders import ParallelPairs, PhotoPairs
from pix2pix_edu.photos.shards import ShardedPairs
from pix2pix_edu.training import Pairs


def fingerprint(pairs: Pairs) -> dict[str, object]:
    """The number of pairs, and for pictures on disk a checksum of their names and sizes in bytes."""
    files = pairs.files if isinstance(pairs, PhotoPairs) else []
    if isinstance(pairs, ParallelPairs):
        files = [*files, *pairs.partners]
    if isinstance(pairs, ShardedPairs):
        files = pairs.shards
    names = "\n".join(f"{file.name} {file.stat().st_size}" for file in files)
    return {"pairs": len(pairs), "names": hashlib.sha256(names.encode(errors="surrogateescape")).hexdigest()}


def count_copies(pairs: PhotoPairs, count: int, others: PhotoPairs) -> int:
    """How many of the first `count` pairs are also among the others, byte for byte."""
    sizes = {pairs.stored_bytes(i) for i in range(count)}
    known = {hashlib.sha256(others.stored(i)).digest() for i in range(len(others)) if others.stored_bytes(i) in sizes}
    return sum(hashlib.sha256(pairs.stored(i)).digest() in known for i in range(count))


def change(before: dict[str, object], now: dict[str, object]) -> str:
    """What has changed, as the end of a sentence; empty if nothing has."""
    if before == now:
        return ""
    if before["pairs"] != now["pairs"]:
        return f"there were {before['pairs']} and now there are {now['pairs']}"
    return "names or sizes of pictures are different"
