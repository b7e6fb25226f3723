"""A run as one ONNX file, as a model card, and on a hub: a real server on loopback that speaks the few words of a hub that are needed."""

import base64
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import huggingface_hub
import numpy as np
import onnxruntime
import pytest
import torch
from command_line import call, refusal
from PIL import Image

from pix2pix_edu.images import open_image
from pix2pix_edu.run import loop
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.run.record import make_record
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.sharing.card import make_card
from pix2pix_edu.weights.onnx_graph import without_dropout

SETTINGS = Settings(size=32, depth=3, width=4, steps=3, batch_size=2, count=4)
NAMES = ["README.md", "net.discriminator.safetensors", "net.generator.safetensors", "net.onnx"]


def trained(folder, settings=SETTINGS):
    list(loop.run(loop.resume(settings, folder), settings, folder))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a small run. A test must not change it."""
    return trained(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A run on two folders of arrays: x has 5 channels, y has 1."""
    folder, rng = tmp_path_factory.mktemp("own"), np.random.default_rng(0)
    for name, channels in (("xs", 5), ("ys", 1)):
        (folder / name).mkdir()
        for number in range(3):
            np.save(folder / name / f"{number}.npy", rng.random((32, 32, channels), dtype=np.float32))
    more = {"pairs": str(folder / "xs"), "y_folder": str(folder / "ys"), "x_channels": 5, "y_channels": 1}
    return trained(folder / "run", Settings(size=32, depth=3, width=4, steps=2, batch_size=2, **more))


def onnx_output(file, x):
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(["fake"], {"x": x.numpy()})[0])


# ONNX


@pytest.mark.parametrize("which", ["run", "own"])
def test_the_onnx_file_gives_what_torch_gives_for_any_number_of_channels(monkeypatch, tmp_path, capsys, request, which):
    folder = request.getfixturevalue(which)
    generator = without_dropout(open_generator(folder))
    call(monkeypatch, "export", "--onnx", folder, tmp_path / "new" / "net.onnx")
    x = torch.rand(1, generator.in_channels, 32, 32, generator=torch.Generator().manual_seed(3)) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(onnx_output(tmp_path / "new" / "net.onnx", x), generator(x), rtol=0.0, atol=1e-5)
    said = capsys.readouterr().out
    assert f"float32 of the shape (1, {generator.in_channels}, 32, 32)" in said
    assert f"float32 of the shape (1, {generator.out_channels}, 32, 32)" in said
    assert re.search(r"net\.onnx is written; its output and torch's differ by \de-\d\d on a sample", said)


def test_a_run_whose_pairs_are_gone_is_exported_as_well(monkeypatch, tmp_path, own):
    settings = json.loads((own / "run.json").read_text())
    moved = settings["pairs"] + "-moved"
    os.rename(settings["pairs"], moved)
    try:
        call(monkeypatch, "export", "--onnx", own, tmp_path / "net.onnx")
    finally:
        os.rename(moved, settings["pairs"])
    assert (tmp_path / "net.onnx").is_file()


@pytest.mark.fault
def test_no_file_is_replaced_by_an_onnx_file_unless_asked(monkeypatch, tmp_path, run):
    file = tmp_path / "net.onnx"
    file.write_bytes(b"mine")
    assert "net.onnx exists already: name another file, or add --overwrite" in refusal(monkeypatch, "export", "--onnx", run, file)
    assert file.read_bytes() == b"mine"
    call(monkeypatch, "export", "--onnx", run, file, "--overwrite")
    assert file.stat().st_size > 1000


