import csv
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pix2pix_edu import __main__, translation
from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import open_image, to_tensor
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run import loop as runs
from pix2pix_edu.weights.reference import generator_state

SMALL = ["--size", "32", "--depth", "3", "--width", "4", "--steps", "6", "--batch-size", "2"]


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", *map(str, words)])
    __main__.main()


def refusal(monkeypatch, *words):
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, *words)
    return str(stop.value)


def test_the_first_translation_is_a_picture_that_is_told_where_it_lies(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    call(monkeypatch, "first")
    assert capsys.readouterr().out.startswith(f"{Path('runs') / 'first_translation.png'}: above eight label maps")
    assert open_image(tmp_path / "runs" / "first_translation.png").size == (8 * 64 * 2, 3 * 64 * 2)


def test_train_leaves_settings_losses_pictures_and_a_checkpoint(monkeypatch, tmp_path):
    call(monkeypatch, "train", tmp_path / "run", *SMALL)
    assert sorted(file.name for file in (tmp_path / "run").iterdir()) == [
        "000006.png",
        "checkpoint.pt",
        "losses.csv",
        "run.json",
        "sittings.json",
    ]
    rows = list(csv.reader((tmp_path / "run" / "losses.csv").read_text().splitlines()))
    assert rows[0] == ["step", "discriminator", "adversarial", "l1"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3", "4", "5", "6"]
    assert open_image(tmp_path / "run" / "000006.png").size == (3 * 32, 4 * 32)


def test_a_run_that_was_stopped_goes_on_when_its_command_is_repeated(tmp_path):
    settings = runs.Settings(size=32, depth=3, width=4, steps=8, batch_size=2)
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    assert len(list(runs.run(runs.resume(settings, straight), settings, straight, save_every=3))) == 8
    for _, _ in zip(range(5), runs.run(runs.resume(settings, stopped), settings, stopped, save_every=3), strict=False):
        pass  # stopped after step 5: what came after the checkpoint of step 3 is lost and done again
    assert len(list(runs.run(runs.resume(settings, stopped), settings, stopped, save_every=3))) == 5
    one, other = (checkpoint.read(folder / "checkpoint.pt")["generator"] for folder in (straight, stopped))
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert (straight / "losses.csv").read_text() == (stopped / "losses.csv").read_text()
    assert (straight / "000008.png").read_bytes() == (stopped / "000008.png").read_bytes()


def test_a_finished_run_stays_as_it_is(monkeypatch, tmp_path):
    call(monkeypatch, "train", tmp_path / "run", *SMALL)
    before = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    call(monkeypatch, "train", tmp_path / "run", *SMALL)
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == before


def test_other_settings_in_the_same_folder_are_refused_by_name(monkeypatch, tmp_path):
    call(monkeypatch, "train", tmp_path / "run", *SMALL)
    message = refusal(monkeypatch, "train", tmp_path / "run", *SMALL, "--seed", "4")
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


@pytest.mark.parametrize("sides", [(1, 1), (5, 70), (64, 64), (65, 31)])
def test_a_picture_of_any_size_is_translated_at_its_size(sides):
    assert translation.translate(Generator(depth=4, width=4), torch.zeros(3, *sides)).shape == (3, *sides)


def test_a_picture_that_fits_is_translated_without_a_change():
    generator, x = Generator(depth=3, width=4, dropout=0.0), torch.rand(3, 32, 48)
    assert torch.equal(translation.translate(generator, x), generator(x[None])[0])


def test_translate_takes_the_references_weight_files(monkeypatch, tmp_path):
    torch.save(generator_state(Generator(depth=5, width=4)), tmp_path / "latest_net_G.pth")
    (tmp_path / "in").mkdir()
    Image.new("RGB", (40, 40)).save(tmp_path / "in" / "a.png")
    call(monkeypatch, "translate", tmp_path / "latest_net_G.pth", tmp_path / "in", tmp_path / "out")
    assert open_image(tmp_path / "out" / "a.png").size == (40, 40)


def test_the_seed_of_translate_decides_the_noise(monkeypatch, tmp_path):
    call(monkeypatch, "train", tmp_path / "run", *SMALL)
    (tmp_path / "in").mkdir()
    Image.effect_noise((64, 64), 80).convert("RGB").save(tmp_path / "in" / "a.png")
    for out, seed in (("one", 1), ("again", 1), ("two", 2)):
        call(monkeypatch, "translate", tmp_path / "run", tmp_path / "in", tmp_path / out, "--seed", seed)
    one, again, two = ((tmp_path / out / "a.png").read_bytes() for out in ("one", "again", "two"))
    assert one == again != two


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["train", "RUN", "--depth", "6", "--size", "32"],
            "train: 6 levels need sides that 64 divides, got 32 x 32: resize to 64 x 64, or use a smaller depth",
        ),
        (["train", "RUN", "--size", "64", "--patch", "286"], "a patch of 286 needs an image of at least 96 pixels a side, got 64 x 64"),
        (["train", "RUN", "--jitter"], "drawings come in all variety and are not cropped: leave --jitter away"),
        (["train", "RUN", "--size", "96"], "drawings have a side of 32, 48, 64, 128, 144, 256 pixels, got 96"),
        (["train", "RUN", "--y-folder", "photos"], "--y-folder holds the targets of --pairs: name the folder of inputs as well"),
        (["train", "RUN", "--width", "0"], "width must be 1 or more, got 0"),
        (["train", "RUN", "--seed", "-1"], "seed must be 0 or more, got -1"),
        (["bench", "--size", "33"], "size must be a multiple of 16, got 33"),
        (["train", "RUN", "--pairs", "nowhere"], "nowhere is not a folder: check the path"),
        (["translate", "RUN", "nowhere", "out"], "there is no weight file at"),
        (["bench", "--size", "100", "--width", "0"], "bench: size and width must be positive"),
    ],
)
def test_bad_input_gets_one_clear_sentence(monkeypatch, tmp_path, words, sentence):
    monkeypatch.chdir(tmp_path)
    message = refusal(monkeypatch, *words)
    assert sentence in message
    assert "\n" not in message.strip()


