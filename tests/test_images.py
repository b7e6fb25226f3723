import numpy as np
import pytest
import torch
from PIL import Image

from pix2pix_edu.images import jitter, list_images, open_image, split_pair, to_image, to_rgb, to_tensor


def picture(width=12, height=8):
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_bytes_survive_the_way_to_a_tensor_and_back():
    every_byte = Image.fromarray(np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3))
    assert to_image(to_tensor(every_byte)).tobytes() == every_byte.tobytes()


def test_black_is_minus_one_and_white_is_one():
    assert to_tensor(Image.new("RGB", (2, 2), "black")).unique().tolist() == [-1.0]
    assert to_tensor(Image.new("RGB", (2, 2), "white")).unique().tolist() == [1.0]


def test_a_tensor_has_channels_then_rows_then_columns():
    image = Image.new("RGB", (4, 3), "black")
    image.putpixel((3, 1), (255, 0, 0))
    tensor = to_tensor(image)
    assert tensor.shape == (3, 3, 4)
    assert (tensor > 0).nonzero().tolist() == [[0, 1, 3]]


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", 100, (100, 100, 100)),
        ("1", 1, (255, 255, 255)),
        ("RGBA", (10, 20, 30, 255), (10, 20, 30)),
        ("RGBA", (10, 20, 30, 0), (255, 255, 255)),
    ],
)
def test_files_of_every_mode_become_rgb(tmp_path, mode, colour, expected):
    Image.new(mode, (4, 4), colour).save(tmp_path / "image.png")
    image = open_image(tmp_path / "image.png")
    assert (image.mode, image.getpixel((0, 0))) == ("RGB", expected)


def test_palette_files_keep_their_colours_and_show_transparency_as_white(tmp_path):
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 200, 100, 50])
    image.save(tmp_path / "opaque.png")
    image.save(tmp_path / "clear.png", transparency=1)
    assert open_image(tmp_path / "opaque.png").getpixel((0, 0)) == (200, 100, 50)
    assert open_image(tmp_path / "clear.png").getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bit_grey_is_scaled_and_not_clipped(tmp_path):
    Image.fromarray(np.array([[0, 32896], [65535, 65535]], dtype=np.uint16)).save(tmp_path / "deep.png")
    image = open_image(tmp_path / "deep.png")
    assert [image.getpixel(place)[0] for place in [(0, 0), (1, 0), (0, 1)]] == [0, 128, 255]


def test_a_photograph_that_was_taken_upright_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    picture(8, 4).save(tmp_path / "phone.jpg", exif=exif)
    assert open_image(tmp_path / "phone.jpg").size == (4, 8)


def test_cmyk_files_become_rgb(tmp_path):
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "print.jpg")
    red, green, blue = open_image(tmp_path / "print.jpg").getpixel((0, 0))
    assert red > 200 > 60 > max(green, blue)


def test_a_cut_off_file_is_named(tmp_path):
    picture(64, 64).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:500])
    with pytest.raises(ValueError, match=r"cut.png is not a complete image file .* replace or remove it"):
        open_image(tmp_path / "cut.png")


def test_a_file_that_is_no_image_is_named(tmp_path):
    (tmp_path / "notes.png").write_text("these are words")
    with pytest.raises(ValueError, match="notes.png is not a complete image file"):
        open_image(tmp_path / "notes.png")
    with pytest.raises(ValueError, match="missing.png does not exist"):
        open_image(tmp_path / "missing.png")


def test_a_pair_is_cut_in_the_middle():
    whole = picture(12, 8)
    left, right = split_pair(whole)
    assert np.array_equal(np.hstack([left, right]), np.asarray(whole))


def test_an_odd_width_cannot_be_a_pair():
    with pytest.raises(ValueError, match="a side-by-side pair needs an even width, got 13 x 8"):
        split_pair(picture(13, 8))


def test_both_halves_get_the_same_crop_and_the_same_flip():
    x = torch.arange(100.0).reshape(1, 10, 10)
    seen = set()
    for seed in range(200):
        crop_x, crop_y = jitter(x, -x, 8, np.random.default_rng(seed))
        assert torch.equal(crop_x, -crop_y)
        seen.add((crop_x.min().item(), bool(crop_x[0, 0, 0] > crop_x[0, 0, 1])))
    assert len(seen) == 18  # 3 x 3 places, each flipped and not


def test_a_crop_larger_than_the_picture_is_refused():
    with pytest.raises(ValueError, match="a crop of 16 does not fit into 8 x 8"):
        jitter(torch.zeros(3, 8, 8), torch.zeros(3, 8, 8), 16, np.random.default_rng(0))


def test_halves_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="x is 8 x 8 but y is 8 x 9"):
        jitter(torch.zeros(3, 8, 8), torch.zeros(3, 8, 9), 4, np.random.default_rng(0))


def test_a_picture_with_nan_is_refused():
    with pytest.raises(ValueError, match="NaN or infinite values"):
        to_image(torch.full((3, 2, 2), float("nan")))


def test_a_tensor_that_is_no_picture_is_refused():
    with pytest.raises(ValueError, match=r"shape \(3, height, width\), got \(1, 3, 4, 4\)"):
        to_image(torch.zeros(1, 3, 4, 4))


def test_a_folder_lists_its_images_by_name_and_says_when_there_are_none(tmp_path):
    with pytest.raises(ValueError, match="holds no images"):
        list_images(tmp_path)
    for name in ("b.png", "a.JPG", "notes.txt"):
        (tmp_path / name).touch()
    assert [file.name for file in list_images(tmp_path)] == ["a.JPG", "b.png"]
    with pytest.raises(ValueError, match="is not a folder"):
        list_images(tmp_path / "a.JPG")


def test_values_outside_the_range_become_black_or_white():
    image = to_image(torch.tensor([-3.0, -1.0, 1.0, 1.5]).expand(3, 1, 4))
    assert [image.getpixel((column, 0))[0] for column in range(4)] == [0, 0, 255, 255]


@pytest.mark.parametrize(("values", "expected"), [([0.0, 100.0, 255.0], [0, 100, 255]), ([0.0, 255.0, 510.0], [0, 128, 255])])
def test_floating_point_grey_is_scaled_down_only_if_it_exceeds_255(values, expected):
    image = to_rgb(Image.fromarray(np.array([values], dtype=np.float32)))
    assert [image.getpixel((column, 0))[0] for column in range(3)] == expected
