import os

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from pix2pix_edu.photos import folders
from pix2pix_edu.photos.folders import ParallelPairs, PhotoPairs


def write_side_by_side(folder, count=3, size=(40, 20)):
    folder.mkdir(parents=True)
    for i in range(count):
        whole = Image.new("RGB", size, (i, 0, 0))
        whole.paste((0, i, 255), (size[0] // 2, 0, *size))
        whole.save(folder / f"{i}.png")
    return folder


def write_flat(folder, names, suffix="png", size=(16, 16), red=0):
    folder.mkdir()
    for name in names:
        Image.new("RGB", size, (red, ord(name), 0)).save(folder / f"{name}.{suffix}")
    return folder


def first_colour(tensor):
    return ((tensor[:, 0, 0] + 1) * 127.5).round().int().tolist()


def test_left_to_right_takes_x_from_the_left_and_right_to_left_from_the_right(tmp_path):
    write_side_by_side(tmp_path / "train")
    x, y = PhotoPairs(tmp_path, "train", 20)[2]
    assert (first_colour(x), first_colour(y)) == ([2, 0, 0], [0, 2, 255])
    x, y = PhotoPairs(tmp_path, "train", 20, direction="right_to_left")[2]
    assert (first_colour(x), first_colour(y)) == ([0, 2, 255], [2, 0, 0])


def test_a_pair_is_the_same_the_second_time_from_memory_or_from_disk(tmp_path, monkeypatch):
    folder = write_side_by_side(tmp_path / "set")
    kept = PhotoPairs(folder, size=20)
    first = kept[1]
    monkeypatch.setattr(folders, "MEMORY_LIMIT", 0)
    not_kept = PhotoPairs(folder, size=20)
    for pairs in (kept, not_kept, not_kept):
        assert all(torch.equal(one, other) for one, other in zip(first, pairs[1], strict=True))
    assert (len(kept._kept), len(not_kept._kept)) == (1, 0)


def test_a_loop_over_the_pairs_ends_after_the_last(tmp_path):
    assert len(list(PhotoPairs(write_side_by_side(tmp_path / "set"), size=20))) == 3


def test_two_folders_are_matched_by_name_without_the_suffix(tmp_path):
    x, y = ParallelPairs(write_flat(tmp_path / "x", "ab", red=10), write_flat(tmp_path / "y", "ab", "bmp", red=200), 16)[1]
    assert (first_colour(x), first_colour(y)) == ([10, 98, 0], [200, 98, 0])


@pytest.mark.fault
def test_folders_that_do_not_match_are_refused_with_the_names(tmp_path):
    with pytest.raises(ValueError, match=r"do not match: 2 names are in only one of them \(b, d\)"):
        ParallelPairs(write_flat(tmp_path / "x", "abc"), write_flat(tmp_path / "y", "acd"))


@pytest.mark.fault
def test_partners_of_different_shape_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a.png is \(16, 16\) but its partner is \(16, 20\)"):
        ParallelPairs(write_flat(tmp_path / "x", "a"), write_flat(tmp_path / "y", "a", size=(16, 20)))


@pytest.mark.fault
def test_the_file_of_an_odd_width_is_named(tmp_path):
    folder = write_side_by_side(tmp_path / "set", size=(41, 20))
    with pytest.raises(ValueError, match="0.png: a side-by-side pair needs an even width, got 41 x 20"):
        PhotoPairs(folder)


@pytest.mark.fault
def test_an_empty_and_a_missing_folder_are_named(tmp_path):
    with pytest.raises(ValueError, match="holds no images"):
        PhotoPairs(tmp_path)
    with pytest.raises(ValueError, match="train is not a folder"):
        PhotoPairs(tmp_path, "train")


@pytest.mark.fault
def test_a_direction_that_does_not_exist_is_refused_with_those_that_do(tmp_path):
    with pytest.raises(ValueError, match=r"must be one of \('left_to_right', 'right_to_left'\), got 'BtoA'"):
        PhotoPairs(tmp_path, direction="BtoA")


def test_pairs_are_resized_with_the_bicubic_filter_of_pillow(tmp_path):
    (tmp_path / "set").mkdir()
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 60, 3), dtype=np.uint8))
    noise.save(tmp_path / "set" / "noise.png")
    for tensor, left in zip(PhotoPairs(tmp_path / "set", size=20)[0], (0, 30), strict=True):
        expected = np.array(noise.crop((left, 0, left + 30, 30)).resize((20, 20), Image.Resampling.BICUBIC))
        assert torch.equal(((tensor + 1) * 127.5).round().byte().permute(1, 2, 0), torch.from_numpy(expected))


