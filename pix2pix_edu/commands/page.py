"""Make the web page that needs no server of its own."""

import argparse
from pathlib import Path

from pix2pix_edu.page.build import build

HELP = "make a web page on which a drawing is translated without a server"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which page is made, and where."""
    parser.description = (
        "Gather a web page in a folder: a drawing board and the trained generator, which runs in the browser. "
        "Any host of plain files can hand it out, at any path; it asks nothing of any other."
    )
    parser.add_argument("folder", type=Path, help="where the page is put: a new folder, or one that holds such a page")
    parser.add_argument("--network", default="facades_64", help="a shipped network, such as facades_64_L1 (default: facades_64)")


def run(arguments: argparse.Namespace) -> None:
    """Make the page, and say how to look at it."""
    difference = build(arguments.folder, arguments.network)
    megabytes = sum(file.stat().st_size for file in arguments.folder.rglob("*") if file.is_file()) / 1e6
    print(f"{arguments.folder} is ready: {megabytes:.1f} MB; its network and torch's differ by {difference:.0e} on a sample.")
    print(f"Look at it: python -m http.server --directory {arguments.folder} 8000, then open http://127.0.0.1:8000")
