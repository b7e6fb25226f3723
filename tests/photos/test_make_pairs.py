import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
from command_line import call, refusal
from PIL import Image
from repository import ROOT

from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.images import open_image, split_pair
from pix2pix_edu.photos.folders import PhotoPairs
from pix2pix_edu.photos.make_pairs import INPUTS, edges, grey, pair_folder, square


def write_photos(folder, count=4):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        draw_pair(number, 64)[1].resize((40, 30)).save(folder / f"{number:02d}.png")
    return folder


def make_pairs(tmp_path, make_input=grey, count=4, **options):
    """Write photographs and make pairs from them in tmp_path / "pairs"."""
    return list(pair_folder(make_input, write_photos(tmp_path / "photos", count), tmp_path / "pairs", **{"size": 32, **options}))


# The input


def test_edges_are_black_on_white():
    assert {colour for _, colour in edges(draw_pair(3, 64)[1]).getcolors()} == {(0, 0, 0), (255, 255, 255)}


def test_edges_are_where_the_lightness_jumps_and_nowhere_else():
    photo = Image.new("RGB", (32, 32), "black")
    photo.paste("white", (8, 8, 24, 24))
    dark = np.asarray(edges(photo))[..., 0] == 0
    rows, columns = np.nonzero(dark)
    to_the_rim = np.minimum.reduce([abs(rows - 7.5), abs(rows - 23.5), abs(columns - 7.5), abs(columns - 23.5)])
    assert dark.sum() >= 4 * 12
    assert to_the_rim.max() <= 1.0
    assert not dark[10:22, 10:22].any()
    assert edges(Image.new("RGB", (32, 32), (90, 90, 90))).getcolors() == [(32 * 32, (255, 255, 255))]


@pytest.mark.fault
def test_a_larger_sigma_gives_fewer_edges_and_zero_is_refused():
    photo = draw_pair(3, 64)[1]
    dark = [(np.asarray(edges(photo, sigma)) == 0).mean() for sigma in (0.7, 1.0, 2.0)]
    assert dark == sorted(dark, reverse=True)
    for sigma in (0.0, 1e-160, 1e9, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="sigma must be from 0.1 to 100, got"):
            edges(photo, sigma)


def test_grey_has_three_equal_channels_with_the_standard_luma_weights():
    pixels = np.asarray(grey(draw_pair(3, 64)[1])).astype(int)
    photo = np.asarray(draw_pair(3, 64)[1]) @ np.array([0.299, 0.587, 0.114])
    assert (pixels == pixels[..., :1]).all()
    assert abs(pixels[..., 0] - photo).max() <= 1


@pytest.mark.parametrize("make_input", INPUTS.values())
def test_making_an_input_does_not_change_the_photograph(make_input):
    photo = draw_pair(3, 64)[1]
    make_input(photo)
    assert photo.tobytes() == draw_pair(3, 64)[1].tobytes()


def test_the_square_is_the_middle_of_the_photograph():
    photo = Image.new("RGB", (90, 30), "red")
    photo.paste("blue", (30, 0, 60, 30))
    assert square(photo, 16).crop((1, 0, 15, 16)).getcolors() == [(14 * 16, (0, 0, 255))]  # the resize filter mixes the colours at the rim


# A folder of pairs


def test_each_photograph_becomes_a_pair_whose_x_is_computed_from_its_y(tmp_path):
    make_pairs(tmp_path, edges, val_every=0)
    files = sorted((tmp_path / "pairs").iterdir())
    assert [file.name for file in files] == ["00.png", "01.png", "02.png", "03.png"]
    for file in files:
        x, y = split_pair(open_image(file))
        assert x.size == (32, 32)
        assert x.tobytes() == edges(y).tobytes()


def test_every_third_photograph_goes_to_val_and_the_others_to_train(tmp_path):
    written = make_pairs(tmp_path, count=7, val_every=3)
    parts = {part: {file.stem for file in (tmp_path / "pairs" / part).iterdir()} for part in ("train", "val")}
    assert parts == {"val": {"00", "03", "06"}, "train": {"01", "02", "04", "05"}}
    assert all(path.is_file() for path in written)


