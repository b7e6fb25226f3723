"""Damaged and invented archives, at random: each is refused in one sentence, or is exactly what was packed, and nothing lies elsewhere."""

import gzip
import io
import shutil
import tarfile
import time

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pix2pix_edu.photos.archives import unpack
from pix2pix_edu.photos.shards import ShardedPairs

pytestmark = [pytest.mark.fault, pytest.mark.filterwarnings("ignore")]  # Pillow's remarks about damaged files

BOUNDED = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
RNG = np.random.default_rng(0)
BLOCK = tarfile.BLOCKSIZE


def noise():
    """A pair as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (8, 16, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


PICTURES = {f"train/{name}.png": noise() for name in "abc"}


def pixels_of(content):
    return np.asarray(Image.open(io.BytesIO(content))).tobytes()


PIXELS = {pixels_of(content) for content in PICTURES.values()}


def header(name, kind, target="", size=0):
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, target, size
    return member.tobuf(tarfile.GNU_FORMAT)


def pack(members):
    """A .tar file as bytes. Each member is its name, kind, the target of a link, its content and the size that it claims."""
    parts = []
    for name, kind, target, content, size in members:
        parts += [header(name, kind, target, len(content) if size is None else size), content, bytes(-len(content) % BLOCK)]
    return b"".join([*parts, bytes(2 * BLOCK)])


WHOLE = pack((name, tarfile.REGTYPE, "", content, None) for name, content in PICTURES.items())

SHARES = st.floats(0, 1, exclude_max=True)
FLIPS = st.lists(st.tuples(SHARES, st.integers(0, 7)), min_size=1, max_size=3)


def flipped(whole, flips):
    data = bytearray(whole)
    for share, bit in flips:
        data[int(share * len(data))] ^= 1 << bit
    return bytes(data)


def with_flipped_headers(flips):
    """WHOLE with flipped bits in its headers only, and with the right checksum in each."""
    data = bytearray(WHOLE)
    starts = [start for start in range(0, len(data), BLOCK) if data[start:].startswith(b"train/")]
    for share, bit in flips:
        which, place = divmod(int(share * len(starts) * BLOCK), BLOCK)
        data[starts[which] + place] ^= 1 << bit
    for start in starts:
        one = data[start : start + BLOCK]
        data[start + 148 : start + 156] = b"%06o\0 " % (8 * ord(" ") + sum(one[:148]) + sum(one[156:]))
    return bytes(data)


def pax(key, value):
    """A line of an extended header, which begins with its own length."""
    line = f" {key}={value}\n".encode()
    return b"%03d" % (3 + len(line)) + line


LINES = st.builds(
    pax,
    st.sampled_from(["path", "linkpath", "size", "mtime", "hdrcharset"])
    | st.sampled_from([f"GNU.sparse.{name}" for name in ("map", "size", "realsize", "name", "major", "minor", "offset", "numbytes")]),
    st.sampled_from(["0", "1", "-1", "-512", "9" * 30, "1,2", "BINARY", "../escaped.png", "train"]) | st.text(max_size=5),
)
CONTENTS = st.sampled_from([*PICTURES.values()]) | st.binary(max_size=2 * BLOCK) | st.lists(LINES, max_size=3).map(b"".join)
NAMES = st.sampled_from(
    ["train/a.png", "train", "train/b", "..", "../escaped.png", "HERE/escaped.png", "train/link/../../escaped.png", ".", ""]
)
NAMES |= st.text(max_size=5) | st.sampled_from(["../" + 1000 * "x", 250 * "\x1b", "/train/a.png"])
SIZES = st.none() | st.integers(-3 * BLOCK, 3 * BLOCK) | st.sampled_from([2**40, 2**62, 2**64, -(2**70)])
KINDS = st.sampled_from([bytes([kind]) for kind in b"00005L1234567KSxxgXDV\0"])
MEMBERS = st.lists(st.tuples(NAMES, KINDS, NAMES, CONTENTS, SIZES), min_size=1, max_size=4)


def contents(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def unpacked(here, data):
    """The files of an archive, None if it is refused. Another error fails, and so do files elsewhere, links and a long wait."""
    archive, folder = here / "given.tar.gz", here / "inside" / "folder"
    shutil.rmtree(here / "inside", ignore_errors=True)
    (here / "inside").mkdir()
    archive.write_bytes(data)
    start, found, refusal = time.perf_counter(), None, ""
    try:
        unpack(archive, folder, most_files=10)
        found = contents(folder)
    except ValueError as error:
        refusal = str(error)
    assert time.perf_counter() - start < 3.0
    assert len(refusal) < 600
    assert sorted(path.name for path in (*here.iterdir(), *(here / "inside").iterdir())) == ["folder", "given.tar.gz", "inside"]
    assert all(path.is_dir() or path.is_file() for path in folder.rglob("*"))
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    return found


@BOUNDED
@given(share=SHARES)
def test_an_archive_cut_short_is_refused(tmp_path, share):
    data = gzip.compress(WHOLE, mtime=0)
    assert unpacked(tmp_path, data[: int(share * len(data))]) is None


@BOUNDED
@given(flips=FLIPS)
def test_flipped_bits_never_change_a_file_of_an_archive_unseen(tmp_path, flips):
    found = unpacked(tmp_path, flipped(gzip.compress(WHOLE, mtime=0), flips))
    assert found is None or found == PICTURES


@BOUNDED
@given(flips=FLIPS)
def test_flipped_bits_in_the_headers_of_an_archive_write_nothing_outside(tmp_path, flips):
    found = unpacked(tmp_path, gzip.compress(with_flipped_headers(flips), mtime=0))
    assert found is None or all(content in WHOLE for content in found.values())


@BOUNDED
@given(members=MEMBERS)
def test_whatever_the_members_of_an_archive_are_nothing_is_written_outside(tmp_path, members):
    members = [
        (name.replace("HERE", str(tmp_path)), kind, target.replace("HERE", str(tmp_path)), *rest) for name, kind, target, *rest in members
    ]
    data = pack(members)
    found = unpacked(tmp_path, gzip.compress(data, mtime=0))
    assert found is None or all(content in data for content in found.values())


def read_pairs(folder, data):
    """The pixels of each pair in a shard, None for one that cannot be read; nothing if the shard is refused. Another error fails."""
    (folder / "x.tar").write_bytes(data)
    start, pairs, refusal = time.perf_counter(), None, ""
    try:
        pairs = ShardedPairs(folder, 8)
        found = [pixels(pairs, index) for index in range(len(pairs))]
        pairs.remarks()  # which look into the names
    except ValueError as error:
        refusal = str(error)
    assert time.perf_counter() - start < 3.0
    if refusal:
        assert (pairs, str(folder / "x.tar") in refusal or "hold no images" in refusal) == (None, True)
        return []
    assert all(file.is_relative_to(folder / "x.tar") for file in pairs.files)
    return found


def pixels(pairs, index):
    try:
        halves = pairs[index]
    except ValueError as error:
        return None if str(pairs.files[index]) in str(error) else str(error)
    return ((torch.cat(halves, 2) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy().tobytes()


def test_of_a_whole_shard_and_a_whole_archive_everything_is_read(tmp_path):
    assert {*read_pairs(tmp_path, WHOLE)} == PIXELS
    (tmp_path / "x.tar").unlink()
    assert unpacked(tmp_path, gzip.compress(WHOLE, mtime=0)) == PICTURES


@BOUNDED
@given(share=SHARES)
def test_a_shard_cut_short_is_refused(tmp_path, share):
    assert read_pairs(tmp_path, WHOLE[: int(share * (len(WHOLE) - 2 * BLOCK))]) == []


@BOUNDED
@given(flips=FLIPS)
def test_flipped_bits_never_change_a_pair_of_a_shard_unseen(tmp_path, flips):
    assert {*read_pairs(tmp_path, flipped(WHOLE, flips))} <= PIXELS | {None}


@BOUNDED
@given(flips=FLIPS)
def test_flipped_bits_in_the_headers_of_a_shard_never_change_a_pair_unseen(tmp_path, flips):
    assert {*read_pairs(tmp_path, with_flipped_headers(flips))} <= PIXELS | {None}


@BOUNDED
@given(members=MEMBERS)
def test_whatever_the_members_of_a_shard_are_its_pairs_are_pictures_in_it(tmp_path, members):
    assert {*read_pairs(tmp_path, pack(members))} <= PIXELS | {None}
