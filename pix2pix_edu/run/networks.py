"""The networks of a run: open them, share them, or export them for the reference implementation."""

from pathlib import Path

import torch

from pix2pix_edu.generator import Generator
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.settings import build, discriminator_settings, generator_settings, read_settings
from pix2pix_edu.weights.bundled import open_network, save_network
from pix2pix_edu.weights.reference import discriminator_state, generator_state, load_discriminator, load_generator


def save_for_sharing(folder: Path, name: str, target: Path) -> None:
    """Write the networks of a run where pretrained.load_pretrained finds them."""
    settings, state = read_settings(folder), checkpoint.read(folder / "checkpoint.pt")
    target.mkdir(parents=True, exist_ok=True)
    save_network(state["generator"], generator_settings(settings), settings.size, target / f"{name}.generator.safetensors")
    save_network(state["discriminator"], discriminator_settings(settings), settings.size, target / f"{name}.discriminator.safetensors")


def open_generator(path: Path) -> Generator:
    """The generator of a run's folder, of one shared file (NAME.generator.safetensors), or of the reference implementation's."""
    if path.suffix == ".safetensors":
        return open_network(path, Generator)
    if not path.is_dir():
        return load_generator(path)
    generator = Generator(**generator_settings(read_settings(path)))
    generator.load_state_dict(checkpoint.read(path / "checkpoint.pt")["generator"])
    return generator


def export(run: Path, outputs: Path) -> None:
    """Write a run's networks as the reference implementation names and reads them, and read them back as a proof."""
    model = build(read_settings(run))
    checkpoint.load(model, run / "checkpoint.pt")
    outputs.mkdir(parents=True, exist_ok=True)
    torch.save(generator_state(model.generator), outputs / "latest_net_G.pth")
    torch.save(discriminator_state(model.discriminator), outputs / "latest_net_D.pth")
    load_generator(outputs / "latest_net_G.pth")
    load_discriminator(outputs / "latest_net_D.pth")
