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
from typing import NamedTuple

from pix2pix_edu.experiments.gallery import GALLERY
from pix2pix_edu.experiments.successors import SIZE, network_name
from pix2pix_edu.files import HERE, is_foreign, read_text, refuse_unwritable
from pix2pix_edu.images import to_tensor
from pix2pix_edu.language.words import catalogue
from pix2pix_edu.page.offline import write_manifest, write_worker
from pix2pix_edu.photos.bundled import BUNDLED
from pix2pix_edu.play import data
from pix2pix_edu.play.answers import PICTURES, open_flow
from pix2pix_edu.play.modules import join_styles
from pix2pix_edu.play.subjects import sample_sketches
from pix2pix_edu.weights.bundled import load_pretrained, trained_on
from pix2pix_edu.weights.onnx_graph import packages, write_flow_onnx, write_live_onnx, write_onnx

SITE = HERE / "page" / "site"
PLAY = HERE / "play"
MARK = "page.json"  # by this file a folder is known to be such a page


class Board(NamedTuple):
    """A drawing board of the page."""

    name: str
    title: str
    makes: str  # what its pictures are called
    words: str


HOUSES = Board("house", "a house", "photograph", "Draw a window on the wall, a balcony, another door. Or begin with a sample.")
BOARDS = {  # further ones, by the network
    "earth_128": Board("planet", "a planet", "photograph from orbit", "Paint coasts, deserts and ice, and see the land from space."),
    "openmoji_128": Board("emoji", "an emoji", "emoji in colour", "Draw an outline with a fine pen, and see it coloured."),
}
PICTURE = re.compile(r"data:image/(webp|avif);base64,")


def build(folder: Path, network: str) -> float:
    """Write the page, its figures and its networks to a folder. Return the largest difference between a network here and torch's."""
    load_pretrained(network)  # raises before anything is written if there is none of this name
    with new_page(folder) as unfinished:
        (unfinished / "figures.css").write_text(join_styles(*data.FIGURES), "utf-8")
        difference = _write_networks(unfinished / "networks", network)
        _write_figures(unfinished / "figures")
        _write_boards(unfinished, network)
        write_manifest(unfinished, "Play with pix2pix", "Figures to push and drag, and networks that run in the browser.")
        (unfinished / MARK).write_text(json.dumps({"network": network}), "utf-8")
    return difference


@contextlib.contextmanager
def new_page(folder: Path) -> Iterator[Path]:
    """A temporary folder with what every page needs, to be completed. Its files replace those in `folder` if the block ends well."""
    if is_foreign(folder, MARK):
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
        (unfinished / "zh.json").write_text(json.dumps(catalogue("zh", "page", "play"), ensure_ascii=False), "utf-8")
        yield unfinished
        write_worker(unfinished)
        _replace(folder, unfinished)


def _replace(folder: Path, page: Path) -> None:
    """Move the files of a page to a folder, each as a whole. What an earlier page has left there goes, what others have added stays."""
    files = {file.relative_to(page).as_posix(): file for file in page.rglob("*") if file.is_file()}
    earlier = _files_of(folder / MARK)
    mark = json.loads((page / MARK).read_text("utf-8")) | {"files": sorted(files.keys() | earlier)}
    (page / MARK).write_text(json.dumps(mark), "utf-8")
    for name, file in sorted(files.items(), key=lambda each: each[0] != MARK):  # the mark comes first
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, target)
    for file in [file for file in folder.rglob("*") if file.is_file()]:
        name = file.relative_to(folder).as_posix()
        if name in earlier and name not in files:
            file.unlink()


def _files_of(mark: Path) -> set[str]:
    """The files of the page with this mark; none if there is no page yet, or if it does not say."""
    try:
        return {name for name in json.loads(read_text(mark)).get("files", ()) if isinstance(name, str)}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return set()


def _write_networks(folder: Path, network: str) -> float:
    """Write the network of the board, and those to experiment with. Return the largest difference between their outputs and torch's."""
    folder.mkdir()
    differences = []
    for name in sorted({*data.LAMBDAS.values(), *data.JUDGES.values()}):
        generator, discriminator = load_pretrained(name)
        x = to_tensor(next(iter(sample_sketches(data.LIVE).values())))
        differences.append(write_live_onnx(generator, discriminator, x, folder / f"{name}.onnx"))
    x = to_tensor(next(iter(sample_sketches(SIZE, "unpainted").values())))
    differences.append(write_flow_onnx(open_flow(), x, folder / f"{network_name('flow')}.onnx", PICTURES))
    for name in dict.fromkeys([network, *BOARDS]):
        if not (folder / f"{name}.onnx").exists():
            size, drawn = trained_on(name)
            x = to_tensor(next(iter(sample_sketches(size, drawn).values())))
            differences.append(write_onnx(load_pretrained(name)[0], x, folder / f"{name}.onnx"))
    return max(differences)


def _write_boards(folder: Path, network: str) -> None:
    """The board of the network; if that one is for houses, those of the bundled photographs as well."""
    if trained_on(network)[1] in BUNDLED:
        write_figure(folder / "figures", "draw", _board(folder, network))
        return
    boards = [HOUSES._asdict() | {"credit": ""}]
    for name, board in BOARDS.items():
        write_figure(folder / "figures", f"draw_{board.name}", _board(folder, name) | {"makes": board.makes})
        boards.append(board._asdict() | {"credit": BUNDLED[trained_on(name)[1]].credit()})
    write_figure(folder / "figures", "draw", _board(folder, network) | {"boards": boards})


def _board(folder: Path, network: str) -> dict:
    return data.draw(network) | {"megabytes": round((folder / "networks" / f"{network}.onnx").stat().st_size / 1e6, 1)}


def _write_figures(folder: Path) -> None:
    folder.mkdir()
    contents = {name: getattr(data, name)() for name in data.FIGURES}
    contents["learning"]["worker"] = "trainer_worker.js"
    (folder.parent / "gallery").mkdir()
    for cell, seed in product(contents["runs"]["cells"], contents["runs"]["seeds"]):
        shutil.copy(GALLERY / f"{cell['name']}-{seed}.avif", folder.parent / "gallery")
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
