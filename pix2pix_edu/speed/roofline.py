"""What a piece of work needs at least: its arithmetic and its memory traffic, counted, against what this machine can do."""

import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Cost(NamedTuple):
    """One operation: multiplications and additions of its matrix products or convolution, and bytes read and written."""

    flops: int
    bytes: int


class Machine(NamedTuple):
    """What a device reaches at its best: FLOP/s in a large matrix product, bytes/s in a large copy."""

    flops: float
    bytes: float


class Counter(TorchDispatchMode):
    """Notes the cost of every operation inside a `with`, that of the gradients and of the optimizers too."""

    def __init__(self) -> None:
        super().__init__()
        self.costs: list[Cost] = []

    def __torch_dispatch__(self, operation, types, arguments=(), settings=None):
        from torch.utils.flop_counter import flop_registry  # here, for it takes longer to import than all of this library

        result = operation(*arguments, **(settings or {}))
        if not operation.is_view:
            count = flop_registry.get(operation.overloadpacket)
            flops = count(*arguments, **(settings or {}), out_val=result) if count else 0
            written = [given for given, stated in zip(arguments, operation._schema.arguments, strict=False) if _is_written(stated)]
            touched = tree_leaves((arguments, settings, result if not written else None, written))
            self.costs.append(Cost(flops, sum(tensor.nbytes for tensor in touched if isinstance(tensor, Tensor))))
        return result


def _is_written(stated: torch.Argument) -> bool:
    # A fused optimizer is declared to write its gradients too, for it divides those that a scaler has multiplied: others it only reads.
    return stated.alias_info is not None and stated.alias_info.is_write and stated.name != "grads"


def count_costs(run: Callable[[], object]) -> list[Cost]:
    """The costs of all operations in one call."""
    with Counter() as counter:
        run()
    return counter.costs


def measure_machine(device: str, precision: torch.dtype = torch.float32) -> Machine:
    """The best of several tries: a product of two square matrices, and a copy that no cache can hold."""
    side = 8192 if torch.device(device).type == "cuda" else 2048  # long enough that starting it counts for nothing
    a, b = torch.rand(2, side, side, device=device).to(precision)
    source = torch.rand(2**26, device=device)
    target = torch.empty_like(source)
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32  # 32 bits mean what the convolutions make of them
    product = min(seconds_of(lambda: a @ b, device) for _ in range(10))
    torch.backends.cuda.matmul.allow_tf32 = before
    copy = min(seconds_of(lambda: target.copy_(source), device) for _ in range(5))
    return Machine(2 * side**3 / product, 2 * source.nbytes / copy)


def floor_seconds(costs: list[Cost], machine: Machine) -> float:
    """The time below which these operations, one after the other, cannot fall: each waits for its arithmetic or its memory."""
    return sum(max(cost.flops / machine.flops, cost.bytes / machine.bytes) for cost in costs)


def seconds_of(run: Callable[[], object], device: str) -> float:
    """How long one call takes, until the device has done what it was given."""
    _wait(device)
    start = time.perf_counter()
    run()
    _wait(device)
    return time.perf_counter() - start


def _wait(device: str) -> None:
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize()
