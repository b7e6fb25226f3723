"""The generator: a U-Net (section 3.2.1 of the paper; layers in appendix 6.1.1)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pix2pix_edu.layers import down_block, start_as_the_paper, up_block


def largest_depth(size: int) -> int:
    """The most levels that pictures of this side allow, at most the paper's 8: each level halves the side."""
    return min(8, (size & -size).bit_length() - 1)


class Generator(nn.Module):
    """An encoder of `depth` levels, each half the size of the one before, a decoder that mirrors it, and skips between equal sizes.

    Without skips it is the encoder-decoder that the paper compares with. `width` is the number of channels of the first level.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        depth: int = 8,
        width: int = 64,
        skips: bool = True,
        dropout: float = 0.5,
    ):
        super().__init__()
        if depth < 1:
            raise ValueError(f"depth must be at least 1, got {depth}")
        self.in_channels, self.out_channels = in_channels, out_channels
        self.depth, self.skips = depth, skips
        channels = [width * min(2**level, 8) for level in range(depth)]
        wider = 2 if skips else 1  # a decoder block takes [skip, upsampled]

        # No norm on the first level, as in the paper, nor on the last: at 256 px and batch 1 it is one pixel, and a norm would make it 0.
        self.down = nn.ModuleList(
            down_block(before, after, norm=0 < level < depth - 1)
            for level, (before, after) in enumerate(zip([in_channels, *channels], channels, strict=False))
        )
        self.up = nn.ModuleList(
            up_block(
                channels[level] * (1 if level == depth - 1 else wider),
                channels[level - 1],
                dropout=dropout if level >= depth - 3 else 0.0,  # decoder outputs of side 2, 4, 8 at 256 px
            )
            for level in range(depth - 1, 0, -1)
        )
        last = nn.ConvTranspose2d(channels[0] * (wider if depth > 1 else 1), out_channels, 4, stride=2, padding=1)
        self.last = nn.Sequential(nn.ReLU(), last, nn.Tanh())
        start_as_the_paper(self)

    def encode(self, x: Tensor) -> list[Tensor]:
        """Return the output of each encoder level, from half the size of x down to the bottleneck."""
        self._check_size(x)
        levels = []
        for down in self.down:
            x = down(x)
            levels.append(x)
        return levels

    def decode(self, levels: Sequence[Tensor]) -> Tensor:
        """Turn the outputs of the encoder into an image; each one but the last is a skip."""
        *skips, h = levels
        for up, skip in zip(self.up, reversed(skips), strict=True):
            h = up(h)
            if self.skips:
                h = torch.cat([skip, h], dim=1)
        return self.last(h)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))  # (batch, out_channels, height, width), each value in [-1, 1]

    def _check_size(self, x: Tensor) -> None:
        unit, sides = 2**self.depth, x.shape[-2:]
        if any(side % unit for side in sides):
            fitting = " x ".join(str(max(unit, round(side / unit) * unit)) for side in sides)
            raise ValueError(
                f"a generator of depth {self.depth} needs height and width to be multiples of {unit}, got {sides[0]} x {sides[1]}: "
                f"resize to {fitting}, or use a smaller depth"
            )
