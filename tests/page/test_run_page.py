"""The page of a run: which figure it has, what is in its folder, and which runs have none."""

import json
import re
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from command_line import call, refusal
from PIL import Image

from pix2pix_edu.images import open_image, to_tensor
from pix2pix_edu.page.build import SITE
from pix2pix_edu.page.run_page import TEMPLATE, build_run
from pix2pix_edu.run import loop
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.weights.onnx_graph import without_dropout

SMALL = {"size": 32, "depth": 3, "width": 4, "steps": 2, "batch_size": 2}


def trained(folder, **settings):
    settings = Settings(**SMALL | settings)
    list(loop.run(loop.resume(settings, folder), settings, folder))
    return folder


def write_pairs(folder, splits=("train", "val"), count=8):
    """Side-by-side pictures of noise."""
    rng = np.random.default_rng(0)
    for split in splits:
        (folder / split).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(rng.integers(0, 256, (32, 64, 3), dtype=np.uint8)).save(folder / split / f"secret{number}.png")
    return folder


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return write_pairs(tmp_path_factory.mktemp("own") / "pairs")


@pytest.mark.parametrize(("x_channels", "y_channels"), [(3, 3), (1, 3), (3, 1), (1, 1)])
def test_a_run_on_pictures_shows_held_out_inputs_and_the_network_of_the_run(tmp_path, pairs, x_channels, y_channels):
    run = trained(tmp_path / "mine", pairs=str(pairs), x_channels=x_channels, y_channels=y_channels)
    assert build_run(tmp_path / "page", run) < 1e-3
    content = json.loads((tmp_path / "page" / "figures" / "pictures.json").read_text())
    assert (content["size"], content["planes"], len(content["samples"])) == (32, x_channels, 6)
    assert json.loads((tmp_path / "page" / "app.webmanifest").read_text())["name"] == "mine"
    assert '"figures/pictures.json"' in (tmp_path / "page" / "offline_worker.js").read_text()
    kind = "L" if x_channels == 1 else "RGB"
    held_out = {open_image(file).crop((0, 0, 32, 32)).convert(kind).convert("RGB").tobytes() for file in (pairs / "val").iterdir()}
    shown = [np.asarray(open_image(tmp_path / "page" / url)) for url in content["samples"]]
    assert {picture.tobytes() for picture in shown} <= held_out
    x = to_tensor(Image.fromarray(shown[0]))[:x_channels]
    session = onnxruntime.InferenceSession(str(tmp_path / "page" / "networks" / "generator.onnx"), providers=["CPUExecutionProvider"])
    fake = torch.from_numpy(session.run(["fake"], {"x": x[None].numpy()})[0])
    with torch.no_grad():
        torch.testing.assert_close(fake, without_dropout(open_generator(run))(x[None]), rtol=0.0, atol=0.02)  # half precision
    kept = to_tensor(open_image(tmp_path / "page" / content["fake"]))
    torch.testing.assert_close(kept, fake[0].expand(3, -1, -1), rtol=0.0, atol=1.1 / 127.5)


def test_nothing_of_the_machine_is_told_on_the_page(tmp_path, pairs):
    build_run(tmp_path / "page", trained(tmp_path / "mine", pairs=str(pairs)))
    for file in (tmp_path / "page").rglob("*"):
        if file.suffix in (".html", ".json"):
            assert str(pairs.parent) not in file.read_text()
            assert "secret" not in file.read_text()


def test_the_page_says_whether_the_network_was_trained_on_the_samples(tmp_path):
    for splits, seen in ((("train", "val"), "was not trained"), (("",), "was trained")):
        place = tmp_path / str(len(splits))
        build_run(place / "page", trained(place / "run", pairs=str(write_pairs(place / "pairs", splits))))
        assert f"The network {seen} on the samples." in (place / "page" / "index.html").read_text()


@pytest.mark.parametrize(
    ("settings", "figure"),
    [
        ({"drawn": "painted"}, "draw"),
        ({"drawn": "unpainted"}, "draw"),
        ({"drawn": "shapes"}, "pictures"),
        ({"drawn": "painted_labels"}, "pictures"),
        ({"photographs": "earth"}, "draw"),
        ({"photographs": "earth_relief"}, "pictures"),
        ({"photographs": "openmoji"}, "draw"),
    ],
    ids=str,
)
def test_flat_label_maps_have_the_board_and_other_inputs_are_chosen(tmp_path, settings, figure):
    assert build_run(tmp_path / "page", trained(tmp_path / "a <b>", **settings)) < 1e-3
    index = (tmp_path / "page" / "index.html").read_text()
    assert re.findall(r'<section id="(\w+)"', index) == [figure]
    assert "<h1>a &lt;b&gt;</h1>" in index
    assert ("OpenMoji" in index) == (settings.get("photographs") == "openmoji")
    assert ("NASA" in index) == settings.get("photographs", "").startswith("earth")
    content = json.loads((tmp_path / "page" / "figures" / f"{figure}.json").read_text())
    assert (content["size"], content["network"]) == (32, "generator")
    named = re.findall(r'(?:src|href)="([^"#]+)"', index) + re.findall(r'"([^"]+\.webp)"', json.dumps(content))
    assert len(named) >= 6
    assert [name for name in named if not (tmp_path / "page" / name).is_file()] == []