def test_a_folder_that_is_no_run_is_refused(monkeypatch, tmp_path):
    assert "is not the folder of a run" in refusal(monkeypatch, "translate", tmp_path, tmp_path, tmp_path / "out")


def test_ctrl_c_ends_with_a_sentence_that_says_how_to_go_on(tmp_path):
    command = [sys.executable, "-m", "pix2pix_edu", "train", tmp_path / "run", *SMALL, "--steps", "100000"]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while run.stderr.read(1) not in ("%", ""):
        pass  # the progress bar has begun
    run.send_signal(signal.SIGINT)
    _, error = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "Repeat the command to go on" in error
    assert "Traceback" not in error


def test_translations_that_are_made_fast_are_nearly_the_exact_ones(monkeypatch, tmp_path):
    call(monkeypatch, "train", tmp_path / "run", *SMALL)
    (tmp_path / "inputs").mkdir()
    draw_pair(0, 32)[0].save(tmp_path / "inputs" / "a.png")
    call(monkeypatch, "translate", tmp_path / "run", tmp_path / "inputs", tmp_path / "exact")
    call(monkeypatch, "translate", tmp_path / "run", tmp_path / "inputs", tmp_path / "fast", "--fast")
    exact, fast = (to_tensor(Image.open(tmp_path / name / "a.png")) for name in ("exact", "fast"))
    assert (exact - fast).abs().mean() < 4 / 127.5


def test_bench_prints_times_and_what_they_are_held_against(monkeypatch, capsys):
    call(monkeypatch, "bench", "--size", "32", "--width", "4", "--repeats", "1")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("32 px, width 4, batch 1, c")
    assert lines[1].startswith("fast: ")
    assert lines[2].split() == ["ms", "GFLOP", "GB", "floor", "ms", "of", "floor", "speed"]
    assert [line[:24].strip() for line in lines[3:-1]] == [
        "step",
        "step, Adam as a loop",
        "step, channels last",
        "step, folded",
        "fast step",
        "translation",
        "fast translation",
    ]
    assert lines[3].endswith(" 1.00x")


