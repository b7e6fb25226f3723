import gzip
import hashlib
import io
import os
import pwd
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import call, refusal
from loopback import CERTIFICATE, drip, lead_to, say, send, send_compressed_if_allowed, send_slowly, serving, silence, status, without_end
from PIL import Image

from pix2pix_edu.drawing.facades import write_pairs
from pix2pix_edu.photos import downloads
from pix2pix_edu.photos import fetch as fetching
from pix2pix_edu.photos.catalogue import DATA_SETS, MANIFESTS, DataSet
from pix2pix_edu.photos.fetch import fetch
from pix2pix_edu.photos.folders import DIRECTIONS
from pix2pix_edu.photos.verification import read_manifest
from pix2pix_edu.weights.published_generators import GENERATORS

pytestmark = pytest.mark.fault

ROOMS = DataSet("rooms", "plan -> photo", {"train": 3, "val": 2}, "left_to_right", 0, "none", "nobody")
HALF = 150_000  # bytes after which a connection breaks: more than two of the pieces in which a download is written
REST = f"bytes={HALF}-"
PAGE = b"<!DOCTYPE html><title>Sign in</title>"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("PIX2PIX_EDU_DATA", raising=False)
    monkeypatch.delenv("PIX2PIX_EDU_MIRROR", raising=False)


@pytest.fixture
def serve():
    with serving() as start:
        yield start


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
    """The same data set with a recorded checksum for every picture."""
    manifest = tmp_path_factory.mktemp("manifest") / "rooms.MANIFEST.sha256"
    files = sorted(rooms.rglob("*.png"))
    manifest.write_text("".join(f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(rooms).as_posix()}\n" for f in files))
    return replace(ROOMS, manifest=manifest)


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
    """A .tar.gz of (name, bytes) or TarInfo members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                tar.addfile(entry(member[0], size=len(member[1])), io.BytesIO(member[1]))
    return buffer.getvalue()


def entry(name, kind=tarfile.REGTYPE, size=0, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.size, member.linkname = kind, size, target
    return member


def bitmap(width=512):
    """A picture 256 pixels high that packs to nearly nothing."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, 256)).save(buffer, "bmp")
    return buffer.getvalue()


def png(width, height):
    """The start of a PNG file: as far as its size can be read, it is a sound one."""
    head = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + bytes((8, 2, 0, 0, 0))
    data = b"IDAT" + zlib.compress(bytes(100))
    return b"\x89PNG\r\n\x1a\n" + b"".join((len(part) - 4).to_bytes(4) + part + zlib.crc32(part).to_bytes(4) for part in (head, data))


def contents(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def flip_a_byte(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def fetch_error(kind, *arguments, **settings):
    """The message of the error that fetch raises, which must be one line."""
    with pytest.raises(kind) as caught:
        fetch(*arguments, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_archive_of_another_data_set_is_refused(tmp_path, rooms):
    assert "it holds facades" in archive_error(tmp_path, pack(rooms, "facades"))


def archive_error(tmp_path, data, data_set=ROOMS):
    """The error of fetch for an archive of these bytes. No file of it may be left."""
    (tmp_path / "given.tar.gz").write_bytes(data)
    sentence = fetch_error(ValueError, data_set, tmp_path / "root", tmp_path / "given.tar.gz")
    assert names(tmp_path / "root") == []
    assert names(tmp_path) == ["given.tar.gz", "root"]
    return sentence


# The catalogue


def test_the_bundled_manifest_is_the_recorded_one_and_lists_the_facades_of_the_paper():
    digest = hashlib.sha256((MANIFESTS / "facades.MANIFEST.sha256").read_bytes()).hexdigest()
    assert digest == "1a5098ad0645d2e5f200b85cea3d60c90784503a7cf23f6dc2ead4afe83e51f6"
    expected = read_manifest(DATA_SETS["facades"].manifest)
    splits = [name.split("/")[0] for name in expected]
    assert {split: splits.count(split) for split in splits} == {"test": 106, "train": 400, "val": 100} == DATA_SETS["facades"].splits
    assert len(set(expected.values())) == 606  # no picture is listed twice


def test_every_data_set_has_its_key_as_name_and_a_direction_that_training_accepts():
    assert list(DATA_SETS) == ["facades", "maps", "cityscapes", "edges2shoes", "edges2handbags", "night2day"]
    assert all(data_set.name == name and data_set.direction in DIRECTIONS for name, data_set in DATA_SETS.items())


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path):
    assert fetch_error(ValueError, "facade", tmp_path) == (
        "there is no data set named 'facade': choose one of facades, maps, cityscapes, edges2shoes, edges2handbags, night2day"
    )


# Downloads that succeed


def test_a_data_set_arrives_complete_once_and_no_other_file_is_left(serve, tmp_path, packed, rooms, listed):
    mirror = serve(send(packed))
    for _ in range(2):  # the second fetch downloads nothing
        folder = fetch(listed, tmp_path, mirrors=[mirror.address])
        assert (folder, contents(folder)) == (tmp_path / "rooms", contents(rooms))
    assert mirror.asked == [("/rooms.tar.gz", None)]
    assert names(tmp_path) == ["rooms"]


@pytest.mark.parametrize(
    ("answers", "ranges"),
    [
        pytest.param(lambda data: [send(data, total=False)], [None], id="no length"),
        pytest.param(lambda data: [send(data, until=HALF, encoding="x-gzip"), send(data, encoding="gzip")], [None, REST], id="encoding"),
        pytest.param(lambda data: [send_compressed_if_allowed(data)], [None], id="compressing"),
        pytest.param(lambda data: [send(data, until=HALF), send(data)], [None, REST], id="broken connection"),
        pytest.param(lambda data: [send(data, until=HALF), send(data, ranges=False)], [None, REST], id="range ignored"),
    ],
)
def test_a_download_is_the_same_from_every_kind_of_server(serve, tmp_path, packed, rooms, answers, ranges):
    mirror = serve(*answers(packed))
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address], waits=[0])) == contents(rooms)
    assert mirror.asked == [("/rooms.tar.gz", asked) for asked in ranges]


