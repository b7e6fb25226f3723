import gzip
import hashlib
import io
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from pix2pix_edu import __main__
from pix2pix_edu.drawing.facades import write_pairs
from pix2pix_edu.photos import downloads
from pix2pix_edu.photos.catalogue import DATA_SETS, MANIFESTS, DataSet
from pix2pix_edu.photos.fetch import fetch
from pix2pix_edu.photos.folders import DIRECTIONS, PhotoPairs
from pix2pix_edu.photos.verification import read_manifest

ROOMS = DataSet("rooms", "plan -> photo", {"train": 3, "val": 2}, "left_to_right", 0, "none", "nobody")
HALF = 150_000  # bytes after which a connection breaks: more than two of the pieces in which a download is written


class Mirror:
    """A real server on loopback: each request is answered by the next of its answers, the last one again and again."""

    def __init__(self, *answers):
        self.answers, self.asked, self.released = list(answers), [], threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.asked.append((self.path, self.headers["Range"]))
                answer = mirror.answers.pop(0) if len(mirror.answers) > 1 else mirror.answers[0]
                answer(mirror, self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def send(data, ranges=True, until=None, length=None, stall=False, total=True, encoding=None):
    """An answer: all of `data`, or the range asked for; cut off `until`, or with a false Content-Length."""

    def answer(mirror, request):
        start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-")) if ranges and request.headers["Range"] else 0
        if start >= len(data):
            return status(416)(mirror, request)
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if encoding:
            request.send_header("Content-Encoding", encoding)
        if total:
            request.send_header("Content-Length", str(length or len(data) - start))
        request.end_headers()
        request.wfile.write(data[start:until])
        if stall:
            mirror.released.wait(60)
        return None

    return answer


def send_compressed_if_allowed(data):
    """An answer that compresses on the way for whoever says that this is fine."""

    def answer(mirror, request):
        allowed = "gzip" in (request.headers["Accept-Encoding"] or "")
        return send(gzip.compress(data) if allowed else data, encoding="gzip" if allowed else None)(mirror, request)

    return answer


def silence(mirror, _):
    mirror.released.wait(60)


def status(code):
    def answer(_, request):
        request.send_response(code)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


@pytest.fixture
def serve(monkeypatch):
    mirrors = []
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("PIX2PIX_EDU_DATA", raising=False)
    monkeypatch.delenv("PIX2PIX_EDU_MIRROR", raising=False)

    def start(*answers):
        mirrors.append(Mirror(*answers))
        return mirrors[-1]

    yield start
    for mirror in mirrors:
        mirror.close()


@pytest.fixture(scope="module")
def rooms(tmp_path_factory):
    """Five drawn pairs in two splits."""
    folder = tmp_path_factory.mktemp("drawn") / "rooms"
    write_pairs(folder / "train", 3, 32, seed=1)
    write_pairs(folder / "val", 2, 32, seed=2)
    noise = np.random.default_rng(0).integers(0, 256, (256, 512, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "val" / "001.png")  # does not shrink, so that a connection can break midway
    return folder


@pytest.fixture(scope="module")
def listed(rooms, tmp_path_factory):
    """The same set with the checksum of every picture on record."""
    manifest = tmp_path_factory.mktemp("manifest") / "rooms.MANIFEST.sha256"
    files = sorted(rooms.rglob("*.png"))
    manifest.write_text("".join(f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(rooms).as_posix()}\n" for f in files))
    return DataSet("rooms", "plan -> photo", {"train": 3, "val": 2}, "left_to_right", 0, "none", "nobody", manifest)


@pytest.fixture(scope="module")
def packed(rooms):
    return pack(rooms)


def pack(folder, name="rooms"):
    """The folder as a .tar.gz, as bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(folder, arcname=name)
    return buffer.getvalue()


def pack_members(*members):
    """A .tar.gz of made-up members: (name, bytes) or a TarInfo."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                entry = tarfile.TarInfo(member[0])
                entry.size = len(member[1])
                tar.addfile(entry, io.BytesIO(member[1]))
    return buffer.getvalue()


def contents(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def refusal(kind, *arguments, **settings):
    """The sentence with which fetch refuses; always one line."""
    with pytest.raises(kind) as caught:
        fetch(*arguments, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def from_file(tmp_path, data, data_set=ROOMS, kind=ValueError):
    """What fetch says of an archive on disk that holds `data`; nothing may be left of it."""
    (tmp_path / "given.tar.gz").write_bytes(data)
    sentence = refusal(kind, data_set, tmp_path / "root", tmp_path / "given.tar.gz")
    assert list((tmp_path / "root").iterdir()) == []
    assert sorted(file.name for file in tmp_path.iterdir()) == ["given.tar.gz", "root"]
    return sentence


# What the shipped catalogue says


def test_the_shipped_manifest_lists_the_facades_of_the_paper():
    expected = read_manifest(DATA_SETS["facades"].manifest)
    splits = [name.split("/")[0] for name in expected]
    assert {split: splits.count(split) for split in sorted(set(splits))} == {"test": 106, "train": 400, "val": 100}
    assert DATA_SETS["facades"].splits == {"train": 400, "val": 100, "test": 106}
    assert len(set(expected.values())) == 606  # no picture stands there twice
    assert all(len(digest) == 64 for digest in expected.values())


def test_the_manifest_is_the_one_that_was_recorded():
    digest = hashlib.sha256((MANIFESTS / "facades.MANIFEST.sha256").read_bytes()).hexdigest()
    assert digest == "1a5098ad0645d2e5f200b85cea3d60c90784503a7cf23f6dc2ead4afe83e51f6"


def test_every_set_is_named_by_its_key_and_has_a_direction_that_training_knows():
    assert list(DATA_SETS) == ["facades", "maps", "cityscapes", "edges2shoes", "edges2handbags", "night2day"]
    assert all(data_set.name == name and data_set.direction in DIRECTIONS for name, data_set in DATA_SETS.items())


def test_a_name_that_is_not_in_the_catalogue_is_refused_with_those_that_are(tmp_path):
    assert refusal(ValueError, "facade", tmp_path) == (
        "there is no data set named 'facade': choose one of facades, maps, cityscapes, edges2shoes, edges2handbags, night2day"
    )


# Downloads that arrive


def test_a_set_comes_whole_and_nothing_else_is_left(serve, tmp_path, packed, rooms, listed):
    mirror = serve(send(packed))
    folder = fetch(listed, tmp_path, mirrors=[mirror.address])
    assert (folder, contents(folder)) == (tmp_path / "rooms", contents(rooms))
    assert mirror.asked == [("/rooms.tar.gz", None)]
    assert list(tmp_path.iterdir()) == [folder]


def test_what_was_fetched_trains(serve, tmp_path, packed):
    folder = fetch(ROOMS, tmp_path, mirrors=[serve(send(packed)).address])
    x, y = PhotoPairs(folder, "train", 32)[2]
    assert x.shape == y.shape == (3, 32, 32)


def test_the_progress_of_a_download_is_shown_and_ends_its_line(serve, tmp_path, packed, capsys):
    fetch(ROOMS, tmp_path, mirrors=[serve(send(packed, until=HALF), send(packed)).address], waits=[0])
    begun, gone_on, rest = capsys.readouterr().err.split("\n")
    assert begun.split("\r")[-1].startswith("rooms.tar.gz:  ")
    assert gone_on.split("\r")[-1].startswith("rooms.tar.gz from 0.1 MB: 100%")
    assert rest == ""


def test_a_second_fetch_asks_nobody(serve, tmp_path, packed, listed):
    mirror = serve(send(packed))
    for _ in range(2):
        fetch(listed, tmp_path, mirrors=[mirror.address])
    assert len(mirror.asked) == 1


def test_a_server_without_ranges_serves_as_well(serve, tmp_path, packed, rooms):
    folder = fetch(ROOMS, tmp_path, mirrors=[serve(send(packed, ranges=False)).address])
    assert contents(folder) == contents(rooms)


def test_a_server_that_does_not_say_how_long_the_file_is_serves_as_well(serve, tmp_path, packed, rooms):
    folder = fetch(ROOMS, tmp_path, mirrors=[serve(send(packed, total=False)).address])
    assert contents(folder) == contents(rooms)


def test_a_server_that_takes_the_archive_for_an_encoding_serves_as_well(serve, tmp_path, packed, rooms):
    mirror = serve(send(packed, until=HALF, encoding="x-gzip"), send(packed, encoding="gzip"))
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address], waits=[0])) == contents(rooms)


def test_a_server_that_compresses_on_the_way_serves_as_well(serve, tmp_path, packed, rooms):
    mirror = serve(send_compressed_if_allowed(packed))
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address])) == contents(rooms)


