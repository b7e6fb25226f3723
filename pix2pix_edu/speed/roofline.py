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


class Peaks:
    """Measure the device's best rates, a little in each turn: while the machine is busy with other work, nothing reaches them."""

    def __init__(self, device: str, precision: torch.dtype = torch.float32):
        self.device, self.side = device, 8192 if torch.device(device).type == "cuda" else 2048  # long enough that the launch does not count
        self.matrices = torch.rand(2, self.side, self.side, device=device).to(precision)
        self.source = torch.rand(2**26, device=device)
        self.target = torch.empty_like(self.source)
        self.products, self.copies = [], []

    def take_turn(self) -> None:
        """Time a product of two square matrices, and a copy too large for the caches."""
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32  # as for the convolutions
        self.products.append(seconds_of(lambda: self.matrices[0] @ self.matrices[1], self.device))
        torch.backends.cuda.matmul.allow_tf32 = before
        self.copies.append(seconds_of(lambda: self.target.copy_(self.source), self.device))

    def best(self) -> Machine:
        return Machine(2 * self.side**3 / min(self.products), 2 * self.source.nbytes / min(self.copies))


def measure_machine(device: str, precision: torch.dtype = torch.float32) -> Machine:
    """Measure the best rates in ten turns."""
    peaks = Peaks(device, precision)
    for _ in range(10):
        peaks.take_turn()
    return peaks.best()


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
