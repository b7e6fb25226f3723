"""Upload a run to a hub of models."""

import argparse
import tempfile
from pathlib import Path

from pix2pix_edu.commands.options import add_record, path, refuse_ignored
from pix2pix_edu.sharing import hub

HELP = "upload a run's weights, its ONNX file and its card to a hub"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Upload the networks of a run as files that hold no code, the generator as ONNX, and the model card, with the package "
        "huggingface_hub. Another hub that speaks its language can be named in HF_ENDPOINT. What was uploaded can be downloaded to a "
        "folder and given to translate."
    )
    parser.add_argument("run", type=path, help="folder of a run")
    parser.add_argument("repository", help="owner/name: your name on the hub, and a name for the networks")
    parser.add_argument("--private", action="store_true", help="make a new repository that only you see")
    parser.add_argument("--overwrite", action="store_true", help="replace files that the repository has")
    parser.add_argument("--prepare", type=path, metavar="FOLDER", help="only write the files to this folder, and upload nothing")
    add_record(parser)


def run(arguments: argparse.Namespace) -> None:
    if arguments.prepare:
        refuse_ignored(arguments, ["private", "overwrite"], "with --prepare, which uploads nothing: leave one of them out")
        files = hub.prepare(arguments.run, arguments.repository, arguments.prepare, arguments.record)
        print(f"{arguments.prepare} is ready: {', '.join(file.name for file in files)}")
        return
    hub.refuse_without_hub()
    with tempfile.TemporaryDirectory() as name:
        hub.prepare(arguments.run, arguments.repository, Path(name) / "upload", arguments.record)
        address = hub.upload(Path(name) / "upload", arguments.repository, arguments.private, arguments.overwrite)
    print(f"uploaded: {address}")