def test_a_broken_connection_is_taken_up_where_it_broke(serve, tmp_path, packed, rooms):
    mirror = serve(send(packed, until=HALF), send(packed))
    folder = fetch(ROOMS, tmp_path, mirrors=[mirror.address], waits=[0])
    assert contents(folder) == contents(rooms)
    assert mirror.asked == [("/rooms.tar.gz", None), ("/rooms.tar.gz", "bytes=131072-")]


def test_a_server_that_falls_silent_midway_is_taken_for_a_broken_connection(serve, tmp_path, packed, rooms, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", (5, 0.2))
    mirror = serve(send(packed, until=HALF, stall=True), send(packed))
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address], waits=[0])) == contents(rooms)
    assert mirror.asked[1][1] == "bytes=131072-"


def test_a_server_that_ignores_the_range_is_heard_from_the_beginning(serve, tmp_path, packed, rooms):
    mirror = serve(send(packed, until=HALF), send(packed, ranges=False))
    folder = fetch(ROOMS, tmp_path, mirrors=[mirror.address], waits=[0])
    assert contents(folder) == contents(rooms)
    assert mirror.asked[1][1] == "bytes=131072-"


def test_a_later_fetch_goes_on_with_what_an_earlier_one_got(serve, tmp_path, packed, rooms):
    mirror = serve(send(packed, until=HALF), status(503), send(packed))
    assert "broke off after 131,072 bytes" in refusal(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[])
    assert "answers 503" in refusal(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[])
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address])) == contents(rooms)
    assert [asked for _, asked in mirror.asked] == [None, "bytes=131072-", "bytes=131072-"]


