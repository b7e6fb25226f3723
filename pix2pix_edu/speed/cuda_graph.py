"""A step on a GPU recorded once as a CUDA graph: then one launch replays what hundreds did."""

import torch
from torch import Tensor

from pix2pix_edu.objective import Objective
from pix2pix_edu.training import Losses, Pix2Pix, Step

WARM_UP = 3  # ordinary steps before one is recorded: libraries choose their algorithms and the optimizers make their state meanwhile


class RecordedStep:
    """A step on a GPU, recorded once and then replayed: one launch, whatever the number of layers."""

    def __init__(self, model: Pix2Pix, step: Step):
        self.step, self.warm_up, self.graph = step, WARM_UP, torch.cuda.CUDAGraph()
        for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
            for group in optimizer.param_groups:  # a replay reads the rate from memory: training.set_learning_rate writes it there
                group.update(capturable=True, lr=torch.as_tensor(group["lr"], dtype=torch.float32, device=model.device))

    def __call__(self, model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        if self.warm_up:
            self.warm_up -= 1
            return self._beside(model, x, y, objective)
        if not hasattr(self, "losses"):
            self._record(model, x, y, objective)
        same = objective == self.objective and (x.shape, y.shape) == (self.x.shape, self.y.shape)
        if not same or any(now is not then for now, then in zip(_memory(model), self.memory, strict=True)):
            raise ValueError(f"this step was recorded for another model or state, {self.objective}, {tuple(self.x.shape)}: make a new one")
        self.x.copy_(x)
        self.y.copy_(y)
        self.graph.replay()
        model.step += 1
        return Losses(*(loss.clone() for loss in self.losses))  # the next replay overwrites them

    def _beside(self, *arguments: object) -> Losses:
        """An ordinary step on a stream of its own, as recording demands of the steps before it."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            losses = self.step(*arguments)
        torch.cuda.current_stream().wait_stream(stream)
        return losses

    def _record(self, model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> None:
        self.x, self.y, self.objective, before = x.clone(), y.clone(), objective, model.step
        self.memory = _memory(model)  # held, for the recording writes there whether or not anyone else still does
        if hasattr(torch.autograd.graph, "set_override_stale_capture_stream"):  # a fake of yours with its history may be alive
            torch.autograd.graph.set_override_stale_capture_stream(True)
        with torch.cuda.graph(self.graph):
            self.losses = self.step(model, self.x, self.y, objective)
        model.step = before  # recording calculates nothing


def _memory(model: Pix2Pix) -> list[Tensor]:
    """Every tensor that a step of this model changes, and the learning rates that it reads."""
    tensors = []
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        for group in optimizer.param_groups:
            tensors += [group["lr"], *group["params"]]
        tensors += [value for memory in optimizer.state.values() for value in memory.values()]
    return tensors
