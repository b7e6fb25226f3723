"""Make a web page: the playground, or the network of a run."""

import argparse

from pix2pix_edu.commands.options import path, refuse_ignored
from pix2pix_edu.page.build import build
from pix2pix_edu.page.run_page import build_run

HELP = "make a web page with figures to push, or with the network of a run"
NETWORK = "houses_128"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write a web page to a folder: a drawing board, the patch, lambda, the skips, a training in the browser and more; with --run, the "
        "network of that run alone, with a board if its pairs were drawn or are bundled ones, otherwise with samples and a "
        "way to choose a picture. "
        "Any web host can serve it, at any path; it loads nothing from other hosts."
    )
    parser.add_argument("folder", type=path, help="a new folder, or one that contains such a page")
    parser.add_argument("--network", help=f"the bundled network of the drawing board (default: {NETWORK})")
    parser.add_argument("--run", type=path, metavar="RUN", help="folder of a run: a page of its network alone")


def run(arguments: argparse.Namespace) -> None:
    if arguments.run:
        refuse_ignored(arguments, ["network"], "with --run: leave one of them out")
        difference = build_run(arguments.folder, arguments.run)
    else:
        difference = build(arguments.folder, NETWORK if arguments.network is None else arguments.network)
    megabytes = sum(file.stat().st_size for file in arguments.folder.rglob("*") if file.is_file()) / 1e6
    networks = "its network and torch's differ" if arguments.run else "its networks and torch's differ"
    print(f"{arguments.folder} is ready: {megabytes:.1f} MB; {networks} by {difference:.0e} on a sample.")
    print(f"Look at it: python -m http.server --directory {arguments.folder} 8000, then open http://127.0.0.1:8000")
