import io
import struct
import zlib

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from pix2pix_edu.images import open_image, to_tensor
from pix2pix_edu.photos.picture_files import (
    list_pictures,
    read_header,
    read_picture,
    read_tensor,
    resized,
    suffix_for,
    to_values,
    with_channels,
    write_picture,
)

tifffile = pytest.importorskip("tifffile")  # scikit-image needs it
RNG = np.random.default_rng(0)
FUZZ = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)


def every_16_bit_value(channels):
    """A picture (256, 256, channels) with each 16-bit value once in every channel."""
    return np.stack([RNG.permutation(65536).reshape(256, 256) for _ in range(channels)], axis=2).astype(np.uint16)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png_16(path, pixels):
    """A PNG in 16 bits, written by hand: Pillow writes no colours in 16 bits."""
    height, width, channels = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def exact(pixels):
    """The value of each 16-bit number v as v / 65535 * 2 - 1, channels first."""
    return torch.from_numpy(pixels.transpose(2, 0, 1) / 65535 * 2 - 1).float()


# 16 bits


@pytest.mark.parametrize("channels", [1, 3])
def test_each_16_bit_value_of_a_png_is_read_exactly(tmp_path, channels):
    pixels = every_16_bit_value(channels)
    write_png_16(tmp_path / "deep.png", pixels)
    assert np.array_equal(read_picture(tmp_path / "deep.png"), pixels)
    assert torch.equal(read_tensor(tmp_path / "deep.png", channels), exact(pixels))
    assert read_header(tmp_path / "deep.png") == (256, 256, channels, 2)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_each_16_bit_value_of_a_tiff_is_read_exactly(tmp_path, channels, order, compression):
    pixels = every_16_bit_value(channels)
    kind = {"photometric": "rgb" if channels == 3 else "minisblack", "compression": compression, "byteorder": order}
    tifffile.imwrite(tmp_path / "deep.tif", pixels if channels == 3 else pixels[..., 0], **kind)
    assert np.array_equal(read_picture(tmp_path / "deep.tif"), pixels)
    assert read_header(tmp_path / "deep.tif") == (256, 256, channels, 2)


