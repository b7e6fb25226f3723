"""The U-Net and the PatchGAN with instance norms that two of the write-ups share."""

import torch
from torch import Tensor, nn

from pix2pix_edu.published.texts.reflect_unet import UNet, up_blocks


def down_block(in_channels: int, out_channels: int, norm: bool, dropout: float) -> nn.Sequential:
    """Conv, instance norm, LeakyReLU, dropout."""
    conv = nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False)
    norms = [nn.InstanceNorm2d(out_channels)] if norm else []
    return nn.Sequential(conv, *norms, nn.LeakyReLU(0.2), *([nn.Dropout(dropout)] if dropout else []))


class InstanceUNet(UNet):
    """A generator with dropout in every block of 8 * width channels (nine at the texts' size), which ends in upsampling and a conv."""

    def __init__(self, depth: int = 8, width: int = 64, dropout: float = 0.5):
        super().__init__()
        channels = [width * min(2**level, 8) for level in range(depth)]
        most = 8 * width
        self.down = nn.ModuleList(
            down_block(before, after, norm=0 < level < depth - 1, dropout=dropout if after == most else 0.0)
            for level, (before, after) in enumerate(zip([3, *channels], channels, strict=False))
        )
        self.up = up_blocks(channels, nn.InstanceNorm2d, dropout, lambda level: channels[level - 1] == most)
        conv = nn.Conv2d(2 * width, 3, 4, padding=1)
        self.last = nn.Sequential(nn.Upsample(scale_factor=2), nn.ZeroPad2d((1, 0, 1, 0)), conv, nn.Tanh())


class InstanceDiscriminator(nn.Module):
    """A PatchGAN of four convolutions of stride 2 and one of stride 1. Each output sees 94 pixels; in the paper it sees 70."""

    def __init__(self, width: int = 64, sigmoid: bool = False):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(6, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for multiple in (1, 2, 4):
            # These convolutions have a bias, which learns nothing: the norm removes it again.
            conv = nn.Conv2d(width * multiple, 2 * width * multiple, 4, 2, 1)
            layers += [conv, nn.InstanceNorm2d(2 * width * multiple), nn.LeakyReLU(0.2)]
        # A further column and row of zeros on the left and above makes the map 16 x 16 at 256 pixels; without it, 15 x 15.
        layers += [nn.ZeroPad2d((1, 0, 1, 0)), nn.Conv2d(8 * width, 1, 4, padding=1, bias=False)]
        self.layers = nn.Sequential(*layers, *([nn.Sigmoid()] if sigmoid else []))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.layers(torch.cat([y, x], dim=1))  # both texts put the judged picture first
