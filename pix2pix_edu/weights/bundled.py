"""The small trained networks that are bundled with the library, and how such files are written and read."""

import json
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.files import DATA
from pix2pix_edu.generator import Generator

WEIGHTS = DATA / "weights"


def load_pretrained(name: str, folder: Path = WEIGHTS) -> tuple[Generator, PatchDiscriminator]:
    """The generator and the discriminator that were trained together under this name."""
    if not (folder / f"{name}.generator.safetensors").is_file():
        known = sorted(file.name.split(".")[0] for file in folder.glob("*.generator.safetensors"))
        raise ValueError(f"there are no trained networks named {name!r}: choose one of {', '.join(known) or 'none, for there are none'}")
    builders = {"generator": Generator, "discriminator": PatchDiscriminator}
    generator, discriminator = (open_network(folder / f"{name}.{kind}.safetensors", build) for kind, build in builders.items())
    return generator, discriminator


def trained_size(name: str, folder: Path = WEIGHTS) -> int:
    """The side, in pixels, of the pictures that a bundled network was trained on."""
    with safe_open(folder / f"{name}.generator.safetensors", framework="pt") as file:
        return int(file.metadata()["size"])


def open_network(path: Path, build: Callable[..., nn.Module]) -> nn.Module:
    """The network in a file that `save_network` wrote, built with the settings stored in it."""
    if not path.is_file():
        raise ValueError(f"there is no weight file at {path}: check the path")
    try:
        with safe_open(path, framework="pt") as file:
            network = build(**json.loads(file.metadata()["settings"]))
            network.load_state_dict({key: file.get_tensor(key).float() for key in file.keys()})  # noqa: SIM118 - it is not a dict
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"{path} is damaged or holds no {build.__name__} of this library: use a file that save_for_sharing wrote"
        ) from error
    return network


def save_network(weights: dict[str, Tensor], settings: dict[str, object], size: int, path: Path) -> None:
    """Write weights in half precision, with the settings that build their network and the side of its pictures in pixels."""
    halves = {key: value.detach().cpu().half().contiguous() for key, value in weights.items()}
    save_file(halves, path, metadata={"settings": json.dumps(settings), "size": str(size)})