# Wrong pictures are found before the work begins


@pytest.mark.fault
@pytest.mark.parametrize("size", [(40, 30), (30, 40), (32, 18), (20, 20)])
def test_ordinary_photographs_are_not_cut_in_half(tmp_path, size):
    folder = write_side_by_side(tmp_path / "set", count=7, size=size)
    width, height = size
    with pytest.raises(
        ValueError, match=rf"7 of 7 pictures are not two squares side by side \(0.png is {width} x {height}, .*, \.\.\.\)"
    ) as error:
        PhotoPairs(folder)
    assert all(way_out in str(error.value) for way_out in ("command `pair`", "two folders"))


@pytest.mark.fault
@pytest.mark.parametrize(
    ("size", "said"), [((40, 20), ""), ((38, 20), ""), ((42, 20), ""), ((60, 20), "0.png is 60 x 20, 1.png is 60 x 20.")]
)
def test_pairs_of_halves_that_are_wider_than_high_are_used_and_that_is_said(tmp_path, size, said):
    pairs = PhotoPairs(write_side_by_side(tmp_path / "set", count=2, size=size), size=20)
    assert [remark[-len(said) :] for remark in pairs.remarks()] == [said] * bool(said)
    assert first_colour(pairs[1][1]) == [0, 1, 255]


@pytest.mark.fault
def test_photographs_in_two_folders_that_are_not_square_are_used_and_that_is_said(tmp_path):
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        for number, size in enumerate([(64, 48), (40, 40), (41, 40), (30, 60)]):
            Image.new("RGB", size).save(tmp_path / name / f"{number}.png")
    said = ParallelPairs(tmp_path / "x", tmp_path / "y", size=20).remarks()
    assert said == ["2 of 4 pictures are not square and are squeezed to squares: 0.png is 64 x 48, 3.png is 30 x 60."]


