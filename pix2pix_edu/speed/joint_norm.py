"""Batch norm across processes: each has a part of the batch, and all use the statistics of the whole batch."""

import torch
import torch.distributed as dist
from torch import Tensor, nn


class JointBatchNorm(nn.Module):
    """Batch norm with the statistics of the whole batch, of which each process has an equal part.

    torch's SyncBatchNorm refuses tensors on a CPU. On a GPU it waits, at every norm outside a CUDA graph, for the number of pixels of
    each process; here all have the same number, and nothing waits.
    """

    def __init__(self, norm: nn.BatchNorm2d):
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, x: Tensor) -> Tensor:
        values = x.float()
        own = torch.stack([values.mean(dim=(0, 2, 3)), values.var(dim=(0, 2, 3), correction=0)])
        means, variances = gathered(own).unbind(dim=1)  # (processes, channels) each
        mean = means.mean(dim=0)
        # Variance within the parts plus variance of their means: E[x^2] - E[x]^2 would lose precision where the mean is large.
        variance = (variances + (means - mean).square()).mean(dim=0)
        scale = self.weight * (variance + self.eps).rsqrt()
        return ((values - mean[:, None, None]) * scale[:, None, None] + self.bias[:, None, None]).to(x.dtype)


def gathered(own: Tensor) -> Tensor:
    """Every process's tensor, stacked by rank; gradients flow back to each."""
    return _Gathered.apply(own)


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, own: Tensor) -> Tensor:
        parts = own.new_empty(dist.get_world_size() * len(own), *own.shape[1:])  # one after the other, as gloo wants them
        gather = getattr(dist, "all_gather_single", None) or dist.all_gather_into_tensor  # torch 2.14 warns of the older name
        gather(parts, own.contiguous())
        return parts.view(-1, *own.shape)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        gradient = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(gradient)  # the sum over the losses of all processes
        return gradient[dist.get_rank()]
