"""The least time that a piece of work can take: its arithmetic and memory traffic, counted, at this machine's best rates."""

import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Cost(NamedTuple):
    """The cost of one operation: floating-point operations of a matrix product or convolution, and bytes read and written."""

    flops: int
    bytes: int


class Machine(NamedTuple):
    """A device's best rates: FLOP/s in a large matrix product, bytes/s in a large copy."""

    flops: float
    bytes: float


class Counter(TorchDispatchMode):
    """Record the cost of every operation inside a `with` block, backward passes and optimizers included."""

    def __init__(self) -> None:
        super().__init__()
        self.costs: list[Cost] = []

    def __torch_dispatch__(self, operation, types, arguments=(), settings=None):
        from torch.utils.flop_counter import flop_registry  # slow to import

        result = operation(*arguments, **(settings or {}))
        if not operation.is_view:
            count = flop_registry.get(operation.overloadpacket)
            flops = count(*arguments, **(settings or {}), out_val=result) if count else 0
            written = [given for given, stated in zip(arguments, operation._schema.arguments, strict=False) if _is_written(stated)]
            touched = tree_leaves((arguments, settings, result if not written else None, written))
            self.costs.append(Cost(flops, sum(tensor.nbytes for tensor in touched if isinstance(tensor, Tensor))))
        return result


def _is_written(stated: torch.Argument) -> bool:
    # A fused optimizer declares that it writes gradients, but it does so only for a loss scaler.
    return stated.alias_info is not None and stated.alias_info.is_write and stated.name != "grads"


def count_costs(run: Callable[[], object]) -> list[Cost]:
    """The costs of all operations in one call of `run`."""
    with Counter() as counter:
        run()
    return counter.costs


def measure_machine(device: str, precision: torch.dtype = torch.float32) -> Machine:
    """Measure the best rates: a product of two square matrices, and a copy too large for the caches."""
    side = 8192 if torch.device(device).type == "cuda" else 2048  # long enough that the launch does not count
    a, b = torch.rand(2, side, side, device=device).to(precision)
    source = torch.rand(2**26, device=device)
    target = torch.empty_like(source)
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32  # as for the convolutions
    product = min(seconds_of(lambda: a @ b, device) for _ in range(10))
    torch.backends.cuda.matmul.allow_tf32 = before
    copy = min(seconds_of(lambda: target.copy_(source), device) for _ in range(5))
    return Machine(2 * side**3 / product, 2 * source.nbytes / copy)


def floor_seconds(costs: list[Cost], machine: Machine) -> float:
    """The least time for these operations one after the other: each takes its arithmetic or its memory traffic, whichever is longer."""
    return sum(max(cost.flops / machine.flops, cost.bytes / machine.bytes) for cost in costs)


def seconds_of(run: Callable[[], object], device: str) -> float:
    """Seconds that one call takes, until the device has finished."""
    _wait(device)
    start = time.perf_counter()
    run()
    _wait(device)
    return time.perf_counter() - start


def _wait(device: str) -> None:
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize()