@pytest.mark.fault
@pytest.mark.parametrize("name", ["net", "net.pth", "folder.onnx"])
def test_an_onnx_file_needs_its_ending(monkeypatch, tmp_path, run, name):
    (tmp_path / "folder.onnx").mkdir()
    assert "name one that ends in .onnx" in refusal(monkeypatch, "export", "--onnx", run, tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == ["folder.onnx"]


# The card


def test_the_card_is_a_card_of_the_hub_and_its_numbers_are_those_of_the_record(monkeypatch, tmp_path, run):
    scores = {"pairs": 7, "l1": 0.31415, "psnr": 12.5, "ssim": 0.25, "copies": 0, "distances": {"fakes": {"fid": 3.5}}}
    (tmp_path / "record.json").write_text(json.dumps(make_record(run, scores)))
    call(monkeypatch, "card", run, tmp_path / "card.md", "--record", tmp_path / "record.json")
    card = huggingface_hub.ModelCard.load(tmp_path / "card.md")
    assert (card.data.license, card.data.library_name, card.data.pipeline_tag) == ("cc0-1.0", "pix2pix-edu", "image-to-image")
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", card.text, flags=re.MULTILINE))
    (session,) = json.loads((run / "sittings.json").read_text())
    assert rows["steps"] == "3 of 3, 2 pairs in each"
    assert (rows["pairs"], rows["seed"], rows["device"], rows["code"]) == ("4", "0", session["device"], session["code"])
    assert rows["command"].startswith("`python -m pix2pix_edu train FOLDER --size 32")
    assert (rows["PSNR in dB"], rows["SSIM"], rows["L1 (0 to 2, lower is better)"]) == ("12.500", "0.250", "0.314")
    assert rows["FID, on features of a network of this library"] == "3.500"
    assert "On 7 pairs; the network was trained on none of them." in card.text
    for title in ("## Use", "## Limits", "## Licence"):
        assert title in card.text


def test_without_scores_the_card_says_how_to_measure_them_and_names_no_folder_of_the_machine(own):
    card = make_card(own)
    assert "Not measured yet: `python -m pix2pix_edu evaluate" in card
    assert "--pairs PAIRS --y-folder Y_FOLDER" in card
    assert str(own.parent) not in card
    assert huggingface_hub.ModelCard(card).data.license == "other"
    assert "Not chosen yet" in card


@pytest.mark.fault
def test_the_card_says_of_how_many_steps_it_knows_the_seconds(tmp_path):
    folder = trained(tmp_path / "run")
    (folder / "sittings.json").unlink()
    trained(folder)  # begins the log again
    assert "| seconds | 0 (of 0 steps: the log of the others is lost) |" in make_card(folder, "me/net")


def test_the_card_of_a_run_on_bundled_pictures_names_their_authors(tmp_path):
    folder = trained(tmp_path / "run", Settings(size=32, depth=3, width=4, steps=1, photographs="openmoji"))
    card = make_card(folder, "me/emoji")
    assert "license: cc-by-sa-4.0" in card
    assert "All emojis designed by OpenMoji" in card
    assert "hf download me/emoji --local-dir emoji" in card


@pytest.mark.fault
def test_a_card_replaces_nothing_and_takes_no_scores_of_another_run(monkeypatch, tmp_path, run, own):
    file = tmp_path / "card.md"
    file.write_text("mine")
    assert "card.md exists already: name another file, or add --overwrite" in refusal(monkeypatch, "card", run, file)
    assert file.read_text() == "mine"
    assert f"{tmp_path} is a folder: name a file for the card" in refusal(monkeypatch, "card", run, tmp_path)
    assert "name a Markdown file for the card" in refusal(monkeypatch, "card", run, run / "checkpoint.pt", "--overwrite")
    (tmp_path / "link.md").symlink_to(file)
    assert "is a link, a pipe or a device" in refusal(monkeypatch, "card", run, tmp_path / "link.md", "--overwrite")
    record = {"command": "", "step": 3, "settings": json.loads((own / "run.json").read_text()), "seconds": 0, "sittings": [], "curve": {}}
    (tmp_path / "record.json").write_text(json.dumps(record | {"scores": {}}))
    words = ["card", run, file, "--overwrite", "--record", tmp_path / "record.json"]
    assert "is the record of another run or of earlier steps" in refusal(monkeypatch, *words)
    assert "is not the record of a run" in refusal(monkeypatch, *words[:-1], file)
    (tmp_path / "record.json").write_text(json.dumps(record | {"settings": None, "scores": {}}))
    assert "is not the record of a run" in refusal(monkeypatch, *words)
    assert file.read_text() == "mine"


@pytest.mark.fault
def test_a_card_takes_no_scores_of_a_run_that_differs_in_its_pairs_only_and_no_settings_of_another(monkeypatch, tmp_path):
    settings = Settings(size=32, depth=3, width=4, steps=3, batch_size=2, pairs=str(tmp_path / "pairs"))
    for name, level in (("one", 80), ("other", 20)):
        for split in ("train", "val"):
            (tmp_path / "pairs" / split).mkdir(parents=True, exist_ok=True)
            for number in range(3):
                Image.effect_noise((64, 32), level).convert("RGB").save(tmp_path / "pairs" / split / f"{number}.png")
        trained(tmp_path / name, settings)
    call(monkeypatch, "evaluate", tmp_path / "other", "--record", tmp_path / "record.json")
    call(monkeypatch, "card", tmp_path / "other", tmp_path / "other.md", "--record", tmp_path / "record.json")
    message = refusal(monkeypatch, "card", tmp_path / "one", tmp_path / "one.md", "--record", tmp_path / "record.json")
    assert "is the record of another run or of earlier steps" in message
    changed = json.loads((tmp_path / "one" / "run.json").read_text()) | {"seed": 1}
    (tmp_path / "one" / "run.json").write_text(json.dumps(changed))
    assert "are not of one run (they state another seed)" in refusal(monkeypatch, "card", tmp_path / "one", tmp_path / "one.md")
    assert not (tmp_path / "one.md").exists()


# The hub


class Hub(BaseHTTPRequestHandler):
    """What a hub answers to one who makes a repository, lists it and uploads to it."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body, server = self.rfile.read(int(self.headers.get("Content-Length") or 0)), self.server
        server.asked.append((self.command, self.path.split("?")[0], self.headers.get("Authorization")))
        place = f"{server.address}/me/net"
        if self.path == "/api/repos/create":
            server.created.append(json.loads(body))
            found = {"url": place}
        elif "/tree/" in self.path:
            found = [{"type": "file", "path": name, "size": len(data), "oid": "0" * 40} for name, data in server.files.items()]
        elif "/preupload/" in self.path:
            names = [file["path"] for file in json.loads(body)["files"]]
            found = {"files": [{"path": name, "uploadMode": "regular", "shouldIgnore": False, "oid": None} for name in names]}
        elif "/commit/" in self.path:
            lines = [json.loads(line) for line in body.splitlines()]
            files = [line["value"] for line in lines if line["key"] == "file"]
            server.files |= {file["path"]: base64.b64decode(file["content"]) for file in files}
            found = {"commitUrl": f"{place}/commit/1", "commitOid": "1", "success": True}
        else:
            found = {"errors": [], "warnings": []}  # of the card
        data = json.dumps(found).encode()
        self.send_response(server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(monkeypatch):
    """A hub on loopback, and a token for it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.daemon_threads = True
        server.address, server.status = f"http://127.0.0.1:{server.server_port}", 200
        server.asked, server.created, server.files = [], [], {".gitattributes": b""}
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.setenv("HF_TOKEN", "hf_test")
        yield server
        server.shutdown()


def test_a_run_is_pushed_and_what_arrives_can_be_downloaded_and_translates(monkeypatch, tmp_path, run, hub, capsys):
    call(monkeypatch, "push", run, "me/net", "--private")
    assert capsys.readouterr().out == f"uploaded: {hub.address}/me/net\n"
    assert {"name": "net", "organization": "me"}.items() <= hub.created[0].items()
    assert hub.created[0].get("private") is True or hub.created[0].get("visibility") == "private"
    assert {token for *_, token in hub.asked} == {"Bearer hf_test"}
    assert sorted(hub.files) == sorted([".gitattributes", *NAMES])
    assert b"hf download me/net" in hub.files["README.md"]
    folder = tmp_path / "downloaded"
    folder.mkdir()
    for name, data in hub.files.items():
        (folder / name).write_bytes(data)
    (tmp_path / "in").mkdir()
    Image.effect_noise((40, 32), 80).convert("RGB").save(tmp_path / "in" / "a.png")
    call(monkeypatch, "translate", folder, tmp_path / "in", tmp_path / "out")
    call(monkeypatch, "translate", run, tmp_path / "in", tmp_path / "expected")
    shared, expected = (np.asarray(open_image(tmp_path / name / "a.png"), dtype=int) for name in ("out", "expected"))
    assert abs(shared - expected).max() <= 2  # the weights are shared in half precision


@pytest.mark.fault
@pytest.mark.parametrize("exists", [False, True])
def test_a_full_disk_leaves_no_half_of_the_files_and_the_command_can_be_repeated(monkeypatch, tmp_path, run, exists):
    folder, limits = tmp_path / "there", resource.getrlimit(resource.RLIMIT_FSIZE)
    if exists:
        folder.mkdir()
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))  # the largest file, in bytes: the discriminator's is smaller
    try:
        message = refusal(monkeypatch, "push", run, "me/net", "--prepare", folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, previous)
    assert "no files were left there" in message
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["there"] * exists
    call(monkeypatch, "push", run, "me/net", "--prepare", folder)
    assert sorted(file.name for file in folder.iterdir()) == NAMES