def test_a_part_from_one_host_is_never_glued_to_the_rest_from_another(serve, tmp_path, packed, rooms):
    broken, other = serve(send(packed, until=HALF)), serve(send(pack(rooms, name="repacked")))
    folder = fetch(ROOMS, tmp_path, mirrors=[broken.address, other.address])
    assert contents(folder) == contents(rooms)
    assert other.asked == [("/rooms.tar.gz", None)]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["rooms", "rooms.tar.gz.sha256"]


def test_a_kept_part_that_fits_nothing_is_dropped(serve, tmp_path, packed, rooms):
    mirror = serve(send(packed, until=HALF), send(packed[:1000]), send(packed))
    refusal(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[])
    folder = fetch(ROOMS, tmp_path, mirrors=[mirror.address], waits=[0])
    assert [asked for _, asked in mirror.asked] == [None, "bytes=131072-", None]
    assert contents(folder) == contents(rooms)


def test_the_next_mirror_is_asked_when_the_first_has_nothing(serve, tmp_path, packed, rooms):
    first, second = serve(status(404)), serve(send(packed))
    assert contents(fetch(ROOMS, tmp_path, mirrors=[first.address, second.address + "/"])) == contents(rooms)
    assert (len(first.asked), len(second.asked)) == (1, 1)


def test_a_busy_server_is_asked_again_after_growing_waits(serve, tmp_path, packed, rooms):
    mirror = serve(status(503), status(503), send(packed))
    start = time.monotonic()
    folder = fetch(ROOMS, tmp_path, mirrors=[mirror.address], waits=[0.05, 0.1, 60])
    assert contents(folder) == contents(rooms)
    assert len(mirror.asked) == 3
    assert time.monotonic() - start >= 0.15