def test_evaluate_prints_every_measure_and_the_yardsticks_of_drawn_facades(monkeypatch, tmp_path, capsys):
    call(monkeypatch, "train", tmp_path / "run", *SMALL, "--count", "8")
    call(monkeypatch, "evaluate", tmp_path / "run", "--count", "4")
    output = capsys.readouterr().out
    for words in (
        "L1 ",
        "PSNR ",
        "SSIM ",
        "colours in common",
        "fine detail",
        "these fakes",
        "real photos",
        "labels of another",
        "median colours",
    ):
        assert words in output


@pytest.mark.parametrize("drawn", ["facade_labels", "shapes"])
def test_other_drawn_tasks_train_and_are_evaluated_as_well(monkeypatch, tmp_path, capsys, drawn):
    call(monkeypatch, "train", tmp_path / "run", *SMALL, "--drawn", drawn)
    call(monkeypatch, "evaluate", tmp_path / "run", "--count", "3")
    assert "read by a network" not in capsys.readouterr().out


def test_export_writes_files_that_the_reference_would_read(monkeypatch, tmp_path):
    call(monkeypatch, "train", tmp_path / "run", *SMALL)
    call(monkeypatch, "export", tmp_path / "run", tmp_path / "out")
    trained = checkpoint.read(tmp_path / "run" / "checkpoint.pt")
    written = torch.load(tmp_path / "out" / "latest_net_G.pth", weights_only=True)
    assert torch.equal(written["model.model.0.weight"], trained["generator"]["down.0.0.weight"])
    written = torch.load(tmp_path / "out" / "latest_net_D.pth", weights_only=True)
    assert torch.equal(written["model.0.weight"], trained["discriminator"]["layers.0.weight"])


def test_a_mistyped_option_is_mended_by_typing_it_right(monkeypatch, tmp_path):
    assert "levels need sides" in refusal(monkeypatch, "train", tmp_path / "run", *SMALL, "--depth", "6")
    call(monkeypatch, "train", tmp_path / "run", *SMALL)


def test_translations_never_overwrite_the_inputs_or_one_another(monkeypatch, tmp_path):
    torch.save(generator_state(Generator(depth=5, width=4)), tmp_path / "G.pth")
    (tmp_path / "in").mkdir()
    for name in ("a.png", "a.bmp"):
        Image.new("RGB", (32, 32)).save(tmp_path / "in" / name)
    before = (tmp_path / "in" / "a.png").read_bytes()
    assert "would overwrite pictures" in refusal(monkeypatch, "translate", tmp_path / "G.pth", tmp_path / "in", tmp_path / "out")
    (tmp_path / "in" / "a.bmp").unlink()
    assert "would overwrite pictures" in refusal(monkeypatch, "translate", tmp_path / "G.pth", tmp_path / "in", tmp_path / "in")
    assert (tmp_path / "in" / "a.png").read_bytes() == before


def test_a_run_is_not_judged_by_the_pairs_it_has_seen(monkeypatch, tmp_path):
    (tmp_path / "pairs").mkdir()
    for name in "abc":
        Image.effect_noise((64, 32), 80).convert("RGB").save(tmp_path / "pairs" / f"{name}.png")
    call(monkeypatch, "train", tmp_path / "run", *SMALL, "--pairs", tmp_path / "pairs")
    assert "the run has seen every pair" in refusal(monkeypatch, "evaluate", tmp_path / "run")


def test_a_torn_row_of_losses_is_left_out(tmp_path):
    (tmp_path / "losses.csv").write_text("step,discriminator,adversarial,l1\n1,0.7,0.7,0.5\n2,0.")
    runs.write_losses(tmp_path / "losses.csv", [[2, 0.6, 0.8, 0.4]])
    assert (tmp_path / "losses.csv").read_text().splitlines()[1:] == ["1,0.7,0.7,0.5", "2,0.6,0.8,0.4"]
