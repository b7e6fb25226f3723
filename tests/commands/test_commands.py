import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from command_line import call, refusal
from PIL import Image

from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import open_image, to_tensor
from pix2pix_edu.run import checkpoint
from pix2pix_edu.translation import translate
from pix2pix_edu.weights.reference import generator_state

SMALL = ["--size", "32", "--depth", "3", "--width", "4", "--steps", "6", "--batch-size", "2"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a small run. A test must not change it."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    with pytest.MonkeyPatch.context() as patch:
        call(patch, "train", folder, *SMALL)
    return folder


@pytest.fixture
def noise(tmp_path):
    """A folder with one picture of noise, a.png."""
    (tmp_path / "in").mkdir()
    Image.effect_noise((64, 64), 80).convert("RGB").save(tmp_path / "in" / "a.png")
    return tmp_path / "in"


def test_the_first_translation_is_saved_and_its_file_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    call(monkeypatch, "first")
    assert capsys.readouterr().out.startswith(f"{Path('runs') / 'first_translation.png'}: eight label maps")
    assert open_image(tmp_path / "runs" / "first_translation.png").size == (8 * 128, 3 * 128)


def test_train_leaves_settings_losses_pictures_and_a_checkpoint(trained):
    files = ["000006.png", "checkpoint.pt", "losses.csv", "run.json", "sittings.json"]
    assert sorted(file.name for file in trained.iterdir()) == files
    rows = list(csv.reader((trained / "losses.csv").read_text().splitlines()))
    assert rows[0] == ["step", "discriminator", "adversarial", "l1"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3", "4", "5", "6"]
    assert open_image(trained / "000006.png").size == (3 * 32, 4 * 32)


def test_a_finished_run_stays_as_it_is(monkeypatch, trained):
    before = (trained / "checkpoint.pt").read_bytes()
    call(monkeypatch, "train", trained, *SMALL)
    assert (trained / "checkpoint.pt").read_bytes() == before


def test_other_settings_in_the_same_folder_are_refused_by_name(monkeypatch, trained):
    message = refusal(monkeypatch, "train", trained, *SMALL, "--seed", "4")
    assert "holds a run with other settings: seed was 0 and is now 4" in message


def test_every_row_of_the_loss_table_and_the_encoder_decoder_train_from_the_command_line(monkeypatch, tmp_path):
    for loss in ("L1", "GAN", "cGAN", "L1+GAN", "L1+cGAN"):
        call(monkeypatch, "train", tmp_path / loss, *SMALL, "--steps", "1", "--loss", loss, "--no-skips")


@pytest.mark.parametrize("two_folders", [False, True])
def test_train_and_translate_work_on_your_own_folders(monkeypatch, tmp_path, two_folders):
    rng = np.random.default_rng(0)
    for folder, width in (("both", 96), ("x", 48), ("y", 48)):
        (tmp_path / folder).mkdir()
        for name in "abc":
            Image.fromarray(rng.integers(0, 256, (48, width, 3), dtype=np.uint8)).save(tmp_path / folder / f"{name}.png")
    pairs = ["--pairs", tmp_path / "x", "--y-folder", tmp_path / "y"] if two_folders else ["--pairs", tmp_path / "both", "--jitter"]
    call(monkeypatch, "train", tmp_path / "run", *SMALL, *pairs)
    Image.new("RGB", (37, 51), "red").save(tmp_path / "x" / "odd.jpg")
    call(monkeypatch, "translate", tmp_path / "run", tmp_path / "x", tmp_path / "out")
    sizes = {file.name: open_image(file).size for file in (tmp_path / "out").iterdir()}
    assert sizes == {"a.png": (48, 48), "b.png": (48, 48), "c.png": (48, 48), "odd.png": (37, 51)}
    if not two_folders:
        assert "the run was trained on every pair" in refusal(monkeypatch, "evaluate", tmp_path / "run")
        (tmp_path / "both").rename(tmp_path / "moved")
        assert f"the pairs of the run are not at {tmp_path / 'both'}" in refusal(monkeypatch, "evaluate", tmp_path / "run")


def test_a_folder_with_train_and_test_but_without_val_is_trained_on(monkeypatch, tmp_path):
    for split in ("train", "test"):
        (tmp_path / "pairs" / split).mkdir(parents=True)
        Image.effect_noise((96, 48), 99).convert("RGB").save(tmp_path / "pairs" / split / "a.png")
    call(monkeypatch, "train", tmp_path / "run", *SMALL, "--pairs", tmp_path / "pairs")
    assert "the run was trained on every pair" in refusal(monkeypatch, "evaluate", tmp_path / "run")


@pytest.mark.parametrize("sides", [(1, 1), (5, 70), (64, 64), (65, 31)])
def test_a_picture_of_any_size_is_translated_at_its_size(sides):
    assert translate(Generator(depth=4, width=4), torch.zeros(3, *sides)).shape == (3, *sides)


def test_a_picture_that_fits_is_translated_without_padding():
    generator, x = Generator(depth=3, width=4, dropout=0.0), torch.rand(3, 32, 48)
    assert torch.equal(translate(generator, x), generator(x[None])[0])


def test_translate_reads_the_references_weight_files(monkeypatch, tmp_path, noise):
    torch.save(generator_state(Generator(depth=5, width=4)), tmp_path / "latest_net_G.pth")
    call(monkeypatch, "translate", tmp_path / "latest_net_G.pth", noise, tmp_path / "out")
    assert open_image(tmp_path / "out" / "a.png").size == (64, 64)


def test_the_seed_of_translate_decides_the_noise(monkeypatch, tmp_path, trained, noise):
    for out, seed in (("one", 1), ("again", 1), ("two", 2)):
        call(monkeypatch, "translate", trained, noise, tmp_path / out, "--seed", seed)
    one, again, two = ((tmp_path / out / "a.png").read_bytes() for out in ("one", "again", "two"))
    assert one == again != two


TOO_DEEP = "a generator of depth 6 needs a size that is a multiple of 64, got 32: change the size, or choose a depth of 5 or less"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "RUN", "--depth", "6", "--size", "32"], f"train: {TOO_DEEP}"),
        (["train", "RUN", "--size", "64", "--patch", "286"], "a patch of 286 needs a size of 96 or more, got 64: change one of them"),
        (["train", "RUN", "--jitter"], "--jitter crops photographs, not drawings: leave it out"),
        (["train", "RUN", "--size", "96"], "drawings have a side of 32, 48, 64, 128, 144, 256 pixels, got 96"),
        (["train", "RUN", "--y-folder", "photos"], "--y-folder is the folder of targets: name the folder of inputs with --pairs as well"),
        (["train", "RUN", "--width", "0"], "train: argument --width: must be a whole number from 1 to 1,024, got '0'"),
        (["train", "RUN", "--seed", "-1"], "argument --seed: must be a whole number from 0 to 2,147,483,647, got '-1'"),
        (["train", "RUN", "--pairs", "nowhere"], "nowhere is not a folder: check the path"),
        (["translate", "RUN", "nowhere", "out"], "there is no weight file at"),
        (["translate", ".", ".", "out"], "is not the folder of a run"),
        (["bench", "--size", "33"], "size must be a multiple of 16, got 33"),
        (["bench", "--size", "100", "--width", "0"], "bench: argument --width: must be a whole number from 1 to 1,024, got '0'"),
    ],
)
def test_bad_input_gets_one_clear_sentence(monkeypatch, tmp_path, words, sentence):
    monkeypatch.chdir(tmp_path)
    message = refusal(monkeypatch, *words)
    assert sentence in message
    assert "\n" not in message.strip()


