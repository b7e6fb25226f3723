import hashlib
import io
import os
import pickle
import shlex
import struct
import subprocess
import sys
import time
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import reference
import torch
from command_line import call, refusal
from loopback import lead_to, say, send, serving, status, without_end
from PIL import Image
from repository import ROOT

from pix2pix_edu.generator import Generator
from pix2pix_edu.images import open_image
from pix2pix_edu.photos.catalogue import DATA_SETS
from pix2pix_edu.weights import published_generators as published
from pix2pix_edu.weights.fitting import expected_shapes
from pix2pix_edu.weights.published_generators import fetch_generator
from pix2pix_edu.weights.reference import generator_state

pytestmark = pytest.mark.fault

HALF = 150_000  # bytes after which a connection breaks
RECORD = next(record for record in reference.RECORD["generators"] if record["size"] == 256)
PAPER_HOST = "https://efrosgans.eecs.berkeley.edu/pix2pix/models-pytorch"


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("PIX2PIX_EDU_DATA", raising=False)
    monkeypatch.delenv("PIX2PIX_EDU_MIRROR", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def serve():
    with serving() as start:
        yield start


def in_a_file(state, zipped=True):
    buffer = io.BytesIO()
    torch.save(state, buffer, _use_new_zipfile_serialization=zipped)
    return buffer.getvalue()


class Written(pickle.Pickler):
    """Writes tensors as torch did in 2017, when the first of these generators were published."""

    def __init__(self, file):
        super().__init__(file, protocol=2)
        self.values = {}

    def persistent_id(self, thing):
        if isinstance(thing, Values):
            key = str(len(self.values))
            self.values[key] = thing.tensor
            return "storage", torch.FloatStorage, key, "cpu", thing.tensor.numel(), None
        return None


class Values:
    def __init__(self, tensor):
        self.tensor = tensor


class Old:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return torch._utils._rebuild_tensor, (Values(self.tensor), 0, tuple(self.tensor.shape), self.tensor.stride())


def as_in_2017(state):
    file = io.BytesIO()
    for part in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}):
        pickle.dump(part, file, 2)
    pickler = Written(file)
    pickler.dump(OrderedDict((key, Old(value)) for key, value in state.items() if not key.endswith("num_batches_tracked")))
    pickle.dump(list(pickler.values), file, 2)
    for tensor in pickler.values.values():
        file.write(struct.pack("<q", tensor.numel()) + tensor.numpy().tobytes())
    return file.getvalue()


@pytest.fixture(scope="module")
def weights():
    """A small generator as the reference would save it."""
    torch.manual_seed(0)
    return in_a_file(generator_state(Generator(depth=8, width=4)))


@pytest.fixture(scope="module")
def other():
    torch.manual_seed(1)
    return in_a_file(generator_state(Generator(depth=8, width=4)))


def fetch_error(kind, *arguments, **settings):
    """The message of the error, which must be one sentence."""
    with pytest.raises(kind) as caught:
        fetch_generator(*arguments, **settings)
    assert "\n" not in str(caught.value)
    assert ". " not in str(caught.value)
    return str(caught.value)


def names(folder="generators"):
    return sorted(file.name for file in Path(folder).iterdir())


def note_for(data):
    return f"{hashlib.sha256(data).hexdigest()}  sat2map.pth\n"


# Downloads


def test_a_generator_arrives_once_with_its_checksum_noted_beside_it(serve, weights):
    mirror = serve(send(weights))
    files = [fetch_generator(name, mirrors=[mirror.address]).stat().st_ino for name in ("sat2map", "sat2map.pth")]
    assert files[0] == files[1]  # the second fetch neither downloads nor copies
    assert mirror.asked == [("/sat2map.pth", None)]
    assert Path("generators/sat2map.pth").read_bytes() == weights
    assert Path("generators/sat2map.pth.sha256").read_text() == note_for(weights)
    assert names() == ["sat2map.pth", "sat2map.pth.sha256"]


def test_a_download_that_broke_off_is_continued(serve, weights):
    mirror = serve(send(weights, until=HALF), status(503), send(weights))
    assert "broke off after 150,000 bytes" in fetch_error(OSError, "sat2map", mirrors=[mirror.address], waits=[])
    assert fetch_generator("sat2map", mirrors=[mirror.address], waits=[0]).read_bytes() == weights
    assert [asked for _, asked in mirror.asked] == [None, f"bytes={HALF}-", f"bytes={HALF}-"]
    assert names() == ["sat2map.pth", "sat2map.pth.sha256"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(status(404), "sat2map.pth answers 404 (Not Found)", id="404"),
        pytest.param(send(b"<!DOCTYPE html>"), "does not send a weight file (it begins with b'<!DOCTYPE html>')", id="a page"),
        pytest.param(send(b"\x1f\x8b archive"), "does not send a weight file", id="an archive"),
    ],
)
def test_a_server_without_the_file_is_named_in_one_sentence_and_nothing_is_left(serve, answer, said):
    mirror = serve(answer)
    assert said in fetch_error(OSError, "sat2map", mirrors=[mirror.address], waits=[60])
    assert names() == []
    assert len(mirror.asked) == 1