def test_rotated_transparent_16_bit_and_grey_photographs_are_read_as_they_look(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    turned = Image.new("RGB", (40, 20), "red")
    turned.paste("blue", (0, 0, 20, 20))  # the upper half after rotation
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(photos / "camera.png", exif=exif)
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(photos / "clear.png")
    Image.fromarray(np.full((20, 20), 0x8080, dtype=np.uint16)).save(photos / "deep.png")
    Image.new("L", (20, 20), 200).save(photos / "light.jpg")
    list(pair_folder(grey, photos, tmp_path / "pairs", 20, val_every=0))
    assert {file.stem: split_pair(open_image(file))[1].getpixel((10, 2)) for file in (tmp_path / "pairs").iterdir()} == {
        "camera": (0, 0, 255),
        "clear": (255, 255, 255),
        "deep": (128, 128, 128),
        "light": (200, 200, 200),
    }


def test_the_files_of_the_photographs_are_not_changed(tmp_path):
    photos = write_photos(tmp_path / "photos")
    before = {file: file.read_bytes() for file in photos.iterdir()}
    list(pair_folder(edges, photos, tmp_path / "pairs", 32))
    assert {file: file.read_bytes() for file in photos.iterdir()} == before


@pytest.mark.fault
def test_an_existing_folder_is_not_changed(tmp_path):
    (tmp_path / "pairs").mkdir()
    with pytest.raises(ValueError, match="pairs already exists: name a new folder"):
        make_pairs(tmp_path)
    assert list((tmp_path / "pairs").iterdir()) == []


@pytest.mark.fault
def test_an_unreadable_photograph_is_named_and_nothing_is_left(tmp_path):
    photos = write_photos(tmp_path / "photos")
    (photos / "99.jpg").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"99\.jpg cannot be read as an image"):
        list(pair_folder(grey, photos, tmp_path / "pairs", 32))
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@pytest.mark.fault
def test_a_call_that_is_stopped_halfway_leaves_no_files(tmp_path):
    writing = pair_folder(grey, write_photos(tmp_path / "photos"), tmp_path / "pairs", 32)
    next(writing)
    assert not (tmp_path / "pairs").exists()
    writing.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]


@pytest.mark.fault
def test_files_left_by_a_killed_call_are_not_mixed_in_but_removed(tmp_path):
    program = "from pix2pix_edu.photos.make_pairs import grey, pair_folder; import os, signal, sys; "
    program += "writing = pair_folder(grey, *sys.argv[1:]); next(writing); os.kill(os.getpid(), signal.SIGTERM)"
    subprocess.run([sys.executable, "-c", program, write_photos(tmp_path / "photos", 9), tmp_path / "pairs"], check=False)
    left = [path for path in tmp_path.iterdir() if path.name.endswith(".unfinished")]
    assert len(left) == 1
    make_pairs(tmp_path)
    assert len(PhotoPairs(tmp_path / "pairs", "train", 32)) == 8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pairs", "photos"]


@pytest.mark.fault
def test_a_folder_of_yours_with_a_name_like_that_of_an_unfinished_one_is_left_alone(tmp_path):
    for name in (".pairs.part", ".pairs.mine.unfinished"):
        write_photos(tmp_path / name, 1)
    make_pairs(tmp_path)
    assert sorted(path.name for path in tmp_path.glob(".pairs.*/*.png")) == ["00.png", "00.png"]


@pytest.mark.fault
def test_of_two_calls_at_once_the_second_is_told_of_the_first(monkeypatch, tmp_path):
    photos = write_photos(tmp_path / "photos")
    program = "from pix2pix_edu.photos.make_pairs import grey, pair_folder; import sys; writing = pair_folder(grey, *sys.argv[1:], 32);"
    program += "next(writing); print('started', flush=True); sys.stdin.read(); print(len(list(writing)))"
    command = [sys.executable, "-c", program, photos, tmp_path / "pairs"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "started\n"
        message = refusal(monkeypatch, "pair", "grey", photos, tmp_path / "pairs", "--size", "32")
        assert f"is in use by process {first.pid} on " in message
        assert "free some space" not in message
        assert first.communicate("")[0] == "3\n"
    assert len(list((tmp_path / "pairs").rglob("*.png"))) == 4


@pytest.mark.fault
def test_a_folder_that_cannot_be_written_is_found_before_the_work_and_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotADirectoryError) as refused:
        list(pair_folder(grey, write_photos(tmp_path / "photos"), tmp_path / "file" / "pairs", 32))
    assert refused.value.filename == str(tmp_path / "file" / "pairs")