def test_after_a_mistyped_option_the_corrected_command_trains(monkeypatch, tmp_path):
    assert TOO_DEEP in refusal(monkeypatch, "train", tmp_path / "run", *SMALL, "--depth", "6")
    call(monkeypatch, "train", tmp_path / "run", *SMALL)


def test_ctrl_c_ends_with_a_sentence_that_says_how_to_continue(tmp_path):
    command = [sys.executable, "-m", "pix2pix_edu", "train", tmp_path / "run", *SMALL, "--steps", "100000"]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while run.stderr.read(1) not in ("%", ""):
        pass  # until the progress bar is shown
    run.send_signal(signal.SIGINT)
    _, error = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "continues when you repeat the command" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("imported", "wait"),
    [("numpy.version", 0), ("numpy.linalg", 0), ("numpy", 0), ("torch._C", 0), ("torch._C", 0.03), ("torch._C", 0.1), ("torch.nn", 0)],
)
def test_ctrl_c_during_the_imports_ends_the_command_at_once(imported, wait):
    command = [sys.executable, "-X", "importtime", "-m", "pix2pix_edu", "train", "--help"]  # Python prints what it has imported
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while run.stderr.readline().split("|")[-1].strip() not in (imported, ""):
        pass
    time.sleep(wait)
    run.send_signal(signal.SIGINT)
    output, error = run.communicate(timeout=60)
    assert (run.returncode, output) == (1, "")
    assert error.endswith("\npix2pix_edu: stopped\n")
    assert "Traceback" not in error


