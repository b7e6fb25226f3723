import os
import socket
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from pix2pix_edu.images import jitter, list_images, open_image, skipped, split_pair, to_image, to_rgb, to_tensor
from pix2pix_edu.photos.picture_files import read_header, read_picture


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


@pytest.mark.fault
def test_a_cut_off_file_is_named(tmp_path):
    picture(64, 64).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:500])
    with pytest.raises(ValueError, match=r"cut.png cannot be read as an image \(.*[Tt]runcated.*\): replace or remove it"):
        open_image(tmp_path / "cut.png")


@pytest.mark.fault
def test_a_file_that_is_no_image_is_named(tmp_path):
    (tmp_path / "notes.png").write_text("these are words")
    with pytest.raises(ValueError, match="notes.png cannot be read as an image"):
        open_image(tmp_path / "notes.png")
    with pytest.raises(ValueError, match="missing.png does not exist"):
        open_image(tmp_path / "missing.png")


def test_a_pair_is_cut_in_the_middle():
    whole = picture(12, 8)
    left, right = split_pair(whole)
    assert np.array_equal(np.hstack([left, right]), np.asarray(whole))


@pytest.mark.fault
def test_an_odd_width_cannot_be_a_pair():
    with pytest.raises(ValueError, match="a side-by-side pair needs an even width, got 13 x 8"):
        split_pair(picture(13, 8))


def test_both_halves_get_the_same_crop_and_the_same_flip():
    x = torch.arange(100.0).reshape(1, 10, 10)
    seen = set()
    for seed in range(200):
        crop_x, crop_y = jitter(x, -x, 8, np.random.default_rng(seed))
        assert crop_x.shape == (1, 8, 8)
        assert torch.equal(crop_x, -crop_y)
        seen.add((crop_x.min().item(), bool(crop_x[0, 0, 0] > crop_x[0, 0, 1])))
    assert len(seen) == 18  # 3 x 3 places, each flipped and not


@pytest.mark.fault
def test_a_crop_larger_than_the_picture_is_refused():
    with pytest.raises(ValueError, match="a crop of 16 does not fit into 8 x 8"):
        jitter(torch.zeros(3, 8, 8), torch.zeros(3, 8, 8), 16, np.random.default_rng(0))


@pytest.mark.fault
def test_halves_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="x is 8 x 8 but y is 8 x 9"):
        jitter(torch.zeros(3, 8, 8), torch.zeros(3, 8, 9), 4, np.random.default_rng(0))


@pytest.mark.fault
def test_a_picture_with_nan_is_refused():
    with pytest.raises(ValueError, match="NaN or infinite values"):
        to_image(torch.full((3, 2, 2), float("nan")))


@pytest.mark.fault
def test_a_tensor_that_is_no_picture_is_refused():
    with pytest.raises(ValueError, match=r"shape \(3, height, width\), or \(1, height, width\) if it is grey, got \(1, 3, 4, 4\)"):
        to_image(torch.zeros(1, 3, 4, 4))


@pytest.mark.fault
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


def test_floating_point_grey_from_0_to_1_is_black_to_white():
    image = to_rgb(Image.fromarray(np.array([[0.0, 0.5, 1.0]], dtype=np.float32)))
    assert [image.getpixel((column, 0)) for column in range(3)] == [(0, 0, 0), (128, 128, 128), (255, 255, 255)]


@pytest.mark.fault
@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.array([[0, 255]], np.float32), "must be from 0 to 1, and they are from 0 to 255"),
        (np.array([[-0.5, 1]], np.float32), "must be from 0 to 1, and they are from -0.5 to 1"),
        (np.array([[0, np.nan]], np.float32), r"must be from 0 to 1, and some are no numbers \(NaN\)"),
        (np.array([[0, np.inf]], np.float32), "must be from 0 to 1, and they are from 0 to inf"),
        (np.array([[0, 70_000]], np.int32), "must be from 0 to 65535, and they are from 0 to 70000"),
        (np.array([[-1, 5]], np.int32), "must be from 0 to 65535, and they are from -1 to 5"),
    ],
)
def test_values_outside_their_range_are_refused_with_the_file_and_never_wrapped_or_scaled(tmp_path, values, words):
    Image.fromarray(values).save(tmp_path / "measured.tif")
    with pytest.raises(ValueError, match=rf"measured.tif cannot be read as an image \(its values {words}\)"):
        open_image(tmp_path / "measured.tif")


