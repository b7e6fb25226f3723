"""Tables of a live generator: what its levels hold, and what its convolutions read and give."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pix2pix_edu.generator import Generator


def print_levels(x: Tensor, levels: Sequence[Tensor]) -> None:
    """Print a row for x and for each level: its shape, its numbers, and their share of x's."""
    for name, tensor in zip(["x", *range(1, len(levels) + 1)], [x, *levels], strict=True):
        channels, height, width = tensor[0].shape
        count = tensor[0].numel()
        print(f"{name:>2} {channels:4} x {height:3} x {width:3} {count:8,} numbers {count / x[0].numel():8.2%} of x")


def print_layers(generator: Generator, x: Tensor) -> None:
    """Print the shapes that each convolution reads and gives while x goes through."""

    def note(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        reads, gives = (" x ".join(map(str, tensor[0].shape)) for tensor in (inputs[0], output))
        print(f"{names[module]:9} reads {reads:>14}   gives {gives:>14}")

    names = {module: name for name, module in generator.named_modules() if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d))}
    hooks = [module.register_forward_hook(note) for module in names]
    try:
        with torch.no_grad():
            generator(x)
    finally:
        for hook in hooks:
            hook.remove()
