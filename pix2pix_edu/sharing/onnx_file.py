"""The generator of a run as one ONNX file, for programs without torch."""

import os
from pathlib import Path

import torch
from torch import Tensor

from pix2pix_edu.files import refuse_special, refuse_unwritable
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.run.samples import sample_inputs
from pix2pix_edu.run.settings import Settings, read_settings
from pix2pix_edu.weights.onnx_graph import packages, write_onnx


def export_onnx(run: Path, file: Path, overwrite: bool = False) -> float:
    """Write the generator of a run as an ONNX file. Return how far its output differs from torch's, which is compared first."""
    if file.suffix.lower() != ".onnx" or file.is_dir():
        raise ValueError(f"{file} is no name for the file: name one that ends in .onnx")
    refuse_special(file)
    if os.path.lexists(file) and not overwrite:
        raise ValueError(f"{file} exists already: name another file, or add --overwrite to replace it")
    packages()  # raises before anything is read if one is missing
    settings, generator = read_settings(run), open_generator(run)
    refuse_unwritable(file.parent)
    file.parent.mkdir(parents=True, exist_ok=True)
    return write_onnx(generator, _sample(settings), file, half=False)


def usage(settings: Settings) -> str:
    """What the file takes and gives, in sentences."""
    size, words = settings.size, {1: "grey", 3: "RGB"}
    x, y = (f"(1, {channels}, {size}, {size})" for channels in (settings.x_channels, settings.y_channels))
    kind = words.get(settings.x_channels, f"{settings.x_channels} channels")
    return (
        f"It takes `x`, float32 of the shape {x}: one picture ({kind}), channel by channel, with 0 ... 255 scaled to -1 ... 1. "
        f"It gives `fake`, float32 of the shape {y}, in the same range. It has no dropout, so one x gives one fake."
    )


def _sample(settings: Settings) -> Tensor:
    """An x of the run, or random numbers if its pairs are no longer there."""
    try:
        return sample_inputs(settings, 1)[0]
    except ValueError:
        return torch.rand(settings.x_channels, settings.size, settings.size, generator=torch.Generator().manual_seed(0)) * 2 - 1
