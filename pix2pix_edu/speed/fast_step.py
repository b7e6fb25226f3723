"""The same step, faster: fewer bits where they are not missed, and on a GPU one recorded graph in place of hundreds of launches."""

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
    """How a step is calculated. What it calculates stays the same."""

    precision: torch.dtype = torch.float32  # of the convolutions; weights, norms, losses and Adam stay in 32 bits
    channels_last: bool = False  # the channels of a pixel side by side in memory
    folded: bool = False  # transposed convolutions of few pixels as one matrix product (FoldedConvTranspose2d)
    graph: bool = False  # record the step as a CUDA graph and replay it

    def __str__(self) -> str:
        names = [
            str(self.precision).removeprefix("torch."),
            "channels last" * self.channels_last,
            "folded" * self.folded,
            "CUDA graph" * self.graph,
        ]
        return ", ".join(filter(None, names))


def fastest(device: torch.device) -> Speed:
    """The settings that train fastest here."""
    if device.type == "cuda":
        if torch.cuda.get_device_capability(device) >= (8, 0):  # Ampere and newer
            return Speed(torch.bfloat16, channels_last=True, graph=True)
        return Speed(torch.float16, channels_last=True)  # a T4: by estimate, its arithmetic takes longer than its launches
    return Speed(torch.bfloat16 if has_bfloat16() else torch.float32, folded=True)  # channels last gained nothing here


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware."""
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def fast_step(model: Pix2Pix, speed: Speed) -> Step:
    """train_step at this speed, for `model` alone: hand it to training.train."""
    lay_out(model, torch.channels_last if speed.channels_last else torch.contiguous_format)
    if speed.folded:
        fold(model.generator)
    descending = descend
    if speed.precision == torch.float16:
        descending = scaled_descend(torch.amp.GradScaler(model.device.type, init_scale=2.0**12))

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        # No cache: it would keep D's 16-bit weights from before D's update, and G would learn from an outdated judge.
        with torch.autocast(model.device.type, speed.precision, enabled=speed.precision != torch.float32, cache_enabled=False):
            return train_step(model, x, y, objective, descending)

    if model.device.type != "cuda":
        return step
    # Every step has the same shapes: let cuDNN try its algorithms once, unless you want the same one always.
    torch.backends.cudnn.benchmark = not torch.backends.cudnn.deterministic
    return RecordedStep(model, step) if speed.graph else step


def lay_out(model: Pix2Pix, layout: torch.memory_format) -> None:
    """Lay weights out in memory, and what the optimizers remember of each weight alike."""
    for network, optimizer in ((model.generator, model.generator_optimizer), (model.discriminator, model.discriminator_optimizer)):
        network.to(memory_format=layout)
        for weight, state in optimizer.state.items():
            state.update({name: torch.empty_like(weight).copy_(state[name]) for name in ("exp_avg", "exp_avg_sq")})


class FoldedConvTranspose2d(nn.ConvTranspose2d):
    """The same transposed convolution, calculated as one matrix product where there are few pixels and many weights."""

    FEW = 64  # pixels of a batch; up to here a processor is two to three times faster this way

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        batch, _, height, width = x.shape
        if batch * height * width > self.FEW:
            return super().forward(x, output_size)
        # Each pixel spreads its own kernel-sized square of every output channel; the squares are then laid down and added up.
        squares = (x.flatten(2).transpose(1, 2) @ self.weight.flatten(1)).transpose(1, 2)
        sides = [side * stride for side, stride in zip((height, width), self.stride, strict=True)]
        y = F.fold(squares, sides, self.kernel_size, padding=self.padding, stride=self.stride)
        return y if self.bias is None else y + self.bias.to(y)[:, None, None]


def fold(network: nn.Module) -> None:
    """Let the network's transposed convolutions fold; weights and their names stay."""
    for module in network.modules():
        if type(module) is nn.ConvTranspose2d:
            module.__class__ = FoldedConvTranspose2d


def scaled_descend(scaler: torch.amp.GradScaler) -> Descend:
    """descend() with the loss multiplied by a large factor, which keeps small gradients above the smallest 16-bit number.

    The factor adapts itself and is no part of a checkpoint: a resumed run begins with the first one again.
    """

    def scaled(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        scaler.scale(loss).backward(inputs=[weight for group in optimizer.param_groups for weight in group["params"]])
        scaler.step(optimizer)  # divides the gradients again, and leaves the step out if one of them overflowed
        scaler.update()

    return scaled


def fast_generator(generator: nn.Module, speed: Speed) -> nn.Module:
    """A copy that translates faster: its convolutions in 16 bits, channels last. It takes and gives 32-bit pictures."""
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
    """The generator where it translates fastest; `fast` trades exact numbers for speed as well."""
    generator = generator.to("cuda" if torch.cuda.is_available() else "cpu")
    return fast_generator(generator, fastest(next(generator.parameters()).device)) if fast else generator
