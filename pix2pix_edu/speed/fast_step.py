"""The same training step, faster: 16-bit convolutions, and on a GPU one CUDA graph instead of hundreds of launches."""

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective
from pix2pix_edu.speed.cuda_graph import RecordedStep
from pix2pix_edu.training import Descend, Losses, Pix2Pix, Step, descend, train_step


@dataclass(frozen=True)
class Speed:
    """How a step is calculated; what it calculates is the same."""

    precision: torch.dtype = torch.float32  # of the convolutions; weights, norms, losses and Adam stay in 32 bits
    channels_last: bool = False  # memory layout
    folded: bool = False  # FoldedConvTranspose2d
    graph: bool = False  # record the step as a CUDA graph (RecordedStep)

    def __str__(self) -> str:
        names = [
            str(self.precision).removeprefix("torch."),
            "channels last" * self.channels_last,
            "folded" * self.folded,
            "CUDA graph" * self.graph,
        ]
        return ", ".join(filter(None, names))


def fastest(device: torch.device) -> Speed:
    """The settings that train fastest on this device."""
    if device.type == "cuda":
        if torch.cuda.get_device_capability(device) >= (8, 0):  # Ampere and newer
            return Speed(torch.bfloat16, channels_last=True, graph=True)
        return Speed(torch.float16, channels_last=True)  # a T4: by estimate, launches are not what limits it
    return Speed(torch.bfloat16 if has_bfloat16() else torch.float32, folded=True)  # channels last gains nothing on a CPU


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware."""
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def fast_step(model: Pix2Pix, speed: Speed) -> Step:
    """A step for training.train that does what train_step does, at this speed. Use it with `model` only."""
    lay_out(model, torch.channels_last if speed.channels_last else torch.contiguous_format)
    if speed.folded:
        fold(model.generator)
    descending = descend
    if speed.precision == torch.float16:
        descending = scaled_descend(torch.amp.GradScaler(model.device.type, init_scale=2.0**12))

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        # No cache: it would keep the 16-bit copy of D's weights from before D's update, and G would be trained against the old D.
        with torch.autocast(model.device.type, speed.precision, enabled=speed.precision != torch.float32, cache_enabled=False):
            return train_step(model, x, y, objective, descending)

    if model.device.type != "cuda":
        return step
    # All steps have the same shapes: let cuDNN try its algorithms once, unless deterministic results are asked for.
    torch.backends.cudnn.benchmark = not torch.backends.cudnn.deterministic
    return RecordedStep(model, step) if speed.graph else step


def lay_out(model: Pix2Pix, layout: torch.memory_format) -> None:
    """Set the memory layout of the weights, and of the optimizer state of each weight."""
    for network, optimizer in ((model.generator, model.generator_optimizer), (model.discriminator, model.discriminator_optimizer)):
        network.to(memory_format=layout)
        lay_out_state(optimizer)


def lay_out_state(optimizer: torch.optim.Optimizer) -> None:
    """Store Adam's state of each weight in the memory layout of that weight, which fused Adam needs."""
    for weight, state in optimizer.state.items():
        state.update({name: torch.empty_like(weight).copy_(state[name]) for name in ("exp_avg", "exp_avg_sq")})


class FoldedConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution that is calculated as one matrix product when there are few pixels."""

    FEW = 64  # pixels in a batch; up to here it is two to three times faster on a CPU

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        batch, _, height, width = x.shape
        if batch * height * width > self.FEW:
            return super().forward(x, output_size)
        # Each input pixel contributes a kernel-sized square to every output channel; fold adds up the overlapping squares.
        squares = (x.flatten(2).transpose(1, 2) @ self.weight.flatten(1)).transpose(1, 2)
        sides = [side * stride for side, stride in zip((height, width), self.stride, strict=True)]
        y = F.fold(squares, sides, self.kernel_size, padding=self.padding, stride=self.stride)
        return y if self.bias is None else y + self.bias.to(y)[:, None, None]


def fold(network: nn.Module) -> None:
    """Turn the network's transposed convolutions into FoldedConvTranspose2d; weights and their names stay the same."""
    for module in network.modules():
        if type(module) is nn.ConvTranspose2d:
            module.__class__ = FoldedConvTranspose2d


def scaled_descend(scaler: torch.amp.GradScaler) -> Descend:
    """descend() with loss scaling, so that small gradients do not become 0 in 16 bits.

    The scaler's state is not saved in checkpoints: a resumed run starts with the initial scale.
    """

    def scaled(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        scaler.scale(loss).backward(inputs=[weight for group in optimizer.param_groups for weight in group["params"]])
        scaler.step(optimizer)  # unscales the gradients, and skips the step if one of them overflowed
        scaler.update()

    return scaled


def fast_generator(generator: nn.Module, speed: Speed) -> nn.Module:
    """A copy that translates faster, with convolutions at this precision and channels last. Inputs and outputs stay in 32 bits."""
    translator = copy.deepcopy(generator).to(memory_format=torch.channels_last)
    if speed.folded:
        fold(translator)
    for module in translator.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            module.to(speed.precision)
    translator.register_forward_pre_hook(lambda _, inputs: (inputs[0].to(speed.precision, memory_format=torch.channels_last),))
    translator.register_forward_hook(lambda _, inputs, fake: fake.float())
    return translator


def place(generator: Generator, fast: bool = False) -> Generator:
    """Move the generator to the GPU if there is one. With `fast`, return a copy that is faster and slightly less exact."""
    generator = generator.to("cuda" if torch.cuda.is_available() else "cpu")
    return fast_generator(generator, fastest(next(generator.parameters()).device)) if fast else generator
