"""Read the layers of a network from the module itself: hooks record one forward pass on tensors without data (device "meta")."""

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
    """A module without children, and the shape of its output without the batch dimension."""

    module: nn.Module
    shape: tuple[int, int, int]


class Places(NamedTuple):
    """Sides of the maps to which dropout is applied, in the encoder and in the decoder."""

    down: tuple[int, ...]
    up: tuple[int, ...]

    def __str__(self) -> str:
        ways = (f"{way} {' '.join(map(str, sides))}" for way, sides in zip(("down", "up"), self, strict=True) if sides)
        return ", ".join(ways) or "none"


def picture(size: int, batch_size: int = 1) -> Tensor:
    """A batch of pictures with a shape but no data."""
    return torch.empty(batch_size, 3, size, size, device="meta")


def generator_layers(generator: nn.Module, size: int) -> list[Layer]:
    return layers_of(generator, picture(size))


def discriminator_layers(discriminator: nn.Module, size: int) -> list[Layer]:
    return layers_of(discriminator, picture(size), picture(size))


def layers_of(network: nn.Module, *inputs: Tensor) -> list[Layer]:
    """The layers of a network in the order in which they run on these inputs."""
    watched, ran = copy.deepcopy(network).to("meta"), []
    for module in watched.modules():
        if not list(module.children()):
            module.register_forward_hook(lambda module, _, output: ran.append(Layer(module, tuple(output.shape[1:]))))
    with torch.no_grad():
        watched(*inputs)
    return ran


def table(layers: list[Layer]) -> str:
    """The layers as a table. It agrees with the module, because it is read from it."""
    lines = [f"{'':>3}  {'layer':18}{'kernel':>8}{'stride':>8}{'border':>12}{'channels':>10}{'size':>12}{'parameters':>12}"]
    for number, (module, (channels, height, width)) in enumerate(layers, 1):
        conv = isinstance(module, CONVS)
        kernel, stride = (module.kernel_size[0], module.stride[0]) if conv else ("", "")
        border = f"{module.padding[0]} {module.padding_mode}" if conv else ""
        kind, size, parameters = type(module).__name__, f"{height} x {width}", count_parameters(module) or ""
        lines.append(f"{number:3}  {kind:18}{kernel:>8}{stride:>8}{border:>12}{channels:10}{size:>12}{parameters:>12}")
    return "\n".join(lines)


def convs_of(discriminator: nn.Module) -> list[Conv]:
    """The convolutions of a discriminator, for the functions of receptive_field. Padding layers (nn.ZeroPad2d) are not included."""
    convs = (module for module in discriminator.modules() if isinstance(module, nn.Conv2d))
    return [Conv(conv.kernel_size[0], conv.stride[0], conv.padding[0]) for conv in convs]


def dropout_places(layers: list[Layer]) -> Places:
    """Where a generator has dropout."""
    first_up = next(number for number, layer in enumerate(layers) if isinstance(layer.module, ENLARGING))
    encoder, decoder = layers[:first_up], layers[first_up:]
    return Places(*(tuple(layer.shape[-1] for layer in part if isinstance(layer.module, nn.Dropout)) for part in (encoder, decoder)))


def head_of(layers: list[Layer]) -> str:
    """The last layers of a network: from the last one that enlarges, or else from the last convolution."""
    starts = [number for number, layer in enumerate(layers) if isinstance(layer.module, ENLARGING)]
    starts = starts or [number for number, layer in enumerate(layers) if isinstance(layer.module, nn.Conv2d)]
    names = (type(layer.module).__name__ for layer in layers[starts[-1] :] if not isinstance(layer.module, nn.ZeroPad2d))
    return ", ".join(WORDS.get(name, name) for name in names)


def norm_of(network: nn.Module) -> str:
    """The kind of norm in a network, and whether it keeps running averages, which eval() would use."""
    for module in network.modules():
        if type(module) in NORMS:
            return NORMS[type(module)] + (", running averages" if module.track_running_stats else "")
    return "none"


def borders_of(network: nn.Module) -> str:
    """The padding modes of a network's convolutions."""
    return " and ".join(sorted({module.padding_mode for module in network.modules() if isinstance(module, nn.Conv2d)}))


def count_parameters(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())
