"""A stand-in for CUDA graphs, so that the bookkeeping around them can be tested without a GPU.

Like a real one it notes the operations of a step instead of carrying them out, and a replay carries them out again on the same
tensors: numbers that Python computed during the recording stay as they were then, and reading a tensor's value during it fails.
It proves nothing about streams, about the GPU's memory, or about whether CUDA can record the step.
"""

import contextlib
from types import SimpleNamespace

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class FakeGraph:
    """The operations between the start and the end of a recording."""

    def __init__(self):
        self.operations, self.replays = [], 0

    def replay(self):
        self.replays += 1
        with torch.no_grad():
            for operation, arguments, settings, result in self.operations:
                again = operation(*arguments, **settings)
                for old, new in zip(tree_leaves(result), tree_leaves(again), strict=True):
                    if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                        old.copy_(new)


class _Recording(TorchDispatchMode):
    def __init__(self, graph, failure):
        super().__init__()
        self.graph, self.failure, self.before = graph, failure, {}

    def __torch_dispatch__(self, operation, types, arguments=(), settings=None):
        if "_local_scalar_dense" in str(operation):
            raise RuntimeError("operation not permitted when stream is capturing")
        if self.failure and "convolution_backward" in str(operation):
            raise RuntimeError(self.failure)
        for given, stated in zip(arguments, operation._schema.arguments, strict=False):
            if stated.alias_info is not None and stated.alias_info.is_write:
                for tensor in tree_leaves(given):
                    storage = tensor.untyped_storage()
                    self.before.setdefault(storage.data_ptr(), (storage, storage.clone()))
        result = operation(*arguments, **(settings or {}))
        if not operation.is_view:
            self.graph.operations.append((operation, arguments, settings or {}, result))
        return result

    def undo(self):
        for storage, before in self.before.values():
            storage.copy_(before)


def install(monkeypatch, failure=""):
    """Replace what cuda_graph uses of torch.cuda. With `failure`, recording a backward pass raises this error. Return what was seen."""
    torch.optim.SGD([torch.zeros(1)])  # the first optimizer imports torch's compiler, which in torch 2.5 asks for the real torch.cuda
    seen = SimpleNamespace(graphs=[], streams=[], current="main")
    generator = SimpleNamespace(graphsafe_set_state=lambda other: torch.set_rng_state(other.get_state()))

    def make_graph():
        seen.graphs.append(FakeGraph())
        return seen.graphs[-1]

    def make_stream():
        seen.streams.append(SimpleNamespace(wait_stream=lambda other: None))
        return seen.streams[-1]

    @contextlib.contextmanager
    def stream(chosen):
        before, seen.current = seen.current, chosen
        yield
        seen.current = before

    @contextlib.contextmanager
    def graph(fake, stream):
        assert stream in seen.streams
        seen.current, before = stream, seen.current
        random = torch.get_rng_state()
        recording = _Recording(fake, failure)
        try:
            with recording:
                yield
        except RuntimeError as error:
            recording.undo()
            # As in torch: the stream stays that of the recording, and the random numbers stay where the recording left them.
            raise RuntimeError("CUDA error: operation failed due to a previous error during capture") from error
        recording.undo()
        torch.set_rng_state(random)
        seen.current = before

    replaced = {
        "CUDAGraph": make_graph,
        "Stream": make_stream,
        "stream": stream,
        "graph": graph,
        "current_stream": lambda: SimpleNamespace(wait_stream=lambda other: None, name=seen.current),
        "set_stream": lambda chosen: setattr(seen, "current", chosen.name),
        "get_rng_state": torch.get_rng_state,
        "current_device": lambda: 0,
        "default_generators": [generator],
    }
    for name, value in replaced.items():
        monkeypatch.setattr(torch.cuda, name, value)
    return seen
