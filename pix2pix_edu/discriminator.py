"""The discriminator: a PatchGAN, with one logit for each patch (section 3.2.2 of the paper; layers in appendix 6.1.2)."""

import torch
from torch import Tensor, nn

from pix2pix_edu.layers import batch_norm, start_as_the_paper
from pix2pix_edu.receptive_field import Conv, output_size, smallest_input

PATCHES = (1, 16, 34, 70, 142, 286)


def patch_convs(patch: int) -> list[Conv]:
    """The convolutions whose receptive field is `patch` pixels: the larger the patch, the more of them have stride 2."""
    if patch not in PATCHES:
        raise ValueError(f"patch must be one of {PATCHES}, got {patch}")
    if patch == 1:
        return [Conv(kernel=1, stride=1, padding=0)] * 3
    return [Conv(kernel=4, stride=2, padding=1)] * PATCHES.index(patch) + [Conv(kernel=4, stride=1, padding=1)] * 2


class PatchDiscriminator(nn.Module):
    """Judge each patch of y as real or fake: from x and y together, or from y alone if not `conditional`.

    The layers are built from `patch_convs(patch)`; `width` is the number of channels of the first one.
    """

    def __init__(
        self,
        patch: int = 70,
        x_channels: int = 3,
        y_channels: int = 3,
        width: int = 64,
        conditional: bool = True,
    ):
        super().__init__()
        self.patch, self.conditional = patch, conditional
        self.convs = patch_convs(patch)
        before = x_channels + y_channels if conditional else y_channels
        layers: list[nn.Module] = []
        for i, conv in enumerate(self.convs[:-1]):
            after = width * min(2**i, 8)
            layers.append(nn.Conv2d(before, after, conv.kernel, conv.stride, conv.padding, bias=i == 0))
            if i > 0:
                layers.append(batch_norm(after))
            layers.append(nn.LeakyReLU(0.2))
            before = after
        conv = self.convs[-1]
        layers.append(nn.Conv2d(before, 1, conv.kernel, conv.stride, conv.padding, bias=patch > 1))
        self.layers = nn.Sequential(*layers)
        start_as_the_paper(self)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        if min(output_size(self.convs, side) for side in y.shape[-2:]) < 1:
            smallest = smallest_input(self.convs)
            raise ValueError(
                f"a patch of {self.patch} needs images of at least {smallest} x {smallest} pixels, "
                f"got {y.shape[-2]} x {y.shape[-1]}: use a larger image or a smaller patch"
            )
        image = torch.cat([x, y], dim=1) if self.conditional else y
        return self.layers(image)  # logits, (batch, 1, rows, columns): the sigmoid is in the loss