def test_a_page_in_place_of_the_file_leads_to_the_next_mirror(serve, tmp_path, packed, rooms):
    page, mirror = serve(send(b"<!DOCTYPE html><title>Sign in</title>")), serve(send(packed))
    assert contents(fetch(ROOMS, tmp_path, mirrors=[page.address, mirror.address])) == contents(rooms)


def test_a_class_rooms_own_server_is_named_in_the_environment(serve, tmp_path, packed, rooms, monkeypatch):
    mirror = serve(send(packed))
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", f"http://127.0.0.1:1/nobody {mirror.address}/course")
    assert contents(fetch(ROOMS, tmp_path)) == contents(rooms)
    assert mirror.asked == [("/course/rooms.tar.gz", None)]


# Downloads that fail


def test_who_cannot_be_reached_is_named_with_the_three_ways_out(tmp_path, serve):
    sentence = refusal(OSError, ROOMS, tmp_path, mirrors=["http://127.0.0.1:1/a", "http://127.0.0.1:1/b"], waits=[0])
    assert sentence == (
        "rooms could not be downloaded: http://127.0.0.1:1/a/rooms.tar.gz cannot be reached; "
        "http://127.0.0.1:1/b/rooms.tar.gz cannot be reached. Repeat this later, and it goes on with what has come; "
        "or name an archive or a folder that you have (--source); or set PIX2PIX_EDU_DATA to a folder that holds rooms or rooms.tar.gz; "
        "or train on drawn pairs, which need nothing"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_never_answers_is_not_waited_for(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", (5, 0.1))
    assert "rooms.tar.gz does not answer in time. Repeat" in refusal(OSError, ROOMS, tmp_path, mirrors=[serve(silence).address], waits=[0])
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_none_is_named(tmp_path, serve):
    assert "nowhere/rooms.tar.gz is no address to download from" in refusal(OSError, ROOMS, tmp_path, mirrors=["nowhere"])


def test_a_plain_server_asked_for_a_secure_connection_is_not_asked_again(serve, tmp_path, packed):
    mirror = serve(send(packed))
    sentence = refusal(OSError, ROOMS, tmp_path, mirrors=[mirror.address.replace("http", "https")], waits=[60])
    assert "offers no secure connection" in sentence


def test_a_missing_file_is_not_asked_for_again(serve, tmp_path):
    mirror = serve(status(404))
    assert "rooms.tar.gz answers 404 (Not Found). Repeat" in refusal(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[60])
    assert len(mirror.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_stays_busy_is_given_up(serve, tmp_path):
    mirror = serve(status(503))
    sentence = refusal(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[0, 0, 0])
    assert "rooms.tar.gz answers 503 (Service Unavailable). Repeat" in sentence
    assert len(mirror.asked) == 4
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_promises_more_than_it_sends_is_given_up(serve, tmp_path, packed):
    mirror = serve(send(packed, ranges=False, length=len(packed) + 1000))
    assert "broke off after" in refusal(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[0])
    assert not (tmp_path / "rooms").exists()


def test_a_file_that_was_cut_short_on_the_server_is_found_out(serve, tmp_path, packed):
    sentence = refusal(ValueError, ROOMS, tmp_path, mirrors=[serve(send(packed[:HALF])).address])
    assert sentence.startswith("what was downloaded is not rooms, and was removed: it is no .tar.gz archive, or a damaged one (")
    assert list(tmp_path.iterdir()) == []


def test_a_cut_that_no_length_gives_away_is_found_out(serve, tmp_path, packed):
    sentence = refusal(ValueError, ROOMS, tmp_path, mirrors=[serve(send(packed, until=HALF, total=False)).address])
    assert "or a damaged one" in sentence
    assert list(tmp_path.iterdir()) == []


def test_a_page_in_place_of_the_file_is_quoted(serve, tmp_path):
    sentence = refusal(OSError, ROOMS, tmp_path, mirrors=[serve(send(b"<!DOCTYPE html><title>Sign in</title>")).address], waits=[60])
    assert "sends something else than a .tar.gz archive (it begins with b'<!DOCTYPE html><')" in sentence
    assert list(tmp_path.iterdir()) == []


def test_a_downloaded_archive_with_one_changed_byte_in_a_picture_is_removed(serve, tmp_path, rooms, listed):
    shutil.copytree(rooms, tmp_path / "rooms")
    flip_a_byte(tmp_path / "rooms" / "train" / "001.png")
    sentence = refusal(ValueError, listed, tmp_path / "root", mirrors=[serve(send(pack(tmp_path / "rooms"))).address])
    assert sentence == (
        "what was downloaded is not rooms, and was removed: of its 5 pictures, 1 changed (train/001.png); another mirror may help"
    )
    assert list((tmp_path / "root").iterdir()) == []


def test_a_disk_too_small_for_the_set_is_found_before_the_download(serve, tmp_path, packed):
    mirror = serve(send(packed))
    huge = DataSet("rooms", "plan -> photo", {"train": 3, "val": 2}, "left_to_right", 10**12, "none", "nobody")
    sentence = refusal(OSError, huge, tmp_path, mirrors=[mirror.address])
    assert "(rooms needs some 2000000000000 MB, packed and unpacked; " in sentence
    assert sentence.endswith(" MB are free): free some space or choose another root, and repeat this")
    assert mirror.asked == []


@contextmanager
def files_no_larger_than(size):
    """A file system that takes no more than this in one file, as a full one does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_disk_that_fills_up_is_named_and_the_download_goes_on_when_there_is_room(serve, tmp_path, packed, rooms):
    mirror = serve(send(packed))
    with files_no_larger_than(100_000):
        sentence = refusal(OSError, ROOMS, tmp_path, mirrors=[mirror.address])
    assert sentence == (
        f"could not write below {tmp_path} ([Errno 27] File too large): free some space or choose another root, and repeat this"
    )
    assert not (tmp_path / "rooms").exists()
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address])) == contents(rooms)
    assert mirror.asked[1][1] == "bytes=100000-"


def test_a_disk_that_fills_up_while_unpacking_costs_no_second_download(serve, tmp_path, packed):
    mirror = serve(send(pack_members(("train/a.bmp", bitmap()), ("val/a.bmp", bitmap()))))
    with files_no_larger_than(100_000):
        sentence = refusal(OSError, ROOMS, tmp_path, mirrors=[mirror.address])
    assert sentence == (
        f"could not unpack {tmp_path / '.rooms.tar.gz'} below {tmp_path} ([Errno 27] File too large): "
        "free some space or choose another root"
    )
    assert [file.name for file in tmp_path.iterdir()] == [".rooms.tar.gz"]
    assert sorted(contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address]))) == ["train/a.bmp", "val/a.bmp"]
    assert len(mirror.asked) == 1


def bitmap():
    """A pair that packs to nearly nothing."""
    buffer = io.BytesIO()
    Image.new("RGB", (512, 256)).save(buffer, "bmp")
    return buffer.getvalue()


FETCH = "import sys; from pix2pix_edu.photos.fetch import fetch; fetch('night2day', sys.argv[1], sys.argv[2] or None)"


def start_and_kill_when(ready, *arguments):
    process = subprocess.Popen([sys.executable, "-c", FETCH, *map(str, arguments)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not ready():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def night2day(folder, rooms):
    for split in ("train", "val", "test"):
        shutil.copytree(rooms / "val", folder / "night2day" / split)
    return pack(folder / "night2day", "night2day")


def test_a_download_that_was_killed_goes_on_when_it_is_repeated(serve, tmp_path, rooms, monkeypatch):
    data = night2day(tmp_path / "made", rooms)
    mirror = serve(send(data, until=HALF, stall=True), send(data))
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", mirror.address)
    root = tmp_path / "root"
    start_and_kill_when(lambda: any(file.stat().st_size for file in root.glob(".*.part")), root, "")
    assert not (root / "night2day").exists()
    kept = next(root.glob(".*.part")).stat().st_size
    assert contents(fetch("night2day", root)) == contents(tmp_path / "made" / "night2day")
    assert mirror.asked == [("/night2day.tar.gz", None), ("/night2day.tar.gz", f"bytes={kept}-")]
    assert sorted(file.name for file in root.iterdir()) == ["night2day", "night2day.tar.gz.sha256"]


def test_a_fetch_killed_while_unpacking_leaves_no_folder_that_looks_whole(serve, tmp_path, rooms):
    root, many = tmp_path / "root", tmp_path / "night2day.tar.gz"
    many.write_bytes(pack_members(*((f"train/{index}.png", os.urandom(600)) for index in range(10_000))))
    unfinished = root / ".night2day.unpacking"
    start_and_kill_when(lambda: (unfinished / "train" / "1.png").exists(), root, many)
    assert not (root / "night2day").exists()
    many.write_bytes(night2day(tmp_path / "made", rooms))
    assert contents(fetch("night2day", root, many)) == contents(tmp_path / "made" / "night2day")
    assert not unfinished.exists()


# Archives that are not to be trusted


def flip_a_byte(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def a_link(kind, name, target):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def a_claim(name, size):
    member = tarfile.TarInfo(name)
    member.size = size
    header = member.tobuf(tarfile.GNU_FORMAT)
    return gzip.compress(header + bytes(10_000))


@pytest.mark.parametrize("name", ["../escaped.png", "rooms/../../escaped.png", "/escaped.png", "C:/escaped.png", "..\\escaped.png"])
def test_a_member_that_would_leave_the_folder_is_refused_by_name(tmp_path, name):
    sentence = from_file(tmp_path, pack_members((name, b"out")))
    assert sentence == (
        f"{tmp_path / 'given.tar.gz'} is not rooms as it should be: its member {name!r} would be written outside the folder; "
        "use another copy, or remove this one"
    )


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "../../escaped"),
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.SYMTYPE, "train"),
        (tarfile.LNKTYPE, "../../given.tar.gz"),
        (tarfile.CHRTYPE, ""),
        (tarfile.FIFOTYPE, ""),
        (tarfile.GNUTYPE_SPARSE, ""),
    ],
)
def test_links_and_devices_are_refused_by_name(tmp_path, kind, target):
    sentence = from_file(tmp_path, pack_members(a_link(kind, "rooms/train", target), ("rooms/train/a.png", b"out")))
    assert "its member 'rooms/train' is a link, a device or another thing that no picture is" in sentence


def test_a_member_that_claims_to_be_huge_is_refused_before_it_is_written(tmp_path):
    start = time.monotonic()
    sentence = from_file(tmp_path, a_claim("rooms/train/a.png", 10**15))
    assert "it unpacks to more than 1," in sentence
    assert time.monotonic() - start < 5


def test_an_archive_that_grows_without_end_is_stopped(tmp_path):
    zeros = bytes(10**6)
    data = pack_members(*((f"rooms/train/{index}.png", zeros) for index in range(30)))
    assert len(data) < 40_000  # thirty million bytes are in it
    assert "bytes, far more than pictures do; use" in from_file(tmp_path, data)


def test_a_header_that_grows_without_end_is_stopped(tmp_path):
    member = tarfile.TarInfo("rooms/train/a.png")
    member.type, member.size = tarfile.XHDTYPE, 10**9  # a long name, which tarfile would read into memory at once
    data = gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + bytes(10**7))
    assert "it unpacks to more than 1," in from_file(tmp_path, data)


def test_a_bomb_behind_the_last_file_is_stopped_as_well(tmp_path, packed):
    assert "far more than pictures do" in from_file(tmp_path, packed + gzip.compress(bytes(10**7)))


def test_an_archive_of_far_too_many_files_is_stopped(tmp_path):
    data = pack_members(*((f"train/{index}.png", os.urandom(600)) for index in range(200)))
    assert "it holds more than 110 files, far more than this set has" in from_file(tmp_path, data)


def test_a_damaged_archive_is_refused_even_where_only_its_checksum_is_wrong(tmp_path, packed):
    damaged = bytearray(packed)
    damaged[-8] ^= 1  # gzip keeps the checksum of everything in its last eight bytes
    assert "or a damaged one (CRC check failed" in from_file(tmp_path, bytes(damaged))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 something", gzip.compress(b"a letter, not a tar archive" * 100, mtime=0)])
def test_a_file_that_is_no_archive_is_refused(tmp_path, data):
    assert "given.tar.gz is not rooms as it should be: " in from_file(tmp_path, data)


# Archives and folders of your own


def test_an_archive_packed_anew_with_the_same_pictures_is_accepted(tmp_path, rooms, listed):
    for number, name in enumerate(("rooms", "Rooms of mine", ".")):
        (tmp_path / "given.tar.gz").write_bytes(pack(rooms, name))
        assert contents(fetch(listed, tmp_path / str(number), tmp_path / "given.tar.gz")) == contents(rooms)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "val" / "000.png").unlink(), "1 missing (val/000.png); use"),
        (
            lambda folder: shutil.copy(folder / "val" / "000.png", folder / "val" / "x.png"),
            "1 too many (val/x.png); use",
        ),
        (lambda folder: flip_a_byte(folder / "train" / "000.png"), "1 changed (train/000.png)"),
        (lambda folder: shutil.rmtree(folder / "val"), "it has no folder val (the set has train, val); use"),
    ],
)
def test_a_set_that_is_not_the_one_on_record_is_refused_with_the_names(tmp_path, rooms, listed, change, said):
    shutil.copytree(rooms, tmp_path / "made" / "rooms")
    change(tmp_path / "made" / "rooms")
    assert said in refusal(ValueError, listed, tmp_path / "root", tmp_path / "made")
    (tmp_path / "archive").mkdir()
    assert said in from_file(tmp_path / "archive", pack(tmp_path / "made" / "rooms"), listed)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([("train/a.png", b"no picture"), ("val/a.bmp", bitmap())], "its file train/a.png is not a whole picture"),
        ([("train/a.bmp", bitmap()[:300_000]), ("val/a.bmp", bitmap())], "its file train/a.bmp is not a whole picture"),
        ([("train/a.bmp", bitmap()), ("val/readme.txt", b"empty")], "its folder val holds no pictures"),
        ([("trainA/a.bmp", bitmap()), ("trainB/a.bmp", bitmap())], "it has no folder train (the set has train, val)"),
    ],
)
def test_a_set_without_checksums_must_at_least_hold_pictures_in_every_split(tmp_path, members, said):
    assert said in from_file(tmp_path, pack_members(*members))


def test_single_pictures_are_not_taken_for_pairs(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (256, 256)).save(buffer, "png")
    data = pack_members(("train/a.png", buffer.getvalue()), ("val/a.bmp", bitmap()))
    assert "its picture train/a.png is 256 x 256, not two squares side by side" in from_file(tmp_path, data)


def test_the_first_archive_of_a_set_without_checksums_is_the_measure_of_later_ones(tmp_path, packed, rooms):
    (tmp_path / "rooms.tar.gz").write_bytes(packed)
    folder = fetch(ROOMS, tmp_path / "root", tmp_path / "rooms.tar.gz")
    record = tmp_path / "root" / "rooms.tar.gz.sha256"
    assert record.read_text() == f"{hashlib.sha256(packed).hexdigest()}  rooms.tar.gz\n"
    assert fetch(ROOMS, tmp_path / "root", tmp_path / "rooms.tar.gz") == folder
    (tmp_path / "rooms.tar.gz").write_bytes(pack(rooms, name="other"))
    for _ in range(2):
        assert refusal(ValueError, ROOMS, tmp_path / "root", tmp_path / "rooms.tar.gz") == (
            f"{tmp_path / 'rooms.tar.gz'} is not rooms as it should be: it is another archive than the one fetched before; "
            f"if you trust this one, remove {record}; use another copy, or remove this one"
        )
        shutil.rmtree(folder, ignore_errors=True)
    record.unlink()
    assert contents(fetch(ROOMS, tmp_path / "root", tmp_path / "rooms.tar.gz")) == contents(rooms)


def test_a_folder_of_your_own_is_used_where_it_lies(tmp_path, rooms, serve):
    assert fetch(ROOMS, tmp_path, rooms) == rooms
    assert fetch(ROOMS, tmp_path, rooms.parent) == rooms
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("as_archive", [True, False])
def test_a_shared_folder_named_in_the_environment_stands_in_for_the_network(serve, tmp_path, packed, rooms, monkeypatch, as_archive):
    mirror, shared = serve(send(packed)), tmp_path / "shared"
    shared.mkdir()
    if as_archive:
        (shared / "rooms.tar.gz").write_bytes(packed)
    else:
        shutil.copytree(rooms, shared / "rooms")
    monkeypatch.setenv("PIX2PIX_EDU_DATA", str(shared))
    folder = fetch(ROOMS, tmp_path / "root", mirrors=[mirror.address])
    assert folder == (tmp_path / "root" if as_archive else shared) / "rooms"
    assert contents(folder) == contents(rooms)
    assert mirror.asked == []


def test_a_shared_folder_without_the_set_does_not_stand_in_the_way(serve, tmp_path, packed, rooms, monkeypatch):
    monkeypatch.setenv("PIX2PIX_EDU_DATA", str(tmp_path))
    assert contents(fetch(ROOMS, tmp_path / "root", mirrors=[serve(send(packed)).address])) == contents(rooms)


def test_a_source_that_is_not_there_is_named(tmp_path):
    assert refusal(ValueError, ROOMS, tmp_path, tmp_path / "nothing") == (
        f"{tmp_path / 'nothing'} does not exist: name a folder or a .tar.gz archive of rooms"
    )


def test_a_fetched_folder_that_was_damaged_since_is_found_out(serve, tmp_path, packed, listed):
    (tmp_path / "given.tar.gz").write_bytes(packed)
    folder = fetch(listed, tmp_path, tmp_path / "given.tar.gz")
    flip_a_byte(folder / "train" / "000.png")
    for source in (None, tmp_path / "given.tar.gz"):
        assert refusal(ValueError, listed, tmp_path, source) == (
            f"{folder} is not rooms as it should be: of its 5 pictures, 1 changed (train/000.png); use another copy, or remove this one"
        )


# The command line


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", *map(str, words)])
    __main__.main()


def test_fetch_without_a_name_lists_the_sets(monkeypatch, capsys):
    call(monkeypatch, "fetch")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *DATA_SETS]
    assert all(word in lines[1] for word in ("facades", "606", "30", "right_to_left", "none stated; its makers ask to be cited"))


def test_the_command_line_says_how_to_train_on_what_it_fetched(serve, monkeypatch, tmp_path, rooms, capsys):
    mirror = serve(send(pack(rooms, name="maps")))
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", mirror.address)
    monkeypatch.chdir(tmp_path)
    call(monkeypatch, "fetch", "maps")
    assert capsys.readouterr().out.splitlines() == [
        "data_sets/maps is ready: 3 train, 2 val pairs (the whole set has 2194), map -> aerial photo. "
        "Go on with: python -m pix2pix_edu train runs/maps --pairs data_sets/maps --direction right_to_left",
        "Checked: nothing published exists to check the content against; every picture opens as two squares side by side.",
        "Licence: pictures from Google Maps, under its terms: for study only. "
        "Cite: P. Isola et al.: Image-to-Image Translation with Conditional Adversarial Networks, CVPR 2017.",
    ]


def test_the_train_command_that_is_printed_trains(serve, monkeypatch, tmp_path, rooms, capsys):
    (tmp_path / "maps.tar.gz").write_bytes(pack(rooms))
    monkeypatch.chdir(tmp_path)
    call(monkeypatch, "fetch", "maps", "--root", "my sets", "--source", "maps.tar.gz")
    words = shlex.split(capsys.readouterr().out.splitlines()[0].partition("-m pix2pix_edu ")[2])
    call(monkeypatch, *words, "--size", "32", "--depth", "3", "--width", "4", "--steps", "2", "--batch-size", "2")
    assert (tmp_path / "runs" / "maps" / "checkpoint.pt").is_file()


def test_what_goes_wrong_is_one_sentence_on_the_command_line(serve, monkeypatch, tmp_path):
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", serve(status(404)).address)
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, "fetch", "maps", "--root", tmp_path)
    assert str(stop.value).startswith("fetch: maps could not be downloaded: http://127.0.0.1:")
    assert "\n" not in str(stop.value)
