"""Whether the edges of a picture are where its label map has them, and whether it has a grid that no label map asks for."""

import torch.nn.functional as F
from torch import Tensor


def edge_map(pictures: Tensor) -> Tensor:
    """How far each pixel is from its left neighbour plus from its upper one, averaged over the channels."""
    inner = pictures[..., 1:, 1:]
    return ((inner - pictures[..., 1:, :-1]).abs() + (inner - pictures[..., :-1, 1:]).abs()).mean(dim=1)


def in_place(pictures: Tensor, label_maps: Tensor) -> float:
    """The mean edge where the label map has one, over the mean edge where it has none."""
    there, edges = edge_map(label_maps) > 0, edge_map(pictures)
    return (edges[there].mean() / edges[~there].mean()).item()


def grid(pictures: Tensor, period: int = 2) -> float:
    """How strong a grid of `period` pixels is: the spread of the mean detail at each of its places, averaged over pictures and channels."""
    blurred = F.avg_pool2d(F.pad(pictures, (period // 2, (period - 1) // 2) * 2, mode="reflect"), period, stride=1)
    cells = (pictures - blurred).unflatten(-1, (-1, period)).unflatten(-3, (-1, period))  # (..., cell, row, cell, column)
    return cells.mean(dim=(-4, -2)).std(dim=(-2, -1)).mean().item()