@pytest.mark.parametrize(("kind", "most"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)])
def test_grey_of_which_0_is_white_is_turned_round(tmp_path, kind, most):
    values = np.array([[0, most, most // 3]], kind)
    tifffile.imwrite(tmp_path / "scan.tif", values, photometric="miniswhite")
    pixels = read_picture(tmp_path / "scan.tif")
    assert (pixels.dtype, pixels[..., 0].tolist()) == (kind, (most - values).tolist())


def test_colours_in_16_bits_are_turned_upright_like_others(tmp_path):
    write_png_16(tmp_path / "plain.png", pixels := every_16_bit_value(3)[:10])
    plain = (tmp_path / "plain.png").read_bytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "turned.png").write_bytes(plain[:33] + chunk(b"eXIf", exif.tobytes()[6:]) + plain[33:])
    assert np.array_equal(read_picture(tmp_path / "turned.png"), np.rot90(pixels, -1))
    assert read_header(tmp_path / "turned.png") == (256, 10, 3, 2)
    tifffile.imwrite(tmp_path / "turned.tif", pixels, photometric="rgb", extratags=[(0x0112, "H", 1, 6, True)])
    assert np.array_equal(read_picture(tmp_path / "turned.tif"), np.rot90(pixels, -1))
    assert read_header(tmp_path / "turned.tif") == (256, 10, 3, 2)


def test_transparent_colours_in_16_bits_become_white(tmp_path):
    pixels = np.array([[[1000, 2000, 60000, 65535], [1000, 2000, 60000, 0], [0, 65535, 12345, 32768]]], np.uint16)
    write_png_16(tmp_path / "clear.png", pixels)
    share = pixels[..., 3:] / 65535
    assert read_picture(tmp_path / "clear.png").tolist() == (pixels[..., :3] * share + 65535 * (1 - share)).round().astype(int).tolist()


@pytest.mark.fault
def test_colours_in_16_bits_that_cannot_be_read_exactly_are_refused(tmp_path):
    write_png_16(tmp_path / "grey_and_alpha.png", every_16_bit_value(2))
    for compression in (None, "zlib"):
        planes = every_16_bit_value(3).transpose(2, 0, 1)
        tifffile.imwrite(
            tmp_path / f"planes_{compression}.tif", planes, photometric="rgb", planarconfig="separate", compression=compression
        )
    for file in list_pictures(tmp_path):
        with pytest.raises(ValueError, match=rf"{file.name} cannot be read as an image \("):
            read_picture(file)


def test_16_bits_survive_the_way_to_a_tensor_to_a_file_and_back(tmp_path):
    for channels in (1, 3, 5):
        pixels, path = every_16_bit_value(channels), tmp_path / f"{channels}{suffix_for(channels, 16)}"
        write_picture(exact(pixels), path, 16)
        assert np.array_equal(read_picture(path), pixels)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1.png", "3.npy", "5.npy"]


def test_8_bits_survive_the_way_to_a_tensor_to_a_file_and_back(tmp_path):
    for channels in (1, 2, 3, 5):
        pixels, path = RNG.integers(0, 256, (20, 30, channels), dtype=np.uint8), tmp_path / f"{channels}{suffix_for(channels, 8)}"
        write_picture(to_values(pixels.transpose(2, 0, 1).copy()), path)
        assert np.array_equal(read_picture(path), pixels)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1.png", "2.npy", "3.png", "5.npy"]


@pytest.mark.fault
def test_values_that_are_not_finite_are_not_written(tmp_path):
    for channels, bits in ((1, 8), (1, 16), (5, 8)):
        with pytest.raises(ValueError, match="NaN or infinite values"):
            write_picture(torch.full((channels, 2, 2), torch.nan), tmp_path / f"a{suffix_for(channels, bits)}", bits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_header_tells_the_size_of_a_turned_picture_as_it_will_be_read(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (12, 8)).save(tmp_path / f"a.{suffix}", exif=exif)
    assert read_header(tmp_path / f"a.{suffix}")[:2] == read_picture(tmp_path / f"a.{suffix}").shape[:2]


def test_an_orientation_in_xmp_counts_as_well(tmp_path):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    Image.new("RGB", (12, 8)).save(tmp_path / "a.jpg", xmp=xmp)
    assert read_header(tmp_path / "a.jpg")[:2] == read_picture(tmp_path / "a.jpg").shape[:2] == (12, 8)


# Arrays and floats


@pytest.mark.parametrize("kind", ["uint8", "uint16", ">u2", "float16", "float32", "float64", "<f4", ">f8"])
def test_an_array_is_read_as_it_was_written(tmp_path, kind):
    values = RNG.random((6, 9, 5)) * {"uint8": 255, "uint16": 65535, ">u2": 65535}.get(kind, 1)
    for pixels in (values.astype(kind), np.asfortranarray(values.astype(kind))):
        np.save(tmp_path / "a.npy", pixels)
        assert np.array_equal(read_picture(tmp_path / "a.npy"), pixels)
        assert read_header(tmp_path / "a.npy") == (6, 9, 5, np.dtype(kind).itemsize)
    most = {"uint8": 255, "uint16": 65535, ">u2": 65535}.get(kind, 1)
    expected = pixels.astype(np.float64).transpose(2, 0, 1) / most * 2 - 1
    assert np.abs(read_tensor(tmp_path / "a.npy", 5).numpy() - expected).max() < 2**-23


def test_an_array_without_channels_is_grey(tmp_path):
    np.save(tmp_path / "a.npy", RNG.random((4, 6)))
    assert read_tensor(tmp_path / "a.npy", 1).shape == (1, 4, 6)


@pytest.mark.fault
@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((4, 4, 3), np.int32), "must hold uint8, uint16 or floats from 0 to 1, and it holds int32"),
        (np.zeros((4, 4, 3), bool), "and it holds bool"),
        (np.zeros((4, 4, 3), complex), "and it holds complex128"),
        (np.zeros((4, 4, 4, 3)), r"must have the shape \(height, width, channels\), and it has \(4, 4, 4, 3\)"),
        (np.zeros((4, 0, 3)), r"must have the shape \(height, width, channels\), and it has \(4, 0, 3\)"),
        (np.full((4, 4, 3), 1.5), "its values must be from 0 to 1, and they are from 1.5 to 1.5"),
        (np.full((4, 4, 3), np.nan), r"its values must be from 0 to 1, and some are no numbers \(NaN\)"),
        (np.full((4, 4, 3), -np.inf), "its values must be from 0 to 1, and they are from -inf to -inf"),
        (np.array({"a": 1}, dtype=object), "Python objects"),
    ],
)
def test_an_array_that_is_no_picture_is_refused_in_one_sentence(tmp_path, array, words):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(ValueError, match=f"a.npy cannot be read as an image .*({words})"):
        read_picture(tmp_path / "a.npy")