def test_a_server_that_stops_sending_is_treated_as_a_broken_connection(serve, tmp_path, packed, rooms, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", (5, 0.2))
    mirror = serve(send(packed, until=HALF, stall=True), send(packed))
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address], waits=[0])) == contents(rooms)
    assert mirror.asked[1][1] == REST


def test_the_progress_of_a_download_is_shown_and_ends_its_line(serve, tmp_path, packed, capsys):
    fetch(ROOMS, tmp_path, mirrors=[serve(send(packed, until=HALF), status(503), send(packed)).address], waits=[0, 0])
    begun, continued, rest = capsys.readouterr().err.split("\n")  # no bar for the 503, which sends nothing
    assert begun.split("\r")[-1].startswith("rooms.tar.gz:  ")
    assert continued.split("\r")[-1].startswith("rooms.tar.gz from 0.1 MB: 100%")
    assert rest == ""


def test_a_later_fetch_continues_an_earlier_download(serve, tmp_path, packed, rooms):
    mirror = serve(send(packed, until=HALF), status(503), send(packed))
    assert "broke off after 150,000 bytes" in fetch_error(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[])
    assert "answers 503" in fetch_error(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[])
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address])) == contents(rooms)
    assert [asked for _, asked in mirror.asked] == [None, REST, REST]


def test_parts_from_two_hosts_are_never_joined(serve, tmp_path, packed, rooms):
    broken, other = serve(send(packed, until=HALF)), serve(send(pack(rooms, name="repacked")))
    assert contents(fetch(ROOMS, tmp_path, mirrors=[broken.address, other.address])) == contents(rooms)
    assert other.asked == [("/rooms.tar.gz", None)]
    assert names(tmp_path) == ["rooms", "rooms.tar.gz.sha256"]


def test_a_kept_part_that_is_longer_than_the_file_is_dropped(serve, tmp_path, packed, rooms):
    mirror = serve(send(packed, until=HALF), send(packed[:1000]), send(packed))
    fetch_error(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[])
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address], waits=[0])) == contents(rooms)
    assert [asked for _, asked in mirror.asked] == [None, REST, None]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(status(404), id="404"),
        pytest.param(status(204), id="204"),
        pytest.param(send(PAGE), id="a page"),
        pytest.param(say("HTTP/1.0 200 OK", "Content-Length: many", "", "text"), id="no number as length"),
        pytest.param(say("HTTP/1.0 200 OK", "Content-Length: -5", "", "text"), id="a negative length"),
        pytest.param(say("HTTP/1.0 200 OK", f"Content-Length: {'9' * 5000}", "", "text"), id="a length of 5000 digits"),
        pytest.param(say("HTTP/1.0 200 OK", f"Content-Length: {10**12}", "", "text"), id="a length of a terabyte"),
        pytest.param(say("HTTP/1.0 200 OK", "", then=without_end), id="no end"),
        pytest.param(say("HTTP/1.0 200 OK", *(f"A{i}: b" for i in range(200)), ""), id="too many headers"),
        pytest.param(say("HTTP/1.0 200 OK", "Transfer-Encoding: chunked", "", "five", "text"), id="chunks without a length"),
        pytest.param(say("HTTP/1.0 many OK", ""), id="no number as status"),
        pytest.param(say("HTTP/1.0 302 Found", ""), id="redirects without an address"),
        pytest.param(lead_to("http://["), id="redirects to a damaged address"),
        pytest.param(lead_to("https://127.0.0.1:many/"), id="redirects to no port"),
        pytest.param(lead_to("file:///etc/passwd"), id="redirects to a file"),
        pytest.param(lead_to("/rooms.tar.gz"), id="redirects to itself"),
    ],
)
def test_the_next_mirror_is_used_if_the_first_does_not_have_the_file(serve, tmp_path, packed, rooms, answer):
    first, second = serve(answer), serve(send(packed))
    assert contents(fetch(ROOMS, tmp_path, mirrors=[first.address, second.address + "/"])) == contents(rooms)
    assert len(second.asked) == 1
    assert names(tmp_path) == ["rooms", "rooms.tar.gz.sha256"]


def test_a_mirror_may_redirect_and_what_it_sends_with_that_is_not_read(serve, tmp_path, packed, rooms):
    target = serve(send(packed))
    mirror = serve(lead_to(f"{target.address}/elsewhere", then=without_end))
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address])) == contents(rooms)
    assert target.asked == [("/elsewhere", None)]


def test_a_part_that_was_not_asked_for_is_not_appended(serve, tmp_path, packed, rooms):
    other = say("HTTP/1.0 206 Partial Content", "Content-Range: bytes 0-5/6", "", "text")
    mirror = serve(send(packed, until=HALF), other, send(packed))
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address], waits=[0, 0])) == contents(rooms)
    assert [asked for _, asked in mirror.asked] == [None, REST, None]


