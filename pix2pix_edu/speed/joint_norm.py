"""A batch norm for a batch that several processes share: each holds a part, and all use the statistics of the whole."""

import torch
import torch.distributed as dist
from torch import Tensor, nn


class JointBatchNorm(nn.Module):
    """A batch norm with the statistics of the whole batch, of which each process holds an equal share."""

    def __init__(self, norm: nn.BatchNorm2d):
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, x: Tensor) -> Tensor:
        values = x.float()
        own = torch.stack([values.mean(dim=(0, 2, 3)), values.var(dim=(0, 2, 3), correction=0)])
        means, variances = gathered(own).unbind(dim=1)  # (processes, channels) each
        mean = means.mean(dim=0)
        # The spread within the shares and that of their means: a difference of mean squares would cancel where the mean is large.
        variance = (variances + (means - mean).square()).mean(dim=0)
        scale = self.weight * (variance + self.eps).rsqrt()
        return ((values - mean[:, None, None]) * scale[:, None, None] + self.bias[:, None, None]).to(x.dtype)


def gathered(own: Tensor) -> Tensor:
    """The tensors of this name from all processes, stacked in their order; gradients flow back to each."""
    return _Gathered.apply(own)


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, own: Tensor) -> Tensor:
        parts = [torch.empty_like(own) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, own.contiguous())
        return torch.stack(parts)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        gradient = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(gradient)  # of the losses of all processes with respect to each one's tensor
        return gradient[dist.get_rank()]
