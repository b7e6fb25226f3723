"""Pictures to tensors in [-1, 1] and back, and the random crop and flip that a pair shares."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def list_images(folder: str | Path) -> list[Path]:
    """The image files of a folder, in the order of their names."""
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: check the path")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    if not files:
        raise ValueError(f"{folder} holds no images: it needs at least one {', '.join(SUFFIXES)} file")
    return files


def open_image(path: str | Path) -> Image.Image:
    """An image file as 8-bit RGB, whatever its mode."""
    try:
        with Image.open(path) as image:
            return to_rgb(ImageOps.exif_transpose(image))  # a camera held upright says so beside the pixels
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist: check the path") from None
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} is not a whole image file ({error}): replace or remove it") from error


def to_rgb(image: Image.Image) -> Image.Image:
    """The same picture as 8-bit RGB: transparency on white, 16-bit grey scaled down."""
    if image.mode.startswith(("I", "F")):  # Pillow's own conversion clips 16 bits at 255 instead of scaling them
        grey = np.asarray(image, dtype=np.float64)
        image = Image.fromarray((grey / max(grey.max(), 255.0) * 255.0 if image.mode == "F" else grey / 257.0).round().astype(np.uint8))
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def to_tensor(image: Image.Image) -> Tensor:
    """A picture as a float tensor (3, height, width) in [-1, 1]."""
    pixels = torch.from_numpy(np.array(to_rgb(image)))  # (height, width, 3), 0 ... 255
    return pixels.permute(2, 0, 1).contiguous().float() / 127.5 - 1.0


def to_image(tensor: Tensor) -> Image.Image:
    """A tensor (3, height, width) in [-1, 1] as a picture; values outside are clipped."""
    if tensor.dim() != 3 or tensor.shape[0] != 3:
        raise ValueError(f"a picture is a tensor of shape (3, height, width), got {tuple(tensor.shape)}")
    if not tensor.isfinite().all():
        raise ValueError("the picture holds values that are not finite (NaN or infinity)")
    pixels = ((tensor.detach().float().cpu().clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())


def split_pair(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """The left and the right half of a side-by-side image."""
    width, height = image.size
    if width % 2:
        raise ValueError(f"a side-by-side pair has an even width, got {width} x {height}: its two halves must be of equal size")
    return image.crop((0, 0, width // 2, height)), image.crop((width // 2, 0, width, height))


def jitter(x: Tensor, y: Tensor, size: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """The same random crop of side `size` and the same random flip, for both halves of a pair."""
    height, width = x.shape[-2:]
    if y.shape[-2:] != x.shape[-2:]:
        raise ValueError(f"x is {height} x {width} but y is {y.shape[-2]} x {y.shape[-1]}: the two halves of a pair must be of one size")
    if size > min(height, width):
        raise ValueError(f"a crop of {size} does not fit into {height} x {width}: load the images larger")
    top, left = rng.integers(height - size + 1), rng.integers(width - size + 1)
    x, y = (picture[..., top : top + size, left : left + size] for picture in (x, y))
    return (x.flip(-1), y.flip(-1)) if rng.random() < 0.5 else (x, y)
