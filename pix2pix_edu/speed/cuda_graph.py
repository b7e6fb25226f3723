"""Record a training step as a CUDA graph: one launch then replays hundreds of kernels."""

import warnings
from collections.abc import Iterator

import torch
from torch import Tensor

from pix2pix_edu.objective import Objective
from pix2pix_edu.training import Losses, Pix2Pix, Step

WARM_UP = 3  # ordinary steps before recording, in which cuDNN chooses its algorithms and the optimizers create their state
_FAILED: list[torch.cuda.CUDAGraph] = []  # torch's allocator goes on referring to a graph whose recording has failed


class RecordedStep:
    """A step that is recorded at its fourth call and replayed from then on. Use it for one model, objective and batch shape.

    A step that cannot be recorded is taken as it is from then on, with a warning.
    """

    def __init__(self, model: Pix2Pix, step: Step):
        self.step, self.calls, self.graph, self.losses = step, 0, torch.cuda.CUDAGraph(), None
        self.stream = torch.cuda.Stream()  # one for all: autograd remembers on which stream it first met a weight
        for group in _groups(model):  # a replay reads the rate from this tensor; training.set_learning_rate writes it
            group["lr"] = torch.as_tensor(group["lr"], dtype=torch.float32, device=model.device)

    def __call__(self, model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        if not self.calls:
            layout = _layout(model)
            self.x, self.y, self.objective = x.clone(memory_format=layout), y.clone(memory_format=layout), objective
        self._refuse_changes(model, x, y, objective)
        self.x.copy_(x)
        self.y.copy_(y)
        self.calls += 1
        if self.calls <= WARM_UP:
            return self._beside(model)
        if self.calls == WARM_UP + 1:
            self._record(model)
        if self.losses is None:
            return self.step(model, self.x, self.y, objective)
        self.graph.replay()
        model.step += 1
        return Losses(*self.losses.clone().unbind())  # the next replay overwrites them

    def _refuse_changes(self, model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> None:
        same = objective == self.objective and (x.shape, y.shape) == (self.x.shape, self.y.shape)
        if not same or (self.losses is not None and _addresses(model) != self.addresses):
            recorded = f"{self.objective}, batches of {tuple(self.x.shape)} and the tensors that the model had then"
            raise ValueError(f"this step was recorded for {recorded}; one of these has changed: make a new RecordedStep")

    def _beside(self, model: Pix2Pix) -> Losses:
        """Take an ordinary step on a side stream, which CUDA graphs require of the steps before recording."""
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream), warnings.catch_warnings():
            # Some tensor with its autograd history is still alive. If that prevents the recording, _record says so.
            warnings.filterwarnings("ignore", message="The AccumulateGrad node's stream does not match")
            losses = self.step(model, self.x, self.y, self.objective)
        torch.cuda.current_stream().wait_stream(self.stream)
        return losses

    def _record(self, model: Pix2Pix) -> None:
        if hasattr(torch.autograd.graph, "set_override_stale_capture_stream"):  # torch 2.11 does not have it
            torch.autograd.graph.set_override_stale_capture_stream(True)
        before, random, current = model.step, torch.cuda.get_rng_state(), torch.cuda.current_stream()
        for group in _groups(model):
            group["capturable"] = True
        try:
            with torch.cuda.graph(self.graph, stream=self.stream), warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="The AccumulateGrad node's stream does not match")
                losses = torch.stack(self.step(model, self.x, self.y, self.objective))
            self.losses, self.addresses = losses, _addresses(model)
        except RuntimeError as error:
            _FAILED.append(self.graph)
            torch.cuda.set_stream(current)  # torch.cuda.graph leaves its own stream in place when it fails
            _end_recording_of_random_numbers(model.device, random)
            for group in _groups(model):
                group["capturable"] = False
            warnings.warn(
                f"the step could not be recorded as a CUDA graph ({_first_cause(error)}), so it goes on without one, more slowly: "
                "if a picture or a loss from before still has its gradient, delete it (del fake) and make the step anew",
                stacklevel=4,
            )
        finally:
            model.step = before  # recording does not execute the step


def _groups(model: Pix2Pix) -> Iterator[dict]:
    """The settings of both optimizers, with the weights that they are for."""
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        yield from optimizer.param_groups


def _addresses(model: Pix2Pix) -> list[int]:
    """Where the GPU keeps every tensor that a step of this model changes, and its learning rates: a replay writes there."""
    tensors = [tensor for group in _groups(model) for tensor in (group["lr"], *group["params"])]
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        tensors += [value for memory in optimizer.state.values() for value in memory.values()]
    return [tensor.data_ptr() for tensor in tensors]


def _layout(model: Pix2Pix) -> torch.memory_format:
    """The memory layout of the generator's convolutions. A batch in another one would be converted in every convolution that reads it."""
    kernels = [weight for weight in model.generator.parameters() if weight.dim() == 4]
    turned = all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)
    return torch.channels_last if turned else torch.contiguous_format


def _end_recording_of_random_numbers(device: torch.device, state: Tensor) -> None:
    """Give the GPU's random numbers a state of their own. After a failed recording torch would refuse to draw any for an ordinary step."""
    fresh = torch.Generator(device)
    fresh.set_state(state)
    torch.cuda.default_generators[torch.cuda.current_device()].graphsafe_set_state(fresh)


def _first_cause(error: RuntimeError) -> str:
    """The first line of the error that ended the recording: the end of a recording that has failed raises one of its own."""
    cause = error.__context__ if isinstance(error.__context__, RuntimeError) else error
    return str(cause).split("\n")[0].rstrip(". ")
