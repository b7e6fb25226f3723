import numpy as np
import pytest
import torch
from PIL import Image

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


def test_folders_that_do_not_match_are_refused_with_the_names(tmp_path):
    with pytest.raises(ValueError, match=r"do not match: 2 names are in only one of them \(b, d\)"):
        ParallelPairs(write_flat(tmp_path / "x", "abc"), write_flat(tmp_path / "y", "acd"))


def test_partners_of_different_shape_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a.png is \(16, 16\) but its partner is \(16, 20\)"):
        ParallelPairs(write_flat(tmp_path / "x", "a"), write_flat(tmp_path / "y", "a", size=(16, 20)))[0]


def test_the_file_of_an_odd_width_is_named(tmp_path):
    folder = write_side_by_side(tmp_path / "set", size=(41, 20))
    with pytest.raises(ValueError, match="0.png: a side-by-side pair needs an even width, got 41 x 20"):
        PhotoPairs(folder)[0]


def test_an_empty_and_a_missing_folder_are_named(tmp_path):
    with pytest.raises(ValueError, match="holds no images"):
        PhotoPairs(tmp_path)
    with pytest.raises(ValueError, match="train is not a folder"):
        PhotoPairs(tmp_path, "train")


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
