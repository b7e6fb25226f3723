"""The networks of a run: open them, save them to share, or export them for the reference implementation."""

from pathlib import Path

import torch

from pix2pix_edu.generator import Generator
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.settings import build, discriminator_settings, generator_settings, read_settings
from pix2pix_edu.weights.bundled import open_network, save_network
from pix2pix_edu.weights.reference import discriminator_state, generator_state, load_discriminator, load_generator


def save_for_sharing(folder: Path, name: str, target: Path) -> None:
    """Write the networks of a run as the two files that weights.bundled.load_pretrained reads."""
    settings, state = read_settings(folder), checkpoint.read(folder / "checkpoint.pt")
    target.mkdir(parents=True, exist_ok=True)
    for kind, built_with in (("generator", generator_settings(settings)), ("discriminator", discriminator_settings(settings))):
        save_network(state[kind], built_with, settings.size, target / f"{name}.{kind}.safetensors")


def open_generator(path: Path) -> Generator:
    """The generator in a run's folder, in a shared file (NAME.generator.safetensors), or in a file of the reference implementation."""
    if path.suffix == ".safetensors":
        return open_network(path, Generator)
    if not path.is_dir():
        return load_generator(path)
    generator = Generator(**generator_settings(read_settings(path)))
    generator.load_state_dict(checkpoint.read(path / "checkpoint.pt")["generator"])
    return generator


def export(run: Path, outputs: Path) -> None:
    """Write a run's networks as files of the reference implementation, and check that these can be read."""
    model = build(read_settings(run))
    checkpoint.load(model, run / "checkpoint.pt")
    outputs.mkdir(parents=True, exist_ok=True)
    torch.save(generator_state(model.generator), outputs / "latest_net_G.pth")
    torch.save(discriminator_state(model.discriminator), outputs / "latest_net_D.pth")
    load_generator(outputs / "latest_net_G.pth")
    load_discriminator(outputs / "latest_net_D.pth")
