import os
import re
import shlex
import sys

import numpy as np
import pytest
from PIL import Image

from pix2pix_edu import __main__
from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.images import open_image, split_pair
from pix2pix_edu.photos.folders import PhotoPairs
from pix2pix_edu.photos.make_pairs import INPUTS, edges, grey, pair_folder, square
from pix2pix_edu.run import loop
from pix2pix_edu.run.settings import Settings


def write_photos(folder, count=4, size=(40, 30)):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        draw_pair(number, 64)[1].resize(size).save(folder / f"{number:02d}.png")
    return folder


def command(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", "pair", *map(str, words)])
    __main__.main()


def refusal(monkeypatch, *words):
    with pytest.raises(SystemExit) as stop:
        command(monkeypatch, *words)
    return str(stop.value)


def a_white_square():
    photo = Image.new("RGB", (32, 32), "black")
    photo.paste((255, 255, 255), (8, 8, 24, 24))
    return photo


# --- an input from a photograph -----------------------------------------------------------------------------------------------------


def test_edges_are_black_lines_on_white_paper():
    assert {colour for _, colour in edges(draw_pair(3, 64)[1]).getcolors()} == {(0, 0, 0), (255, 255, 255)}


def test_edges_lie_where_the_lightness_jumps_and_nowhere_else():
    dark = np.asarray(edges(a_white_square()))[..., 0] == 0
    rows, columns = np.nonzero(dark)
    to_the_rim = np.minimum.reduce([abs(rows - 7.5), abs(rows - 23.5), abs(columns - 7.5), abs(columns - 23.5)])
    assert dark.sum() >= 4 * 12
    assert to_the_rim.max() <= 1.0
    assert not dark[10:22, 10:22].any()


def test_a_flat_photograph_has_no_edges():
    assert edges(Image.new("RGB", (32, 32), (90, 90, 90))).getcolors() == [(32 * 32, (255, 255, 255))]


def test_a_larger_sigma_leaves_fewer_edges():
    photo = draw_pair(3, 64)[1]
    dark = [(np.asarray(edges(photo, sigma)) == 0).mean() for sigma in (0.7, 1.0, 2.0)]
    assert dark == sorted(dark, reverse=True)


def test_a_sigma_that_smooths_nothing_is_refused():
    with pytest.raises(ValueError, match="sigma must be above 0, got 0"):
        edges(a_white_square(), 0.0)


def test_grey_has_three_equal_channels_and_the_lightness_of_television():
    pixels = np.asarray(grey(draw_pair(3, 64)[1])).astype(int)
    photo = np.asarray(draw_pair(3, 64)[1]) @ np.array([0.299, 0.587, 0.114])
    assert (pixels == pixels[..., :1]).all()
    assert abs(pixels[..., 0] - photo).max() <= 1


@pytest.mark.parametrize("make_input", INPUTS.values())
def test_making_an_input_leaves_the_photograph_as_it_was(make_input):
    photo = draw_pair(3, 64)[1]
    before = photo.tobytes()
    make_input(photo)
    assert photo.tobytes() == before


def test_the_square_is_the_middle_of_the_photograph():
    photo = Image.new("RGB", (90, 30), "red")
    photo.paste("blue", (30, 0, 60, 30))
    assert square(photo, 16).crop((1, 0, 15, 16)).getcolors() == [(14 * 16, (0, 0, 255))]  # the filter looks a little across the rim


# --- a folder of pairs --------------------------------------------------------------------------------------------------------------


def test_each_photograph_becomes_a_pair_whose_x_is_made_of_its_y(tmp_path):
    list(pair_folder(edges, write_photos(tmp_path / "photos"), tmp_path / "pairs", 32, val_every=0))
    files = sorted((tmp_path / "pairs").iterdir())
    assert [file.name for file in files] == ["00.png", "01.png", "02.png", "03.png"]
    for file in files:
        x, y = split_pair(open_image(file))
        assert x.size == (32, 32)
        assert x.tobytes() == edges(y).tobytes()


def test_one_photograph_in_so_many_is_set_aside_and_none_is_on_both_sides(tmp_path):
    written = list(pair_folder(grey, write_photos(tmp_path / "photos", 7), tmp_path / "pairs", 32, val_every=3))
    parts = {part: {file.stem for file in (tmp_path / "pairs" / part).iterdir()} for part in ("train", "val")}
    assert parts == {"val": {"00", "03", "06"}, "train": {"01", "02", "04", "05"}}
    assert all(path.is_file() for path in written)


def test_a_folder_of_pairs_trains(tmp_path):
    list(pair_folder(grey, write_photos(tmp_path / "photos"), tmp_path / "pairs", 32))
    settings = Settings(pairs=str(tmp_path / "pairs"), size=32, depth=3, width=4, steps=2, batch_size=2)
    assert len(list(loop.run(loop.resume(settings, tmp_path / "run"), settings, tmp_path / "run"))) == 2


def test_photographs_of_any_kind_are_read_as_the_eye_sees_them(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    turned = Image.new("RGB", (40, 20), "red")
    turned.paste("blue", (0, 0, 20, 20))  # the upper half, once it is turned
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(photos / "camera.png", exif=exif)
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(photos / "clear.png")
    Image.fromarray(np.full((20, 20), 0x8080, dtype=np.uint16)).save(photos / "deep.png")
    Image.new("L", (20, 20), 200).save(photos / "light.jpg")
    list(pair_folder(grey, photos, tmp_path / "pairs", 20, val_every=0))
    said = {file.stem: split_pair(open_image(file))[1] for file in (tmp_path / "pairs").iterdir()}
    assert {name: said[name].getpixel((10, 2)) for name in said} == {
        "camera": (0, 0, 255),
        "clear": (255, 255, 255),
        "deep": (128, 128, 128),
        "light": (200, 200, 200),
    }


def test_the_photographs_stay_as_they_are(tmp_path):
    photos = write_photos(tmp_path / "photos")
    before = {file: file.read_bytes() for file in photos.iterdir()}
    list(pair_folder(edges, photos, tmp_path / "pairs", 32))
    assert {file: file.read_bytes() for file in photos.iterdir()} == before


def test_a_folder_that_is_there_is_not_touched(tmp_path):
    (tmp_path / "pairs").mkdir()
    with pytest.raises(ValueError, match="pairs exists already: name a new folder"):
        list(pair_folder(grey, write_photos(tmp_path / "photos"), tmp_path / "pairs", 32))
    assert list((tmp_path / "pairs").iterdir()) == []


def test_an_unreadable_photograph_is_named_and_nothing_is_left(tmp_path):
    photos = write_photos(tmp_path / "photos")
    (photos / "99.jpg").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"99\.jpg is not a whole image file"):
        list(pair_folder(grey, photos, tmp_path / "pairs", 32))
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_call_that_is_left_halfway_leaves_nothing(tmp_path):
    writing = pair_folder(grey, write_photos(tmp_path / "photos"), tmp_path / "pairs", 32)
    next(writing)
    assert not (tmp_path / "pairs").exists()
    writing.close()
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_what_a_killed_call_left_is_not_mixed_in(tmp_path):
    write_photos(tmp_path / ".pairs.part" / "train", 9)
    list(pair_folder(grey, write_photos(tmp_path / "photos"), tmp_path / "pairs", 32))
    assert len(PhotoPairs(tmp_path / "pairs", "train", 32)) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pairs", "photos"]


def test_a_disk_that_takes_nothing_is_said_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="could not write .*pairs .*: free some space or choose another folder; nothing was left there"):
        list(pair_folder(grey, write_photos(tmp_path / "photos"), tmp_path / "file" / "pairs", 32))


