"""Print how near the translations of unseen inputs come to their targets."""

import argparse
from pathlib import Path

import torch

from pix2pix_edu.run import evaluation
from pix2pix_edu.run import loop as runs
from pix2pix_edu.run import record as records
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.speed.fast_step import place

HELP = "measure a run on pairs that it has never seen"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What is measured."""
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("--count", type=int, default=100, help="pairs to judge by: from the folder's val part, or newly drawn (100)")
    parser.add_argument("--record", type=Path, help="also write what was run, where, how long and with what result into this JSON file")


def run(arguments: argparse.Namespace) -> None:
    """Print how near the run's translations of unseen inputs come to their targets."""
    settings = runs.read_settings(arguments.run)
    if settings.pairs and not (Path(settings.pairs) / "val").is_dir():
        raise ValueError(f"the run has seen every pair of {settings.pairs}: put unseen ones into {Path(settings.pairs) / 'val'}")
    if arguments.count < 2:
        raise ValueError(f"count must be 2 or more, got {arguments.count}")
    generator = place(open_generator(arguments.run))
    torch.manual_seed(0)
    fakes, ys = evaluation.translate_pairs(generator, runs.open_pairs(settings, "val"), arguments.count)
    scores = evaluation.score(fakes, ys)
    reading = evaluation.read_facades(fakes, settings) if not settings.pairs and settings.drawn == "facades" else None
    print(evaluation.report(scores, reading))
    if arguments.record:
        records.write_record(records.make_record(arguments.run, evaluation.as_record(scores, reading, len(ys))), arguments.record)