def test_a_download_without_end_is_stopped_and_removed(serve, monkeypatch):
    monkeypatch.setattr(published, "MEGABYTES", 0)
    mirror = serve(say("HTTP/1.0 200 OK", "", then=without_end))
    sentence = fetch_error(OSError, "sat2map", mirrors=[mirror.address], waits=[60])
    assert "sends more than 1,048,576 bytes, far more than this file should have" in sentence
    assert names() == []


def test_the_listed_size_is_that_of_the_papers_u_net():
    floats = sum(shape.numel() for shape in expected_shapes(Generator, {}).values())
    assert pytest.approx(4 * floats, rel=0.005) == published.MEGABYTES * 10**6


def test_a_disk_that_is_too_small_is_found_before_the_download(serve, weights, monkeypatch):
    monkeypatch.setattr(published, "MEGABYTES", 10**12)
    mirror = serve(send(weights))
    assert "sat2map.pth needs some 1000000000000 MB below generators, and " in fetch_error(OSError, "sat2map", mirrors=[mirror.address])
    assert mirror.asked == []


def test_without_a_connection_one_sentence_names_the_ways_out(monkeypatch):
    monkeypatch.setattr(published, "MIRRORS", ("https://127.0.0.1:1/models-pytorch",))
    assert fetch_error(OSError, "sat2map", waits=[]) == (
        "sat2map.pth could not be downloaded (https://127.0.0.1:1/models-pytorch/sat2map.pth cannot be reached): repeat this later, and "
        "the download continues where it stopped; or name a file that you have (--source); or set PIX2PIX_EDU_DATA to a folder that holds "
        "sat2map.pth, or PIX2PIX_EDU_MIRROR to another address (no checksums are published, so plain http is used only if you name it)"
    )
    assert names() == []


def test_plain_http_is_asked_only_if_you_name_it(serve, weights, monkeypatch):
    assert published.MIRRORS == (PAPER_HOST,)
    mirror = serve(send(weights))
    monkeypatch.setattr(published, "MIRRORS", (mirror.address.replace("http", "https"),))
    assert "offers no secure connection" in fetch_error(OSError, "sat2map", waits=[60])
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", f"{mirror.address}/course")
    fetch_generator("sat2map")
    assert ("/course/sat2map.pth", None) in mirror.asked


def test_a_secure_host_may_not_lead_to_plain_http(serve, weights, monkeypatch):
    insecure = serve(send(weights))
    secure = serve(lead_to(insecure.address), secure=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Path(reference.__file__).with_name("loopback.pem")))
    monkeypatch.setattr(published, "MIRRORS", (secure.address,))
    assert "leads from a secure to an insecure connection" in fetch_error(OSError, "sat2map", waits=[60])
    assert insecure.asked == []


def test_of_two_fetches_at_once_the_second_names_the_first_and_waits_for_nothing(serve, weights, monkeypatch):
    mirror = serve(lambda request: send(weights, until=HALF, stall=True)(request) or request.wfile.write(weights[HALF:]))
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", mirror.address)
    command = [sys.executable, "-m", "pix2pix_edu", "fetch", "sat2map"]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as first:
        deadline = time.monotonic() + 60
        while not any(file.stat().st_size for file in Path().glob("generators/.*.part")):
            assert first.poll() is None, "it ended too early"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        sentence = fetch_error(ValueError, "sat2map")
        assert sentence.startswith(f"generators/sat2map.pth is in use by process {first.pid} on ")
        mirror.released.set()
        assert first.wait(60) == 0
    assert fetch_generator("sat2map").read_bytes() == weights
    assert len(mirror.asked) == 1


# Files that cannot be trusted


class Boom:
    def __reduce__(self):
        return Path.touch, (Path("pwned"),)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(in_a_file({"model.model.0.weight": Boom()}), "nothing in it was run", id="code"),
        pytest.param(pickle.dumps({"model.model.0.weight": Boom()}, 2), "nothing in it was run", id="code of old"),
        pytest.param(in_a_file({"weight": torch.zeros(9)}), "these are not the weights of a reference U-Net generator", id="others"),
        pytest.param(b"\x80\x02cut", "is damaged or is not a plain weight file", id="cut"),
    ],
)
def test_a_download_that_is_no_generator_is_removed_and_not_noted(serve, data, said):
    sentence = fetch_error(ValueError, "sat2map", mirrors=[serve(send(data)).address])
    assert sentence.startswith("the download is not sat2map.pth and was removed: ")
    assert said in sentence
    assert names() == []
    assert not Path("pwned").exists()