def test_a_busy_server_is_asked_again_after_growing_waits(serve, tmp_path, packed, rooms):
    mirror = serve(status(503), status(503), send(packed))
    start = time.monotonic()
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address], waits=[0.05, 0.1, 60])) == contents(rooms)
    assert len(mirror.asked) == 3
    assert time.monotonic() - start >= 0.15


def test_mirrors_can_be_named_in_the_environment(serve, tmp_path, packed, rooms, monkeypatch):
    mirror = serve(send(packed))
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", f"http://127.0.0.1:1/nobody {mirror.address}/course")
    assert contents(fetch(ROOMS, tmp_path)) == contents(rooms)
    assert mirror.asked == [("/course/rooms.tar.gz", None)]


# Downloads that fail


def test_mirrors_that_cannot_be_reached_are_named_with_the_ways_out(tmp_path):
    sentence = fetch_error(OSError, ROOMS, tmp_path, mirrors=["http://127.0.0.1:1/a", "http://127.0.0.1:1/b"], waits=[0])
    assert sentence == (
        "rooms could not be downloaded: http://127.0.0.1:1/a/rooms.tar.gz cannot be reached; "
        "http://127.0.0.1:1/b/rooms.tar.gz cannot be reached. Repeat this later: the download continues where it stopped. "
        "Or name an archive or a folder that you have (--source); or set PIX2PIX_EDU_DATA to a folder that holds rooms or rooms.tar.gz; "
        "or set PIX2PIX_EDU_MIRROR to another address (no checksums of rooms are published, so plain http is used only if you name it); "
        "or train on drawn pairs, which need no download"
    )
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("answer", "said", "waits", "requests"),
    [
        (status(404), "rooms.tar.gz answers 404 (Not Found). Repeat", [60], 1),
        (status(503), "rooms.tar.gz answers 503 (Service Unavailable). Repeat", [0, 0, 0], 4),
        (send(PAGE), "does not send a .tar.gz archive (it begins with b'<!DOCTYPE html><')", [60], 1),
    ],
    ids=["404", "503", "a page"],
)
def test_only_a_busy_server_is_asked_again(serve, tmp_path, answer, said, waits, requests):
    mirror = serve(answer)
    assert said in fetch_error(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=waits)
    assert len(mirror.asked) == requests
    assert names(tmp_path) == []


def test_a_server_that_never_answers_times_out(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", (5, 0.1))
    sentence = fetch_error(OSError, ROOMS, tmp_path, mirrors=[serve(silence).address], waits=[0])
    assert "rooms.tar.gz does not answer in time. Repeat" in sentence
    assert names(tmp_path) == []


@pytest.mark.parametrize("address", ["nowhere", "ftp://127.0.0.1", "http://", "http://[", "http://127.0.0.1:many", "http://a b", "/home"])
def test_an_address_that_is_not_one_is_named_before_anything_is_asked(serve, tmp_path, address):
    mirror = serve(status(404))
    assert fetch_error(ValueError, ROOMS, tmp_path / "root", mirrors=[mirror.address, address]) == (
        f"{address!r} is not the address of a mirror: it must begin with https:// or http:// and name a host"
    )
    assert mirror.asked == []
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_list_of_mirrors_is_not_taken_as_the_host_of_the_paper(tmp_path, monkeypatch, value):
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", value)
    assert fetch_error(ValueError, ROOMS, tmp_path) == "PIX2PIX_EDU_MIRROR is empty: set it to the address of a mirror, or unset it"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda request: None, "broke off before it answered"),
        (say("HTTP/1.0 200 OK", "Content-Length: 9", ""), "broke off after 0 bytes"),
        (say("HTTP/1.0 200 OK", "Content-Length: 9", "", "text"), "broke off after 6 bytes"),
        (say("HTTP/1.0 200 OK", "Transfer-Encoding: chunked", "", "4", "text"), "broke off after 4 bytes"),
    ],
)
def test_a_server_that_breaks_off_early_was_reached(serve, tmp_path, answer, said):
    sentence = fetch_error(OSError, ROOMS, tmp_path, mirrors=[serve(answer).address], waits=[])
    assert f"rooms.tar.gz {said}. Repeat" in sentence


def test_a_download_without_end_is_stopped_and_removed(serve, tmp_path):
    mirror, most = serve(say("HTTP/1.0 200 OK", "", then=without_end)), 2 * 10**6 + 2**20
    sentence = fetch_error(OSError, replace(ROOMS, megabytes=1), tmp_path, mirrors=[mirror.address], waits=[60])
    assert f"rooms.tar.gz sends more than {most:,} bytes, far more than this file should have. Repeat" in sentence
    assert names(tmp_path) == []


def test_the_stated_sizes_stay_within_the_limits_even_if_a_megabyte_is_a_larger_one():
    assert all(2**20 * data_set.megabytes < fetching.GROWTH * 10**6 * data_set.megabytes for data_set in DATA_SETS.values())


def test_a_download_that_drips_is_given_up_and_kept(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "SPAN", 0.2)
    mirror, start = serve(say("HTTP/1.0 200 OK", "", then=drip)), time.monotonic()
    sentence = fetch_error(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[0])
    assert "rooms.tar.gz sends less than 4,000 bytes per second. Repeat" in sentence
    assert time.monotonic() - start < 10
    assert len(mirror.asked) == 2
    assert mirror.asked[1][1] > "bytes=1"


