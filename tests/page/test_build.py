import functools
import gzip
import hashlib
import json
import re
import shutil
import sys

import numpy as np
import onnxruntime
import pytest
import torch
from command_line import call
from PIL import Image
from repository import ROOT

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.drawing.classes import CLASSES
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.experiments.gallery import GALLERY
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_image, to_tensor
from pix2pix_edu.page import build as page
from pix2pix_edu.page.build import SITE, build
from pix2pix_edu.page.offline import write_worker
from pix2pix_edu.play import data
from pix2pix_edu.play.subjects import SUBJECTS, sample_sketches
from pix2pix_edu.weights.bundled import open_network, trained_on
from pix2pix_edu.weights.onnx_graph import without_dropout, write_onnx

WEIGHTS = ROOT / "data" / "weights" / "houses_64.generator.safetensors"
JUDGE = WEIGHTS.with_name("houses_64.discriminator.safetensors")
NETWORK = "networks/houses_64.onnx"


@pytest.fixture(scope="module", autouse=True)
def figures_computed_once():
    """The figures are the same for every network of the board: only the first page of these tests computes them."""
    with pytest.MonkeyPatch.context() as here:
        for name in data.FIGURES:
            here.setattr(data, name, functools.cache(getattr(data, name)))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a page."""
    folder = tmp_path_factory.mktemp("web") / "page"
    build(folder, "houses_64")
    return folder


def generator_without_dropout():
    return without_dropout(open_network(WEIGHTS, Generator))


def onnx_outputs(path, xs):
    """What the file makes of pictures, with all levels if it can leave some out."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    keep = {value.name: np.ones(value.shape, dtype=np.float32) for value in session.get_inputs() if value.name == "keep"}
    return [torch.from_numpy(session.run(["fake"], {"x": x[None].numpy(), **keep})[0]) for x in xs]


def test_the_onnx_file_gives_the_outputs_of_torch_without_dropout_for_ordinary_and_odd_pictures(folder):
    generator, noise = generator_without_dropout(), torch.Generator().manual_seed(0)
    houses = [x for x, _ in SyntheticPairs(4, 64, seed=888)]
    odd = [torch.rand(3, 64, 64, generator=noise) * 2 - 1, torch.zeros(3, 64, 64), torch.ones(3, 64, 64), 0.1 * houses[0] + 0.7]
    for x, output in zip([*houses, *odd], onnx_outputs(folder / NETWORK, [*houses, *odd]), strict=True):
        with torch.no_grad():
            torch.testing.assert_close(output, generator(x[None]), rtol=0.0, atol=1e-3)


@pytest.mark.parametrize("settings", [{"depth": 3, "width": 4, "skips": False}, {"depth": 1, "width": 4}, {"depth": 4, "width": 3}])
def test_other_generators_can_be_written_too(settings, tmp_path):
    torch.manual_seed(0)
    generator = Generator(**settings, dropout=0.0).half().float()  # the file has half precision
    x = torch.rand(3, 32, 32) * 2 - 1
    write_onnx(generator, x, tmp_path / "model.onnx")
    with torch.no_grad():
        torch.testing.assert_close(onnx_outputs(tmp_path / "model.onnx", [x.flip(-1)])[0], generator(x.flip(-1)[None]), rtol=0.0, atol=1e-3)


def test_the_onnx_file_is_as_small_as_its_weights_in_half_precision(folder):
    networks = open_network(WEIGHTS, Generator), open_network(JUDGE, PatchDiscriminator)
    numbers = sum(weight.numel() for network in networks for weight in network.state_dict().values())
    assert (folder / NETWORK).stat().st_size < 1.02 * 2 * numbers


