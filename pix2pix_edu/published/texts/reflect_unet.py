"""A U-Net and a PatchGAN whose convolutions pad with mirrored pixels, as in two of the write-ups."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


def mirrored_block(in_channels: int, out_channels: int, stride: int = 2) -> nn.Sequential:
    """Conv over mirrored borders, norm, LeakyReLU."""
    conv = nn.Conv2d(in_channels, out_channels, 4, stride, padding=1, bias=False, padding_mode="reflect")
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.LeakyReLU(0.2))


def up_blocks(channels: Sequence[int], norm: type[nn.Module], dropout: float, has_dropout: Callable[[int], bool]) -> nn.ModuleList:
    """From the deepest level on: transposed conv, norm, ReLU, and dropout in the block of each level that has it."""
    blocks, doubled = nn.ModuleList(), 1
    for level in range(len(channels) - 1, 0, -1):
        conv = nn.ConvTranspose2d(channels[level] * doubled, channels[level - 1], 4, stride=2, padding=1, bias=False)
        dropouts = [nn.Dropout(dropout)] if has_dropout(level) else []
        blocks.append(nn.Sequential(conv, norm(channels[level - 1]), nn.ReLU(), *dropouts))
        doubled = 2  # after the first block, a skip is concatenated
    return blocks


class UNet(nn.Module):
    """The forward pass that both U-Nets of the write-ups share. A subclass defines `down`, `up` and `last`."""

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
        skips.pop()
        for up in self.up:
            x = torch.cat([up(x), skips.pop()], dim=1)
        return self.last(x)


class ReflectUNet(UNet):
    """A generator whose norms keep running averages, and whose skips keep their negative values."""

    def __init__(
        self,
        depth: int = 8,
        width: int = 64,
        multiples: Sequence[int] = (1, 2, 4, 8, 8, 8, 8, 8),  # the channels of each level as multiples of the width
        bottleneck_padding: str = "reflect",
        dropout: float = 0.5,
    ):
        super().__init__()
        channels = [width * multiple for multiple in multiples[:depth]]
        first = nn.Conv2d(3, channels[0], 4, 2, 1, padding_mode="reflect")
        bottleneck = nn.Conv2d(channels[-2], channels[-1], 4, 2, 1, padding_mode=bottleneck_padding)
        self.down = nn.ModuleList(
            [
                nn.Sequential(first, nn.LeakyReLU(0.2)),
                *(mirrored_block(before, after) for before, after in zip(channels[:-2], channels[1:-1], strict=True)),
                nn.Sequential(bottleneck, nn.ReLU()),
            ]
        )
        self.up = up_blocks(channels, nn.BatchNorm2d, dropout, lambda level: level >= depth - 3)  # the three blocks next to the bottleneck
        self.last = nn.Sequential(nn.ConvTranspose2d(channels[0] * 2, 3, 4, 2, 1), nn.Tanh())


class ReflectDiscriminator(nn.Module):
    """A PatchGAN built from a list of channels. It outputs probabilities, or without the sigmoid logits."""

    def __init__(self, features: Sequence[int] = (64, 128, 256, 512), sigmoid: bool = True, strides: Sequence[int] | None = None):
        super().__init__()
        # The stride is chosen by the value, not by the position: a block with as many channels as the last one does not shrink.
        # With (64, 128, 256, 512, 512), meant for a patch of 142, both blocks of 512 have stride 1, and the patch is 94.
        strides = strides or [2, *(1 if after == features[-1] else 2 for after in features[1:]), 1]
        first = nn.Conv2d(6, features[0], 4, strides[0], 1, padding_mode="reflect")
        blocks = map(mirrored_block, features[:-1], features[1:], strides[1:-1])
        last = nn.Conv2d(features[-1], 1, 4, strides[-1], 1, padding_mode="reflect")
        self.layers = nn.Sequential(first, nn.LeakyReLU(0.2), *blocks, last, *([nn.Sigmoid()] if sigmoid else []))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.layers(torch.cat([x, y], dim=1))
