"""Train cells of the paper's tables, hang them in a gallery, or hold a cell made again against the one that comes along."""

import argparse
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import BASE, CELLS, SEEDS, cell_settings, run_cell
from pix2pix_edu.experiments.orders import measures
from pix2pix_edu.run.record import read_record

HELP = "train cells of the paper's tables, each with several seeds"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which cells are trained, and where they go."""
    parser.description = (
        "Train cells of the paper's tables, each with every seed. What was stopped goes on when you repeat the command, "
        "and several processes may share the work if each is given other --cells or --seeds."
    )
    parser.add_argument("folder", type=Path, help="one folder for each cell and seed goes in here")
    parser.add_argument("--cells", nargs="+", default=list(CELLS), metavar="CELL", help=f"some of {', '.join(CELLS)}")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="train each once for every seed (default: 0 1 2)")
    parser.add_argument("--gallery", type=Path, help="also put the records and fakes into this folder")
    parser.add_argument("--compare", action="store_true", help="also print the scores beside those that come along")


def run(arguments: argparse.Namespace) -> None:
    """Train every cell that is not done, all cells of a seed before the next seed."""
    chosen = [(name, seed, cell_settings(name, seed)) for seed in arguments.seeds for name in arguments.cells]
    # Read before anything is trained or hung: what comes along may be lacking, and may be replaced.
    shipped = {(name, seed): gallery.record(name, seed) for name, seed, _ in chosen} if arguments.compare else {}
    for name, seed, settings in chosen:
        folder = arguments.folder / f"{name}-{seed}"
        if not (folder / "record.json").exists():
            for _ in tqdm(run_cell(settings, folder), total=settings.steps, unit="step", desc=folder.name):
                pass
        record = read_record(folder / "record.json")
        if record["settings"] != asdict(settings):
            raise ValueError(f"{folder} holds a cell with other settings than {name} has now: name another folder")
        if arguments.compare:
            print(comparison(f"{name}, seed {seed}", record, shipped[name, seed]))
        if arguments.gallery:
            gallery.hang(folder, name, seed, arguments.gallery)
    if arguments.gallery:
        gallery.hang_yardsticks(BASE.size, arguments.gallery)


def comparison(title: str, record: dict, shipped: dict) -> str:
    """The last scores of a cell made here beside those of the gallery that comes along."""
    here, there = (measures(list(one["scores"].values())[-1]) for one in (record, shipped))
    lines = [f"  {measure:20}{here[measure]:10.4f}{there[measure]:10.4f}{here[measure] - there[measure]:+10.4f}" for measure in there]
    return "\n".join([f"{title:22}{'made here':>10}{'shipped':>10}{'difference':>11}", *lines])