def test_a_network_that_needs_more_than_half_precision_is_refused_and_leaves_no_file(tmp_path):
    generator = Generator(depth=3, width=4)
    with torch.no_grad():
        generator.down[0][0].weight.mul_(1e9)  # outside the range of half precision
    with pytest.raises(ValueError, match="in half precision the output would differ by"):
        write_onnx(generator, torch.rand(3, 32, 32), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_the_network_cannot_take_is_refused(tmp_path):
    with pytest.raises(ValueError, match="a generator of depth 3 needs height and width to be multiples of 8, got 36 x 36"):
        write_onnx(Generator(depth=3, width=4), torch.zeros(3, 36, 36), tmp_path / "model.onnx")


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_is_named_and_no_file_is_left(package, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, package, None)  # import then fails as if the package were missing
    with pytest.raises(ValueError, match=rf'the package {package} is missing: pip install "pix2pix-edu\[page\]"'):
        build(tmp_path / "page", "houses_64")
    assert not list(tmp_path.rglob("*.*"))


def named_files(folder):
    """Every address in the page, its scripts and its figures, from the page's folder on."""
    index = (folder / "index.html").read_text()
    named = re.findall(r'(?:src|href)="([^"#]+)"', index)
    for script in folder.glob("*.js"):
        named += re.findall(r'(?:from|import\(|fetch\(|load\(|register\(|href:) ?"([^"]+)"', script.read_text())
    named += [icon["src"] for icon in json.loads((folder / "app.webmanifest").read_text())["icons"]]
    boards = json.loads((folder / "figures" / "draw.json").read_text())["boards"][1:]
    for figure in [*re.findall(r'<section id="(\w+)"', index), *(f"draw_{board['name']}" for board in boards)]:
        content = (folder / "figures" / f"{figure}.json").read_text()
        named += [f"figures/{figure}.json", *re.findall(r'"([^"]+\.(?:webp|avif|js))"', content)]
        named += [f"networks/{network}.onnx" for network in re.findall(r'"network":"(\w+)"', content)]
    variants = json.loads((folder / "figures" / "variants.json").read_text())
    return named + [f"networks/{network['name']}.onnx" for row in variants["rows"] for network in row["networks"]]


def test_every_file_that_the_page_names_is_in_its_folder(folder):
    named = named_files(folder)
    assert {"app.webmanifest", "offline_worker.js", "icon.svg"} <= set(named)
    assert {"page.js", "./board.js", "./onnx.js", "trainer_worker.js", "figures/draw.json", "figures/draw_fake.webp", NETWORK} <= set(named)
    assert {f"./{figure}.js" for figure in data.FIGURES} <= set(named)
    assert [name for name in named if not (folder / name).is_file()] == []


def kept(folder):
    """The version in the service worker of a page, the files that it keeps from the first visit on, and those it keeps when asked."""
    source = (folder / "offline_worker.js").read_text("utf-8")
    return json.loads(re.search(r"^const \[VERSION, FILES, LATER\] = (\[.*\]);", source, flags=re.MULTILINE)[1])


def test_the_service_worker_keeps_the_page_and_its_figures_but_no_network(folder):
    _, files, later = kept(folder)
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert {*files, *later} == there - {"index.html", "offline_worker.js", "page.json"} | {"./"}
    assert {"page.js", "offline.js", "objective.js", "play.css", *(f"figures/{figure}.json" for figure in data.FIGURES)} <= set(files)
    assert not [name for name in files if name.startswith(("networks/", "runtime/", "gallery/"))]


@pytest.mark.parametrize("changed", ["index.html", "dom.js", "figures/learning_y.webp", NETWORK])
def test_the_version_of_a_page_changes_with_each_of_its_files_and_only_with_them(folder, tmp_path, changed):
    page = shutil.copytree(folder, tmp_path / "page")
    write_worker(page)
    assert kept(page) == kept(folder)
    (page / changed).write_bytes((page / changed).read_bytes() + b" ")
    write_worker(page)
    assert kept(page)[0] != kept(folder)[0]


def test_the_trainings_that_can_be_chosen_and_no_others_are_in_the_folder(folder):
    content = json.loads((folder / "figures" / "runs.json").read_text())
    named = {f"{cell['name']}-{seed}.avif" for cell in content["cells"] for seed in content["seeds"]}
    assert {file.name for file in (folder / "gallery").iterdir()} == named
    assert all((folder / "gallery" / name).read_bytes() == (GALLERY / name).read_bytes() for name in named)


def test_no_network_and_no_picture_of_the_folder_is_left_unnamed(folder):
    named = set(named_files(folder))
    files = {str(file.relative_to(folder)) for place in ("figures", "networks") for file in (folder / place).iterdir()}
    assert len(files) > 20
    assert files - named == set()


def test_the_pictures_are_files_which_the_browser_need_not_decode_from_text(folder):
    assert [file.name for file in (folder / "figures").glob("*.json") if "data:" in file.read_text()] == []
    fake = Image.open(folder / "figures" / "draw_fake.webp").convert("RGB")
    with torch.no_grad():
        expected = generator_without_dropout()(to_tensor(list(sample_sketches(64).values())[-1])[None])[0]
    assert fake.tobytes() == to_image(expected).tobytes()


@pytest.mark.parametrize("figure", ["draw", "variants", "skips"])
def test_the_samples_are_the_label_maps_of_the_course_in_the_colours_of_the_board(folder, figure):
    content, sketches = json.loads((folder / "figures" / f"{figure}.json").read_text()), sample_sketches(64, "painted")
    assert [paint["name"] for paint in content["classes"]] == list(CLASSES)
    palette = np.array([[int(paint["color"][place : place + 2], 16) for place in (1, 3, 5)] for paint in content["classes"]])
    for sample in content["samples"]:
        labels = np.array([int(digit, 36) for digit in sample["labels"]]).reshape(64, 64)
        assert np.array_equal(palette[labels], sketches.pop(sample["name"]))
    assert sketches == {}


def test_the_runtime_has_the_version_and_checksums_that_its_readme_names():
    folder = SITE / "runtime"
    found = {file.name: file.read_bytes() for file in folder.iterdir()}
    found["ort-wasm-simd-threaded.wasm"] = gzip.decompress(found["ort-wasm-simd-threaded.wasm.gzip"])
    sums = re.findall(r"^([0-9a-f]{64})  (\S+)$", found["README.md"].decode(), flags=re.MULTILINE)
    assert sorted(name for _, name in sums) == sorted(name for name in found if "ort" in name)
    assert [name for checksum, name in sums if hashlib.sha256(found[name]).hexdigest() != checksum] == []
    version = re.search(rb"ONNX Runtime Web ([0-9.]+),", found["README.md"])[1]
    assert b"ONNX Runtime Web v" + version in found["ort.wasm.bundle.min.js"]


def test_the_command_makes_a_page_again_and_prints_how_to_look_at_it(folder, tmp_path, monkeypatch, capsys):
    folder = shutil.copytree(folder, tmp_path / "page")
    (folder / NETWORK).unlink()
    call(monkeypatch, "page", folder)
    said = capsys.readouterr().out
    assert re.match(rf"{re.escape(str(folder))} is ready: \d+\.\d MB; its networks and torch's differ by \de-\d\d on a sample", said)
    assert f"python -m http.server --directory {folder}" in said
    assert (folder / NETWORK).is_file()


def test_a_folder_with_other_files_is_not_changed(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(ValueError, match="contains something else: name a new folder"):
        build(tmp_path, "houses_64")
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("weights", sorted(WEIGHTS.parent.glob("*.generator.safetensors")), ids=lambda file: file.name.split(".")[0])
def test_every_bundled_network_can_be_put_on_a_page(weights, tmp_path):
    name = weights.name.split(".")[0]
    assert build(tmp_path / "page", name) < 1e-3
    content = json.loads((tmp_path / "page" / "figures" / "draw.json").read_text())
    size, drawn = trained_on(name)
    assert (content["network"], content["size"], len(content["samples"][0]["labels"])) == (name, size, size * size)
    assert [each["name"] for each in content["classes"]] == list(SUBJECTS[drawn].colours)
    network = tmp_path / "page" / "networks" / f"{name}.onnx"
    assert content["megabytes"] == round(network.stat().st_size / 1e6, 1)


def test_a_build_that_was_stopped_while_writing_the_network_is_completed_by_the_next_call(tmp_path, monkeypatch):
    def stopped(generator, discriminator, x, path):
        path.write_bytes(b"half a network")
        raise KeyboardInterrupt

    with monkeypatch.context() as here:
        here.setattr(page, "write_live_onnx", stopped)
        with pytest.raises(KeyboardInterrupt):
            build(tmp_path / "page", "houses_64")
    assert build(tmp_path / "page", "houses_64") < 1e-3
    assert (tmp_path / "page" / "index.html").is_file()
    assert (tmp_path / "page" / NETWORK).stat().st_size > WEIGHTS.stat().st_size
