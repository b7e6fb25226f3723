"""Measure a run on pairs that it was not trained on."""

import argparse
from pathlib import Path

import torch

from pix2pix_edu.run import evaluation, record
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.run.settings import open_pairs, read_settings
from pix2pix_edu.speed.fast_step import place

HELP = "measure a run on pairs that it was not trained on"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("--count", type=int, default=100, help="pairs to use, from the val folder or newly drawn (default: 100)")
    parser.add_argument("--record", type=Path, help="also write the settings, machine, times, losses and scores to this JSON file")


def run(arguments: argparse.Namespace) -> None:
    settings = read_settings(arguments.run)
    if settings.pairs and not Path(settings.pairs).is_dir():
        raise ValueError(f"the pairs of the run are not at {settings.pairs}: start from the folder where it was trained, or put them back")
    if settings.pairs and not (Path(settings.pairs) / "val").is_dir():
        raise ValueError(f"the run was trained on every pair of {settings.pairs}: put unseen pairs into {Path(settings.pairs) / 'val'}")
    if arguments.count < 2:
        raise ValueError(f"count must be 2 or more, got {arguments.count}")
    generator = place(open_generator(arguments.run))
    torch.manual_seed(0)
    fakes, ys = evaluation.translate_pairs(generator, open_pairs(settings, "val"), arguments.count)
    scores = evaluation.score(fakes, ys)
    reading = evaluation.read_facades(fakes, settings) if not settings.pairs and settings.drawn == "facades" else None
    print(evaluation.report(scores, reading))
    if arguments.record:
        record.write_record(record.make_record(arguments.run, evaluation.as_record(scores, reading, len(ys))), arguments.record)
