"""Translate a picture of any size with a trained generator."""

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu.generator import Generator


def translate(generator: Generator, x: Tensor) -> Tensor:
    """G(x) for one image (channels, height, width) of any size: the border is repeated up to a size that fits, then cut off again."""
    height, width = x.shape[-2:]
    unit = 2**generator.depth
    device = next(generator.parameters()).device
    padded = F.pad(x[None].to(device), (0, -width % unit, 0, -height % unit), mode="replicate")
    with torch.no_grad():
        return generator(padded)[0, :, :height, :width].cpu()
