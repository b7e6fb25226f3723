"""What one logit depends on, and how rough a wall is."""

from torch import Tensor, nn


def gradient_energy(discriminator: nn.Module, x: Tensor, y: Tensor, row: int, column: int) -> Tensor:
    """How strongly each pixel of y moves one logit: the squared gradient, summed over colours, (height, width)."""
    seen = y.clone().requires_grad_()
    discriminator(x, seen)[0, 0, row, column].backward()
    return seen.grad.square().sum(dim=(0, 1))


def texture(pictures: Tensor, wall: Tensor) -> float:
    """The mean difference between a wall pixel and the wall pixel below it; `wall` is a mask (count, height, width)."""
    within = wall[:, 1:] & wall[:, :-1]
    return (pictures[..., 1:, :] - pictures[..., :-1, :]).abs().mean(dim=1)[within].mean().item()
