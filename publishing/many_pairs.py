"""A hundred thousand small pairs on this disk: python publishing/many_pairs.py FOLDER writes them there, as files and as shards, and
times a training step that reads them beside one that always has the same batch (three minutes, 1.7 GB)."""

import argparse
import tarfile
from pathlib import Path

from pix2pix_edu.drawing.facades import write_pairs
from pix2pix_edu.photos.shards import open_folder
from pix2pix_edu.speed import bench
from pix2pix_edu.speed.read_ahead import ReadAhead
from pix2pix_edu.training import Batches

SIZE, WIDTH, BATCH_SIZE = 64, 24, 4  # as in a class
DRAWN, SHARDS = 1000, 10  # pairs that are drawn, each of which is written many times; .tar files
WORKERS = (0, 1)


def write(folder: Path, count: int) -> None:
    """`count` pairs in folder/files, and the same ones in folder/shards."""
    pictures = [path.read_bytes() for path in write_pairs(folder / "drawn", min(DRAWN, count), SIZE, seed=0)]
    for name in ("files", "shards"):
        (folder / name).mkdir()
    for number in range(count):
        (folder / "files" / f"{number:06d}.png").write_bytes(pictures[number % len(pictures)])
    for shard in range(SHARDS):
        with tarfile.open(folder / "shards" / f"{shard}.tar", "w") as tar:
            for number in range(shard, count, SHARDS):
                tar.add(folder / "files" / f"{number:06d}.png", f"{number:06d}.png")


def measure(folder: Path, repeats: int) -> str:
    """The times of a step with a constant batch, and of one that reads its pairs, in turns."""
    work = {"fast step": bench.prepare(SIZE, WIDTH, BATCH_SIZE, "cpu")["fast step"]}
    for name in ("files", "shards"):
        for workers in WORKERS:
            batches = Batches(open_folder(folder / name, SIZE), BATCH_SIZE)
            data = ReadAhead(batches, 10**9, workers) if workers else batches
            work[f"{name}, {workers} workers"] = bench.prepare(SIZE, WIDTH, BATCH_SIZE, "cpu", data=data)["fast step, new pairs"]
    seconds = {timing.name: timing.seconds for timing in bench.time_in_turns(work, repeats, "cpu")}
    return "\n".join(f"{name:24}{taken * 1e3:8.1f} ms{taken / seconds['fast step']:8.2f}" for name, taken in seconds.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder that does not exist yet")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=50)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True)
    write(arguments.folder, arguments.count)
    print(f"{arguments.count:,} pairs of {SIZE} px, width {WIDTH}, batch {BATCH_SIZE}; median of {arguments.repeats}, and times the first")
    print(measure(arguments.folder, arguments.repeats))


if __name__ == "__main__":
    main()
