"""Pictures in and out of the commands train, translate and evaluate: wrong data, other channels and bits, files that are in the way."""

import json
import os
import resource
import shutil
import signal
import tarfile

import numpy as np
import pytest
import torch
from command_line import call, refusal
from PIL import Image

from pix2pix_edu.generator import Generator
from pix2pix_edu.images import open_image
from pix2pix_edu.photos.picture_files import read_picture
from pix2pix_edu.photos.translate_folder import translate_folder
from pix2pix_edu.run.settings import Settings, refuse_changes
from pix2pix_edu.translation import translate
from pix2pix_edu.weights.reference import generator_state

SMALL = ["--size", "32", "--depth", "3", "--width", "4", "--steps", "2", "--batch-size", "2"]
RNG = np.random.default_rng(0)


def write_pictures(folder, count=3, size=(64, 32), suffix="png"):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.fromarray(RNG.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).save(folder / f"{number}.{suffix}")
    return folder


def small_generator(x_channels=3, y_channels=3):
    torch.manual_seed(0)
    return Generator(x_channels, y_channels, depth=3, width=4, dropout=0.0)


def files(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


# Wrong data


@pytest.mark.fault
@pytest.mark.parametrize("option", ["--pairs", "--y-folder"])
def test_an_empty_name_of_a_folder_is_refused_instead_of_training_on_drawings(monkeypatch, tmp_path, option):
    assert "must be the name of a file or folder, got ''" in refusal(monkeypatch, "train", tmp_path / "run", *SMALL, option, "")
    assert not (tmp_path / "run").exists()


@pytest.mark.fault
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--pairs", "PAIRS", "--drawn", "unpainted"], "--drawn has no effect with --pairs: leave one of them out"),
        (["--pairs", "PAIRS", "--count", "400"], "--count has no effect with --pairs"),
        (["--pairs", "PAIRS", "--y-folder", "PAIRS", "--direction", "left_to_right"], "--direction has no effect with --y-folder"),
        (["--x-channels", "1"], "drawings have 3 channels: leave out --x-channels and --y-channels"),
        (["--pairs", "PAIRS", "--x-channels", "0"], "argument --x-channels: must be a whole number from 1 to 1,024, got '0'"),
        (["--pairs", "PAIRS", "--y-channels", "2"], "a.png has 3 channels, and 2 are needed"),
        (["--pairs", "PHOTOS"], "3 of 3 pictures are not two squares side by side (0.png is 64 x 48, "),
    ],
)
def test_options_and_pictures_that_do_not_fit_are_refused_before_training(monkeypatch, tmp_path, words, sentence):
    write_pictures(tmp_path / "PHOTOS", size=(64, 48))
    write_pictures(tmp_path / "PAIRS", 1)
    (tmp_path / "PAIRS" / "0.png").rename(tmp_path / "PAIRS" / "a.png")
    monkeypatch.chdir(tmp_path)
    assert sentence in refusal(monkeypatch, "train", "run", *SMALL, *words)
    assert not list(tmp_path.glob("run/*.json"))


