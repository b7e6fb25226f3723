"""A U-Net and a PatchGAN whose convolutions pad with mirrored pixels, as two of the write-ups have them."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def mirrored_block(in_channels: int, out_channels: int, stride: int = 2) -> nn.Sequential:
    """Conv over mirrored borders, norm, LeakyReLU."""
    conv = nn.Conv2d(in_channels, out_channels, 4, stride, padding=1, bias=False, padding_mode="reflect")
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.LeakyReLU(0.2))


def rising_block(in_channels: int, out_channels: int, dropout: float = 0.0) -> nn.Sequential:
    """Transposed conv, norm, ReLU, dropout."""
    conv = nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.ReLU(), *([nn.Dropout(dropout)] if dropout else []))


class ReflectUNet(nn.Module):
    """A generator whose norms keep running averages and whose skips keep their negative values."""

    def __init__(
        self,
        depth: int = 8,
        width: int = 64,
        multiples: Sequence[int] | None = None,  # of the width, for each level; by default as the paper's
        bottleneck_padding: str = "reflect",
        dropout: float = 0.5,
    ):
        super().__init__()
        channels = [width * multiple for multiple in multiples or [min(2**level, 8) for level in range(depth)]]
        first = nn.Conv2d(3, channels[0], 4, 2, 1, padding_mode="reflect")
        bottleneck = nn.Conv2d(channels[-2], channels[-1], 4, 2, 1, padding_mode=bottleneck_padding)
        self.down = nn.ModuleList(
            [
                nn.Sequential(first, nn.LeakyReLU(0.2)),
                *(mirrored_block(before, after) for before, after in zip(channels[:-2], channels[1:-1], strict=True)),
                nn.Sequential(bottleneck, nn.ReLU()),
            ]
        )
        self.up = nn.ModuleList(
            rising_block(
                channels[level] * (1 if level == depth - 1 else 2),
                channels[level - 1],
                dropout if level >= depth - 3 else 0.0,  # the three blocks next to the bottleneck
            )
            for level in range(depth - 1, 0, -1)
        )
        self.last = nn.Sequential(nn.ConvTranspose2d(channels[0] * 2, 3, 4, 2, 1), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
        skips.pop()
        for up in self.up:
            x = torch.cat([up(x), skips.pop()], dim=1)
        return self.last(x)


class ReflectDiscriminator(nn.Module):
    """A PatchGAN built from a list of channels; it gives probabilities, or logits without the sigmoid."""

    def __init__(self, features: Sequence[int] = (64, 128, 256, 512), sigmoid: bool = True):
        super().__init__()
        first = nn.Conv2d(6, features[0], 4, 2, 1, padding_mode="reflect")
        # The stride is chosen by the value, not by the place: whatever has as many channels as the last block does not shrink.
        # With (64, 128, 256, 512, 512), meant for a patch of 142, two blocks of 512 have stride 1: the patch is 94.
        blocks = (
            mirrored_block(before, after, stride=1 if after == features[-1] else 2)
            for before, after in zip(features[:-1], features[1:], strict=True)
        )
        last = nn.Conv2d(features[-1], 1, 4, 1, 1, padding_mode="reflect")
        self.layers = nn.Sequential(first, nn.LeakyReLU(0.2), *blocks, last, *([nn.Sigmoid()] if sigmoid else []))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.layers(torch.cat([x, y], dim=1))
