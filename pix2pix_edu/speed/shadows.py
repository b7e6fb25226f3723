"""16-bit copies of the convolutions' weights, kept from step to step: autocast would make a new copy at every use of a weight."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from pix2pix_edu.training import Descend, Pix2Pix

CONVOLUTIONS = (torch.conv2d, torch.conv_transpose2d)


class Shadows(TorchFunctionMode):
    """Inside a `with` block, convolutions with a weight of this model calculate with its 16-bit copy. Gradients reach the weight itself.

    Losses and gradients are bit for bit those of autocast without its cache, with two operations for all copies instead of one for each.
    """

    def __init__(self, model: Pix2Pix, precision: torch.dtype):
        super().__init__()
        convolutions = [
            module
            for network in (model.generator, model.discriminator)
            for module in network.modules()
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d))
        ]
        weights = [weight for module in convolutions for weight in module.parameters(recurse=False)]
        self.copies = {weight: torch.empty_like(weight, dtype=precision, requires_grad=False) for weight in weights}

    def __enter__(self) -> "Shadows":
        self._refresh(self.copies)  # G has been updated since its last use; besides, a checkpoint may have been loaded
        return super().__enter__()

    def __torch_function__(self, function, types, arguments=(), settings=None):
        if function in CONVOLUTIONS:
            arguments = [self._copy_of(value) for value in arguments]
        return function(*arguments, **(settings or {}))

    def refreshing(self, descend: Descend, model: Pix2Pix) -> Descend:
        """descend() that also renews the copies of D's weights, since G learns from the updated D."""

        def descend_and_refresh(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
            descend(loss, optimizer)
            if optimizer is model.discriminator_optimizer:
                self._refresh(weight for group in optimizer.param_groups for weight in group["params"] if weight in self.copies)

        return descend_and_refresh

    def _refresh(self, weights: Iterable[Tensor]) -> None:
        weights = list(weights)
        with torch.no_grad():
            torch._foreach_copy_([self.copies[weight] for weight in weights], weights)

    def _copy_of(self, value: object) -> object:
        return _InPlaceOf.apply(value, self.copies[value]) if isinstance(value, nn.Parameter) and value in self.copies else value


class _InPlaceOf(torch.autograd.Function):
    """The copy, whose gradient becomes that of the weight."""

    @staticmethod
    def forward(ctx: object, weight: Tensor, copy: Tensor) -> Tensor:
        return copy.detach()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient.float(), None
