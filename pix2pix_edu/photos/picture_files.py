"""Picture files of any number of channels, in 8 bits, in 16 bits or as floats, read and written without loss.

A picture is an array (height, width, channels) of bytes, of 16-bit whole numbers 0 ... 65535, or of floats in [0, 1].
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import ExifTags, Image, ImageOps
from torch import Tensor

from pix2pix_edu import images
from pix2pix_edu.files import whole_file
from pix2pix_edu.images import (
    from_bytes,
    list_images,
    opened,
    reading,
    refuse_bytes,
    refuse_frames,
    refuse_outside,
    skipped,
    to_image,
    to_rgb,
)
from pix2pix_edu.photos.sixteen_bits import is_deep, read_deep, zero_is_white

SUFFIXES = (*images.SUFFIXES, ".npy")
WITH_ORIENTATION = {"exif", "xmp", "XML:com.adobe.xmp"}  # what Pillow reads an orientation from
WIDTH_AND_HEIGHT = (256, 257)  # TIFF tags
ENDS = {"PNG": b"IEND\xaeB`\x82", "JPEG": b"\xff\xd9", "MPO": b"\xff\xd9"}  # of files; Pillow itself looks in a WebP
LONGEST_END = 8  # bytes
TURNED = (5, 6, 7, 8)  # orientations in the EXIF data for which width and height are swapped


class Header(NamedTuple):
    """What is known of a picture before it is decoded."""

    height: int
    width: int
    channels: int
    itemsize: int  # bytes of a value


def list_pictures(folder: str | Path) -> list[Path]:
    """The picture files in a folder, .npy included, sorted by name."""
    return list_images(folder, SUFFIXES)


def skipped_pictures(folder: str | Path) -> str:
    """Which files of a folder `list_pictures` leaves out, as a sentence; empty if none."""
    return skipped(folder, SUFFIXES)


def read_header(path: Path) -> Header:
    """The size and kind of a picture, without decoding it."""
    with reading(path):
        if path.suffix.lower() == ".npy":
            pixels = _map_array(path)
            return Header(*pixels.shape, pixels.dtype.itemsize)
        with Image.open(path) as image:
            refuse_frames(image)
            header, whole = header_of(image), has_end(image)
        if not whole:
            with opened(path) as image:
                image.load()
        return header


def has_end(image: Image.Image) -> bool:
    """Whether the file of an image that is open but not decoded ends as its kind does. If not, it may be cut short: decode it."""
    place = image.fp.tell()
    image.fp.seek(-LONGEST_END, os.SEEK_END)
    last = image.fp.read()
    image.fp.seek(place)
    return last.endswith(ENDS.get(image.format, b""))


def header_of(image: Image.Image) -> Header:
    """The size and kind of an image that is open but not decoded."""
    # Only if the header has an orientation: PNG can have it at the end, and looking there would decode all pixels.
    told = image.format == "TIFF" or not WITH_ORIENTATION.isdisjoint(image.info)
    turned = told and image.getexif().get(ExifTags.Base.Orientation) in TURNED
    # Some versions of Pillow give the size of a TIFF as it will be when it is turned.
    stored = [image.tag_v2[tag] for tag in WIDTH_AND_HEIGHT] if image.format == "TIFF" else image.size
    width, height = reversed(stored) if turned else stored
    itemsize = 4 if image.mode == "F" else 2 if image.mode.startswith("I") or is_deep(image) else 1
    return Header(height, width, 1 if _is_grey(image) else 3, itemsize)


def read_picture(path: Path) -> np.ndarray:
    """The values in a picture file, as they are. Palettes and other ways to store colours become RGB; transparent pixels become white."""
    with reading(path):
        if path.suffix.lower() == ".npy":
            mapped = _map_array(path)
            pixels = np.array(mapped, dtype=mapped.dtype.newbyteorder("="))
        else:
            with opened(path) as image:
                refuse_frames(image)
                pixels = read_deep(path) if is_deep(image) else values_of(ImageOps.exif_transpose(image))
                if zero_is_white(image):
                    pixels = (1.0 if image.mode == "F" else 65535) - pixels
        if pixels.dtype.kind == "f":
            refuse_outside(pixels, 1.0)
        return pixels


def with_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """A picture with this number of channels: grey can become RGB, and RGB can become grey."""
    if pixels.shape[2] == channels:
        return pixels
    if channels == 3:
        return pixels.repeat(3, axis=2)
    weights = np.array([19595, 38470, 7471])  # Pillow's, and the usual ones: 0.299, 0.587, 0.114
    if pixels.dtype.kind == "f":
        return (pixels @ (weights / 65536))[..., None]
    return ((pixels.astype(np.int64) @ weights + 32768) >> 16)[..., None].astype(pixels.dtype)


def refuse_channels(channels: int, needed: int, file: Path) -> None:
    """Raise an error if a picture with `channels` cannot be used where other channels are needed."""
    if channels != needed and {channels, needed} != {1, 3}:
        have = "1 channel" if channels == 1 else f"{channels} channels"
        order = " (the shape of an array is height, width, channels)" if file.suffix.lower() == ".npy" else ""
        raise ValueError(
            f"{file} has {have}, and {needed} {'are' if needed > 1 else 'is'} needed{order}: remove it, or change the channels"
        )


def resized(pixels: np.ndarray, size: int) -> np.ndarray:
    """A picture resized to a square of `size` pixels with Pillow's bicubic filter, each channel on its own."""
    if pixels.shape[:2] == (size, size):
        return pixels
    channels = pixels if pixels.dtype == np.uint8 else pixels.astype(np.float32)
    square = np.stack(
        [
            np.asarray(Image.fromarray(np.ascontiguousarray(channel)).resize((size, size), Image.Resampling.BICUBIC))
            for channel in np.moveaxis(channels, 2, 0)
        ],
        axis=2,
    )
    if pixels.dtype == np.uint16:
        return square.round().clip(0, 65535).astype(np.uint16)
    return square if pixels.dtype == np.uint8 else square.clip(0.0, 1.0)


