"""Whether the edges of a picture are where its label map has them."""

from torch import Tensor


def edge_map(pictures: Tensor) -> Tensor:
    """How far each pixel is from its left neighbour plus from its upper one, averaged over the channels."""
    inner = pictures[..., 1:, 1:]
    return ((inner - pictures[..., 1:, :-1]).abs() + (inner - pictures[..., :-1, 1:]).abs()).mean(dim=1)


def in_place(pictures: Tensor, label_maps: Tensor) -> float:
    """The mean edge where the label map has one, over the mean edge where it has none."""
    there, edges = edge_map(label_maps) > 0, edge_map(pictures)
    return (edges[there].mean() / edges[~there].mean()).item()
