"""Measure a run on pairs that it was not trained on."""

import argparse
from pathlib import Path

import torch

from pix2pix_edu.commands.options import path, whole
from pix2pix_edu.drawing.classes import COLOURS_OF
from pix2pix_edu.files import refuse_unwritable
from pix2pix_edu.measures.inception import open_inception
from pix2pix_edu.run import evaluation, record
from pix2pix_edu.run.fingerprint import count_copies
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.run.samples import changed_pairs, has_unseen_pairs, refuse_moved_pairs
from pix2pix_edu.run.settings import Settings, open_folders, open_pairs, read_settings
from pix2pix_edu.speed.fast_step import place
from pix2pix_edu.training import Pairs

HELP = "measure a run on pairs that it was not trained on"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=path, help="folder of a run")
    count = "pairs to use, from the val folder or the bundled ones, or newly drawn (default: 100)"
    parser.add_argument("--count", type=whole(2, 100_000), help=count)
    distances = "also print FID, KID, perceptual distance and diversity on Inception's features"
    features = f"{distances}: a file of torchvision, inception_v3_google-0cc3c7bd.pth"
    parser.add_argument("--inception", type=path, metavar="FILE", help=features)
    written = "also write the settings, machine, times, losses and scores to this JSON file; an earlier record there is replaced"
    parser.add_argument("--record", type=path, help=written)


def run(arguments: argparse.Namespace) -> None:
    settings = read_settings(arguments.run)
    refuse_moved_pairs(settings)
    if not has_unseen_pairs(settings):
        places = " and ".join(str(Path(folder) / "val") for folder in (settings.pairs, settings.y_folder) if folder)
        raise ValueError(f"the run was trained on every pair of {settings.pairs}: put unseen pairs into {places}")
    about_run = record.make_record(arguments.run, {}) if arguments.record else {}
    if arguments.record:
        _refuse_to_replace(arguments.record)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    inception = open_inception(arguments.inception).to(device) if arguments.inception else None
    if inception and settings.y_channels != 3:
        raise ValueError(f"Inception sees colour pictures, and y has {settings.y_channels} channels here: leave out --inception")
    generator = place(open_generator(arguments.run))
    torch.manual_seed(0)
    pairs = open_pairs(settings, "val")
    fakes, ys = evaluation.translate_pairs(generator, pairs, arguments.count or 100)
    scores = evaluation.score(fakes, ys)
    drawn = not settings.photographs and not settings.pairs
    of_facades = drawn and settings.drawn in COLOURS_OF
    again = evaluation.translate_pairs(generator, pairs, len(ys))[0] if of_facades or inception else fakes  # with other noise
    facades = evaluation.score_facades(fakes, again, ys, settings, device) if of_facades else None
    apart = None
    if inception:
        apart = evaluation.as_dict(evaluation.distances(fakes, ys, inception)) | {
            "diversity": evaluation.diversity(fakes, again, inception)
        }
    for remark in pairs.remarks() if settings.pairs else ():
        print(remark)
    copies = None if changed_pairs(arguments.run, settings) else _count_copies(settings, pairs, len(ys))
    no_more = " (there are no more)" if arguments.count and len(ys) < arguments.count else ""
    print(f"{len(ys)} pairs{no_more}{_seen_before(copies)}\n{evaluation.report(scores, facades, apart)}")
    if arguments.record:
        scored = evaluation.as_record(scores, facades, len(ys), apart) | {"copies": copies}
        record.write_record(about_run | {"scores": scored}, arguments.record)


def _count_copies(settings: Settings, pairs: Pairs, count: int) -> int | None:
    """How many of the first `count` pairs the run was trained on; None if its pairs are no longer there."""
    try:
        return count_copies(pairs, count, open_folders(settings, "train", settings.size)) if settings.pairs else 0
    except ValueError:
        return None


def _seen_before(copies: int | None) -> str:
    """The end of a sentence."""
    if copies is None:
        return ", which cannot be compared with those of the training, because these are no longer there or have changed"
    if copies:
        return f", of which {copies} are copies of pairs that the run was trained on: this says little about new pictures"
    return " that the run was not trained on"


def _refuse_to_replace(file: Path) -> None:
    """Raise an error if a file is in the way that is not a record, or if none can be written there."""
    refuse_unwritable(file.parent)
    if not (file.exists() or file.is_symlink()):
        return
    try:
        if not file.is_file():
            raise ValueError("not a file")
        record.read_record(file)
    except ValueError as error:
        raise ValueError(f"{file} exists and is not a record that evaluate wrote: name a new file for the record") from error
