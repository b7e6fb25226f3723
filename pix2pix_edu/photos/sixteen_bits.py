"""Read colours in 16 bits, of which Pillow gives only the higher byte: here the lower byte is read as well."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

# Pillow's names for how colours lie in the file: big-endian, little-endian, or in this machine's own order.
KINDS = {f"{mode};16{order}" for mode in ("RGB", "RGBX", "RGBA") for order in "BLN"}
# Pillow takes the higher byte of each value. Told the wrong order, it takes the lower one.
WRONG_ORDER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
BITS, MEANING, PLANES = 258, 262, 284  # TIFF tags: bits per channel; 0 where 0 is white; 2 where channels are stored separately


def is_deep(image: Image.Image) -> bool:
    """Whether an image, which must not be decoded yet, has colours in 16 bits."""
    if image.mode.startswith(("I", "F")):
        return False
    return any(";16" in _kind(tile) for tile in image.tile) or max(_tag(image, BITS, (8,))) > 8


def zero_is_white(image: Image.Image) -> bool:
    """Whether the grey values of a TIFF file are inverted. Pillow turns them round in 8 bits only."""
    return image.mode.startswith(("I", "F")) and _tag(image, MEANING, 1) == 0


def read_deep(path: Path) -> np.ndarray:
    """The pixels (height, width, 3) of an image with colours in 16 bits. Transparent ones become white."""
    with Image.open(path) as image:
        if _tag(image, PLANES, 1) != 1 or not all(_kind(tile) in KINDS for tile in image.tile):
            raise ValueError("its kind of colours in 16 bits is not supported: save it as RGB, or as .npy")
        high, has_alpha = np.asarray(ImageOps.exif_transpose(image)), image.mode == "RGBA"
    with Image.open(path) as image:
        image.tile = [_in_wrong_order(tile) for tile in image.tile]
        low = np.asarray(ImageOps.exif_transpose(image))
    pixels = high.astype(np.uint16) * 256 + low
    if not has_alpha:
        return pixels[..., :3]
    colours, alpha = pixels[..., :3].astype(np.int64), pixels[..., 3:].astype(np.int64)
    return ((colours * alpha + 65535 * (65535 - alpha) + 32767) // 65535).astype(np.uint16)


def _tag(image: Image.Image, number: int, default: object) -> object:
    """The value of a TIFF tag."""
    return getattr(image, "tag_v2", {}).get(number, default)


def _kind(tile: tuple) -> str:
    """How the pixels of a tile lie in the file."""
    kind = tile[3] if isinstance(tile[3], str) else tile[3][0]
    return kind if isinstance(kind, str) else ""


def _in_wrong_order(tile: tuple) -> tuple:
    kind = _kind(tile)[:-1] + WRONG_ORDER[_kind(tile)[-1]]
    settings = kind if isinstance(tile[3], str) else (kind, *tile[3][1:])
    return getattr(type(tile), "_make", tuple)((*tile[:3], settings))  # a named tuple since Pillow 11