def test_fast_translations_are_nearly_the_exact_ones(monkeypatch, tmp_path, trained):
    (tmp_path / "inputs").mkdir()
    draw_pair(0, 32)[0].save(tmp_path / "inputs" / "a.png")
    call(monkeypatch, "translate", trained, tmp_path / "inputs", tmp_path / "exact")
    call(monkeypatch, "translate", trained, tmp_path / "inputs", tmp_path / "fast", "--fast")
    exact, fast = (to_tensor(Image.open(tmp_path / name / "a.png")) for name in ("exact", "fast"))
    assert (exact - fast).abs().mean() < 4 / 127.5


def test_bench_prints_times_and_the_floor_to_compare_them_with(monkeypatch, capsys):
    call(monkeypatch, "bench", "--size", "32", "--width", "4", "--repeats", "1")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("32 px, width 4, batch 1, c")
    assert lines[1].startswith("fast: ")
    assert lines[2].split() == ["ms", "GFLOP", "GB", "floor", "ms", "of", "floor", "speed"]
    steps = ["step", "step, Adam as a loop", "step, channels last", "step, matrices", "step, one pass", "fast step"]
    assert [line[:24].strip() for line in lines[3:-1]] == [*steps, "translation", "fast translation"]
    assert lines[3].endswith(" 1.00x")


def test_evaluate_prints_every_measure_and_the_yardsticks_of_drawn_facades(monkeypatch, tmp_path, capsys):
    call(monkeypatch, "train", tmp_path / "run", *SMALL, "--count", "8")
    call(monkeypatch, "evaluate", tmp_path / "run", "--count", "4")
    output, measures = capsys.readouterr().out, ("L1 ", "PSNR ", "SSIM ", "colours in common", "fine detail")
    for words in (*measures, "these fakes", "real photos", "labels of another", "median colours"):
        assert words in output


@pytest.mark.parametrize("drawn", ["painted_labels", "shapes"])
def test_other_drawn_tasks_train_and_are_evaluated_as_well(monkeypatch, tmp_path, capsys, drawn):
    call(monkeypatch, "train", tmp_path / "run", *SMALL, "--drawn", drawn)
    call(monkeypatch, "evaluate", tmp_path / "run", "--count", "3")
    assert "read by a network" not in capsys.readouterr().out


def test_export_writes_the_networks_under_the_references_names(monkeypatch, tmp_path, trained):
    call(monkeypatch, "export", trained, tmp_path / "out")
    saved = checkpoint.read(trained / "checkpoint.pt")
    G, D = (torch.load(tmp_path / "out" / f"latest_net_{name}.pth", weights_only=True) for name in "GD")
    assert torch.equal(G["model.model.0.weight"], saved["generator"]["down.0.0.weight"])
    assert torch.equal(D["model.0.weight"], saved["discriminator"]["layers.0.weight"])


def test_translations_never_overwrite_the_inputs_or_one_another(monkeypatch, tmp_path, noise):
    torch.save(generator_state(Generator(depth=5, width=4)), tmp_path / "G.pth")
    before = (noise / "a.png").read_bytes()
    assert "would overwrite the pictures that they are made from" in refusal(monkeypatch, "translate", tmp_path / "G.pth", noise, noise)
    Image.new("RGB", (32, 32)).save(noise / "a.bmp")
    sentence = f"a.bmp and a.png in {noise} would get one name as translations: rename one of them"
    assert sentence in refusal(monkeypatch, "translate", tmp_path / "G.pth", noise, tmp_path / "out")
    assert (noise / "a.png").read_bytes() == before


def test_a_closed_output_is_no_error(tmp_path, noise):
    torch.save(generator_state(Generator(depth=5, width=4)), tmp_path / "G.pth")
    words = [sys.executable, "-m", "pix2pix_edu", "translate", str(tmp_path / "G.pth"), str(noise), str(tmp_path / "out")]
    run = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *words], stderr=subprocess.PIPE, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert (tmp_path / "out" / "a.png").exists()


def test_a_file_name_cannot_command_the_terminal(monkeypatch, tmp_path, noise):
    torch.save(generator_state(Generator(depth=5, width=4)), tmp_path / "G.pth")
    (noise / "red\x1b[31m.png").write_bytes(b"no picture")
    message = refusal(monkeypatch, "translate", tmp_path / "G.pth", noise, tmp_path / "out")
    assert "red?[31m.png cannot be read" in message


def test_a_name_that_the_terminal_cannot_show_is_no_error(tmp_path, noise):
    torch.save(generator_state(Generator(depth=5, width=4)), tmp_path / "G.pth")
    words = [sys.executable, "-m", "pix2pix_edu", "translate", str(tmp_path / "G.pth"), str(noise), str(tmp_path / "é")]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C.UTF-8"}
    run = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert run.returncode == 0
    assert r"\xe9" in run.stdout
