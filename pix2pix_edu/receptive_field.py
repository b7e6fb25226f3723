"""Receptive fields of a stack of convolutions, by arithmetic alone (section 3.2.2 of the paper: the PatchGAN)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Conv:
    """A square convolution: kernel size, stride and padding."""

    kernel: int
    stride: int
    padding: int


def receptive_field(convs: Sequence[Conv]) -> int:
    """Side, in input pixels, of the square that one output pixel depends on."""
    side = 1
    for conv in reversed(convs):
        side = (side - 1) * conv.stride + conv.kernel
    return side


def output_size(convs: Sequence[Conv], size: int) -> int:
    """Side of the output for an input of side `size`; 0 if the padded input of some layer is smaller than its kernel."""
    for conv in convs:
        size = (size + 2 * conv.padding - conv.kernel) // conv.stride + 1
        if size < 1:
            return 0
    return size


def output_step(convs: Sequence[Conv]) -> int:
    """Distance, in input pixels, between the receptive fields of two neighbouring output pixels."""
    step = 1
    for conv in convs:
        step *= conv.stride
    return step


def input_span(convs: Sequence[Conv], index: int) -> tuple[int, int]:
    """First input pixel that output `index` depends on, and the one after the last; either may be outside the image, in the padding."""
    first, after_last = index, index + 1
    for conv in reversed(convs):
        first = first * conv.stride - conv.padding
        after_last = (after_last - 1) * conv.stride - conv.padding + conv.kernel
    return first, after_last


def smallest_input(convs: Sequence[Conv]) -> int:
    """The smallest input side that still gives one output pixel."""
    size = 1
    while output_size(convs, size) < 1:
        size += 1
    return size
