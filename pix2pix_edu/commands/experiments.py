"""Train cells of the paper's tables, add them to a gallery, or compare their scores with those of the bundled gallery."""

import argparse
from dataclasses import asdict

from tqdm import tqdm

from pix2pix_edu.commands.options import SEED, path
from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import BASE, CELLS, SEEDS, cell_settings, run_cell
from pix2pix_edu.experiments.orders import measures
from pix2pix_edu.files import read_object, refuse_unwritable
from pix2pix_edu.run import loop
from pix2pix_edu.run.settings import refuse_changes
from pix2pix_edu.run.stopping import until_stopped

HELP = "train cells of the paper's tables, each with several seeds"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Train cells of the paper's tables, each with every seed. A stopped training continues when you repeat the command, "
        "and several processes can share the work if each has other --cells or --seeds."
    )
    parser.add_argument("folder", type=path, help="folder for the runs: one subfolder for each cell and seed")
    parser.add_argument("--cells", nargs="+", default=list(CELLS), metavar="CELL", help=f"some of {', '.join(CELLS)}")
    parser.add_argument("--seeds", type=SEED, nargs="+", default=list(SEEDS), help="train each cell once for every seed (default: 0 1 2)")
    parser.add_argument("--gallery", type=path, help="also copy the records and fakes to this folder")
    parser.add_argument("--compare", action="store_true", help="also print the scores beside the bundled ones")


def run(arguments: argparse.Namespace) -> None:
    chosen = [(name, seed, cell_settings(name, seed)) for seed in arguments.seeds for name in arguments.cells]
    unknown = sorted(set(arguments.seeds) - set(SEEDS))
    if arguments.compare and unknown:
        raise ValueError(f"the bundled gallery has seeds {', '.join(map(str, SEEDS))}, not {unknown[0]}: leave out --compare or this seed")
    # Read first: a missing record should be noticed before training, and --gallery may replace the bundled ones.
    bundled = {(name, seed): gallery.record(name, seed) for name, seed, _ in chosen} if arguments.compare else {}
    if arguments.gallery:
        refuse_unwritable(arguments.gallery)
    for name, seed, settings in chosen:
        folder = arguments.folder / f"{name}-{seed}"
        if not (folder / "record.json").exists():
            # The bar counts from where the cell is resumed, and is not drawn before an input error.
            steps = until_stopped(run_cell(settings, folder))
            for _ in tqdm(steps, total=settings.steps, initial=loop.saved_step(folder), unit="step", desc=folder.name, delay=0.5):
                pass
        record = read_object(folder / "record.json", {"settings": dict, "scores": dict})
        refuse_changes(f"{folder} holds a cell", record["settings"], asdict(settings))
        if arguments.compare:
            print(comparison(f"{name}, seed {seed}", record, bundled[name, seed]))
        if arguments.gallery:
            gallery.add_cell(folder, name, seed, arguments.gallery)
    if arguments.gallery:
        gallery.save_yardsticks(BASE.size, arguments.gallery)


def comparison(title: str, record: dict, bundled: dict) -> str:
    """The last scores of a cell trained here, those of the same cell in the bundled gallery, and the differences."""
    here, there = (measures(list(one["scores"].values())[-1]) for one in (record, bundled))
    lines = [f"  {measure:20}{here[measure]:10.4f}{there[measure]:10.4f}{here[measure] - there[measure]:+10.4f}" for measure in there]
    return "\n".join([f"{title:22}{'made here':>10}{'bundled':>10}{'difference':>11}", *lines])
