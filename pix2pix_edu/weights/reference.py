"""Read and write the weight files of the reference implementation, the PyTorch pix2pix of the paper's authors."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from pix2pix_edu.discriminator import PATCHES, PatchDiscriminator, patch_convs
from pix2pix_edu.files import read_weights
from pix2pix_edu.generator import Generator
from pix2pix_edu.weights.fitting import State, build_from, expected_shapes, refuse_claims, some

PARALLEL = "module."  # torch's DataParallel puts it before each name
RUNNING = ("running_mean", "running_var", "num_batches_tracked")
SPECTRAL = ("weight_orig", "weight_u", "weight_v", ".original", "._u", "._v")


def load_generator(path_or_state: str | Path | State) -> Generator:
    """Load a U-Net of the reference. Depth, width and channels are read from the file. It has no dropout."""
    with _opened(path_or_state) as state:
        if "model.model.0.weight" not in state or "model.model.3.weight" not in state:
            raise ValueError(f"these are not the weights of a reference U-Net generator: the keys begin with {some(state)}")
        width, in_channels = _channels(state, "model.model.0.weight")
        _, out_channels = _channels(state, "model.model.3.weight")
        depth = max(key.count(".model") for key in state)  # each level is nested one ".model" deeper
        # The reference has its dropout on other levels.
        settings = {"in_channels": in_channels, "out_channels": out_channels, "depth": depth, "width": width, "dropout": 0.0}
        return _build(Generator, settings, state, _generator_keys(depth))


def load_discriminator(path_or_state: str | Path | State, y_channels: int | None = None) -> PatchDiscriminator:
    """Load a PatchGAN of the reference. Patch and width are read from the file.

    The file does not say how many of the channels are those of y. Without `y_channels`, 6 are those of two RGB pictures and 3 those of y.
    """
    with _opened(path_or_state) as state:
        name = "net" if "net.0.weight" in state else "model"
        if f"{name}.0.weight" not in state:
            raise ValueError(f"these are not the weights of a reference PatchGAN discriminator: the keys begin with {some(state)}")
        convs = sum(value.dim() == 4 for value in state.values())
        patch = 1 if name == "net" else {len(patch_convs(patch)): patch for patch in PATCHES[1:]}.get(convs)
        if patch is None:
            raise ValueError(f"no patch of {PATCHES} has a discriminator of {convs} convolutions")
        width, channels = _channels(state, f"{name}.0.weight")
        if y_channels is None and channels not in (3, 6):
            raise ValueError(f"this discriminator takes {channels} channels: say how many of them are those of y, with y_channels")
        y_channels = 3 if y_channels is None else y_channels
        if not 1 <= y_channels <= channels:
            raise ValueError(f"this discriminator takes {channels} channels, so y cannot have {y_channels}")
        settings = {"patch": patch, "y_channels": y_channels, "width": width, "conditional": channels > y_channels}
        if channels > y_channels:
            settings["x_channels"] = channels - y_channels
        return _build(PatchDiscriminator, settings, state, _discriminator_keys(patch, expected_shapes(PatchDiscriminator, settings)))


def generator_state(generator: Generator) -> dict[str, Tensor]:
    """The generator's weights under the reference's keys, for its load_state_dict."""
    if not generator.skips:
        raise ValueError("the reference has no generator without skips: only a generator with skips can be exported")
    return _state(generator, dict(_generator_keys(generator.depth)))


def discriminator_state(discriminator: PatchDiscriminator) -> dict[str, Tensor]:
    """The discriminator's weights under the reference's keys, for its load_state_dict."""
    return _state(discriminator, dict(_discriminator_keys(discriminator.patch, discriminator.state_dict())))


def _generator_keys(depth: int) -> Iterator[tuple[str, str]]:
    """Our key and the reference's key of each weight. In the reference, each block contains the next deeper one."""
    yield "down.0.0.weight", "model.model.0.weight"
    yield "last.1.weight", "model.model.3.weight"
    yield "last.1.bias", "model.model.3.bias"
    for level in range(1, depth):
        block = "model.model.1.model" + ".3.model" * (level - 1)
        innermost, up = level == depth - 1, depth - 1 - level  # our decoder starts at the bottleneck
        yield f"down.{level}.0.weight", f"{block}.1.weight"
        yield f"up.{up}.1.weight", f"{block}.{3 if innermost else 5}.weight"
        for name in ("weight", "bias"):
            if not innermost:
                yield f"down.{level}.1.{name}", f"{block}.2.{name}"
            yield f"up.{up}.2.{name}", f"{block}.{4 if innermost else 6}.{name}"


def _discriminator_keys(patch: int, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Our key and the reference's key of each weight: the same layers under another name."""
    for key in names:
        yield key, key.replace("layers", "net" if patch == 1 else "model")


def _build(build: type[nn.Module], settings: dict[str, object], state: State, keys: Iterable[tuple[str, str]]) -> nn.Module:
    shapes = expected_shapes(build, settings)  # refuses a depth that would take forever, before the keys are made
    names = dict(keys)
    norms = [names[key] for key, shape in shapes.items() if key.endswith("weight") and len(shape) == 1]
    if norms and not any(norm in state for norm in norms):
        raise ValueError("these weights have instance norm or no norm: only the reference's U-Net and PatchGAN with batch norm can be read")
    # Both networks use the statistics of the batch, so running averages are not needed.
    averages = {norm.removesuffix("weight") + name for norm in norms for name in RUNNING}
    return build_from(build, settings, {key: value for key, value in state.items() if key not in averages}, names)


def _state(network: nn.Module, keys: Mapping[str, str]) -> dict[str, Tensor]:
    weights, state = network.state_dict(), {}
    for ours, theirs in keys.items():
        value = state[theirs] = weights[ours].detach().cpu().clone()
        if theirs.endswith("weight") and value.dim() == 1:  # a norm: the reference also expects running averages, which we do not have
            norm = theirs.removesuffix("weight")
            state[norm + "running_mean"] = torch.zeros_like(value)
            state[norm + "running_var"] = torch.ones_like(value)
            state[norm + "num_batches_tracked"] = torch.tensor(0)
    return state


@contextlib.contextmanager
def _opened(path_or_state: str | Path | State) -> Iterator[State]:
    """The state in a file, or the given one, without DataParallel's prefix. An error in the block then names the file."""
    if isinstance(path_or_state, Mapping):
        state, place = path_or_state, ""
    else:
        state, place = read_weights(path_or_state), f"{path_or_state}: "
    try:
        refuse_claims(state)
        if any(key.endswith(SPECTRAL) for key in state):
            raise ValueError("these weights have spectral norm: only the reference's U-Net and PatchGAN with batch norm can be read")
        parallel = all(key.startswith(PARALLEL) for key in state)
        yield {key.removeprefix(PARALLEL): value for key, value in state.items()} if parallel else state
    except ValueError as error:
        raise ValueError(f"{place}{error}") from error


def _channels(state: State, key: str) -> tuple[int, int]:
    """The first two sides of a convolution's weights: its output and input channels, or the reverse if it is transposed."""
    if state[key].dim() != 4:
        raise ValueError(f"the weights do not fit: {key} is no convolution")
    return tuple(state[key].shape[:2])
