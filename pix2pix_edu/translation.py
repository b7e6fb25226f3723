"""Translate pictures of any size with a trained generator."""

from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.generator import Generator
from pix2pix_edu.images import list_images, open_image, to_image, to_tensor


def translate(generator: Generator, x: Tensor) -> Tensor:
    """G(x) for one image (channels, height, width) of any size: the border is repeated up to a size that fits, then cut off again."""
    height, width = x.shape[-2:]
    unit = 2**generator.depth
    device = next(generator.parameters()).device
    padded = F.pad(x[None].to(device), (0, -width % unit, 0, -height % unit), mode="replicate")
    with torch.no_grad():
        return generator(padded)[0, :, :height, :width].cpu()


def translate_folder(generator: Generator, inputs: Path, outputs: Path) -> Iterator[Path]:
    """Translate every image in `inputs` to a PNG of the same name in `outputs`, and yield each path once it is written."""
    files = list_images(inputs)
    targets = [outputs / f"{file.stem}.png" for file in files]
    if outputs.resolve() == inputs.resolve() or len(set(targets)) < len(files):
        raise ValueError(f"translations in {outputs} would overwrite images: choose another folder, and give each image a name of its own")
    outputs.mkdir(parents=True, exist_ok=True)
    for file, target in zip(files, targets, strict=True):
        to_image(translate(generator, to_tensor(open_image(file)))).save(target)
        yield target