@pytest.mark.fault
def test_files_that_the_hub_has_are_replaced_only_when_asked(monkeypatch, run, hub):
    hub.files["README.md"] = b"mine"
    message = refusal(monkeypatch, "push", run, "me/net")
    assert "me/net already has README.md: name another repository, or add --overwrite" in message
    assert hub.files == {".gitattributes": b"", "README.md": b"mine"}
    call(monkeypatch, "push", run, "me/net", "--overwrite")
    assert sorted(hub.files) == sorted([".gitattributes", *NAMES])
    assert hub.files["README.md"] != b"mine"


@pytest.mark.fault
@pytest.mark.parametrize(
    ("status", "sentence"),
    [(401, "does not let you write to me/net: use a token that may write"), (403, "does not let you write"), (500, "with status 500")],
)
def test_a_hub_that_refuses_is_explained(monkeypatch, run, hub, status, sentence):
    hub.status = status
    message = refusal(monkeypatch, "push", run, "me/net")
    assert sentence in message
    assert "\n" not in message.strip()
    assert "unforeseen" not in message


@pytest.mark.fault
def test_a_hub_that_cannot_be_reached_is_explained(monkeypatch, run, hub):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{probe.getsockname()[1]}")  # bound, but nobody listens
        message = refusal(monkeypatch, "push", run, "me/net")
    assert "the hub could not be reached" in message
    assert "--prepare writes the files without it" in message
    assert "\n" not in message.strip()


