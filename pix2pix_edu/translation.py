"""Translate pictures of any size with a trained generator."""

from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from pix2pix_edu import checkpoint
from pix2pix_edu.acceleration import fast_generator, fastest
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import list_images, open_image, to_image, to_tensor
from pix2pix_edu.pretrained import open_network
from pix2pix_edu.reference_weights import discriminator_state, generator_state, load_discriminator, load_generator
from pix2pix_edu.runs import build, generator_settings, read_settings


def open_generator(path: Path) -> Generator:
    """The generator of a run's folder, of one shared file (NAME.generator.safetensors), or of the reference implementation's."""
    if path.suffix == ".safetensors":
        return open_network(path, Generator)
    if not path.is_dir():
        return load_generator(path)
    generator = Generator(**generator_settings(read_settings(path)))
    generator.load_state_dict(checkpoint.read(path / "checkpoint.pt")["generator"])
    return generator


def place(generator: Generator, fast: bool = False) -> Generator:
    """The generator where it translates fastest; `fast` trades exact numbers for speed as well."""
    generator = generator.to("cuda" if torch.cuda.is_available() else "cpu")
    return fast_generator(generator, fastest(next(generator.parameters()).device)) if fast else generator


def export(run: Path, outputs: Path) -> None:
    """Write a run's networks as the reference implementation names and reads them, and read them back as a proof."""
    model = build(read_settings(run))
    checkpoint.load(model, run / "checkpoint.pt")
    outputs.mkdir(parents=True, exist_ok=True)
    torch.save(generator_state(model.generator), outputs / "latest_net_G.pth")
    torch.save(discriminator_state(model.discriminator), outputs / "latest_net_D.pth")
    load_generator(outputs / "latest_net_G.pth")
    load_discriminator(outputs / "latest_net_D.pth")


def translate(generator: Generator, x: Tensor) -> Tensor:
    """G(x) for a picture (channels, height, width) of any size: its edge is repeated up to a size that fits, then cut off again."""
    height, width = x.shape[-2:]
    unit = 2**generator.depth
    device = next(generator.parameters()).device
    padded = F.pad(x[None].to(device), (0, -width % unit, 0, -height % unit), mode="replicate")
    with torch.no_grad():
        return generator(padded)[0, :, :height, :width].cpu()


def translate_folder(generator: Generator, inputs: Path, outputs: Path) -> Iterator[Path]:
    """Translate every picture of `inputs` into a PNG of the same name, naming each as it is written."""
    files = list_images(inputs)
    targets = [outputs / f"{file.stem}.png" for file in files]
    if outputs.resolve() == inputs.resolve() or len(set(targets)) < len(files):
        raise ValueError(f"translations in {outputs} would overwrite pictures: name another folder, and give each picture its own name")
    outputs.mkdir(parents=True, exist_ok=True)
    for file, target in zip(files, targets, strict=True):
        to_image(translate(generator, to_tensor(open_image(file)))).save(target)
        yield target
