"""Make the playground: a web page with figures one can push."""

import argparse

from pix2pix_edu.commands.options import path
from pix2pix_edu.page.build import build

HELP = "make a web page with figures to push, and networks that run in the browser"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write a web page to a folder: a drawing board, the patch, lambda, the skips, a training in the browser and more. "
        "Any web host can serve it, at any path; it loads nothing from other hosts."
    )
    parser.add_argument("folder", type=path, help="a new folder, or one that contains such a page")
    parser.add_argument("--network", default="houses_128", help="the bundled network of the drawing board (default: houses_128)")


def run(arguments: argparse.Namespace) -> None:
    difference = build(arguments.folder, arguments.network)
    megabytes = sum(file.stat().st_size for file in arguments.folder.rglob("*") if file.is_file()) / 1e6
    print(f"{arguments.folder} is ready: {megabytes:.1f} MB; its networks and torch's differ by {difference:.0e} on a sample.")
    print(f"Look at it: python -m http.server --directory {arguments.folder} 8000, then open http://127.0.0.1:8000")
