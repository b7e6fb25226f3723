"""Images to tensors in [-1, 1] and back, and the random crop and flip of a pair (the random jitter of appendix 6.2)."""

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff")
SPLITS = ("train", "val", "test")  # folders of pairs within a folder, which commands choose by name


def list_images(folder: str | Path, suffixes: Sequence[str] = SUFFIXES) -> list[Path]:
    """The image files in a folder, sorted by name. Hidden files, such as the ._a.jpg of macOS, are not among them."""
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: check the path")
    named = [file for file in folder.iterdir() if file.suffix.lower() in suffixes and not file.name.startswith(".")]
    files = sorted(filter(_may_be_read, named))
    if not files:
        raise ValueError(f"{folder} holds no images: it needs at least one {', '.join(suffixes)} file")
    return files


def skipped(folder: str | Path, suffixes: Sequence[str] = SUFFIXES) -> str:
    """What of a folder `list_images` leaves out, as a sentence; empty if nothing. Nothing hidden is mentioned."""
    shown = sorted(file for file in Path(folder).iterdir() if not file.name.startswith("."))
    left_out = {
        "file": [file.name for file in shown if not file.is_dir() and not (file.suffix.lower() in suffixes and _may_be_read(file))],
        "folder": [file.name for file in shown if file.is_dir() and file.name not in SPLITS],
    }
    names = [name for group in left_out.values() for name in group]
    if not names:
        return ""
    counted = " and ".join(f"{len(group)} {kind}{'s' * (len(group) > 1)}" for kind, group in left_out.items() if group)
    named = ", ".join(names[:3]) + ", ..." * (len(names) > 3)
    inner = ", and none in folders within" if left_out["folder"] else ""
    is_or_are = "are" if len(names) > 1 else "is"
    return f"{counted} in {folder} {is_or_are} skipped ({named}): only regular files that end in {', '.join(suffixes)} are read{inner}."


def _may_be_read(file: Path) -> bool:
    return file.is_file() or file.is_symlink()  # a link to nothing is refused when it is opened


@contextlib.contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Make every error of the block one sentence that names the image file. Only regular files are read: a pipe could wait forever."""
    with naming(path):
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError("it is no regular file")
        yield


@contextlib.contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Make every error of the block one sentence that names the image file."""
    try:
        yield
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist: check the path") from None
    except Exception as error:  # a damaged file can raise almost any kind of error
        ways_out = {PermissionError: "allow it to be read", Image.DecompressionBombError: "make it smaller", MemoryError: "make it smaller"}
        reason = " ".join(re.sub(r" <_io\.BytesIO [^>]*>", "", str(error)).split()) or type(error).__name__
        way_out = ways_out.get(type(error), "replace or remove it")
        raise ValueError(f"{path} cannot be read as an image ({reason}): {way_out}") from error


def opened(file: str | Path | IO[bytes]) -> Image.Image:
    """An image file, opened with Pillow. The checksums in a PNG file are compared first, which Pillow leaves out when it reads pixels."""
    with Image.open(file) as image:
        if image.format == "PNG":
            image.verify()  # after which it cannot be used
    if not isinstance(file, (str, Path)):
        file.seek(0)
    return Image.open(file)


def open_image(path: str | Path) -> Image.Image:
    """Open an image file and convert it to 8-bit RGB."""
    with reading(path), opened(path) as image:
        refuse_frames(image)
        return to_rgb(ImageOps.exif_transpose(image))  # cameras store the orientation as a tag


def refuse_frames(image: Image.Image) -> None:
    """Raise an error if a file holds several pictures, of which only the first would be used. Smaller copies of it are no pictures."""
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":  # cameras add a preview to a JPEG
        size = image.size
        image.seek(1)
        if image.size == size:
            raise ValueError(f"it holds {frames} pictures, and only one could be used: save each in a file of its own")
        image.seek(0)


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert an image to 8-bit RGB: transparent pixels become white, grey in 16 bits or as floats in [0, 1] is scaled."""
    if image.mode.startswith(("I", "F")):  # Pillow would clip these at 255
        most = 1.0 if image.mode == "F" else 65535.0
        grey = np.asarray(image, dtype=np.float64)
        refuse_outside(grey, most)
        refuse_bytes(grey, image.mode)
        image = Image.fromarray((grey / most * 255.0).round().astype(np.uint8))
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def refuse_outside(values: np.ndarray, most: float) -> None:
    """Raise an error if a value is not in [0, most]."""
    if np.isnan(values).any():
        raise ValueError(f"its values must be from 0 to {most:g}, and some are no numbers (NaN)")
    if not ((values >= 0) & (values <= most)).all():
        raise ValueError(f"its values must be from 0 to {most:g}, and they are from {values.min():g} to {values.max():g}")


def refuse_bytes(grey: np.ndarray, mode: str) -> None:
    """Raise an error for an image of 32-bit whole numbers that would fit into bytes: taken as 16 bits, it would be nearly black."""
    if mode == "I" and 0 < grey.max() <= 255:
        raise ValueError(f"it has 32-bit whole numbers, where 65535 is white, and none is above {grey.max():g}: save it in 8 bits")


def from_bytes(pixels: Tensor) -> Tensor:
    """Bytes, 0 ... 255, as floats in [-1, 1]."""
    return pixels.float() / 127.5 - 1.0


def to_bytes(values: Tensor) -> Tensor:
    """Floats in [-1, 1] as bytes; values outside that range are clipped."""
    return ((values.clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)


def to_tensor(image: Image.Image) -> Tensor:
    """Convert an image to a float tensor (3, height, width) in [-1, 1]."""
    pixels = torch.from_numpy(np.array(to_rgb(image)))  # (height, width, 3), 0 ... 255
    return from_bytes(pixels.permute(2, 0, 1).contiguous())


def to_image(tensor: Tensor) -> Image.Image:
    """Convert a tensor (3, height, width), or (1, height, width) for grey, to an image; values outside [-1, 1] are clipped."""
    if tensor.dim() != 3 or tensor.shape[0] not in (1, 3):
        raise ValueError(f"an image has the shape (3, height, width), or (1, height, width) if it is grey, got {tuple(tensor.shape)}")
    if not tensor.isfinite().all():
        raise ValueError("the image contains NaN or infinite values")
    pixels = to_bytes(tensor.detach().float().cpu()).permute(1, 2, 0).numpy()
    return Image.fromarray(pixels[..., 0] if tensor.shape[0] == 1 else pixels)


def split_pair(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Split a side-by-side image into its left and right half."""
    width, height = image.size
    if width % 2:
        raise ValueError(f"a side-by-side pair needs an even width, got {width} x {height}: both halves must have the same size")
    return image.crop((0, 0, width // 2, height)), image.crop((width // 2, 0, width, height))


def jitter(x: Tensor, y: Tensor, size: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Crop both halves of a pair to side `size` at the same random place, and flip both or neither."""
    height, width = x.shape[-2:]
    if y.shape[-2:] != x.shape[-2:]:
        raise ValueError(f"x is {height} x {width} but y is {y.shape[-2]} x {y.shape[-1]}: both halves of a pair must have the same size")
    if size > min(height, width):
        raise ValueError(f"a crop of {size} does not fit into {height} x {width}: load the images larger")
    top, left = rng.integers(height - size + 1), rng.integers(width - size + 1)
    x, y = (picture[..., top : top + size, left : left + size] for picture in (x, y))
    return (x.flip(-1), y.flip(-1)) if rng.random() < 0.5 else (x, y)