def to_values(pixels: np.ndarray) -> Tensor:
    """The values of a picture as floats in [-1, 1], in the same shape."""
    if pixels.dtype == np.uint8:
        return from_bytes(torch.from_numpy(pixels))
    most = 65535.0 if pixels.dtype == np.uint16 else 1.0
    return torch.from_numpy(pixels.astype(np.float64) / most * 2.0 - 1.0).float()


def read_tensor(path: Path, channels: int, size: int | None = None) -> Tensor:
    """A picture file as a float tensor (channels, height, width) in [-1, 1], resized to a square if a size is given."""
    pixels = read_picture(path)
    refuse_channels(pixels.shape[2], channels, path)
    pixels = with_channels(pixels, channels)
    return to_values((resized(pixels, size) if size else pixels).transpose(2, 0, 1).copy())


def suffix_for(channels: int, bits: int) -> str:
    """The kind of file that holds this without loss. Pillow writes no colours in 16 bits."""
    return ".png" if channels == 1 or (channels == 3 and bits == 8) else ".npy"


def write_picture(values: Tensor, path: Path, bits: int = 8) -> None:
    """Write a tensor (channels, height, width) in [-1, 1] as .png or .npy, in 8 or 16 bits; values outside that range are clipped."""
    if bits == 8 and path.suffix == ".png":
        with whole_file(path) as file:
            to_image(values).save(file, "PNG")
        return
    most, dtype = (65535, np.uint16) if bits == 16 else (255, np.uint8)
    if not values.isfinite().all():
        raise ValueError("the image contains NaN or infinite values")
    scaled = (values.double().clamp(-1.0, 1.0) + 1.0) * (most / 2)
    pixels = scaled.round().numpy().astype(dtype).transpose(1, 2, 0)
    with whole_file(path) as file:
        if path.suffix == ".png":
            Image.fromarray(np.ascontiguousarray(pixels[..., 0])).save(file, "PNG")
        else:
            np.save(file, pixels)


def _map_array(path: Path) -> np.ndarray:
    """The array in a .npy file, as (height, width, channels), left on the disk until it is used."""
    pixels = np.lib.format.open_memmap(path, mode="r")  # not np.load, which also opens archives of arrays
    if path.stat().st_size != pixels.offset + pixels.nbytes:
        raise ValueError(f"it is longer than an array of the shape {pixels.shape} needs")
    native = pixels.dtype.newbyteorder("=")
    if native not in (np.uint8, np.uint16) and native.kind != "f":
        raise ValueError(f"it must hold uint8, uint16 or floats from 0 to 1, and it holds {pixels.dtype}")
    if pixels.ndim not in (2, 3) or 0 in pixels.shape:
        raise ValueError(f"it must have the shape (height, width, channels), and it has {pixels.shape}")
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _is_grey(image: Image.Image) -> bool:
    return image.mode.startswith(("I", "F")) or (image.mode in ("1", "L") and "transparency" not in image.info)


def values_of(image: Image.Image) -> np.ndarray:
    """The values of an image that is decoded already, in 8 bits or grey."""
    if not _is_grey(image):
        return np.asarray(to_rgb(image))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., None]
    grey = np.asarray(image)[..., None]
    if image.mode == "F":
        return grey
    refuse_outside(grey, 65535)
    refuse_bytes(grey, image.mode)
    return grey.astype(np.uint16)
