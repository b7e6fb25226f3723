"""Build the playground: a folder of files for any web host, with figures one can push and networks that run in the browser."""

import base64
import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from pix2pix_edu.experiments.gallery import GALLERY
from pix2pix_edu.files import HERE, refuse_unwritable
from pix2pix_edu.images import to_tensor
from pix2pix_edu.play import data
from pix2pix_edu.play.answers import PICTURES, open_flow
from pix2pix_edu.play.modules import join_styles
from pix2pix_edu.play.subjects import sample_sketches
from pix2pix_edu.successors.comparison import SIZE
from pix2pix_edu.weights.bundled import load_pretrained, trained_on
from pix2pix_edu.weights.onnx_graph import packages, write_flow_onnx, write_live_onnx, write_onnx

SITE = HERE / "page" / "site"
PLAY = HERE / "play"
MARK = "page.json"  # by this file a folder is known to be such a page
PICTURE = re.compile(r"data:image/(webp|avif);base64,")


def build(folder: Path, network: str) -> float:
    """Write the page, its figures and its networks to a folder. Return the largest difference between a network here and torch's."""
    load_pretrained(network)  # raises before anything is written if there is none of this name
    with new_page(folder) as unfinished:
        (unfinished / "figures.css").write_text(join_styles(*data.FIGURES), "utf-8")
        difference = _write_networks(unfinished / "networks", network)
        _write_figures(unfinished / "figures", network, (unfinished / "networks" / f"{network}.onnx").stat().st_size)
        (unfinished / MARK).write_text(json.dumps({"network": network}), "utf-8")
    return difference


@contextlib.contextmanager
def new_page(folder: Path) -> Iterator[Path]:
    """A temporary folder with what every page needs, to be completed. Its files replace those in `folder` if the block ends well."""
    if folder.exists() and not (folder.is_dir() and ((folder / MARK).is_file() or not any(folder.iterdir()))):
        raise ValueError(f"{folder} contains something else: name a new folder")
    refuse_unwritable(folder)
    packages()  # raises before anything is written if one is missing
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as name:
        unfinished = Path(name)
        try:
            shutil.copytree(SITE, unfinished, dirs_exist_ok=True)
        except shutil.Error as error:
            raise OSError(f"could not write {folder} ({error.args[0][0][2]}): free some space or name another folder") from error
        for file in PLAY.glob("*.js"):
            if not file.stem.endswith("widget"):  # those are for notebooks
                shutil.copy(file, unfinished)
        for style in ("play", "board"):
            shutil.copy(PLAY / f"{style}.css", unfinished)
        yield unfinished
        # Each file is replaced as a whole; what was added to an earlier page stays. The mark comes first.
        for file in sorted((file for file in unfinished.rglob("*") if file.is_file()), key=lambda file: file.name != MARK):
            target = folder / file.relative_to(unfinished)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, target)


def _write_networks(folder: Path, network: str) -> float:
    """Write the network of the board, and those to experiment with. Return the largest difference between their outputs and torch's."""
    folder.mkdir()
    differences = []
    for name in sorted({*data.LAMBDAS.values(), *data.JUDGES.values()}):
        generator, discriminator = load_pretrained(name)
        x = to_tensor(next(iter(sample_sketches(data.LIVE).values())))
        differences.append(write_live_onnx(generator, discriminator, x, folder / f"{name}.onnx"))
    x = to_tensor(next(iter(sample_sketches(SIZE, "unpainted").values())))
    differences.append(write_flow_onnx(open_flow(), x, folder / "unpainted_64_flow.onnx", PICTURES))
    if not (folder / f"{network}.onnx").exists():
        size, drawn = trained_on(network)
        x = to_tensor(next(iter(sample_sketches(size, drawn).values())))
        differences.append(write_onnx(load_pretrained(network)[0], x, folder / f"{network}.onnx"))
    return max(differences)


def _write_figures(folder: Path, network: str, network_bytes: int) -> None:
    folder.mkdir()
    contents = {name: getattr(data, name)() for name in data.FIGURES}
    contents["learning"]["worker"] = "trainer_worker.js"
    (folder.parent / "gallery").mkdir()
    for cell, seed in product(contents["runs"]["cells"], contents["runs"]["seeds"]):
        shutil.copy(GALLERY / f"{cell['name']}-{seed}.avif", folder.parent / "gallery")
    contents["draw"] = data.draw(network) | {"megabytes": round(network_bytes / 1e6, 1)}
    for name, content in contents.items():
        write_figure(folder, name, content)


def write_figure(folder: Path, name: str, content: dict) -> None:
    """Write what a figure shows as a JSON file, with its pictures in files beside it."""
    content = _pictures_as_files(content, folder, name)
    (folder / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")), "utf-8")


def _pictures_as_files(content: object, folder: Path, name: str) -> object:
    """The same content, each picture in it replaced by the address of a file, which is a quarter smaller than a data URL."""
    match content:
        case dict():
            return {key: _pictures_as_files(each, folder, f"{name}_{key}".replace(" ", "_")) for key, each in content.items()}
        case list():
            return [_pictures_as_files(each, folder, f"{name}_{number}") for number, each in enumerate(content)]
        case str() if picture := PICTURE.match(content):
            file = folder / f"{name}.{picture[1]}"
            file.write_bytes(base64.b64decode(content[picture.end() :]))
            return f"{folder.name}/{file.name}"
    return content