@pytest.mark.fault
def test_an_array_whose_header_claims_a_terabyte_is_refused_at_once(tmp_path):
    head = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, 1000000, 1)}".ljust(117) + b"\n"
    (tmp_path / "huge.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + bytes(100))
    for read in (read_header, read_picture):
        with pytest.raises(ValueError, match="huge.npy cannot be read as an image"):
            read(tmp_path / "huge.npy")


# Channels and sizes


def test_grey_becomes_three_equal_channels_and_colours_become_grey_as_in_pillow():
    grey, colours = RNG.integers(0, 256, (20, 20, 1), dtype=np.uint8), RNG.integers(0, 256, (200, 200, 3), dtype=np.uint8)
    assert np.array_equal(with_channels(grey, 3), np.asarray(Image.fromarray(grey[..., 0]).convert("RGB")))
    assert np.array_equal(with_channels(colours, 1)[..., 0], np.asarray(Image.fromarray(colours).convert("L")))
    for grey in (every_16_bit_value(1), RNG.random((9, 9, 1))):
        np.testing.assert_allclose(with_channels(with_channels(grey, 3), 1), grey, rtol=1e-15)


@pytest.mark.fault
def test_other_numbers_of_channels_are_refused_with_the_file(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((4, 4, 5), np.uint8))
    with pytest.raises(ValueError, match=r"a\.npy has 5 channels, and 3 are needed"):
        read_tensor(tmp_path / "a.npy", 3)
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a\.png has 3 channels, and 2 are needed"):
        read_tensor(tmp_path / "a.png", 2)


def test_16_bits_and_floats_are_resized_as_8_bits_are_and_stay_in_their_range():
    soft = RNG.integers(90, 160, (30, 30, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(soft).resize((17, 17), Image.Resampling.BICUBIC))
    assert np.array_equal(resized(soft, 17), expected)
    deep, floats = resized(soft.astype(np.uint16) * 257, 17), resized(soft / 255, 17)
    np.testing.assert_allclose(deep / 257, expected, atol=1.01)  # in 8 bits, Pillow rounds after each direction
    np.testing.assert_allclose(floats, deep / 65535, atol=0.51 / 65535)
    hard = RNG.integers(0, 2, (30, 30, 3))  # black and white: the filter overshoots
    for pixels, most in ((hard.astype(np.uint16) * 65535, 65535), (hard.astype(np.float32), 1.0)):
        assert (resized(pixels, 17).dtype, resized(pixels, 17).min(), resized(pixels, 17).max()) == (pixels.dtype, 0, most)


def test_a_picture_that_has_its_size_already_is_not_changed():
    pixels = every_16_bit_value(2)
    assert np.array_equal(resized(pixels, 256), pixels)


# Anything at all


MODES = {"1": "png", "L": "png", "LA": "png", "P": "png", "PA": "tif", "RGB": "png", "RGBA": "png", "RGBX": "tif", "CMYK": "tif"}
MODES |= {"LAB": "tif", "I;16": "png", "I;16B": "tif", "I": "tif", "F": "tif"}


def any_image(data, mode):
    """Random pixels as an image of this mode."""
    height, width = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    if mode in ("I;16", "I;16B", "I"):
        pixels = data.draw(arrays.arrays(np.uint16, (height, width)))
        return Image.fromarray(pixels.astype({"I;16": "<u2", "I;16B": ">u2", "I": np.int32}[mode]))
    if mode == "F":
        return Image.fromarray(data.draw(arrays.arrays(np.float32, (height, width), elements=st.floats(0, 1, width=32))))
    pixels = data.draw(st.binary(min_size=height * width * 4, max_size=height * width * 4))
    if mode in ("LA", "PA"):
        return Image.frombytes("RGBA", (width, height), pixels).convert("LA").convert(mode)
    if mode == "P":
        image = Image.frombytes("P", (width, height), pixels[: height * width])
        image.putpalette(RNG.integers(0, 256, 768, dtype=np.uint8).tobytes())
        return image
    bands = len(Image.new(mode, (1, 1)).getbands())
    if mode == "1":
        return Image.frombytes("L", (width, height), pixels[: height * width]).convert("1")
    return Image.frombytes(mode, (width, height), pixels[: height * width * bands])


def expected_pixels(image):
    """What the library should read from this image: Pillow's own values or its RGB, on white."""
    if image.mode.startswith(("I", "F")):
        return np.asarray(image)[..., None]
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., None]
    if image.mode in ("RGBA", "LA", "PA"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("mode", MODES)
@settings(FUZZ, max_examples=15)
@given(data=st.data())
def test_a_picture_of_every_mode_is_read_as_it_was_written(tmp_path, mode, data):
    image, path = any_image(data, mode), tmp_path / f"a.{MODES[mode]}"
    image.save(path)
    pixels = read_picture(path)
    assert np.array_equal(pixels, expected_pixels(image))
    assert read_header(path) == (*pixels.shape, pixels.dtype.itemsize)


SEEDS = {}  # a small whole file of each kind, to be damaged


def whole_file_of(kind):
    if kind not in SEEDS:
        file = io.BytesIO()
        noise = np.random.default_rng(1).integers(0, 256, (12, 16, 3), dtype=np.uint8)
        if kind == "npy":
            np.save(file, noise)
        else:
            Image.fromarray(noise).save(file, kind)
        SEEDS[kind] = file.getvalue()
    return SEEDS[kind]


@pytest.mark.fault
@pytest.mark.filterwarnings("ignore")  # Pillow's remarks about damaged files
@FUZZ
@given(
    kind=st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "QOI", "DDS", "TGA", "ICO", "PPM", "JPEG2000", "npy"]),
    cut=st.integers(0, 2000),
    flips=st.lists(st.tuples(st.integers(0, 1999), st.integers(0, 255)), max_size=6),
)
def test_a_damaged_file_is_read_or_refused_by_name_and_nothing_else(tmp_path, kind, cut, flips):
    damaged = bytearray(whole_file_of(kind)[:cut])
    for place, value in flips:
        if place < len(damaged):
            damaged[place] = value
    path = tmp_path / f"damaged.{'npy' if kind == 'npy' else 'png'}"
    path.write_bytes(damaged)
    for read in (read_header, read_picture, *([open_image] if kind != "npy" else [])):
        try:
            read(path)
        except ValueError as error:
            assert str(path) in str(error)  # noqa: PT017 - other errors are failures