@pytest.mark.parametrize("names", [("a.png", "a.bmp"), ("A.png", "a.bmp")])
def test_two_photographs_of_one_name_are_refused(tmp_path, names):
    for name in names:
        Image.new("RGB", (20, 20)).save(write_photos(tmp_path / "photos", 1) / name)
    with pytest.raises(ValueError, match="is not the only photograph of that name"):
        list(pair_folder(grey, tmp_path / "photos", tmp_path / "pairs", 32))


def test_a_single_photograph_cannot_be_judged_by_another(tmp_path):
    photos = write_photos(tmp_path / "photos", 1)
    with pytest.raises(ValueError, match=r"00\.png is the only photograph there"):
        list(pair_folder(grey, photos, tmp_path / "pairs", 32))
    assert len(list(pair_folder(grey, photos, tmp_path / "pairs", 32, val_every=0))) == 1


@pytest.mark.parametrize(
    ("options", "words"), [({"size": 8}, "size must be 16 or more, got 8"), ({"val_every": 1}, "val-every must be 2 or more, or 0")]
)
def test_numbers_that_make_no_pairs_are_refused(tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        list(pair_folder(grey, write_photos(tmp_path / "photos"), tmp_path / "pairs", **options))


# --- the command line ---------------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_wrote_and_how_to_go_on(monkeypatch, tmp_path, capsys):
    command(monkeypatch, "edges", write_photos(tmp_path / "photos"), tmp_path / "my pairs", "--size", 32, "--sigma", 2)
    said = capsys.readouterr().out
    assert "4 pairs written" in said
    assert "1 of them set aside" in said
    assert f"train 'runs/my pairs' --pairs '{(tmp_path / 'my pairs').as_posix()}' --size 32" in said
    x, y = split_pair(open_image(tmp_path / "my pairs" / "val" / "00.png"))
    assert x.tobytes() == edges(y, 2.0).tobytes()


@pytest.mark.parametrize(("size", "depth"), [(64, None), (100, "2"), (40, "3")])
def test_the_command_that_is_suggested_trains(monkeypatch, tmp_path, capsys, size, depth):
    monkeypatch.chdir(tmp_path)
    command(monkeypatch, "grey", write_photos(tmp_path / "photos"), tmp_path / "pairs", "--size", size)
    words = shlex.split(re.search("python -m pix2pix_edu (train .*)", capsys.readouterr().out)[1])
    assert (words[words.index("--depth") + 1] if "--depth" in words else None) == depth
    monkeypatch.setattr(sys, "argv", ["pix2pix_edu", *words, "--width", "4", "--steps", "1", "--batch-size", "1"])
    __main__.main()
    assert (tmp_path / "runs" / "pairs").is_dir()


def test_for_a_side_that_cannot_be_halved_another_is_asked_for(monkeypatch, tmp_path, capsys):
    command(monkeypatch, "grey", write_photos(tmp_path / "photos"), tmp_path / "pairs", "--size", 75)
    said = capsys.readouterr().out
    assert "make the pairs anew with a --size that 32 divides" in said
    assert "train runs" not in said


def test_the_command_refuses_in_one_line(monkeypatch, tmp_path):
    os.makedirs(tmp_path / "empty")
    assert refusal(monkeypatch, "grey", tmp_path / "empty", tmp_path / "pairs").startswith(f"pair: {tmp_path / 'empty'} holds no images")
    photos = write_photos(tmp_path / "photos")
    assert refusal(monkeypatch, "edges", photos, tmp_path / "pairs", "--sigma", -1) == "pair: sigma must be above 0, got -1"
    assert (
        refusal(monkeypatch, "edges", photos, photos) == f"pair: {photos} exists already: name a new folder, so that nothing is overwritten"
    )
    assert not (tmp_path / "pairs").exists()
