"""Read and write the weight files of the reference implementation, the PyTorch pix2pix of the paper's authors."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from pix2pix_edu.discriminator import PATCHES, PatchDiscriminator, patch_convs
from pix2pix_edu.files import read_weights
from pix2pix_edu.generator import Generator

State = Mapping[str, Tensor]
RUNNING = ("running_mean", "running_var", "num_batches_tracked")


def load_generator(path_or_state: str | Path | State) -> Generator:
    """Load a U-Net of the reference. Depth, width and channels are read from the file. It has no dropout."""
    state = _read(path_or_state)
    if "model.model.0.weight" not in state or "model.model.3.weight" not in state:
        raise ValueError(f"these are not the weights of a reference U-Net generator: the keys begin with {_some(state)}")
    depth = max(key.count(".model") for key in state)  # each level is nested one ".model" deeper
    first, last = state["model.model.0.weight"], state["model.model.3.weight"]
    # The reference has its dropout on other levels.
    generator = Generator(in_channels=first.shape[1], out_channels=last.shape[1], depth=depth, width=first.shape[0], dropout=0.0)
    _fill(generator, state, dict(_generator_keys(depth)))
    return generator


def load_discriminator(path_or_state: str | Path | State) -> PatchDiscriminator:
    """Load a PatchGAN of the reference. Patch and width are read from the file."""
    state = _read(path_or_state)
    name = "net" if "net.0.weight" in state else "model"
    if f"{name}.0.weight" not in state:
        raise ValueError(f"these are not the weights of a reference PatchGAN discriminator: the keys begin with {_some(state)}")
    convs = sum(value.dim() == 4 for value in state.values())
    patch = 1 if name == "net" else {len(patch_convs(patch)): patch for patch in PATCHES[1:]}.get(convs)
    if patch is None:
        raise ValueError(f"no patch of {PATCHES} has a discriminator of {convs} convolutions")
    width, channels = state[f"{name}.0.weight"].shape[:2]
    discriminator = PatchDiscriminator(patch, x_channels=channels - 3, y_channels=3, width=width, conditional=channels > 3)
    _fill(discriminator, state, dict(_discriminator_keys(discriminator)))
    return discriminator


def generator_state(generator: Generator) -> dict[str, Tensor]:
    """The generator's weights under the reference's keys, for its load_state_dict."""
    if not generator.skips:
        raise ValueError("the reference has no generator without skips: only a generator with skips can be exported")
    return _state(generator, dict(_generator_keys(generator.depth)))


def discriminator_state(discriminator: PatchDiscriminator) -> dict[str, Tensor]:
    """The discriminator's weights under the reference's keys, for its load_state_dict."""
    return _state(discriminator, dict(_discriminator_keys(discriminator)))


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


def _discriminator_keys(discriminator: PatchDiscriminator) -> Iterator[tuple[str, str]]:
    """Our key and the reference's key of each weight: the same layers under another name."""
    name = "net" if discriminator.patch == 1 else "model"
    for key in discriminator.state_dict():
        yield key, key.replace("layers", name)


def _fill(network: nn.Module, state: State, keys: Mapping[str, str]) -> None:
    missing = sorted(set(keys.values()) - set(state))
    unknown = sorted(key for key in set(state) - set(keys.values()) if not key.endswith(RUNNING))
    if missing or unknown:
        raise ValueError(
            f"the weights do not fit: {_some(missing)} missing, {_some(unknown)} unknown; "
            "only the reference's U-Net and PatchGAN with batch norm can be read"
        )
    try:
        network.load_state_dict({ours: state[theirs] for ours, theirs in keys.items()})
    except RuntimeError as error:
        raise ValueError(f"the weights do not fit: their shapes are those of another network ({error})") from error


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


def _read(path_or_state: str | Path | State) -> State:
    state = path_or_state if isinstance(path_or_state, Mapping) else read_weights(path_or_state)
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError("a weight file must contain named tensors and nothing else: save the network's state_dict()")
    return state


def _some(keys: Iterable[str]) -> str:
    keys = list(keys)
    return (", ".join(keys[:2]) + (f" and {len(keys) - 2} more" if len(keys) > 2 else "")) or "nothing"