def test_the_page_of_a_run_allows_what_the_playground_allows_and_no_more():
    policies = {re.search(r'Content-Security-Policy"\s+content="([^"]+)"', file.read_text())[1] for file in (TEMPLATE, SITE / "index.html")}
    (policy,) = policies
    assert policy.startswith("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';")


def test_the_command_makes_the_page_of_a_run_and_says_how_to_look_at_it(monkeypatch, tmp_path, capsys):
    call(monkeypatch, "page", tmp_path / "page", "--run", trained(tmp_path / "run"))
    said = capsys.readouterr().out
    assert re.search(r"page is ready: \d+\.\d MB; its network and torch's differ by \de[-+]\d\d on a sample", said)
    assert f"python -m http.server --directory {tmp_path / 'page'}" in said


@pytest.mark.fault
def test_runs_without_a_page_get_one_sentence_and_nothing_is_written(monkeypatch, tmp_path, pairs):
    for name in ("xs", "ys"):
        (tmp_path / name).mkdir()
        for number in range(3):
            np.save(tmp_path / name / f"{number}.npy", np.random.default_rng(number).random((32, 32, 4 if name == "xs" else 2)))
    run = trained(tmp_path / "arrays", pairs=str(tmp_path / "xs"), y_folder=str(tmp_path / "ys"), x_channels=4, y_channels=2)
    message = refusal(monkeypatch, "page", tmp_path / "page", "--run", run)
    assert "a web page shows pictures of 1 or 3 channels, and in" in message
    assert "x has 4 and y has 2: use the commands translate or export --onnx instead" in message
    run = trained(tmp_path / "moved", pairs=str(write_pairs(tmp_path / "there")))
    (tmp_path / "there").rename(tmp_path / "elsewhere")
    assert "the pairs of the run are not at" in refusal(monkeypatch, "page", tmp_path / "page", "--run", run)
    assert "is not the folder of a run" in refusal(monkeypatch, "page", tmp_path / "page", "--run", tmp_path)
    message = refusal(monkeypatch, "page", tmp_path / "page", "--run", run, "--network", "houses_64")
    assert "--network has no effect with --run: leave one of them out" in message
    assert not (tmp_path / "page").exists()


@pytest.mark.fault
def test_a_folder_with_other_files_is_not_changed(monkeypatch, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "letter.txt").write_text("mine")
    message = refusal(monkeypatch, "page", tmp_path / "site", "--run", trained(tmp_path / "run"))
    assert "contains something else: name a new folder" in message
    assert [file.name for file in (tmp_path / "site").iterdir()] == ["letter.txt"]


def test_of_an_earlier_page_in_the_folder_nothing_stays_but_what_was_added(tmp_path, pairs):
    run = trained(tmp_path / "run", pairs=str(pairs))
    build_run(tmp_path / "page", run)
    earlier = {file.relative_to(tmp_path / "page") for file in (tmp_path / "page").rglob("*") if file.is_file()}
    assert Path("figures/pictures_samples_0.webp") in earlier
    (tmp_path / "page" / "figures" / "mine.txt").write_text("mine")
    drawn = trained(tmp_path / "drawn", size=32)
    build_run(tmp_path / "page", drawn)
    build_run(tmp_path / "new", drawn)
    there, alone = (
        {file.relative_to(place) for file in place.rglob("*") if file.is_file()} for place in (tmp_path / "page", tmp_path / "new")
    )
    assert there == alone | {Path("figures/mine.txt")}


def test_samples_that_may_be_those_of_the_training_are_said_to_be(tmp_path):
    folder = write_pairs(tmp_path / "pairs")
    run = trained(tmp_path / "run", pairs=str(folder))
    for one, other in (("train", "old"), ("val", "train"), ("old", "val")):
        (folder / one).rename(folder / other)
    build_run(tmp_path / "page", run)
    assert "may have been trained on the samples" in (tmp_path / "page" / "index.html").read_text()
