"""The networks of a run: open them, save them to share, or export them for the reference implementation."""

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.files import whole_file
from pix2pix_edu.generator import Generator
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.settings import Settings, discriminator_settings, generator_settings, read_settings
from pix2pix_edu.weights.bundled import open_network, save_network
from pix2pix_edu.weights.fitting import build_from
from pix2pix_edu.weights.reference import discriminator_state, generator_state, load_discriminator, load_generator

BUILDERS = {"generator": (Generator, generator_settings), "discriminator": (PatchDiscriminator, discriminator_settings)}


def save_for_sharing(folder: Path, name: str, target: Path, bits: int = 16) -> None:
    """Write the networks of a run as the two files that weights.bundled.load_pretrained reads. G's weights have 16 or 8 bits."""
    settings, networks = read_settings(folder), {kind: _open(folder, kind) for kind in BUILDERS}
    drawn = settings.photographs or ("" if settings.pairs else settings.drawn)
    target.mkdir(parents=True, exist_ok=True)
    for kind, (_, built_with) in BUILDERS.items():
        file = target / f"{name}.{kind}.safetensors"
        save_network(networks[kind].state_dict(), built_with(settings), settings.size, file, drawn, bits if kind == "generator" else 16)


def open_generator(path: Path) -> Generator:
    """The generator in a run's folder, in a shared file, in a folder with one, or in a file of the reference implementation.

    A shared file is one that save_for_sharing wrote: NAME.generator.safetensors.
    """
    if path.is_dir() and not (path / "run.json").exists() and (shared := sorted(path.glob("*.generator.safetensors"))):
        if len(shared) > 1:
            raise ValueError(f"{path} holds several generators ({', '.join(file.name for file in shared[:3])}): name one of the files")
        (path,) = shared
    if path.suffix == ".safetensors":
        return open_network(path, Generator)
    return _open(path, "generator") if path.is_dir() else load_generator(path)


def export(run: Path, outputs: Path, overwrite: bool = False) -> None:
    """Write a run's two networks as files of the reference implementation: both, and only when they could be read again."""
    generator, discriminator = (_open(run, kind) for kind in BUILDERS)
    y_channels = read_settings(run).y_channels
    files = {
        outputs / "latest_net_G.pth": (generator_state(generator), load_generator),
        outputs / "latest_net_D.pth": (discriminator_state(discriminator), lambda file: load_discriminator(file, y_channels)),
    }
    _refuse_existing(outputs, files, overwrite)
    outputs.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.ExitStack() as unfinished:
            for path, (state, load) in files.items():
                file = unfinished.enter_context(whole_file(path))
                torch.save(state, file)
                file.flush()
                load(file.name)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        raise OSError(f"could not write to {outputs} ({error}): free some space or choose another folder; nothing was changed") from error


def _refuse_existing(folder: Path, files: Iterable[Path], overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: name a folder")
    for file in files:
        if file.is_dir():
            raise ValueError(f"{file} is a folder: name another folder for the files")
        if os.path.lexists(file) and not overwrite:
            raise ValueError(f"{file} exists already: name another folder, or add --overwrite to replace the file")


def _open(folder: Path, kind: str) -> nn.Module:
    """A network of the run in this folder, with its newest weights."""
    build, built_with = BUILDERS[kind]
    settings, state = read_settings(folder), checkpoint.read_latest(folder)
    refuse_other_settings(folder, settings, state["about"])
    try:
        return build_from(build, built_with(settings), state[kind])
    except ValueError as error:
        raise _of_two_runs(folder, error) from error


def refuse_other_settings(folder: Path, settings: Settings, about: Mapping[str, object]) -> None:
    """Raise an error if a run's checkpoint states other settings than its run.json. `about` is of the checkpoint."""
    trained_with = about.get("settings", {})
    different = [name for name, value in asdict(settings).items() if trained_with.get(name, value) != value]
    if different:
        raise _of_two_runs(folder, f"they state another {', another '.join(different)}")


def _of_two_runs(folder: Path, reason: object) -> ValueError:
    return ValueError(f"the run.json and the checkpoint in {folder} are not of one run ({reason}): put back the run.json of its training")
