"""The small trained networks that are bundled with the library, and how such files are written and read."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.files import DATA, whole_file
from pix2pix_edu.generator import Generator
from pix2pix_edu.weights.fitting import State, build_from, some

WEIGHTS = DATA / "weights"
SCALE = ".scale"


class Shared(NamedTuple):
    """What a file for sharing contains."""

    weights: dict[str, Tensor]
    settings: dict[str, object]
    size: int  # the side of the pictures, in pixels
    drawn: str  # what was drawn for the training, or the name of the bundled photographs; empty for pairs of your own


def load_pretrained(name: str, folder: Path = WEIGHTS) -> tuple[Generator, PatchDiscriminator]:
    """The generator and the discriminator that were trained together under this name."""
    if not (folder / f"{name}.generator.safetensors").is_file():
        known = sorted(file.name.split(".")[0] for file in folder.glob("*.generator.safetensors"))
        raise ValueError(f"there are no trained networks named {name!r}: choose one of {', '.join(known) or 'none, for there are none'}")
    builders = {"generator": Generator, "discriminator": PatchDiscriminator}
    generator, discriminator = (open_network(folder / f"{name}.{kind}.safetensors", build) for kind, build in builders.items())
    return generator, discriminator


def trained_on(name: str, folder: Path = WEIGHTS) -> tuple[int, str]:
    """The side, in pixels, of the pictures that a bundled network was trained on, and what was drawn on them."""
    shared = _read(folder / f"{name}.generator.safetensors", Generator)
    return shared.size, shared.drawn


def open_network(path: Path, build: type[nn.Module]) -> nn.Module:
    """The network in a file that `save_network` wrote, built with the settings stored in it."""
    shared = _read(path, build)
    try:
        return build_from(build, shared.settings, shared.weights)
    except ValueError as error:
        raise _refusal(path, build, error) from error


def save_network(weights: State, settings: dict[str, object], size: int, path: Path, drawn: str = "", bits: int = 16) -> None:
    """Write weights with a checksum, the settings that build their network, and what it was trained on.

    With 16 `bits` they are in half precision. With 8, kernels are whole numbers from -127 to 127 with a scale for each of their first axis:
    half the file, and pictures that differ by about half a grey level.
    """
    if bits not in (8, 16):
        raise ValueError(f"weights are written with 8 or 16 bits, not {bits}")
    halves = {key: value.detach().cpu().half().contiguous() for key, value in weights.items()}
    if not all(value.isfinite().all() for value in halves.values()):
        raise ValueError("some weights are not finite in half precision, so nobody could use the file: train the network again")
    stored = halves if bits == 16 else _to_eight_bits(halves)
    metadata = {"settings": json.dumps(settings), "size": str(size), "drawn": drawn}
    with whole_file(path) as file:
        file.write(save(stored, metadata=metadata | {"sha256": _checksum(stored, metadata)}))


def _to_eight_bits(weights: State) -> dict[str, Tensor]:
    """Kernels as whole numbers, each with its scales under the same name with SCALE at its end; other weights as they are."""
    stored = dict(weights)
    for key, value in weights.items():
        if value.dim() > 1:
            scale = (value.float().flatten(1).abs().amax(dim=1) / 127).clamp(min=1e-30)
            stored[key] = (value.float() / _along_first(scale, value)).round().to(torch.int8)
            stored[key + SCALE] = scale
    return stored


def _from_eight_bits(stored: State) -> dict[str, Tensor]:
    """The weights that `_to_eight_bits` stored, in half precision, which an ONNX file can hold without another loss."""
    weights = {key: value for key, value in stored.items() if not key.endswith(SCALE)}
    for key, value in weights.items():
        if value.dtype == torch.int8:
            scale = stored.get(key + SCALE)
            if scale is None or scale.dtype != torch.float32 or scale.shape != value.shape[:1]:
                raise ValueError(f"{some([key])} has no scales")
            weights[key] = (value.float() * _along_first(scale, value)).half()
    return weights


def _along_first(scale: Tensor, value: Tensor) -> Tensor:
    return scale.view(-1, *[1] * (value.dim() - 1))


def _read(path: Path, build: type[nn.Module]) -> Shared:
    if not path.is_file():
        raise ValueError(f"there is no weight file at {path}: check the path")
    try:
        with safe_open(path, framework="pt") as file:
            weights, metadata = {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118 - it is not a dict
        if metadata.get("sha256") != _checksum(weights, metadata):  # the format itself has none
            raise ValueError("its checksum is wrong or missing")
        settings, size = json.loads(metadata["settings"]), int(metadata["size"])
        if not isinstance(settings, dict) or size < 1:
            raise ValueError("its settings or its size are no such things")
        weights = _from_eight_bits(weights)
    except PermissionError:
        raise
    except Exception as error:  # a damaged file can raise almost any kind of error
        raise _refusal(path, build, error) from error
    return Shared(weights, settings, size, metadata.get("drawn", "unpainted"))  # files from before the painted facades state none


def _checksum(weights: State, metadata: dict[str, str]) -> str:
    """The SHA-256 of everything that decides which network a file holds."""
    stated = [metadata[name] for name in ("settings", "size", "drawn") if name in metadata]
    digest = hashlib.sha256(json.dumps(stated).encode())
    for key, value in sorted(weights.items()):
        digest.update(json.dumps([key, str(value.dtype), value.shape]).encode())
        digest.update(value.contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _refusal(path: Path, build: type[nn.Module], reason: Exception) -> ValueError:
    text = f"{path} is damaged or holds no {build.__name__} of this library ({reason}): use a file that save_for_sharing wrote"
    return ValueError(text)
