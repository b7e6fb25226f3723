"""Images to tensors in [-1, 1] and back, and the random crop and flip of a pair (the random jitter of appendix 6.2)."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def list_images(folder: str | Path) -> list[Path]:
    """The image files in a folder, sorted by name."""
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: check the path")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    if not files:
        raise ValueError(f"{folder} holds no images: it needs at least one {', '.join(SUFFIXES)} file")
    return files


def open_image(path: str | Path) -> Image.Image:
    """Open an image file and convert it to 8-bit RGB."""
    try:
        with Image.open(path) as image:
            return to_rgb(ImageOps.exif_transpose(image))  # cameras store the orientation as a tag
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist: check the path") from None
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} is not a complete image file ({error}): replace or remove it") from error


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert an image to 8-bit RGB: transparent pixels become white, 16-bit grey is scaled down."""
    if image.mode.startswith(("I", "F")):  # Pillow would clip 16-bit values at 255 instead of scaling them
        grey = np.asarray(image, dtype=np.float64)
        image = Image.fromarray((grey / max(grey.max(), 255.0) * 255.0 if image.mode == "F" else grey / 257.0).round().astype(np.uint8))
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def to_tensor(image: Image.Image) -> Tensor:
    """Convert an image to a float tensor (3, height, width) in [-1, 1]."""
    pixels = torch.from_numpy(np.array(to_rgb(image)))  # (height, width, 3), 0 ... 255
    return pixels.permute(2, 0, 1).contiguous().float() / 127.5 - 1.0


def to_image(tensor: Tensor) -> Image.Image:
    """Convert a tensor (3, height, width) in [-1, 1] to an image; values outside that range are clipped."""
    if tensor.dim() != 3 or tensor.shape[0] != 3:
        raise ValueError(f"an image is a tensor of shape (3, height, width), got {tuple(tensor.shape)}")
    if not tensor.isfinite().all():
        raise ValueError("the image contains NaN or infinite values")
    pixels = ((tensor.detach().float().cpu().clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())


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
