"""The small trained networks that come along, so that a lesson can begin with a result."""

import json
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.shipped import DATA


def load_pretrained(name: str, folder: Path = DATA / "weights") -> tuple[Generator, PatchDiscriminator]:
    """The generator and the discriminator that were trained together under this name."""
    if not (folder / f"{name}.generator.safetensors").is_file():
        known = sorted(file.name.split(".")[0] for file in folder.glob("*.generator.safetensors"))
        raise ValueError(f"there are no trained networks named {name!r}: choose one of {', '.join(known) or 'none, for there are none'}")
    networks = []
    for kind, build in (("generator", Generator), ("discriminator", PatchDiscriminator)):
        with safe_open(folder / f"{name}.{kind}.safetensors", framework="pt") as file:
            network = build(**json.loads(file.metadata()["settings"]))
            network.load_state_dict({key: file.get_tensor(key).float() for key in file.keys()})  # noqa: SIM118 - it is no dict
        networks.append(network)
    return networks[0], networks[1]


def save_network(weights: dict[str, Tensor], settings: dict[str, object], path: Path) -> None:
    """Write weights in half precision, with the settings that build their network."""
    halves = {key: value.detach().cpu().half().contiguous() for key, value in weights.items()}
    save_file(halves, path, metadata={"settings": json.dumps(settings)})