def test_a_file_cut_on_the_server_is_removed(serve, weights):
    assert "was removed" in fetch_error(ValueError, "sat2map", mirrors=[serve(send(weights[: len(weights) // 2])).address])
    assert names() == []


def test_a_later_download_must_be_the_first_file_until_you_remove_the_note(serve, weights, other):
    fetch_generator("sat2map", mirrors=[serve(send(weights)).address]).unlink()
    mirror = serve(send(other))
    for _ in range(2):  # what was downloaded is kept: you may trust it
        assert fetch_error(ValueError, "sat2map", mirrors=[mirror.address]) == (
            "generators/.sat2map.pth is not the file that was fetched first: if you trust this one, remove generators/sat2map.pth.sha256; "
            "if not, remove this one or name another copy; then repeat this"
        )
    assert names() == [".sat2map.pth", "sat2map.pth.sha256"]
    Path("generators/sat2map.pth.sha256").unlink()
    assert fetch_generator("sat2map", mirrors=[mirror.address]).read_bytes() == other
    assert Path("generators/sat2map.pth.sha256").read_text() == note_for(other)
    assert len(mirror.asked) == 1


def test_a_file_that_changed_after_it_was_fetched_is_not_used(monkeypatch, weights, other, tmp_path):
    (tmp_path / "mine.pth").write_bytes(weights)
    file = fetch_generator("sat2map", source="mine.pth")
    file.write_bytes(other)
    said = "generators/sat2map.pth is not the file that was fetched first"
    assert said in fetch_error(ValueError, "sat2map")
    for generator in ("sat2map", "generators/sat2map.pth"):
        assert said in refusal(monkeypatch, "translate", generator, ".", "out")


# Your own files


def test_a_file_that_you_have_is_copied_and_noted(weights, tmp_path, monkeypatch):
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "sat2map.pth").write_bytes(weights)
    monkeypatch.setenv("PIX2PIX_EDU_DATA", str(shared))
    for root, source in (("a", shared / "sat2map.pth"), ("b", shared), ("c", None)):
        assert fetch_generator("sat2map", root, source).read_bytes() == weights
        assert names(root) == ["sat2map.pth", "sat2map.pth.sha256"]
    assert names(shared) == ["sat2map.pth"]


def test_your_own_file_that_differs_from_the_first_replaces_nothing(weights, other, tmp_path):
    (tmp_path / "mine.pth").write_bytes(weights)
    file = fetch_generator("sat2map", source="mine.pth")
    (tmp_path / "mine.pth").write_bytes(other)
    assert fetch_error(ValueError, "sat2map", source="mine.pth").startswith("mine.pth is not the file that was fetched first")
    assert file.read_bytes() == weights
    assert (tmp_path / "mine.pth").read_bytes() == other


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere", "nowhere does not exist: name a copy of sat2map.pth, or the folder that holds one"),
        (".", "sat2map.pth does not exist: name a copy of sat2map.pth, or the folder that holds one"),
        ("", "the source is empty: name a folder, or leave it out"),
        ("/dev/zero", "/dev/zero is not a regular file: name another copy, or remove this one"),
    ],
)
def test_a_source_without_the_file_gets_one_sentence(source, said):
    assert fetch_error(ValueError, "sat2map", source=source) == said


# The commands


@pytest.fixture
def picture(tmp_path):
    """A picture of 256 pixels, exactly the one of the reference's record."""
    x = reference.picture(f"x{RECORD['size']}b{RECORD['batch']}", 1, 3, RECORD["size"])
    (tmp_path / "inputs").mkdir()
    np.save(tmp_path / "inputs" / "x.npy", ((x[0].double() + 1) / 2).numpy().transpose(1, 2, 0))
    return x


@pytest.mark.parametrize(
    "write", [in_a_file, lambda state: in_a_file(OrderedDict(state), zipped=False), as_in_2017], ids=["zip", "before torch 1.6", "2017"]
)
def test_what_was_fetched_translates_as_the_reference_does(serve, monkeypatch, capsys, picture, write):
    state = reference.weights(RECORD["keys"])
    for key in state:  # averages of the training, which the reference does not use at test time
        if key.endswith("running_mean"):
            state[key] += 3.0
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", serve(send(write(state))).address)
    call(monkeypatch, "fetch", "facades_label2photo")
    printed = capsys.readouterr().out
    words = shlex.split(printed.splitlines()[0].partition("-m pix2pix_edu ")[2])
    assert words == ["translate", "generators/facades_label2photo.pth", "INPUTS", "OUTPUTS"]
    assert "Nobody of this project has verified the published bytes." in printed
    call(monkeypatch, *words[:2], "inputs", "by path")
    call(monkeypatch, "translate", "facades_label2photo", "inputs", "by name")
    fake = torch.from_numpy(np.array(open_image("by name/x.png"))).permute(2, 0, 1)[None] / 127.5 - 1
    assert reference.deviation(fake, RECORD["output"]) <= 0.51 / 127.5  # half a grey level
    assert Path("by path/x.png").read_bytes() == Path("by name/x.png").read_bytes()


def test_a_published_generator_gets_pictures_of_256_pixels_unless_you_say_otherwise(monkeypatch, weights, tmp_path):
    (tmp_path / "day2night.pth").write_bytes(weights)
    (tmp_path / "inputs").mkdir()
    Image.effect_noise((300, 90), 80).convert("RGB").save(tmp_path / "inputs" / "wide.jpg")
    fetch_generator("day2night", source="day2night.pth")
    call(monkeypatch, "translate", "day2night", "inputs", "usual")
    call(monkeypatch, "translate", "day2night", "inputs", "larger", "--size", "512")
    (tmp_path / "mine.pth").write_bytes(weights)
    call(monkeypatch, "translate", "mine.pth", "inputs", "as it is")
    sizes = [open_image(tmp_path / folder / "wide.png").size for folder in ("usual", "larger", "as it is")]
    assert sizes == [(256, 256), (512, 512), (300, 90)]


def test_resizing_gives_the_picture_that_pillows_bicubic_filter_gives(monkeypatch, weights, tmp_path):
    (tmp_path / "mine.pth").write_bytes(weights)
    for folder in ("large", "square"):
        (tmp_path / folder).mkdir()
    image = Image.effect_noise((300, 90), 80).convert("RGB")
    image.save(tmp_path / "large" / "a.png")
    image.resize((256, 256), Image.Resampling.BICUBIC).save(tmp_path / "square" / "a.png")
    call(monkeypatch, "translate", "mine.pth", "large", "out", "--size", "256")
    call(monkeypatch, "translate", "mine.pth", "square", "expected")
    assert (tmp_path / "out" / "a.png").read_bytes() == (tmp_path / "expected" / "a.png").read_bytes()


def test_translate_says_how_to_fetch_a_generator_that_is_not_here(monkeypatch, tmp_path):
    sentence = "translate: generators/edges2shoes.pth is not here yet: fetch it with python -m pix2pix_edu fetch edges2shoes.pth"
    for generator in ("edges2shoes", "edges2shoes.pth"):
        assert refusal(monkeypatch, "translate", generator, ".", "out") == sentence
    assert "there is no weight file at elsewhere/sat2map.pth" in refusal(monkeypatch, "translate", "elsewhere/sat2map.pth", ".", "out")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_a_generators_name_is_taken_for_a_run(monkeypatch, tmp_path):
    (tmp_path / "edges2shoes").mkdir()
    assert "edges2shoes is not the folder of a run" in refusal(monkeypatch, "translate", "edges2shoes", ".", "out")


def test_a_name_of_both_is_the_data_set_and_the_generator_ends_in_pth(serve, monkeypatch, weights):
    assert {"edges2shoes"} == DATA_SETS.keys() & published.GENERATORS.keys()
    mirror = serve(status(404), send(weights))
    monkeypatch.setenv("PIX2PIX_EDU_MIRROR", mirror.address)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10**12}))
    assert "edges2shoes could not be downloaded" in refusal(monkeypatch, "fetch", "edges2shoes")
    call(monkeypatch, "fetch", "edges2shoes.pth", "--root", "here")
    assert [path for path, _ in mirror.asked] == ["/edges2shoes.tar.gz", "/edges2shoes.pth"]
    assert names("here") == ["edges2shoes.pth", "edges2shoes.pth.sha256"]


def test_a_generator_of_another_depth_is_no_published_one_and_is_not_noted(monkeypatch, tmp_path):
    (tmp_path / "mine.pth").write_bytes(in_a_file(generator_state(Generator(depth=3, width=4))))
    said = refusal(monkeypatch, "fetch", "facades_label2photo", "--root", "gens", "--source", "mine.pth")
    assert "holds a generator of depth 3, and the published ones have 8" in said
    assert not list(tmp_path.glob("gens/**/*.sha256"))


def test_an_unknown_name_is_refused_with_all_that_are_known(monkeypatch):
    sentence = refusal(monkeypatch, "fetch", "label2photo")
    assert all(name in sentence for name in ("'label2photo'", "facades,", "night2day,", "facades_label2photo.pth", "day2night.pth"))
    assert "no published generator named 'label2photo'" in fetch_error(ValueError, "label2photo")


def test_the_help_says_that_nobody_here_has_verified_the_published_files(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        call(monkeypatch, "fetch", "--help")
    assert "Nobody of this project has verified the published generators' bytes" in " ".join(capsys.readouterr().out.split())
