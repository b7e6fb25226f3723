"""Compare five published systems, or train them all."""

import argparse
from dataclasses import fields

import torch
from tqdm import tqdm

from pix2pix_edu.commands.options import SEED, path, real, refuse_ignored, whole
from pix2pix_edu.files import refuse_unwritable
from pix2pix_edu.published import trials
from pix2pix_edu.published.catalogue import SYSTEMS, YARDSTICKS, find_system
from pix2pix_edu.published.comparison import compare, report
from pix2pix_edu.published.paper_and_code import measure_all
from pix2pix_edu.published.system import System
from pix2pix_edu.run.stopping import until_stopped

HELP = "compare five published systems, or train them all"
USUAL = [*SYSTEMS, *YARDSTICKS]
ONLY_WITH_TRAIN, NEVER_WITH_TRAIN = ("steps", "batch_size", "lr", "l1_weight", "seeds", "results"), ("time", "paper")


def add_options(parser: argparse.ArgumentParser) -> None:
    budget = trials.Budget()
    parser.description = (
        "Print what can be read from five published systems, the paper's words and this library: layers, patch, losses, cost. "
        "With --train, train them all on the same drawn pairs instead. A stopped training continues when you repeat the command, "
        "and several processes can share the work if each has other --only or --seeds."
    )
    parser.add_argument("--only", nargs="+", default=USUAL, metavar="NAME", help=f"some of {', '.join(USUAL)}")
    parser.add_argument("--size", type=whole(8, 4096), help="side of the pictures in pixels (default: 256; with --train, 64)")
    parser.add_argument("--width", type=whole(1, 1024), help=f"channels of the first layers (default: 64; with --train, {budget.width})")
    parser.add_argument("--time", action="store_true", help="also time one step of each system on this machine")
    parser.add_argument("--paper", action="store_true", help="also measure where the paper's words and its code differ")
    parser.add_argument("--train", type=path, metavar="FOLDER", help="train instead, in FOLDER: one subfolder for each system and seed")
    parser.add_argument("--steps", type=whole(1, 10**9), help=f"steps for each (default: {budget.steps})")
    parser.add_argument("--batch-size", type=whole(1, 4096), help=f"pairs a step (default: {budget.batch_size})")
    parser.add_argument("--lr", type=real(0.0, 1.0), help=f"learning rate of both networks (default: {budget.lr:g})")
    parser.add_argument("--l1-weight", type=real(0.0, 1e6), help=f"lambda (default: {budget.l1_weight:g})")
    parser.add_argument("--seeds", type=SEED, nargs="+", help="train each system once for every seed (default: 0)")
    parser.add_argument("--results", type=path, help="folder for results.json and the sheets of seed 0 (default: FOLDER/results)")


def run(arguments: argparse.Namespace) -> None:
    systems = [find_system(name) for name in arguments.only]
    if arguments.train:
        refuse_ignored(arguments, NEVER_WITH_TRAIN, "with --train: leave one of them out")
        train(arguments, systems)
        return
    refuse_ignored(arguments, ONLY_WITH_TRAIN, "without --train: add that, or leave it out")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(report(compare(systems, arguments.size or 256, arguments.width or 64, device if arguments.time else None)))
    if arguments.paper:
        print(f"\n{measure_all()}")


def train(arguments: argparse.Namespace, systems: list[System]) -> None:
    """Train every cell that is not finished, then write the results of all that are."""
    given = {field.name: getattr(arguments, field.name) for field in fields(trials.Budget)}
    budget = trials.Budget(**{name: value for name, value in given.items() if value is not None})
    results = arguments.results or arguments.train / "results"
    refuse_unwritable(results)
    with tqdm(unit="step", delay=0.5) as progress:
        for cell, step in until_stopped(trials.run_cells(arguments.train, budget, systems, arguments.seeds or [0])):
            progress.update()
            if step % 10 == 0:
                progress.set_description(f"{cell.name}, {step} of {budget.steps}")
    numbers = f"--steps {budget.steps} --size {budget.size} --width {budget.width} --batch-size {budget.batch_size} --lr {budget.lr:g}"
    command = f"python -m pix2pix_edu compare --train FOLDER {numbers} --l1-weight {budget.l1_weight:g}"
    print(f"written: {trials.write_results(arguments.train, results, command)}")