def test_an_answer_that_drips_before_it_begins_is_given_up(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", (0.1, 0.1))
    mirror, start = serve(say("HTTP/1.0 200 OK", then=drip)), time.monotonic()
    assert "does not answer in time" in fetch_error(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[])
    assert time.monotonic() - start < 10


def test_a_slow_line_may_take_many_times_the_span(serve, tmp_path, packed, rooms, monkeypatch):
    monkeypatch.setattr(downloads, "SPAN", 0.03)
    assert contents(fetch(ROOMS, tmp_path, mirrors=[serve(send_slowly(packed)).address], waits=[])) == contents(rooms)


@pytest.fixture
def paper_host(serve, packed, monkeypatch):
    """The two addresses of the paper's host, of which only the one on plain http works."""
    insecure = serve(send(packed))
    monkeypatch.setattr(fetching, "MIRRORS", (serve(send(packed), secure=True).address, insecure.address))
    return insecure


def test_plain_http_is_not_asked_for_a_set_without_checksums_unless_you_name_it(paper_host, tmp_path, rooms, monkeypatch):
    sentence = fetch_error(OSError, ROOMS, tmp_path, waits=[60])
    assert "offers no secure connection. Repeat" in sentence
    assert "no checksums of rooms are published, so plain http is used only if you name it" in sentence
    assert paper_host.asked == []
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", paper_host.address)
    assert contents(fetch(ROOMS, tmp_path)) == contents(rooms)


def test_plain_http_is_asked_for_a_set_whose_every_picture_has_a_checksum(paper_host, tmp_path, rooms, listed):
    assert contents(fetch(listed, tmp_path)) == contents(rooms)
    assert len(paper_host.asked) == 1


def test_a_secure_mirror_may_not_lead_to_plain_http(serve, tmp_path, packed, rooms, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    insecure = serve(send(packed))
    secure = serve(lead_to(insecure.address), lead_to("/other"), send(packed), secure=True)
    sentence = fetch_error(OSError, ROOMS, tmp_path, mirrors=[secure.address], waits=[60])
    assert "rooms.tar.gz leads from a secure to an insecure connection" in sentence
    assert insecure.asked == []
    assert contents(fetch(ROOMS, tmp_path, mirrors=[secure.address])) == contents(rooms)


def test_a_server_without_https_is_not_asked_again(serve, tmp_path, packed):
    address = serve(send(packed)).address.replace("http", "https")
    assert "offers no secure connection" in fetch_error(OSError, ROOMS, tmp_path, mirrors=[address], waits=[60])


def test_a_server_that_promises_more_than_it_sends_is_given_up(serve, tmp_path, packed):
    mirror = serve(send(packed, ranges=False, until=-1))
    assert "broke off after" in fetch_error(OSError, ROOMS, tmp_path, mirrors=[mirror.address], waits=[0])
    assert not (tmp_path / "rooms").exists()


def test_a_truncated_file_is_detected_and_removed(serve, tmp_path, packed):
    for answer in (send(packed[:HALF]), send(packed, until=HALF, total=False)):  # cut on the server, or on the way without a length
        sentence = fetch_error(ValueError, ROOMS, tmp_path, mirrors=[serve(answer).address])
        assert sentence.startswith("the download is not rooms and was removed: it is not a .tar.gz archive, or it is damaged (")
        assert names(tmp_path) == []


def test_a_downloaded_archive_with_one_changed_byte_in_a_picture_is_removed(serve, tmp_path, rooms, listed):
    shutil.copytree(rooms, tmp_path / "rooms")
    flip_a_byte(tmp_path / "rooms" / "train" / "001.png")
    sentence = fetch_error(ValueError, listed, tmp_path / "root", mirrors=[serve(send(pack(tmp_path / "rooms"))).address])
    assert sentence == ("the download is not rooms and was removed: of its 5 pictures, 1 changed (train/001.png); another mirror may help")
    assert names(tmp_path / "root") == []


def test_a_disk_that_is_too_small_is_detected_before_the_download(serve, tmp_path, packed):
    mirror = serve(send(packed))
    sentence = fetch_error(OSError, replace(ROOMS, megabytes=10**12), tmp_path, mirrors=[mirror.address])
    assert sentence.startswith(f"rooms needs some 2000000000000 MB below {tmp_path}, packed and unpacked, and ")
    assert sentence.endswith(" MB are free: free some space or choose another root")
    assert mirror.asked == []


@contextmanager
def files_no_larger_than(size):
    """Let the file system refuse larger files, as a full one would."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_named_and_the_download_continues_when_there_is_room(serve, tmp_path, packed, rooms):
    mirror = serve(send(packed))
    with files_no_larger_than(100_000):
        sentence = fetch_error(OSError, ROOMS, tmp_path, mirrors=[mirror.address])
    assert sentence == (
        f"rooms could not be fetched ([Errno 27] File too large): free some space below {tmp_path} or choose another root, and repeat this"
    )
    assert not (tmp_path / "rooms").exists()
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address])) == contents(rooms)
    assert mirror.asked[1][1] == "bytes=100000-"


def test_a_disk_that_fills_up_while_unpacking_costs_no_second_download(serve, tmp_path):
    mirror = serve(send(pack_members(("train/a.bmp", bitmap()), ("val/a.bmp", bitmap()))))
    with files_no_larger_than(100_000):
        sentence = fetch_error(OSError, ROOMS, tmp_path, mirrors=[mirror.address])
    assert sentence == (
        f"rooms could not be fetched ([Errno 27] File too large): free some space below {tmp_path} or choose another root, and repeat this"
    )
    assert names(tmp_path) == [".rooms.tar.gz"]
    assert sorted(contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address]))) == ["train/a.bmp", "val/a.bmp"]
    assert len(mirror.asked) == 1


@contextmanager
def as_nobody():
    """Root may read and write everything: for a while, the test is not root."""
    user, tests_are_root = pwd.getpwnam("nobody").pw_uid, not os.geteuid()
    if tests_are_root:
        os.seteuid(user)
    try:
        yield
    finally:
        if tests_are_root:
            os.seteuid(0)


@pytest.fixture
def open_path():
    """A temporary folder that every user may enter."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_a_root_without_permission_is_named_as_such(open_path, packed, serve):
    (open_path / "root").mkdir(mode=0o555)
    mirror = serve(send(packed))
    with as_nobody():
        sentence = fetch_error(OSError, ROOMS, open_path / "root", mirrors=[mirror.address])
    assert sentence.startswith("rooms could not be fetched ([Errno 13] Permission denied: ")
    assert sentence.endswith("): get the permission, or use another root or another copy")
    assert mirror.asked == []


@pytest.mark.parametrize("unreadable", ["rooms/val/001.png", "rooms/val"])
@pytest.mark.parametrize("has_checksums", [False, True])
def test_a_copy_without_permission_is_not_called_incomplete(open_path, rooms, listed, unreadable, has_checksums):
    manifest = shutil.copy(listed.manifest, open_path) if has_checksums else None
    data_set = replace(ROOMS, manifest=manifest and Path(manifest))
    shutil.copytree(rooms, open_path / "rooms")
    fetch(data_set, open_path)
    (open_path / unreadable).chmod(0)
    with as_nobody():
        sentence = fetch_error(OSError, data_set, open_path)
    assert sentence.startswith(f"rooms could not be fetched ([Errno 13] Permission denied: '{open_path}/rooms/val")
    assert sentence.endswith("): get the permission, or use another root or another copy")
    (open_path / unreadable).chmod(0o755)
    assert fetch(data_set, open_path) == open_path / "rooms"


FETCH = "import sys; from pix2pix_edu.photos.fetch import fetch; fetch('night2day', sys.argv[1], sys.argv[2] or None)"


def start_and_wait_until(ready, *arguments):
    process = subprocess.Popen([sys.executable, "-c", FETCH, *map(str, arguments)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not ready():
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return process


def start_and_kill_when(ready, *arguments):
    process = start_and_wait_until(ready, *arguments)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def night2day(folder, rooms):
    for split in ("train", "val", "test"):
        shutil.copytree(rooms / "val", folder / "night2day" / split)
    return pack(folder / "night2day", "night2day")


def test_a_killed_download_continues_when_it_is_repeated(serve, tmp_path, rooms, monkeypatch):
    data = night2day(tmp_path / "made", rooms)
    mirror = serve(send(data, until=HALF, stall=True), send(data))
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", mirror.address)
    root = tmp_path / "root"
    start_and_kill_when(lambda: any(file.stat().st_size for file in root.glob(".*.part")), root, "")
    assert not (root / "night2day").exists()
    kept = next(root.glob(".*.part")).stat().st_size
    assert contents(fetch("night2day", root)) == contents(tmp_path / "made" / "night2day")
    assert mirror.asked == [("/night2day.tar.gz", None), ("/night2day.tar.gz", f"bytes={kept}-")]
    assert names(root) == ["night2day", "night2day.tar.gz.sha256"]


def test_a_fetch_killed_while_unpacking_leaves_no_incomplete_folder_of_the_final_name(tmp_path, rooms):
    root, many = tmp_path / "root", tmp_path / "night2day.tar.gz"
    many.write_bytes(pack_members(*((f"train/{index}.png", os.urandom(600)) for index in range(10_000))))
    unfinished = root / ".night2day.unpacking"
    start_and_kill_when(lambda: (unfinished / "train" / "1.png").exists(), root, many)
    assert not (root / "night2day").exists()
    many.write_bytes(night2day(tmp_path / "made", rooms))
    assert contents(fetch("night2day", root, many)) == contents(tmp_path / "made" / "night2day")
    assert not unfinished.exists()


def test_of_two_fetches_at_once_the_second_names_the_first(serve, tmp_path, rooms, monkeypatch):
    data = night2day(tmp_path / "made", rooms)
    mirror = serve(lambda request: send(data, until=HALF, stall=True)(request) or request.wfile.write(data[HALF:]))
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", mirror.address)
    root = tmp_path / "root"
    first = start_and_wait_until(lambda: any(file.stat().st_size for file in root.glob(".*.part")), root, "")
    (tmp_path / "given.tar.gz").write_bytes(data)
    for source in (None, tmp_path / "given.tar.gz"):
        sentence = fetch_error(ValueError, "night2day", root, source)
        assert sentence.startswith(f"{root / 'night2day'} is in use by process {first.pid} on ")
        assert sentence.endswith(": wait until that has ended, or stop it, and repeat this")
    mirror.released.set()
    assert first.wait(60) == 0
    assert contents(fetch("night2day", root)) == contents(tmp_path / "made" / "night2day")
    assert len(mirror.asked) == 1


# Archives that cannot be trusted


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([("train", b"a"), ("train/b.png", b"b")], "its member 'train/b.png' is below a file or replaces one"),
        ([("train", b"a"), ("train/b/c.png", b"b")], "its member 'train/b/c.png' is below a file or replaces one"),
        ([("train", b"a"), entry("train", tarfile.DIRTYPE)], "its member 'train' is below a file or replaces one"),
        ([("train/a.png", b"a"), ("train", b"b")], "its member 'train' replaces a folder"),
        ([(".", b"a")], "its member '.' has a name under which not every system can write a file"),
        ([("", b"a")], "its member '' has a name under which not every system can write a file"),
        ([("a" * 300, b"a")], f"its member '{'a' * 40}' has a name under which not every system can write a file"),
        ([("a/" * 2000 + "b", b"a")], f"its member '{'a/' * 20}' has a name under which not every system can write a file"),
        ([("train/\x1b[2J.png", b"a")], "its member 'train/\\x1b[2J.png' has a name under which not every system can write a file"),
        ([("train/\udcff.png", b"a")], "its member 'train/\\udcff.png' has a name under which not every system can write a file"),
    ],
)
def test_members_that_cannot_be_written_are_the_fault_of_the_archive(serve, tmp_path, packed, rooms, members, said):
    bad, good = serve(send(pack_members(*members))), serve(send(packed))
    assert fetch_error(ValueError, ROOMS, tmp_path, mirrors=[bad.address]) == (
        f"the download is not rooms and was removed: {said}; another mirror may help"
    )
    assert names(tmp_path) == []
    assert contents(fetch(ROOMS, tmp_path, mirrors=[good.address])) == contents(rooms)


def test_a_long_row_of_headers_for_one_member_is_refused(tmp_path):
    data = gzip.compress(entry("a", tarfile.XGLTYPE).tobuf(tarfile.GNU_FORMAT) * 2000)
    assert "it is not a .tar.gz archive, or it is damaged (" in archive_error(tmp_path, data)


def test_a_list_of_holes_that_breaks_off_is_refused(tmp_path):
    block = bytearray(entry("a", tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT))
    block[482] = 1  # the list goes on in the next block, which is not there
    block[148:156] = b"%06o\0 " % (8 * ord(" ") + sum(block[:148]) + sum(block[156:]))
    assert "it is not a .tar.gz archive, or it is damaged (" in archive_error(tmp_path, gzip.compress(bytes(block)))


def test_of_a_name_of_a_thousand_letters_only_the_first_are_told(tmp_path):
    sentence = archive_error(tmp_path, pack_members(("../" + 1000 * "x", b"out")))
    assert f"its member '../{37 * 'x'}' would be written outside the folder" in sentence


@pytest.mark.parametrize("name", ["../escaped.png", "rooms/../../escaped.png", "/escaped.png", "C:/escaped.png", "..\\escaped.png"])
def test_a_member_outside_the_folder_is_refused_by_name(tmp_path, name):
    assert archive_error(tmp_path, pack_members((name, b"out"))) == (
        f"{tmp_path / 'given.tar.gz'} is not a valid copy of rooms: its member {name!r} would be written outside the folder; "
        "use another copy, or remove this one"
    )


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE])
@pytest.mark.parametrize("target", ["../../escaped", "../../given.tar.gz", "/etc/passwd", "train", ""])
def test_links_and_devices_are_refused_by_name(tmp_path, kind, target):
    sentence = archive_error(tmp_path, pack_members(entry("rooms/train", kind, target=target), ("rooms/train/a.png", b"out")))
    assert "its member 'rooms/train' is a link, a device or something else that is not a picture" in sentence


