"""Translate every picture in a folder."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch

from pix2pix_edu.files import explain_system
from pix2pix_edu.generator import Generator
from pix2pix_edu.photos.folders import for_each
from pix2pix_edu.photos.picture_files import list_pictures, read_header, read_tensor, refuse_channels, suffix_for, write_picture
from pix2pix_edu.photos.tiles import Tiles, translate_tiles
from pix2pix_edu.translation import translate


def translate_folder(
    generator: Generator,
    inputs: Path,
    outputs: Path,
    bits: int = 8,
    overwrite: bool = False,
    size: int | None = None,
    tiles: Tiles | None = None,
    seed: int = 0,
) -> Iterator[Path]:
    """Translate every picture in `inputs` to a file of the same name in `outputs`, and yield each path once it is written.

    The files are PNG for 1 or 3 channels in 8 bits and for 1 channel in 16 bits, otherwise .npy. All inputs are checked first, as far
    as their headers tell, and no file is replaced unless `overwrite` allows it. With a size, each input is first resized to a square;
    with tiles, it is translated tile by tile. `seed` is that of the dropout, for each picture anew: no picture depends on the others.
    """
    if tiles:
        tiles.refuse_misfit(generator.depth)
    files = list_pictures(inputs)
    targets = [outputs / f"{file.stem}{suffix_for(generator.out_channels, bits)}" for file in files]
    _refuse_collisions(files, targets, inputs, outputs, overwrite)
    for_each(lambda number: refuse_channels(read_header(files[number]).channels, generator.in_channels, files[number]), range(len(files)))
    outputs.mkdir(parents=True, exist_ok=True)
    for number, (file, target) in enumerate(zip(files, targets, strict=True)):
        try:
            x = read_tensor(file, generator.in_channels, size)
            torch.manual_seed(seed)
            write_picture(translate_tiles(generator, x, tiles) if tiles else translate(generator, x), target, bits)
        except (ValueError, OSError) as error:
            reason = explain_system(error) if isinstance(error, OSError) else error
            written = f"{number} of {len(files)} translations were written to {outputs}"
            raise ValueError(f"{file.name} was not translated: {reason} ({written})") from error
        yield target


def _refuse_collisions(files: list[Path], targets: list[Path], inputs: Path, outputs: Path, overwrite: bool) -> None:
    if os.path.realpath(outputs) == os.path.realpath(inputs):
        raise ValueError(f"translations in {outputs} would overwrite the pictures that they are made from: name another folder for them")
    if (outputs / "run.json").exists():
        raise ValueError(f"{outputs} is the folder of a run, which has pictures of its own: name another folder for the translations")
    names = Counter(file.stem.casefold() for file in files)  # some file systems treat A.png and a.png as one file
    twice = [file.name for file in files if names[file.stem.casefold()] > 1]
    if twice:
        raise ValueError(f"{twice[0]} and {twice[1]} in {inputs} would get one name as translations: rename one of them")
    if outputs.exists() and not outputs.is_dir():
        raise ValueError(f"{outputs} is not a folder: choose another name for the folder of translations")
    taken = [target.name for target in targets if target.exists() or target.is_symlink()]
    if taken and not overwrite:
        raise ValueError(
            f"{outputs} already has {taken[0]}{f' and {len(taken) - 1} more of these files' * (len(taken) > 1)}: choose another folder, or "
            "repeat the command with --overwrite to replace them"
        )
