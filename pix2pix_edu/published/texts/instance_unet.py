"""The U-Net and the PatchGAN with instance norms that two of the write-ups share."""

import torch
from torch import Tensor, nn


def shrinking_block(in_channels: int, out_channels: int, norm: bool, dropout: float) -> nn.Sequential:
    """Conv, instance norm, LeakyReLU, dropout."""
    conv = nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False)
    norms = [nn.InstanceNorm2d(out_channels)] if norm else []
    return nn.Sequential(conv, *norms, nn.LeakyReLU(0.2), *([nn.Dropout(dropout)] if dropout else []))


def growing_block(in_channels: int, out_channels: int, dropout: float) -> nn.Sequential:
    """Transposed conv, instance norm, ReLU, dropout."""
    conv = nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False)
    return nn.Sequential(conv, nn.InstanceNorm2d(out_channels), nn.ReLU(), *([nn.Dropout(dropout)] if dropout else []))


class InstanceUNet(nn.Module):
    """A generator with dropout in every block of the most channels, nine at the texts' size, and a head of upsampling and conv."""

    def __init__(self, depth: int = 8, width: int = 64, dropout: float = 0.5):
        super().__init__()
        channels = [width * min(2**level, 8) for level in range(depth)]
        most = 8 * width
        self.down = nn.ModuleList(
            shrinking_block(before, after, norm=0 < level < depth - 1, dropout=dropout if after == most else 0.0)
            for level, (before, after) in enumerate(zip([3, *channels], channels, strict=False))
        )
        self.up = nn.ModuleList(
            growing_block(
                channels[level] * (1 if level == depth - 1 else 2),
                channels[level - 1],
                dropout=dropout if channels[level - 1] == most else 0.0,
            )
            for level in range(depth - 1, 0, -1)
        )
        conv = nn.Conv2d(2 * width, 3, 4, padding=1)
        self.last = nn.Sequential(nn.Upsample(scale_factor=2), nn.ZeroPad2d((1, 0, 1, 0)), conv, nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
        skips.pop()
        for up in self.up:
            x = torch.cat([up(x), skips.pop()], dim=1)
        return self.last(x)


class InstanceDiscriminator(nn.Module):
    """A PatchGAN of four convolutions of stride 2 and one of stride 1: each of its outputs sees 94 pixels, where the paper's see 70."""

    def __init__(self, width: int = 64, sigmoid: bool = False):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(6, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for multiple in (1, 2, 4):
            # A bias before a norm: the norm takes it away again, so these weights learn nothing.
            conv = nn.Conv2d(width * multiple, 2 * width * multiple, 4, 2, 1)
            layers += [conv, nn.InstanceNorm2d(2 * width * multiple), nn.LeakyReLU(0.2)]
        # One more column and row of zeros on the left and above lets 16 x 16 come out at 256 pixels, in place of 15 x 15.
        layers += [nn.ZeroPad2d((1, 0, 1, 0)), nn.Conv2d(8 * width, 1, 4, padding=1, bias=False)]
        self.layers = nn.Sequential(*layers, *([nn.Sigmoid()] if sigmoid else []))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.layers(torch.cat([y, x], dim=1))  # the picture to judge comes first
