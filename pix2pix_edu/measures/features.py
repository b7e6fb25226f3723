"""A small network whose inner values describe a picture: for measures that compare sets of pictures, and pictures as a whole."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.drawing.classes import CLASS_COLOURS
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.weights.bundled import WEIGHTS, open_network

FEATURES = WEIGHTS / "features_128.safetensors"
SIDE = 128  # pictures are resized to this, as for Inception to 299


class Features(nn.Module):
    """Guess from a photograph how large a share of it each class covers. Its levels halve the picture, as the encoder of G does."""

    def __init__(self, classes: int = len(CLASS_COLOURS), depth: int = 5, width: int = 24):
        super().__init__()
        channels = [3, *(width * min(2**level, 4) for level in range(depth))]
        self.down = nn.ModuleList(_block(*channels[level : level + 2], 1 if level == 0 else 2) for level in range(depth))
        self.classify = nn.Linear(channels[-1], classes)

    def levels(self, pictures: Tensor) -> list[Tensor]:
        """The values of every level (batch, channels, height, width), the finest first, of pictures in [-1, 1]."""
        found = [F.interpolate(pictures, (SIDE, SIDE), mode="bilinear", antialias=True) if pictures.shape[-1] != SIDE else pictures]
        for block in self.down:
            found.append(block(found[-1]))
        return found[1:]

    def describe(self, levels: Sequence[Tensor]) -> Tensor:
        """A row of numbers for each picture: the mean of every channel of every level."""
        return torch.cat([level.mean(dim=(2, 3)) for level in levels], dim=1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.classify(self.levels(pictures)[-1].mean(dim=(2, 3)))  # (batch, classes): logits


def _block(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


def open_features() -> Features:
    """The bundled network of this kind, trained on painted facades."""
    with own_random_numbers():  # a new network draws its weights before they are replaced
        return open_network(FEATURES, Features).eval()