@pytest.mark.fault
def test_every_bad_file_is_named_at_the_start_up_to_five(tmp_path):
    folder = write_side_by_side(tmp_path / "set", count=3)
    for number in range(7):
        (folder / f"bad{number}.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="^7 of 10 files cannot be used: .*bad0.png.*bad4.png.*; and 2 more$") as error:
        PhotoPairs(folder)
    assert "bad5" not in str(error.value)


@pytest.mark.fault
def test_a_picture_with_a_wrong_byte_is_found_by_reading_ahead(tmp_path):
    folder = write_side_by_side(tmp_path / "set", count=3)
    noise = Image.effect_noise((200, 100), 90)
    noise.save(folder / "1.png")
    damaged = bytearray((folder / "1.png").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (folder / "1.png").write_bytes(damaged)
    pairs = PhotoPairs(folder, size=20)  # its header and its end are right
    pairs.read_ahead(1)
    with pytest.raises(ValueError, match="1.png cannot be read as an image .*checksum"):
        pairs.read_ahead(3)


def test_pictures_that_do_not_fit_into_memory_are_not_read_ahead(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MEMORY_LIMIT", 3 * 2 * 3 * 20**2 - 1)
    pairs = PhotoPairs(write_side_by_side(tmp_path / "set"), size=20)
    pairs.read_ahead(3)
    assert len(pairs._kept) == 0
    monkeypatch.setattr(folders, "MEMORY_LIMIT", 3 * 2 * 3 * 20**2)
    pairs = PhotoPairs(tmp_path / "set", size=20)
    pairs.read_ahead(2)
    assert len(pairs._kept) == 2


@pytest.mark.fault
def test_a_png_whose_orientation_comes_after_its_pixels_is_not_cut_in_the_wrong_place(tmp_path):
    folder = write_side_by_side(tmp_path / "set", count=1)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(tmp_path / "early.png", exif=exif)
    early, plain = (tmp_path / "early.png").read_bytes(), (folder / "0.png").read_bytes()
    place = early.index(b"eXIf") - 4
    end = place + 12 + int.from_bytes(early[place : place + 4], "big")
    (folder / "0.png").write_bytes(plain[:-12] + early[place:end] + plain[-12:])
    with pytest.raises(ValueError, match="0.png is not 40 x 20 as its header said: save it again"):
        PhotoPairs(folder)[0]


def test_of_ten_thousand_files_each_is_opened_once_and_none_is_decoded_before_training(tmp_path, monkeypatch):
    folder = write_side_by_side(tmp_path / "set", count=1)
    for number in range(1, 10_000):
        os.link(folder / "0.png", folder / f"{number}.png")
    opened, decoded = [], []
    opens, loads = Image.open, PngImageFile.load
    monkeypatch.setattr(Image, "open", lambda path, *rest, **named: opened.append(path) or opens(path, *rest, **named))
    monkeypatch.setattr(PngImageFile, "load", lambda image: decoded.append(image) or loads(image))
    assert len(PhotoPairs(folder, size=20)) == 10_000
    assert (len(opened), len(set(opened)), len(decoded)) == (10_000, 10_000, 0)


# Channels and bits


def test_16_bits_side_by_side_are_exact_in_memory_and_from_disk(tmp_path, monkeypatch):
    (tmp_path / "set").mkdir()
    values = np.random.default_rng(0).permutation(65536)[: 128 * 64].reshape(64, 128).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "set" / "a.png")
    exact = torch.from_numpy(values / 65535 * 2 - 1).float()
    for limit in (folders.MEMORY_LIMIT, 0):
        monkeypatch.setattr(folders, "MEMORY_LIMIT", limit)
        pairs = PhotoPairs(tmp_path / "set", size=64, x_channels=1, y_channels=3)
        for _ in range(2):
            x, y = pairs[0]
            assert torch.equal(x, exact[None, :, :64])
            assert torch.equal(y, exact[None, :, 64:].expand(3, -1, -1))


def test_arrays_of_many_channels_in_two_folders_are_exact(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.random((16, 16, 5), dtype=np.float32), rng.integers(0, 65536, (16, 16, 2), dtype=np.uint16)
    for name, values in (("x", x), ("y", y)):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "a.npy", values)
    pair = ParallelPairs(tmp_path / "x", tmp_path / "y", 16, x_channels=5, y_channels=2)[0]
    for tensor, expected in zip(pair, (x.astype(float) * 2 - 1, y / 65535 * 2 - 1), strict=True):
        assert torch.equal(tensor, torch.from_numpy(expected.transpose(2, 0, 1)).float())


@pytest.mark.fault
def test_files_with_other_channels_are_refused_at_the_start(tmp_path):
    for name, channels in (("x", 5), ("y", 3)):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "a.npy", np.zeros((16, 16, channels), np.uint8))
    with pytest.raises(ValueError, match=r"x.a\.npy has 5 channels, and 3 are needed"):
        ParallelPairs(tmp_path / "x", tmp_path / "y", 16)
    np.save(tmp_path / "x" / "a.npy", np.zeros((16, 32, 2), np.uint8))
    with pytest.raises(ValueError, match=r"x.a\.npy has 2 channels, and 1 is needed"):
        PhotoPairs(tmp_path / "x", size=16, x_channels=1, y_channels=1)


def test_more_bytes_for_each_value_count_towards_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MEMORY_LIMIT", 2 * 16**2 * 4)
    for kind, kept in ((np.float32, 1), (np.float64, 0)):
        np.save(tmp_path / "a.npy", np.zeros((16, 32), kind))
        pairs = PhotoPairs(tmp_path, size=16, x_channels=1, y_channels=1)
        pairs.read_ahead(1)
        assert len(pairs._kept) == kept


@pytest.mark.fault
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_a_picture_that_is_cut_short_is_named_at_once_even_if_the_set_does_not_fit_into_memory(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(folders, "MEMORY_LIMIT", 0)
    for name in "ab":
        Image.effect_noise((64, 32), 80).convert("RGB").save(tmp_path / f"{name}.{suffix}")
    whole = (tmp_path / f"b.{suffix}").read_bytes()
    (tmp_path / f"b.{suffix}").write_bytes(whole + b"what a camera adds")
    assert len(PhotoPairs(tmp_path, size=20)) == 2
    (tmp_path / f"b.{suffix}").write_bytes(whole[:-20])
    with pytest.raises(ValueError, match=f"b.{suffix} cannot be read as an image"):
        PhotoPairs(tmp_path, size=20)