def header(kind, size):
    """The header of a member, whose content does not follow."""
    return entry("rooms/train/a.png", kind, size).tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda _: gzip.compress(header(tarfile.REGTYPE, 10**15) + bytes(10_000)), id="a claim to be huge"),
        pytest.param(lambda _: pack_members(*((f"train/{i}.png", bytes(10**6)) for i in range(30))), id="thirty million zeros"),
        # A long name, which tarfile would read into memory at once.
        pytest.param(lambda _: gzip.compress(header(tarfile.XHDTYPE, 10**9) + bytes(10**7)), id="a huge header"),
        pytest.param(lambda packed: packed + gzip.compress(bytes(10**7)), id="zeros after the last file"),
    ],
)
def test_an_archive_that_unpacks_to_far_more_than_its_size_is_stopped(tmp_path, packed, make):
    data, start = make(packed), time.monotonic()
    sentence = archive_error(tmp_path, data)
    assert f"it unpacks to more than {4 * len(data) + 2**20:,} bytes, far more than pictures do; use" in sentence
    assert time.monotonic() - start < 5


def test_an_archive_of_far_too_many_files_is_stopped(tmp_path):
    data = pack_members(*((f"train/{index}.png", os.urandom(600)) for index in range(200)))
    assert "it contains more than 110 files, far more than this data set" in archive_error(tmp_path, data)


