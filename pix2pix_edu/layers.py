"""The two blocks that both networks are stacked from, and how their weights start."""

from torch import nn


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Normalise with the statistics of this very batch, in training and after it."""
    # The paper tests with the statistics of the test batch, so no running averages are kept.
    return nn.BatchNorm2d(channels, track_running_stats=False)


def down_block(in_channels: int, out_channels: int, norm: bool = True) -> nn.Sequential:
    """Halve the sides: conv, norm, LeakyReLU."""
    conv = nn.Conv2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1, bias=False)
    return nn.Sequential(conv, *([batch_norm(out_channels)] if norm else []), nn.LeakyReLU(0.2))


def up_block(in_channels: int, out_channels: int, dropout: float = 0.0) -> nn.Sequential:
    """Double the sides: ReLU, transposed conv, norm, dropout."""
    conv = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1, bias=False)
    return nn.Sequential(nn.ReLU(), conv, batch_norm(out_channels), *([AlwaysDropout(dropout)] if dropout else []))


class AlwaysDropout(nn.Dropout):
    """Dropout that eval() does not switch off: it is the paper's only source of noise z."""

    def train(self, mode: bool = True) -> "AlwaysDropout":
        return super().train(True)


def start_as_the_paper(network: nn.Module) -> None:
    """Draw every weight anew: convolutions from N(0, 0.02), norm scales from N(1, 0.02), biases 0."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)