@pytest.mark.fault
@FUZZ
@given(content=st.binary(max_size=200), suffix=st.sampled_from(["png", "jpg", "tif", "npy"]))
def test_any_bytes_are_refused_by_name(tmp_path, content, suffix):
    path = tmp_path / f"bytes.{suffix}"
    path.write_bytes(content)
    for read in (read_header, read_picture):
        with pytest.raises(ValueError, match=f"bytes.{suffix} cannot be read as an image"):
            read(path)


def test_ordinary_pictures_give_the_numbers_that_images_gives(tmp_path):
    Image.fromarray(RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(tmp_path / "a.jpg")
    assert torch.equal(read_tensor(tmp_path / "a.jpg", 3), to_tensor(open_image(tmp_path / "a.jpg")))


@pytest.mark.fault
def test_an_array_with_bytes_after_its_end_is_refused(tmp_path):
    np.save(tmp_path / "longer.npy", np.zeros((4, 4, 3), np.uint8))
    with open(tmp_path / "longer.npy", "ab") as file:
        file.write(b"more")
    with pytest.raises(ValueError, match=r"longer.npy cannot be read .*longer than an array of the shape \(4, 4, 3\) needs"):
        read_picture(tmp_path / "longer.npy")


@pytest.mark.fault
@pytest.mark.parametrize("level", [0, 6])
def test_no_flipped_bit_of_a_png_changes_a_picture_silently(tmp_path, level):
    file = tmp_path / "x.png"
    Image.fromarray(RNG.integers(0, 256, (12, 12, 3), dtype=np.uint8)).save(file, compress_level=level)
    content, refused = file.read_bytes(), set()
    whole = {read: np.asarray(read(file)) for read in (read_picture, open_image)}
    for place in range(len(content)):
        file.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        for read, expected in whole.items():
            try:
                assert np.array_equal(np.asarray(read(file)), expected)  # as after a flip in the end of the file, which holds nothing
            except ValueError:
                refused.add(place)
    assert len(refused) > len(content) - 10