def test_an_archive_with_only_a_wrong_checksum_is_refused(tmp_path, packed):
    damaged = bytearray(packed)
    damaged[-8] ^= 1  # gzip keeps the checksum of everything in its last eight bytes
    assert "or it is damaged (CRC check failed" in archive_error(tmp_path, bytes(damaged))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 something", gzip.compress(b"a letter, not a tar archive" * 100, mtime=0)])
def test_a_file_that_is_not_an_archive_is_refused(tmp_path, data):
    assert "given.tar.gz is not a valid copy of rooms: " in archive_error(tmp_path, data)


# Your own archives and folders


def test_an_archive_packed_again_with_the_same_pictures_is_accepted(tmp_path, rooms, listed):
    for number, name in enumerate(("rooms", "My rooms", ".")):
        (tmp_path / "given.tar.gz").write_bytes(pack(rooms, name))
        assert contents(fetch(listed, tmp_path / str(number), tmp_path / "given.tar.gz")) == contents(rooms)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "val" / "000.png").unlink(), "1 missing (val/000.png); use"),
        (lambda folder: shutil.copy(folder / "val" / "000.png", folder / "val" / "x.png"), "1 too many (val/x.png); use"),
        (lambda folder: flip_a_byte(folder / "train" / "000.png"), "1 changed (train/000.png)"),
        (lambda folder: shutil.rmtree(folder / "val"), "it has no folder val (the set has train, val); use"),
    ],
)
def test_a_set_that_differs_from_its_manifest_is_refused_with_the_names(tmp_path, rooms, listed, change, said):
    shutil.copytree(rooms, tmp_path / "made" / "rooms")
    change(tmp_path / "made" / "rooms")
    assert said in fetch_error(ValueError, listed, tmp_path / "root", tmp_path / "made")
    (tmp_path / "archive").mkdir()
    assert said in archive_error(tmp_path / "archive", pack(tmp_path / "made" / "rooms"), listed)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("train/a.png", b"no picture", "its file train/a.png is not a complete picture"),
        ("train/a.bmp", bitmap()[:300_000], "its file train/a.bmp is not a complete picture"),
        ("train/a.bmp", bitmap(256), "its picture train/a.bmp is 256 x 256, not two squares side by side"),
        ("train/a.bmp", bitmap()[:30] + b"\xff" * 100, "its file train/a.bmp is not a complete picture"),
        ("train/a.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 2 1\n", "its file train/a.png is not a complete picture"),
        ("train/a.png", png(20_000, 10_000), "its picture train/a.png is too large: it has more than 178,956,970 pixels"),
        ("train/readme.txt", b"empty", "its folder train contains no pictures"),
        ("train/._a.bmp", bitmap(), "its folder train contains no pictures"),
        ("train/deeper/a.bmp", bitmap(), "its folder train contains no pictures"),
        ("trainA/a.bmp", bitmap(), "it has no folder train (the set has train, val)"),
    ],
)
def test_a_set_without_checksums_must_at_least_have_pairs_in_every_split(tmp_path, name, data, said):
    assert said in archive_error(tmp_path, pack_members((name, data), ("val/a.bmp", bitmap())))