@pytest.mark.fault
def test_without_a_token_nothing_is_asked_and_one_sentence_says_what_to_do(tmp_path, run, hub):
    environment = {**os.environ, "HF_HOME": str(tmp_path)}
    del environment["HF_TOKEN"]
    words = [sys.executable, "-m", "pix2pix_edu", "push", str(run), "me/net"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip().startswith("push: the hub wants to know who you are: log in once")
    assert hub.asked == []


@pytest.mark.fault
@pytest.mark.parametrize("package", ["huggingface_hub", "onnx"])
def test_a_missing_package_is_named(monkeypatch, run, hub, package):
    monkeypatch.setitem(sys.modules, package, None)  # import then fails as if the package were missing
    assert re.search(rf'the package {package} is missing: pip install "pix2pix-edu\[\w+\]"', refusal(monkeypatch, "push", run, "me/net"))
    assert hub.files == {".gitattributes": b""}


def test_the_files_can_be_looked_at_first(monkeypatch, tmp_path, run, hub):
    call(monkeypatch, "push", run, "me/net", "--prepare", tmp_path / "look")
    assert sorted(file.name for file in (tmp_path / "look").iterdir()) == NAMES
    assert hub.asked == []


@pytest.mark.fault
@pytest.mark.parametrize("name", ["net", "me/", "/net", "me/net/more", "me/a b", "../net", "me/" + "ä"])
def test_a_name_that_is_no_repository_is_refused(monkeypatch, run, hub, name):
    assert "a repository is named owner/name, got" in refusal(monkeypatch, "push", run, name)
    assert hub.asked == []


@pytest.mark.fault
def test_a_folder_with_files_is_not_prepared(monkeypatch, tmp_path, run):
    (tmp_path / "letter.txt").write_text("mine")
    message = refusal(monkeypatch, "push", run, "me/net", "--prepare", tmp_path)
    assert f"{tmp_path} exists already: name a new folder for the files" in message
    assert "--private has no effect with --prepare" in refusal(
        monkeypatch, "push", run, "me/net", "--private", "--prepare", tmp_path / "new"
    )
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.fault
def test_a_folder_with_two_generators_asks_for_one_of_them(monkeypatch, tmp_path, run):
    call(monkeypatch, "push", run, "me/one", "--prepare", tmp_path / "two")
    (tmp_path / "two" / "other.generator.safetensors").write_bytes((tmp_path / "two" / "one.generator.safetensors").read_bytes())
    with pytest.raises(
        ValueError, match=r"holds several generators \(one\.generator\.safetensors, other\.generator\.safetensors\): name one"
    ):
        open_generator(tmp_path / "two")
