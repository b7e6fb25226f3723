"""The building blocks of both networks, and how their weights are initialised (appendix 6.1 and 6.2 of the paper)."""

from collections.abc import Callable

from torch import nn


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Batch norm that always uses the statistics of the current batch, in eval mode too."""
    # The paper uses the statistics of the test batch at test time (section 3.3), so no running averages are kept.
    return nn.BatchNorm2d(channels, track_running_stats=False)


def group_norm(channels: int) -> nn.GroupNorm:
    """Norm with the statistics of an eighth of the channels of each picture, so that no picture depends on the others of its batch."""
    return nn.GroupNorm(8, channels)


def replace_norms(network: nn.Module, build: Callable[[int], nn.Module]) -> None:
    """Put what `build` makes for a number of channels in the place of each batch norm of a generator or discriminator."""
    for block in [each for each in network.modules() if isinstance(each, nn.Sequential)]:
        for place, layer in enumerate(block):
            if isinstance(layer, nn.BatchNorm2d):
                block[place] = build(layer.num_features)


def down_block(in_channels: int, out_channels: int, norm: bool = True) -> nn.Sequential:
    """Conv, norm, LeakyReLU: halves height and width."""
    conv = nn.Conv2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1, bias=False)
    return nn.Sequential(conv, *([batch_norm(out_channels)] if norm else []), nn.LeakyReLU(0.2))


def up_block(in_channels: int, out_channels: int, dropout: float = 0.0) -> nn.Sequential:
    """ReLU, transposed conv, norm, dropout: doubles height and width."""
    conv = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1, bias=False)
    return nn.Sequential(nn.ReLU(), conv, batch_norm(out_channels), *([AlwaysDropout(dropout)] if dropout else []))


class AlwaysDropout(nn.Dropout):
    """Dropout that eval() does not switch off: it is the noise z of the paper (section 3.1)."""

    def train(self, mode: bool = True) -> "AlwaysDropout":
        return super().train(True)


def start_as_the_paper(network: nn.Module) -> None:
    """Initialise the weights: convolutions with mean 0 and standard deviation 0.02, as in the paper; biases 0.

    Norm scales have mean 1 and the same standard deviation, as in the authors' code.
    """
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)