def test_later_archives_of_a_set_without_checksums_must_equal_the_first(tmp_path, packed, rooms):
    (tmp_path / "rooms.tar.gz").write_bytes(packed)
    folder = fetch(ROOMS, tmp_path / "root", tmp_path / "rooms.tar.gz")
    record = tmp_path / "root" / "rooms.tar.gz.sha256"
    assert record.read_text() == f"{hashlib.sha256(packed).hexdigest()}  rooms.tar.gz\n"
    assert fetch(ROOMS, tmp_path / "root", tmp_path / "rooms.tar.gz") == folder
    (tmp_path / "rooms.tar.gz").write_bytes(pack(rooms, name="other"))
    for _ in range(2):
        assert fetch_error(ValueError, ROOMS, tmp_path / "root", tmp_path / "rooms.tar.gz") == (
            f"{tmp_path / 'rooms.tar.gz'} is not a valid copy of rooms: it differs from the archive that was fetched before; "
            f"if you trust this one, remove {record}; use another copy, or remove this one"
        )
        shutil.rmtree(folder, ignore_errors=True)
    record.unlink()
    assert contents(fetch(ROOMS, tmp_path / "root", tmp_path / "rooms.tar.gz")) == contents(rooms)


def test_your_own_folder_is_used_where_it_is(tmp_path, rooms):
    assert fetch(ROOMS, tmp_path, rooms) == rooms
    assert fetch(ROOMS, tmp_path, rooms.parent) == rooms
    assert names(tmp_path) == []


@pytest.mark.parametrize("as_archive", [True, False])
def test_a_shared_folder_named_in_the_environment_replaces_the_download(serve, tmp_path, packed, rooms, monkeypatch, as_archive):
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


def test_a_shared_folder_without_the_set_does_not_prevent_the_download(serve, tmp_path, packed, rooms, monkeypatch):
    monkeypatch.setenv("PIX2PIX_EDU_DATA", str(tmp_path))
    assert contents(fetch(ROOMS, tmp_path / "root", mirrors=[serve(send(packed)).address])) == contents(rooms)


@pytest.mark.parametrize("has_checksums", [False, True])
def test_what_systems_leave_in_folders_is_not_taken_for_pictures(tmp_path, rooms, listed, has_checksums):
    folder = shutil.copytree(rooms, tmp_path / "rooms")
    for name in ("._000.png", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (folder / "train" / name).write_bytes(b"no picture")
    assert fetch(listed if has_checksums else ROOMS, tmp_path) == folder


@pytest.mark.parametrize("has_checksums", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(os.mkfifo, id="pipe"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), id="device"),
        pytest.param(lambda path: path.symlink_to("nothing"), id="broken link"),
        pytest.param(lambda path: path.mkdir(), id="folder"),
    ],
)
def test_only_regular_files_are_read_as_pictures(tmp_path, rooms, listed, make, has_checksums):
    folder = shutil.copytree(rooms, tmp_path / "rooms")
    (folder / "train" / "001.png").unlink()
    make(folder / "train" / "001.png")
    assert fetch_error(ValueError, listed if has_checksums else ROOMS, tmp_path) == (
        f"{folder} is not a valid copy of rooms: its train/001.png is not a regular file; use another copy, or remove this one"
    )


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_only_regular_files_are_read_as_archives(serve, tmp_path, packed, rooms, make):
    root, given = tmp_path / "root", tmp_path / "rooms.tar.gz"
    root.mkdir()
    make(given)
    for source in (given, tmp_path):
        assert f"{given} is not a valid copy of rooms: it is not a folder or a regular file" in fetch_error(ValueError, ROOMS, root, source)
    make(root / ".rooms.tar.gz")
    assert contents(fetch(ROOMS, root, mirrors=[serve(send(packed)).address])) == contents(rooms)


