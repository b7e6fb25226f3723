"""The weights of a network, and the gradient of a loss in them, as long vectors."""

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector


def weights(network: nn.Module) -> Tensor:
    """A copy of all weights as one vector."""
    return parameters_to_vector(network.parameters()).detach()


def gradient_of(loss: Tensor, network: nn.Module) -> Tensor:
    """The gradient of a loss in a network's weights as one vector; zeros where none arrives."""
    parts = torch.autograd.grad(loss, list(network.parameters()), retain_graph=True, allow_unused=True, materialize_grads=True)
    return torch.cat([part.flatten() for part in parts])