@pytest.mark.fault
def test_a_bad_picture_is_found_before_the_first_step(monkeypatch, tmp_path):
    pairs = write_pictures(tmp_path / "pairs", 4)
    whole = (pairs / "3.png").read_bytes()
    (pairs / "3.png").write_bytes(whole[: len(whole) // 2])
    message = refusal(monkeypatch, "train", tmp_path / "run", *SMALL, "--pairs", pairs)
    assert message.startswith(f"train: {pairs / '3.png'} cannot be read as an image (Truncated File Read)")
    assert not list(tmp_path.glob("run/*.json"))


@pytest.mark.fault
def test_pairs_of_wide_halves_train_and_that_is_said_in_one_line(monkeypatch, tmp_path, capsys):
    call(monkeypatch, "train", tmp_path / "run", *SMALL, "--pairs", write_pictures(tmp_path / "pairs", 2, size=(96, 32)))
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "2 of 2 pictures are wider than two squares and are squeezed to them: 0.png is 96 x 32, 1.png is 96 x 32."


@pytest.mark.fault
@pytest.mark.parametrize("command", ["train", "evaluate", "translate", "pair"])
def test_files_that_are_not_read_are_named_in_one_line(monkeypatch, tmp_path, capsys, command):
    pairs, photos = write_pictures(tmp_path / "pairs" / "val"), write_pictures(tmp_path / "photos", size=(32, 32), suffix="jfif")
    write_pictures(tmp_path / "pairs" / "train")
    call(monkeypatch, "train", tmp_path / "run", *SMALL, "--pairs", tmp_path / "pairs")
    assert "skipped" not in capsys.readouterr().out
    for folder in (pairs, pairs.parent / "train", photos):
        Image.new("RGB", (64, 32)).save(folder / "moving.gif")
        os.mkfifo(folder / "pipe.png")
    words = {"train": ["again", *SMALL, "--pairs", "pairs"], "evaluate": ["run"], "translate": ["run", "photos", "out"]}
    monkeypatch.chdir(tmp_path)
    call(monkeypatch, command, *(words | {"pair": ["grey", "photos", "grey"]})[command])
    where = {"train": "pairs/train", "evaluate": str(pairs)}.get(command, "photos")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        f"2 files in {where} are skipped (moving.gif, pipe.png): only regular files that end in .jpg, .jpeg, .jfif, "
    )
    assert not [line for line in lines[1:] if "skipped" in line]
    assert command != "translate" or sorted(os.listdir(tmp_path / "out")) == ["0.png", "1.png", "2.png"]  # .jfif is read


@pytest.mark.fault
def test_the_same_folder_for_inputs_and_targets_is_refused(monkeypatch, tmp_path):
    pairs = write_pictures(tmp_path / "pairs")
    os.symlink(pairs, tmp_path / "link")
    for y_folder in (pairs, tmp_path / "link", f"{tmp_path}/pairs/../pairs"):
        message = refusal(monkeypatch, "train", tmp_path / "run", *SMALL, "--pairs", pairs, "--y-folder", y_folder)
        assert "is named for the inputs and for the targets: name two folders" in message


@pytest.mark.fault
def test_an_array_whose_channels_come_first_is_refused_with_the_right_order(monkeypatch, tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "a.npy", np.zeros((3, 32, 32), np.uint8))
    message = refusal(monkeypatch, "train", tmp_path / "run", *SMALL, "--pairs", tmp_path / "x", "--y-folder", tmp_path / "y")
    assert "a.npy has 32 channels, and 3 are needed (the shape of an array is height, width, channels)" in message


@pytest.mark.fault
def test_a_setting_that_an_earlier_file_does_not_have_had_its_default():
    refuse_changes("it holds a run", {"size": 64}, {"size": 64, "x_channels": Settings.x_channels})
    with pytest.raises(ValueError, match="x_channels was 3 and is now 1"):
        refuse_changes("it holds a run", {"size": 64}, {"size": 64, "x_channels": 1})


# Channels and bits


def test_grey_pictures_in_16_bits_train_are_evaluated_and_are_translated_in_16_bits(monkeypatch, tmp_path, capsys):
    for part in ("train", "val"):
        (tmp_path / "pairs" / part).mkdir(parents=True)
        for name in "abc":
            Image.fromarray(RNG.integers(0, 65536, (32, 64)).astype(np.uint16)).save(tmp_path / "pairs" / part / f"{name}.png")
    (tmp_path / "in").mkdir()
    Image.fromarray(RNG.integers(0, 65536, (32, 32)).astype(np.uint16)).save(tmp_path / "in" / "a.png")
    run = tmp_path / "run"
    call(monkeypatch, "train", run, *SMALL, "--pairs", tmp_path / "pairs", "--x-channels", "1", "--y-channels", "1")
    assert open_image(run / "000002.png").size == (3 * 32, 3 * 32)
    call(monkeypatch, "evaluate", run)
    assert "3 pairs that the run was not trained on\n" in capsys.readouterr().out
    call(monkeypatch, "translate", run, tmp_path / "in", tmp_path / "deep", "--bits", "16")
    call(monkeypatch, "translate", run, tmp_path / "in", tmp_path / "plain")
    deep, plain = (read_picture(tmp_path / name / "a.png") for name in ("deep", "plain"))
    assert (deep.dtype, plain.dtype) == (np.uint16, np.uint8)
    assert len(np.unique(deep)) > 256
    assert np.abs(deep / 257 - plain).max() <= 0.51


def test_arrays_of_5_channels_train_to_colours_and_are_translated(monkeypatch, tmp_path):
    for name, channels in (("x", 5), ("y", 3)):
        (tmp_path / name).mkdir()
        for number in range(3):
            np.save(tmp_path / name / f"{number}.npy", RNG.random((32, 32, channels), dtype=np.float32))
    folders = ["--pairs", tmp_path / "x", "--y-folder", tmp_path / "y"]
    call(monkeypatch, "train", tmp_path / "run", *SMALL, *folders, "--x-channels", "5")
    call(monkeypatch, "translate", tmp_path / "run", tmp_path / "x", tmp_path / "out")
    assert open_image(tmp_path / "out" / "0.png").size == (32, 32)
    message = refusal(monkeypatch, "translate", tmp_path / "run", tmp_path / "y", tmp_path / "other")
    assert message.startswith(f"translate: 3 of 3 files cannot be used: {tmp_path / 'y' / '0.npy'} has 3 channels, and 5 are needed")
    assert not (tmp_path / "other").exists()


def test_a_grey_generator_of_the_reference_translates_colours_and_grey(monkeypatch, tmp_path):
    generator = small_generator(1, 1)
    torch.save(generator_state(generator), tmp_path / "G.pth")
    photos = write_pictures(tmp_path / "in", 1, (40, 24))
    grey = open_image(photos / "0.png").convert("L")
    grey.save(photos / "grey.png")
    call(monkeypatch, "translate", tmp_path / "G.pth", photos, tmp_path / "out")
    grey = torch.from_numpy(np.asarray(grey) / 127.5 - 1).float()[None]
    expected = ((translate(generator, grey) + 1) * 127.5).round().byte()[0].numpy()
    for name in ("0.png", "grey.png"):
        assert np.array_equal(read_picture(tmp_path / "out" / name), expected[..., None])


def test_the_kind_of_file_follows_from_channels_and_bits(tmp_path):
    for channels, bits, name in ((1, 8, "0.png"), (1, 16, "0.png"), (3, 8, "0.png"), (3, 16, "0.npy"), (2, 8, "0.npy"), (7, 16, "0.npy")):
        inputs, outputs = write_pictures(tmp_path / "in", 1), tmp_path / f"{channels}_{bits}"
        assert list(translate_folder(small_generator(3, channels), inputs, outputs, bits)) == [outputs / name]
        pixels = read_picture(outputs / name)
        assert (pixels.shape, pixels.dtype) == ((32, 64, channels), np.uint8 if bits == 8 else np.uint16)


# Files that are in the way, and files that are whole or absent


@pytest.mark.fault
def test_a_file_is_replaced_only_with_overwrite(monkeypatch, tmp_path):
    torch.save(generator_state(small_generator()), tmp_path / "G.pth")
    inputs, outputs = write_pictures(tmp_path / "in"), tmp_path / "out"
    outputs.mkdir()
    (outputs / "1.png").write_bytes(b"mine")
    (outputs / "2.png").symlink_to("nowhere")
    message = refusal(monkeypatch, "translate", tmp_path / "G.pth", inputs, outputs)
    assert (
        f"{outputs} already has 1.png and 1 more of these files: choose another folder, or repeat the command with --overwrite" in message
    )
    assert sorted(os.listdir(outputs)) == ["1.png", "2.png"]
    assert (outputs / "1.png").read_bytes() == b"mine"
    call(monkeypatch, "translate", tmp_path / "G.pth", inputs, outputs, "--overwrite")
    assert [open_image(outputs / f"{number}.png").size for number in range(3)] == [(64, 32)] * 3


@pytest.mark.fault
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_to_an_input_is_not_followed(monkeypatch, tmp_path, link):
    torch.save(generator_state(small_generator()), tmp_path / "G.pth")
    inputs, outputs = write_pictures(tmp_path / "in", 1), tmp_path / "out"
    before = files(inputs)
    outputs.mkdir()
    link(inputs / "0.png", outputs / "0.png")
    assert "already has 0.png" in refusal(monkeypatch, "translate", tmp_path / "G.pth", inputs, outputs)
    call(monkeypatch, "translate", tmp_path / "G.pth", inputs, outputs, "--overwrite")
    assert files(inputs) == before
    assert not (outputs / "0.png").is_symlink()
    (tmp_path / "same").symlink_to(inputs)
    assert "would overwrite the pictures" in refusal(monkeypatch, "translate", tmp_path / "G.pth", inputs, tmp_path / "same", "--overwrite")
    assert files(inputs) == before


def test_a_translation_does_not_depend_on_the_other_pictures_of_its_folder(tmp_path):
    generator = Generator(depth=5, width=4)  # with dropout
    inputs = write_pictures(tmp_path / "in", 3, (32, 32))
    (tmp_path / "alone").mkdir()
    shutil.copy(inputs / "2.png", tmp_path / "alone")
    (*_, among_others), (alone,), (other_seed,) = (
        [file.read_bytes() for file in translate_folder(generator, tmp_path / folder, tmp_path / f"{folder}_{seed}", seed=seed)]
        for folder, seed in (("in", 3), ("alone", 3), ("alone", 4))
    )
    assert alone == among_others
    assert alone != other_seed


@pytest.mark.fault
def test_the_folder_of_a_run_is_no_place_for_translations(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").touch()
    with pytest.raises(ValueError, match="is the folder of a run, which has pictures of its own: name another folder"):
        list(translate_folder(small_generator(), write_pictures(tmp_path / "in", 1), tmp_path / "run", overwrite=True))


@pytest.mark.fault
def test_names_that_differ_only_in_capitals_are_refused(tmp_path):
    write_pictures(tmp_path / "in", 1)
    Image.new("RGB", (8, 8)).save(tmp_path / "in" / "A.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "in" / "a.bmp")
    with pytest.raises(ValueError, match="A.png and a.bmp in .* would get one name as translations"):
        list(translate_folder(small_generator(), tmp_path / "in", tmp_path / "out"))


@pytest.mark.fault
def test_inputs_are_checked_first_and_a_later_failure_says_how_many_were_written(tmp_path):
    inputs = write_pictures(tmp_path / "in", 4)
    damaged = bytearray((inputs / "2.png").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (inputs / "2.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"2\.png cannot be read as an image"):
        list(translate_folder(small_generator(), inputs, tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    (inputs / "2.png").write_bytes(damaged)  # its header and its end are right
    with pytest.raises(ValueError, match=r"^2.png was not translated: .*checksum.* \(2 of 4 translations were written to .*out\)$"):
        list(translate_folder(small_generator(), inputs, tmp_path / "out"))
    assert sorted(os.listdir(tmp_path / "out")) == ["0.png", "1.png"]


@pytest.mark.fault
def test_a_full_disk_leaves_no_cut_picture(tmp_path):
    inputs = write_pictures(tmp_path / "in", 2, (16, 16))
    Image.fromarray(RNG.integers(0, 256, (256, 256, 3), dtype=np.uint8)).save(inputs / "1.png")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))  # the largest file, in bytes, that can be written
    try:
        with pytest.raises(
            ValueError,
            match=r"1.png was not translated: .*out.1.png would be larger than a file may be here: .* \(1 of 2 translations were written",
        ):
            list(translate_folder(small_generator(), inputs, tmp_path / "out"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, previous)
    assert os.listdir(tmp_path / "out") == ["0.png"]


@pytest.mark.fault
def test_a_file_in_place_of_the_folder_of_translations_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ValueError, match="out is not a folder: choose another name"):
        list(translate_folder(small_generator(), write_pictures(tmp_path / "in", 1), tmp_path / "out"))
    assert (tmp_path / "out").read_text() == "mine"


# The record of an evaluation


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a small run. A test must not change it."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    with pytest.MonkeyPatch.context() as patch:
        call(patch, "train", folder, *SMALL, "--drawn", "shapes")
    return folder


@pytest.mark.fault
def test_a_record_replaces_only_a_record(monkeypatch, trained, tmp_path):
    file = tmp_path / "record.json"
    for pairs in (2, 3):
        call(monkeypatch, "evaluate", trained, "--count", pairs, "--record", file)
        assert json.loads(file.read_text())["scores"]["pairs"] == pairs
    for text in ("my notes", '{"scores": 1}', "[" * 100_000):
        file.write_text(text)
        message = refusal(monkeypatch, "evaluate", trained, "--count", "2", "--record", file)
        assert message == f"evaluate: {file} exists and is not a record that evaluate wrote: name a new file for the record"
        assert file.read_text() == text
    assert os.listdir(tmp_path) == ["record.json"]


@pytest.mark.fault
def test_a_record_is_not_written_to_a_device_a_folder_or_nowhere(monkeypatch, trained, tmp_path, capsys):
    (tmp_path / "link.json").symlink_to("/dev/null")
    for name in ("/dev/null", tmp_path, tmp_path / "link.json"):
        message = refusal(monkeypatch, "evaluate", trained, "--record", name)
        assert f"{name} exists and is not a record that evaluate wrote" in message
    assert "must be the name of a file or folder, got ''" in refusal(monkeypatch, "evaluate", trained, "--record", "")
    assert "PSNR" not in capsys.readouterr().out  # refused before measuring


def paired_folders(tmp_path, kind):
    """Training pairs and other pairs in the form that `train` reads, and a function that copies a training pair among the others."""
    pairs = tmp_path / "pairs"
    for split in ("train", "val"):
        write_pictures(pairs / split, size=(32, 32) if kind == "two folders" else (64, 32))
    places = [pairs]
    if kind == "two folders":
        places.append(tmp_path / "ys")
        for split in ("train", "val"):
            write_pictures(tmp_path / "ys" / split, size=(32, 32))
    if kind == "tar files":
        for split in ("train", "val"):
            pack(pairs / split)

    def copy():
        for place in places:
            if kind == "tar files":
                shutil.copy(place / "train" / "all.tar", place / "val" / "copied.tar")
            else:
                shutil.copy(place / "train" / "1.png", place / "val" / "new.png")

    return ["--pairs", pairs] if len(places) == 1 else ["--pairs", pairs, "--y-folder", places[1]], copy


def pack(folder):
    with tarfile.open(folder / "all.tar", "w") as tar:
        for file in sorted(folder.glob("*.png")):
            tar.add(file, file.name)
            file.unlink()


@pytest.mark.fault
def test_pictures_of_the_same_names_in_another_folder_are_not_taken_for_those_of_the_training(monkeypatch, tmp_path, capsys):
    for name in ("here", "there"):
        for split in ("train", "val"):
            (tmp_path / name / "pairs" / split).mkdir(parents=True)
            for number in range(3):
                Image.effect_noise((64, 32), 80).convert("RGB").save(tmp_path / name / "pairs" / split / f"{number}.png")
    monkeypatch.chdir(tmp_path / "here")
    call(monkeypatch, "train", tmp_path / "run", *SMALL, "--pairs", "pairs")
    monkeypatch.chdir(tmp_path / "there")
    capsys.readouterr()
    call(monkeypatch, "evaluate", tmp_path / "run")
    assert "which cannot be compared with those of the training" in capsys.readouterr().out.splitlines()[0]


@pytest.mark.fault
@pytest.mark.parametrize(("kind", "copies"), [("side by side", 1), ("two folders", 1), ("tar files", 3)])
def test_evaluate_counts_the_pairs_that_are_copies_of_training_pairs(monkeypatch, tmp_path, capsys, kind, copies):
    words, copy = paired_folders(tmp_path, kind)
    call(monkeypatch, "train", tmp_path / "run", *SMALL, *words)
    capsys.readouterr()
    call(monkeypatch, "evaluate", tmp_path / "run")
    assert capsys.readouterr().out.splitlines()[0] == "3 pairs that the run was not trained on"
    copy()
    call(monkeypatch, "evaluate", tmp_path / "run", "--record", tmp_path / "record.json")
    said = f"{3 + copies} pairs, of which {copies} are copies of pairs that the run was trained on: this says little about new pictures"
    assert capsys.readouterr().out.splitlines()[0] == said
    assert json.loads((tmp_path / "record.json").read_text())["scores"]["copies"] == copies
    for one, other in (("train", "old"), ("val", "train"), ("old", "val")):  # divided anew: now val is what it was trained on
        for place in words[1::2]:
            (place / one).rename(place / other)
    call(monkeypatch, "evaluate", tmp_path / "run", "--record", tmp_path / "record.json")
    assert "which cannot be compared with those of the training" in capsys.readouterr().out.splitlines()[0]
    assert json.loads((tmp_path / "record.json").read_text())["scores"]["copies"] is None
    shutil.rmtree(tmp_path / "pairs" / "train")
    call(monkeypatch, "evaluate", tmp_path / "run")
    assert "which cannot be compared with those of the training" in capsys.readouterr().out.splitlines()[0]


@pytest.mark.fault
def test_evaluate_says_when_there_are_fewer_pairs_than_were_asked_for(monkeypatch, trained, capsys):
    call(monkeypatch, "evaluate", trained, "--count", "101")
    assert capsys.readouterr().out.splitlines()[0] == "100 pairs (there are no more) that the run was not trained on"


def test_evaluate_says_how_many_pairs_and_what_its_tables_are(monkeypatch, tmp_path, capsys):
    call(monkeypatch, "train", tmp_path / "run", *SMALL, "--count", "8")
    capsys.readouterr()
    call(monkeypatch, "evaluate", tmp_path / "run", "--count", "4")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "4 pairs that the run was not trained on"
    table, distances = "\n".join(lines).split("\n\n")[1:]
    assert table.startswith("A network that learned on real photos to name the class of each pixel reads the fakes")
    assert table.splitlines()[1].split()[:4] == ["read", "by", "a", "network"]
    assert distances.startswith("Distances from the targets, on the features of a network of our own")
    assert [row.split()[:2] for row in distances.splitlines()[2:4]] == [["these", "fakes"], ["other", "real"]]
    assert distances.splitlines()[4].startswith("diversity, as perceptual distance: two fakes of one x are 0.")
