"""Build the web page on which drawings are translated in the browser: a folder of files for any web host."""

import json
import os
import shutil
import string
import tempfile
from pathlib import Path

from pix2pix_edu.board.subjects import SUBJECTS, paints, sample_sketches
from pix2pix_edu.drawing.classes import label_ids
from pix2pix_edu.files import HERE, refuse_unwritable
from pix2pix_edu.images import to_tensor
from pix2pix_edu.weights.bundled import load_pretrained, trained_on
from pix2pix_edu.weights.onnx_graph import packages, write_onnx

SITE = HERE / "page" / "site"
BOARD = HERE / "board"


def build(folder: Path, network: str) -> float:
    """Write the page, its network and its samples to a folder. Return the largest difference between that network and torch's."""
    if folder.exists() and not (folder.is_dir() and ((folder / "page.json").is_file() or not any(folder.iterdir()))):
        raise ValueError(f"{folder} contains something else: name a new folder")
    refuse_unwritable(folder)
    packages()  # raises before anything is written if one is missing
    generator, _ = load_pretrained(network)
    size, drawn = trained_on(network)
    sketches = sample_sketches(size, drawn)
    samples = [{"name": name, "labels": rows(label_ids(sketch, SUBJECTS[drawn].colours).tolist())} for name, sketch in sketches.items()]
    settings = {"network": network, "size": size, "classes": paints(drawn), "samples": samples}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as name:
        unfinished = Path(name)
        try:
            shutil.copytree(SITE, unfinished, dirs_exist_ok=True)
        except shutil.Error as error:
            raise OSError(f"could not write {folder} ({error.args[0][0][2]}): free some space or name another folder") from error
        for name in ("board.js", "board.css"):
            shutil.copy(BOARD / name, unfinished)
        difference = write_onnx(generator, to_tensor(next(iter(sketches.values()))), unfinished / "model.onnx")
        (unfinished / "page.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")
        # Each file is replaced as a whole; what was added to an earlier page stays. By page.json, the first, the folder is recognised.
        for file in sorted((file for file in unfinished.rglob("*") if file.is_file()), key=lambda file: file.name != "page.json"):
            target = folder / file.relative_to(unfinished)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, target)
    return difference


def rows(labels: list[list[int]]) -> list[str]:
    """Class numbers as text, one character per pixel: 0 to 9, then a to z."""
    return ["".join((string.digits + string.ascii_lowercase)[label] for label in row) for row in labels]
