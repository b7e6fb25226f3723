"""Convolutions as matrix products: on a CPU they are faster where a layer has few pixels and many channels.

The convolutions of pix2pix have a kernel of 4 and a padding of 1. A convolution and a transposed one then need the same two steps, each
the reverse of the other: `gather` collects the 4 x 4 pixels under the kernel, `scatter` adds them back. Beside them is a matrix product.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FEW, MANY = 32, 256  # positions of the kernel: up to FEW in 32 bits and up to MANY in 16 bits as a product, above as torch does it


def gather(x: Tensor, stride: int) -> Tensor:
    """The 4 x 4 pixels of x under each position of the kernel, as rows: (batch * positions, 16 * channels)."""
    batch, channels, height, width = x.shape
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1)).contiguous()
    image, line, pixel, _ = padded.stride()
    down, across = (height - 2) // stride + 1, (width - 2) // stride + 1
    windows = padded.as_strided((batch, down, across, 4, 4 * channels), (image, stride * line, stride * pixel, line, 1))
    return windows.reshape(-1, 16 * channels)


def scatter(rows: Tensor, batch: int, down: int, across: int, stride: int) -> Tensor:
    """The reverse of `gather`, for `down` x `across` positions: where two of them share a pixel, their values are added."""
    channels, overlap = rows.shape[1] // 16, 4 // stride
    parts = rows.view(batch, down, across, overlap, stride, overlap, stride * channels)
    blocks = rows.new_zeros(batch, down + overlap - 1, stride, across + overlap - 1, stride * channels)  # of stride x stride pixels
    for a in range(overlap):
        for b in range(overlap):
            blocks[:, a : a + down, :, b : b + across] += parts[:, :, :, a, :, b].transpose(2, 3)
    padded = blocks.view(batch, stride * (down + overlap - 1), stride * (across + overlap - 1), channels)
    return padded[:, 1:-1, 1:-1].permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def as_rows(x: Tensor) -> Tensor:
    """Each pixel as a row of its channels."""
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])


def as_matrix(weight: Tensor) -> Tensor:
    """The weight with its first channels as rows and, as `gather` orders them, kernel and second channels as columns."""
    return weight.permute(0, 2, 3, 1).reshape(weight.shape[0], -1)


def as_weight(matrix: Tensor, shape: torch.Size) -> Tensor:
    """The reverse of `as_matrix`."""
    return matrix.view(shape[0], 4, 4, shape[1]).permute(0, 3, 1, 2)


class _Conv(torch.autograd.Function):
    """conv2d with a kernel of 4 and a padding of 1."""

    @staticmethod
    def forward(ctx: object, x: Tensor, weight: Tensor, stride: int) -> Tensor:
        ctx.positions = x.shape[0], (x.shape[2] - 2) // stride + 1, (x.shape[3] - 2) // stride + 1
        ctx.stride, ctx.shape = stride, weight.shape
        rows, matrix = gather(x, stride), as_matrix(weight)
        ctx.save_for_backward(rows, matrix)
        return (rows @ matrix.t()).view(*ctx.positions, -1).permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> tuple[Tensor | None, ...]:
        rows, matrix = ctx.saved_tensors
        with torch.autocast(gradient.device.type, enabled=False):
            gradient = as_rows(gradient)
            of_x = scatter(gradient @ matrix, *ctx.positions, ctx.stride) if ctx.needs_input_grad[0] else None
            of_weight = as_weight(gradient.t() @ rows, ctx.shape) if ctx.needs_input_grad[1] else None
        return of_x, of_weight, None


class _TransposedConv(torch.autograd.Function):
    """conv_transpose2d with a kernel of 4 and a padding of 1."""

    @staticmethod
    def forward(ctx: object, x: Tensor, weight: Tensor, stride: int) -> Tensor:
        ctx.positions = x.shape[0], x.shape[2], x.shape[3]
        ctx.stride, ctx.shape = stride, weight.shape
        rows, matrix = as_rows(x), as_matrix(weight)
        ctx.save_for_backward(rows, matrix)
        return scatter(rows @ matrix, *ctx.positions, stride)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> tuple[Tensor | None, ...]:
        rows, matrix = ctx.saved_tensors
        with torch.autocast(gradient.device.type, enabled=False):
            gradient = gather(gradient, ctx.stride)
            of_x = (gradient @ matrix.t()).view(*ctx.positions, -1).permute(0, 3, 1, 2) if ctx.needs_input_grad[0] else None
            of_weight = as_weight(rows.t() @ gradient, ctx.shape) if ctx.needs_input_grad[1] else None
        return of_x, of_weight, None


class MatrixConv2d(nn.Conv2d):
    """A convolution that is calculated as a matrix product when its kernel has few positions."""

    def forward(self, x: Tensor) -> Tensor:
        down, across = ((side - 2) // self.stride[0] + 1 for side in x.shape[2:])
        y = _multiply(_Conv, self, x, x.shape[0] * down * across)
        return super().forward(x.to(self.weight.dtype)) if y is None else y


class MatrixConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution that is calculated as a matrix product when its kernel has few positions."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        y = _multiply(_TransposedConv, self, x, x.shape[0] * x.shape[2] * x.shape[3])
        return super().forward(x.to(self.weight.dtype), output_size) if y is None else y


def _multiply(function: type[torch.autograd.Function], layer: nn.Module, x: Tensor, positions: int) -> Tensor | None:
    """The layer's output as a matrix product, or None if torch's own convolution is to be used."""
    device = x.device.type
    precision = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else layer.weight.dtype
    fits = layer.kernel_size == (4, 4) and layer.padding == (1, 1) and layer.stride in ((1, 1), (2, 2))
    if not fits or positions > (FEW if precision == torch.float32 else MANY):
        return None
    with torch.autocast(device, enabled=False):
        y = function.apply(x.to(precision), layer.weight.to(precision), layer.stride[0])
        return y if layer.bias is None else y + layer.bias.to(precision)[:, None, None]


def use_matrices(network: nn.Module) -> None:
    """Turn the network's convolutions into these. Weights and their names stay the same; channels last suits them best."""
    kinds = {nn.Conv2d: MatrixConv2d, nn.ConvTranspose2d: MatrixConvTranspose2d}
    for module in network.modules():
        module.__class__ = kinds.get(type(module), type(module))
