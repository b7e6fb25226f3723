"""What a network is, read from the live module: hooks watch one forward pass on tensors that have a shape and no numbers."""

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pix2pix_edu.receptive_field import Conv

CONVS = (nn.Conv2d, nn.ConvTranspose2d)
NORMS = {nn.BatchNorm2d: "batch", nn.InstanceNorm2d: "instance"}
ENLARGING = (nn.ConvTranspose2d, nn.Upsample)
WORDS = {"Conv2d": "conv", "ConvTranspose2d": "transposed conv", "Upsample": "upsample", "Tanh": "tanh", "Sigmoid": "sigmoid"}


class Layer(NamedTuple):
    """One layer as it ran: its module, and the shape of what came out of it."""

    module: nn.Module
    shape: tuple[int, int, int]


class Places(NamedTuple):
    """Sides of the maps on which dropout acts, in the encoder and in the decoder."""

    down: tuple[int, ...]
    up: tuple[int, ...]

    def __str__(self) -> str:
        ways = (f"{way} {' '.join(map(str, sides))}" for way, sides in zip(("down", "up"), self, strict=True) if sides)
        return ", ".join(ways) or "none"


def picture(size: int, batch_size: int = 1) -> Tensor:
    """Pictures of this size that hold no numbers and take no memory."""
    return torch.empty(batch_size, 3, size, size, device="meta")


def generator_layers(generator: nn.Module, size: int) -> list[Layer]:
    """The layers of G(x), in the order in which they run."""
    return layers_of(generator, picture(size))


def discriminator_layers(discriminator: nn.Module, size: int) -> list[Layer]:
    """The layers of D(x, y), in the order in which they run."""
    return layers_of(discriminator, picture(size), picture(size))


def layers_of(network: nn.Module, *inputs: Tensor) -> list[Layer]:
    """The layers of any network, in the order in which they run."""
    watched, ran = copy.deepcopy(network).to("meta"), []
    for module in watched.modules():
        if not list(module.children()):
            module.register_forward_hook(lambda module, _, output: ran.append(Layer(module, tuple(output.shape[1:]))))
    with torch.no_grad():
        watched(*inputs)
    return ran


def table(layers: list[Layer]) -> str:
    """The layers as a table to read. It cannot disagree with the module, for it was read from it."""
    lines = [f"{'':>3}  {'layer':18}{'kernel':>8}{'stride':>8}{'border':>12}{'channels':>10}{'size':>12}{'parameters':>12}"]
    for number, (module, (channels, height, width)) in enumerate(layers, 1):
        conv = isinstance(module, CONVS)
        kernel, stride = (module.kernel_size[0], module.stride[0]) if conv else ("", "")
        border = f"{module.padding[0]} {module.padding_mode}" if conv else ""
        kind, size, parameters = type(module).__name__, f"{height} x {width}", count_parameters(module) or ""
        lines.append(f"{number:3}  {kind:18}{kernel:>8}{stride:>8}{border:>12}{channels:10}{size:>12}{parameters:>12}")
    return "\n".join(lines)


def convs_of(discriminator: nn.Module) -> list[Conv]:
    """The convolutions of a discriminator, for the arithmetic of receptive_field; zeros that a layer of its own adds are not in it."""
    convs = (module for module in discriminator.modules() if isinstance(module, nn.Conv2d))
    return [Conv(conv.kernel_size[0], conv.stride[0], conv.padding[0]) for conv in convs]


def dropout_places(layers: list[Layer]) -> Places:
    """Where dropout acts in a generator."""
    first_up = next(number for number, layer in enumerate(layers) if isinstance(layer.module, ENLARGING))
    encoder, decoder = layers[:first_up], layers[first_up:]
    return Places(*(tuple(layer.shape[-1] for layer in part if isinstance(layer.module, nn.Dropout)) for part in (encoder, decoder)))


def head_of(layers: list[Layer]) -> str:
    """The layers that give a network its output: from the last that enlarges, or else from the last convolution."""
    starts = [number for number, layer in enumerate(layers) if isinstance(layer.module, ENLARGING)]
    starts = starts or [number for number, layer in enumerate(layers) if isinstance(layer.module, nn.Conv2d)]
    names = (type(layer.module).__name__ for layer in layers[starts[-1] :] if not isinstance(layer.module, nn.ZeroPad2d))
    return ", ".join(WORDS.get(name, name) for name in names)


def norm_of(network: nn.Module) -> str:
    """Which norm a network has, and whether eval() would change it."""
    for module in network.modules():
        if type(module) in NORMS:
            return NORMS[type(module)] + (", running averages" if module.track_running_stats else "")
    return "none"


def borders_of(network: nn.Module) -> str:
    """What fills the borders of a network's convolutions."""
    return " and ".join(sorted({module.padding_mode for module in network.modules() if isinstance(module, nn.Conv2d)}))


def count_parameters(network: nn.Module) -> int:
    """How many numbers a network learns."""
    return sum(weight.numel() for weight in network.parameters())