def test_a_grey_tensor_becomes_a_grey_image():
    image = to_image(torch.tensor([[[-1.0, 0.0, 1.0]]]))
    assert (image.mode, image.tobytes()) == ("L", bytes([0, 128, 255]))


# Files that are no pictures


@pytest.mark.fault
def test_hidden_files_and_what_is_no_regular_file_are_not_listed(tmp_path):
    picture().save(tmp_path / "a.png")
    for name in ("._a.jpg", ".DS_Store", ".hidden.png"):
        (tmp_path / name).write_bytes(b"no picture")
    (tmp_path / "folder.png").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
    assert [file.name for file in list_images(tmp_path)] == ["a.png"]


@pytest.mark.fault
def test_files_that_are_not_listed_are_counted_and_the_first_three_named(tmp_path):
    picture().save(tmp_path / "a.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    (tmp_path / ".hidden.gif").touch()
    (tmp_path / ".folder").mkdir()
    (tmp_path / "train").mkdir()  # of pairs: chosen by name
    assert skipped(tmp_path) == ""
    sentences = []
    for name in ("d.gif", "c.txt", "b", "e.gif"):
        (tmp_path / name).touch()
        sentences.append(skipped(tmp_path).split(":")[0])
    assert sentences == [
        f"1 file in {tmp_path} is skipped (d.gif)",
        f"2 files in {tmp_path} are skipped (c.txt, d.gif)",
        f"3 files in {tmp_path} are skipped (b, c.txt, d.gif)",
        f"4 files in {tmp_path} are skipped (b, c.txt, d.gif, ...)",
    ]


@pytest.mark.fault
def test_folders_within_a_folder_of_pictures_are_named(tmp_path):
    picture().save(tmp_path / "a.png")
    (tmp_path / "more").mkdir()
    assert skipped(tmp_path).startswith(f"1 folder in {tmp_path} is skipped (more): only regular files")
    assert skipped(tmp_path).endswith("are read, and none in folders within.")
    (tmp_path / "b.txt").touch()
    assert skipped(tmp_path).startswith(f"1 file and 1 folder in {tmp_path} are skipped (b.txt, more): ")


@pytest.mark.fault
@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_a_file_with_several_pictures_is_refused(tmp_path, suffix):
    first, second = picture(), picture().rotate(180)
    first.save(tmp_path / f"film.{suffix}", save_all=True, append_images=[second])
    for read in (open_image, read_header, read_picture):
        with pytest.raises(ValueError, match="it holds 2 pictures, and only one could be used: save each in a file of its own"):
            read(tmp_path / f"film.{suffix}")


def test_a_picture_with_smaller_copies_of_itself_is_read(tmp_path):
    first = picture(12, 8)
    first.save(tmp_path / "pyramid.tif", save_all=True, append_images=[first.resize((6, 4))])
    first.save(tmp_path / "phone.jpg", "MPO", save_all=True, append_images=[first])
    assert open_image(tmp_path / "pyramid.tif").tobytes() == first.tobytes()
    assert np.array_equal(read_picture(tmp_path / "pyramid.tif"), np.asarray(first))
    assert open_image(tmp_path / "phone.jpg").size == read_header(tmp_path / "phone.jpg")[1::-1] == (12, 8)


@pytest.mark.fault
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes among its files")
def test_a_pipe_with_the_name_of_a_picture_is_skipped(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert skipped(tmp_path).startswith(f"1 file in {tmp_path} is skipped (pipe.png): only regular files that end in .jpg, ")


@pytest.mark.fault
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes among its files")
def test_a_pipe_a_socket_and_a_device_are_refused_instead_of_waited_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    os.mkfifo("pipe.png")
    os.symlink("/dev/zero", "endless.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
        for name in ("pipe.png", "endless.png", "socket.png"):
            with pytest.raises(ValueError, match=rf"{name} cannot be read as an image \(it is no regular file\)"):
                open_image(name)


@pytest.mark.fault
def test_a_link_to_a_picture_is_followed_and_a_link_to_nothing_is_refused(tmp_path):
    picture().save(tmp_path / "a.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    (tmp_path / "c.png").symlink_to(tmp_path / "nothing.png")
    assert [file.name for file in list_images(tmp_path)] == ["a.png", "b.png", "c.png"]
    assert open_image(tmp_path / "b.png").tobytes() == picture().tobytes()
    with pytest.raises(ValueError, match=r"c\.png does not exist"):
        open_image(tmp_path / "c.png")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.fault
def test_a_whole_but_too_large_picture_is_not_called_damaged(tmp_path):
    side = 20_000
    rows = zlib.compress(bytes(side * (side // 8 + 1)))  # 1 bit for each pixel
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    (tmp_path / "large.png").write_bytes(png)
    with pytest.raises(ValueError, match=r"large.png cannot be read as an image \(Image size .*exceeds limit.*\): make it smaller"):
        open_image(tmp_path / "large.png")


@pytest.mark.fault
def test_a_png_with_too_much_text_and_formats_that_pillow_cannot_decode_are_named(tmp_path):
    picture().save(tmp_path / "plain.png")
    plain = (tmp_path / "plain.png").read_bytes()
    text = chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(2**21)))
    (tmp_path / "text.png").write_bytes(plain[:33] + text + plain[33:])
    dds = b"DDS " + struct.pack("<7I", 124, 0x1007, 4, 4, 0, 0, 0) + bytes(44) + struct.pack("<2I4s5I", 32, 4, b"ABCD", 0, 0, 0, 0, 0)
    (tmp_path / "texture.png").write_bytes(dds + bytes(120))
    (tmp_path / "cut.png").write_bytes(b"qoif" + struct.pack(">2I2B", 64, 64, 3, 0) + bytes(3))
    (tmp_path / "broken.png").write_bytes(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(40))
    for name in ("text", "texture", "cut", "broken"):
        with pytest.raises(ValueError, match=rf"{name}\.png cannot be read as an image \(.+\): replace or remove it"):
            open_image(tmp_path / f"{name}.png")


@pytest.mark.fault
@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="this system has no user numbers")
def test_a_picture_without_read_permission_is_not_called_damaged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture().save("secret.png")
    os.chmod("secret.png", 0)
    user = os.geteuid()
    os.chmod(tmp_path, 0o755)
    if user == 0:
        os.seteuid(65534)  # root may read everything, nobody may not
    try:
        with pytest.raises(ValueError, match=r"secret\.png cannot be read as an image \(.*Permission denied.*\): allow it to be read"):
            open_image("secret.png")
    finally:
        os.seteuid(user)


def test_any_even_width_is_cut_in_the_middle():
    assert [half.size for half in split_pair(Image.new("RGB", (14, 5)))] == [(7, 5), (7, 5)]


@pytest.mark.fault
def test_32_bit_whole_numbers_that_fit_into_bytes_are_not_taken_for_a_nearly_black_picture(tmp_path):
    ramp = np.arange(256, dtype=np.int32).reshape(16, 16)
    Image.fromarray(ramp).save(tmp_path / "bytes.tif")
    Image.fromarray(ramp * 257).save(tmp_path / "full.tif")
    Image.fromarray(ramp * 0).save(tmp_path / "black.tif")  # in any number of bits
    Image.fromarray(ramp // 255).save(tmp_path / "bits.tif")
    for name, most in (("bytes", 255), ("bits", 1)):
        with pytest.raises(ValueError, match=rf"{name}.tif cannot be read .*none is above {most}: save it in 8 bits"):
            open_image(tmp_path / f"{name}.tif")
    assert np.array_equal(np.asarray(open_image(tmp_path / "full.tif"))[..., 0], ramp)
    assert not np.asarray(open_image(tmp_path / "black.tif")).any()
