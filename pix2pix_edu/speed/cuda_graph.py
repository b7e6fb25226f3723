"""Record a training step as a CUDA graph: one launch then replays hundreds of kernels."""

import torch
from torch import Tensor

from pix2pix_edu.objective import Objective
from pix2pix_edu.training import Losses, Pix2Pix, Step

WARM_UP = 3  # ordinary steps before recording, in which cuDNN chooses its algorithms and the optimizers create their state


class RecordedStep:
    """A step that is recorded at its fourth call and replayed from then on. Use it for one model, objective and batch shape."""

    def __init__(self, model: Pix2Pix, step: Step):
        self.step, self.warm_up, self.graph = step, WARM_UP, torch.cuda.CUDAGraph()
        for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
            for group in optimizer.param_groups:  # a replay reads the rate from this tensor; training.set_learning_rate writes it
                group.update(capturable=True, lr=torch.as_tensor(group["lr"], dtype=torch.float32, device=model.device))

    def __call__(self, model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        if self.warm_up:
            self.warm_up -= 1
            return self._beside(model, x, y, objective)
        if not hasattr(self, "losses"):
            self._record(model, x, y, objective)
        same = objective == self.objective and (x.shape, y.shape) == (self.x.shape, self.y.shape)
        if not same or any(now is not then for now, then in zip(_memory(model), self.memory, strict=True)):
            recorded = f"{self.objective}, batches of {tuple(self.x.shape)} and the tensors that the model had then"
            raise ValueError(f"this step was recorded for {recorded}; one of these has changed: make a new RecordedStep")
        self.x.copy_(x)
        self.y.copy_(y)
        self.graph.replay()
        model.step += 1
        return Losses(*(loss.clone() for loss in self.losses))  # the next replay overwrites them

    def _beside(self, *arguments: object) -> Losses:
        """Take an ordinary step on a side stream, which CUDA graphs require of the steps before recording."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            losses = self.step(*arguments)
        torch.cuda.current_stream().wait_stream(stream)
        return losses

    def _record(self, model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> None:
        self.x, self.y, self.objective, before = x.clone(), y.clone(), objective, model.step
        self.memory = _memory(model)  # kept alive: the recording writes to these tensors
        if hasattr(torch.autograd.graph, "set_override_stale_capture_stream"):  # some fake with its autograd history may still be alive
            torch.autograd.graph.set_override_stale_capture_stream(True)
        with torch.cuda.graph(self.graph):
            self.losses = self.step(model, self.x, self.y, objective)
        model.step = before  # recording does not execute the step


def _memory(model: Pix2Pix) -> list[Tensor]:
    """Every tensor that a step of this model changes, and its learning rates."""
    tensors = []
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        for group in optimizer.param_groups:
            tensors += [group["lr"], *group["params"]]
        tensors += [value for memory in optimizer.state.values() for value in memory.values()]
    return tensors