def test_an_empty_path_is_refused(tmp_path):
    assert fetch_error(ValueError, ROOMS, tmp_path, "") == "the source is empty: name a folder, or leave it out"
    assert fetch_error(ValueError, ROOMS, "") == "the root is empty: name a folder, or leave it out"


def test_a_damaged_record_does_not_cost_the_download(serve, tmp_path, packed, rooms):
    record = tmp_path / "rooms.tar.gz.sha256"
    record.write_bytes(b"\xff\xfe")
    mirror = serve(send(packed))
    assert fetch_error(ValueError, ROOMS, tmp_path, mirrors=[mirror.address]) == (
        f"the download cannot be used: it differs from the archive that was fetched before; if you trust this one, remove {record}"
    )
    record.unlink()
    assert contents(fetch(ROOMS, tmp_path, mirrors=[mirror.address])) == contents(rooms)
    assert len(mirror.asked) == 1


def test_a_source_that_does_not_exist_is_named(tmp_path):
    assert fetch_error(ValueError, ROOMS, tmp_path, tmp_path / "nothing") == (
        f"{tmp_path / 'nothing'} does not exist: name a folder or a .tar.gz archive of rooms"
    )


def test_a_fetched_folder_that_was_damaged_later_is_detected(tmp_path, packed, listed):
    (tmp_path / "given.tar.gz").write_bytes(packed)
    folder = fetch(listed, tmp_path, tmp_path / "given.tar.gz")
    flip_a_byte(folder / "train" / "000.png")
    for source in (None, tmp_path / "given.tar.gz"):
        assert fetch_error(ValueError, listed, tmp_path, source) == (
            f"{folder} is not a valid copy of rooms: of its 5 pictures, 1 changed (train/000.png); use another copy, or remove this one"
        )


# The command


def test_fetch_without_a_name_lists_the_data_sets_and_the_generators_apart(monkeypatch, capsys):
    call(monkeypatch, "fetch")
    sets, generators = ([line.split() for line in part.splitlines()] for part in capsys.readouterr().out.split("\n\n"))
    assert [words[0] for words in sets] == ["Data", "name", *DATA_SETS]
    assert [words[:2] for words in generators[1:]] == [["name", "MB"], *([f"{name}.pth", "218"] for name in GENERATORS)]
    assert " ".join(generators[2]).endswith("labels -> photo of a facade")
    assert all(word in " ".join(sets[2]) for word in ("facades", "606", "30", "right_to_left", "none stated; its makers ask to be cited"))


def test_the_command_prints_how_to_train_on_what_it_fetched(serve, monkeypatch, tmp_path, rooms, capsys):
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", serve(send(pack(rooms, name="maps"))).address)
    monkeypatch.chdir(tmp_path)
    call(monkeypatch, "fetch", "maps")
    assert capsys.readouterr().out.splitlines() == [
        "data_sets/maps is ready: 3 train, 2 val pairs (the complete data set has 2194), map -> aerial photo. "
        "Train on it: python -m pix2pix_edu train runs/maps --pairs data_sets/maps --direction right_to_left",
        "Checked: no checksums are published; every picture has the size of two squares side by side, and the first and the last of each "
        "folder are complete.",
        "Licence: pictures from Google Maps, under its terms: for study only. "
        "Cite: P. Isola et al.: Image-to-Image Translation with Conditional Adversarial Networks, CVPR 2017.",
    ]


def test_the_printed_train_command_trains(monkeypatch, tmp_path, rooms, capsys):
    (tmp_path / "maps.tar.gz").write_bytes(pack(rooms))
    monkeypatch.chdir(tmp_path)
    call(monkeypatch, "fetch", "maps", "--root", "my sets", "--source", "maps.tar.gz")
    words = shlex.split(capsys.readouterr().out.splitlines()[0].partition("-m pix2pix_edu ")[2])
    call(monkeypatch, *words, "--size", "32", "--depth", "3", "--width", "4", "--steps", "2", "--batch-size", "2")
    assert (tmp_path / "runs" / "maps" / "checkpoint.pt").is_file()


def test_a_failure_is_one_sentence_on_the_command_line(serve, monkeypatch, tmp_path):
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", serve(status(404)).address)
    sentence = refusal(monkeypatch, "fetch", "maps", "--root", tmp_path)
    assert sentence.startswith("fetch: maps could not be downloaded: http://127.0.0.1:")
    assert "\n" not in sentence


@pytest.mark.parametrize("option", ["--source", "--root"])
def test_an_empty_path_on_the_command_line_is_refused(monkeypatch, tmp_path, option):
    monkeypatch.chdir(tmp_path)
    assert refusal(monkeypatch, "fetch", "maps", option, "") == f"fetch: the {option[2:]} is empty: name a folder, or leave it out"
    assert list(tmp_path.iterdir()) == []
