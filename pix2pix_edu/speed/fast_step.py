"""The same training step, faster: 16-bit convolutions, and on a GPU one CUDA graph instead of hundreds of launches."""

import contextlib
import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.adam import adam

from pix2pix_edu.generator import Generator
from pix2pix_edu.layers import AlwaysDropout
from pix2pix_edu.objective import Objective
from pix2pix_edu.speed.cuda_graph import RecordedStep
from pix2pix_edu.speed.loss_scale import refuse_endless_overflow
from pix2pix_edu.speed.matrix_convs import use_matrices
from pix2pix_edu.speed.one_pass import train_step_in_one_pass, use_halves
from pix2pix_edu.speed.shadows import Shadows
from pix2pix_edu.training import Descend, Losses, Pix2Pix, Step, descend, train_step


@dataclass(frozen=True)
class Speed:
    """How a step is calculated; what it calculates is the same."""

    precision: torch.dtype = torch.float32  # of the convolutions; weights, norms, losses and Adam stay in 32 bits
    channels_last: bool = False  # memory layout
    matrices: bool = False  # G's smallest convolutions as matrix products (matrix_convs)
    one_pass: bool = False  # real and fake pairs go through D together (one_pass)
    graph: bool = False  # record the step as a CUDA graph (RecordedStep)

    def __str__(self) -> str:
        names = [
            str(self.precision).removeprefix("torch."),
            "channels last" * self.channels_last,
            "matrices" * self.matrices,
            "one pass" * self.one_pass,
            "CUDA graph" * self.graph,
        ]
        return ", ".join(filter(None, names))


def fastest(device: torch.device) -> Speed:
    """The settings that train fastest on this device."""
    if device.type == "cuda":
        if torch.cuda.get_device_capability(device) >= (8, 0):  # Ampere and newer
            return Speed(torch.bfloat16, channels_last=True, one_pass=True, graph=True)
        return Speed(torch.float16, channels_last=True, one_pass=True)  # a T4: by estimate, launches are not what limits it
    return Speed(torch.bfloat16 if has_bfloat16() else torch.float32, channels_last=True, matrices=True, one_pass=True)


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware."""
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def fast_step(model: Pix2Pix, speed: Speed | None = None) -> Step:
    """A step for training.train that does what train_step does, at this speed (the fastest by default). Use it with `model` only.

    It changes `model` for good: its memory layout, and the classes of its dropouts and norms.
    """
    speed = speed or fastest(model.device)
    layout = torch.channels_last if speed.channels_last else torch.contiguous_format
    lay_out(model, layout)
    order_dropout(model.generator)
    if speed.matrices:
        use_matrices(model.generator)
        gather_gradients(model.generator)
    if speed.one_pass:
        use_halves(model.discriminator)
    on_gpu = model.device.type == "cuda"
    descending = descend if on_gpu else descend_in_memory_order
    scaler = torch.amp.GradScaler(model.device.type, init_scale=2.0**12) if speed.precision == torch.float16 else None
    if scaler:
        descending = scaled_descend(scaler)
    copies = contextlib.nullcontext()
    if on_gpu and speed.graph and speed.precision != torch.float32:  # without a graph they cost more time in Python than they save
        copies = Shadows(model, speed.precision)
        descending = copies.refreshing(descending, model)
    take = train_step_in_one_pass if speed.one_pass else train_step

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        # No cache: it would keep the 16-bit copy of D's weights from before D's update, and G would be trained against the old D.
        with torch.autocast(model.device.type, speed.precision, enabled=speed.precision != torch.float32, cache_enabled=False), copies:
            x, y = x.contiguous(memory_format=layout), y.contiguous(memory_format=layout)
            return take(model, x, y, objective, descending)

    if on_gpu:
        # All steps have the same shapes: let cuDNN try its algorithms once, unless deterministic results are asked for.
        torch.backends.cudnn.benchmark = not torch.backends.cudnn.deterministic
    taken = RecordedStep(model, step) if on_gpu and speed.graph else step
    return refuse_endless_overflow(taken, scaler) if scaler else taken


class OrderedDropout(AlwaysDropout):
    """Dropout whose random mask does not depend on the memory layout of x: the same seed gives the same mask."""

    def forward(self, x: Tensor) -> Tensor:
        return x * F.dropout(torch.ones(x.shape, device=x.device), self.p).to(x.dtype)


def order_dropout(generator: nn.Module) -> None:
    """Turn the generator's dropout into OrderedDropout."""
    for module in generator.modules():
        if type(module) is AlwaysDropout:
            module.__class__ = OrderedDropout


class GatheringNorm(nn.BatchNorm2d):
    """Batch norm that copies the gradient of its output into one block of memory: as a part of a larger tensor it takes a slow path."""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        if y.requires_grad:
            y.register_hook(lambda gradient: gradient.contiguous(memory_format=torch.channels_last))
        return y


def gather_gradients(generator: nn.Module) -> None:
    """Turn the generator's batch norms into GatheringNorm: behind them are the skips, whose gradients are parts of larger tensors."""
    for module in generator.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = GatheringNorm


def lay_out(model: Pix2Pix, layout: torch.memory_format) -> None:
    """Set the memory layout of the weights, and of the optimizer state of each weight."""
    for network, optimizer in ((model.generator, model.generator_optimizer), (model.discriminator, model.discriminator_optimizer)):
        network.to(memory_format=layout)
        lay_out_state(optimizer)


def lay_out_state(optimizer: torch.optim.Optimizer) -> None:
    """Store Adam's state of each weight in the memory layout of that weight, which fused Adam needs."""
    for weight, state in optimizer.state.items():
        state.update({name: torch.empty_like(weight).copy_(state[name]) for name in ("exp_avg", "exp_avg_sq")})


def descend_in_memory_order(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
    """descend(), with the weights as one-dimensional memory: on a CPU, fused Adam copies every tensor with channels last."""
    (group,) = optimizer.param_groups
    weights = group["params"]
    if not all(weight in optimizer.state for weight in weights):  # the first step, in which the optimizer makes its state
        descend(loss, optimizer)
        return
    optimizer.zero_grad()
    loss.backward(inputs=weights)
    states = [optimizer.state[weight] for weight in weights]
    kinds = [weights, [weight.grad for weight in weights], *([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq"))]
    in_order = [[_in_memory_order(tensor.detach()) for tensor in tensors] for tensors in kinds]
    beta1, beta2 = group["betas"]
    options = {name: group[name] for name in ("lr", "weight_decay", "eps", "amsgrad", "maximize", "fused")}
    with torch.no_grad():
        adam(*in_order, [], [state["step"] for state in states], beta1=beta1, beta2=beta2, **options)


def _in_memory_order(tensor: Tensor) -> Tensor:
    return tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last) else tensor


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
    order_dropout(translator)
    if speed.matrices:
        use_matrices(translator)
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