@pytest.mark.fault
@pytest.mark.parametrize("names", [("a.png", "a.bmp"), ("A.png", "a.bmp")])
def test_two_photographs_of_the_same_name_are_refused(tmp_path, names):
    for name in names:
        Image.new("RGB", (20, 20)).save(write_photos(tmp_path / "photos", 1) / name)
    with pytest.raises(ValueError, match="is not the only photograph of that name"):
        list(pair_folder(grey, tmp_path / "photos", tmp_path / "pairs", 32))


@pytest.mark.fault
def test_a_single_photograph_is_refused_unless_none_is_set_aside(tmp_path):
    with pytest.raises(ValueError, match=r"00\.png is the only photograph there"):
        make_pairs(tmp_path, count=1)
    assert len(make_pairs(tmp_path, count=1, val_every=0)) == 1


@pytest.mark.fault
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 8}, "size must be from 16 to 8,192, got 8"),
        ({"size": 10**6}, "size must be from 16 to 8,192, got 1,000,000"),
        ({"size": 75}, "size must be even, because a network halves it, got 75"),
        ({"val_every": 1}, "val-every must be 2 or more, or 0"),
    ],
)
def test_a_size_or_share_that_makes_no_sense_is_refused(tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        make_pairs(tmp_path, **options)


# The command


def test_the_command_prints_what_it_wrote_and_how_to_train_on_it(monkeypatch, tmp_path, capsys):
    call(monkeypatch, "pair", "edges", write_photos(tmp_path / "photos"), tmp_path / "my pairs", "--size", 32, "--sigma", 2)
    said = capsys.readouterr().out
    assert "4 pairs written" in said
    assert "1 of them for validation" in said
    assert f"train 'runs/my pairs' --pairs '{(tmp_path / 'my pairs').as_posix()}' --size 32" in said
    x, y = split_pair(open_image(tmp_path / "my pairs" / "val" / "00.png"))
    assert x.tobytes() == edges(y, 2.0).tobytes()


@pytest.mark.parametrize(("size", "depth"), [(64, "6"), (100, "2"), (40, "3"), (18, "1")])
def test_the_suggested_command_trains(monkeypatch, tmp_path, capsys, size, depth):
    monkeypatch.chdir(tmp_path)
    call(monkeypatch, "pair", "grey", write_photos(tmp_path / "photos"), tmp_path / "pairs", "--size", size)
    words = shlex.split(re.search("python -m pix2pix_edu (train .*)", capsys.readouterr().out)[1])
    assert words[words.index("--depth") + 1] == depth
    call(monkeypatch, *words, "--width", "4", "--steps", "2", "--batch-size", "2")
    assert (tmp_path / "runs" / "pairs" / "checkpoint.pt").is_file()


def test_the_suggested_command_is_the_one_in_the_readme(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    pair, train = re.findall(r"^python -m pix2pix_edu ((?:pair|train) .*PAIRS.*?) +#", (ROOT / "README.md").read_text(), re.MULTILINE)
    write_photos(tmp_path / "PHOTOS")
    call(monkeypatch, *pair.split())
    suggested = re.search("python -m pix2pix_edu (train .*)", capsys.readouterr().out)[1].split()
    assert suggested[2:] == train.split()[2:]  # the name of the run may be another


@pytest.mark.fault
def test_the_command_refuses_in_one_line(monkeypatch, tmp_path):
    empty, pairs, photos = tmp_path / "empty", tmp_path / "pairs", write_photos(tmp_path / "photos")
    empty.mkdir()
    assert refusal(monkeypatch, "pair", "grey", empty, pairs).startswith(f"pair: {empty} holds no images")
    assert refusal(monkeypatch, "pair", "edges", photos, pairs, "--sigma=-1").endswith(
        "must be a number from 0.1 to 100.0, got '-1' (--help shows what is possible)\n"
    )
    exists = f"pair: {photos} already exists: name a new folder, so that nothing is overwritten"
    assert refusal(monkeypatch, "pair", "edges", photos, photos) == exists
    assert not pairs.exists()
