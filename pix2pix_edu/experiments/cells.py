"""The paper's experiments in miniature: each cell of its tables is declared here, and trained once for every seed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from pix2pix_edu.drawing.classes import label_ids
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.files import write_text
from pix2pix_edu.images import to_image
from pix2pix_edu.measures.pixels import colour_overlap, high_frequency_power, l1, wall_blotchiness
from pix2pix_edu.measures.reader import Reader, Yardsticks, reading_scores, scores, train_reader, yardsticks
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.run.loop import resume, run
from pix2pix_edu.run.record import make_record, write_record
from pix2pix_edu.run.settings import DRAWN, Settings
from pix2pix_edu.training import Losses, Pix2Pix, stack_pairs
from pix2pix_edu.translation import translate

SEEDS = (0, 1, 2)
MOMENTS = (100, 200, 400, 800)  # steps after which the fakes are kept, besides the last step
SHOWN = 12  # test pairs whose fakes are kept as pictures
TEST_SEED, READER_SEED = 1000, 1001  # of drawings that no run trains on, and that no setting was chosen by

BASE = Settings(depth=5, width=24, patch=16, loss="L1+cGAN", l1_weight=100.0, lr=5e-4, steps=1500, fast=True)
CELLS = {
    **{loss: replace(BASE, loss=loss) for loss in ("L1", "GAN", "cGAN", "L1+GAN", "L1+cGAN")},
    **{f"lambda_{weight}": replace(BASE, l1_weight=float(weight)) for weight in (1, 10, 30, 300, 1000)},
    **{f"encoder_decoder_{loss}": replace(BASE, loss=loss, skips=False) for loss in ("L1", "L1+cGAN")},
    **{f"patch_{patch}": replace(BASE, patch=patch) for patch in (1, 34, 70)},
    **{f"labels_{loss}": replace(BASE, loss=loss, drawn="facade_labels") for loss in ("L1", "cGAN", "L1+cGAN")},
}
TABLES = {  # each of the paper's questions: what is varied, and the cell that answers for each value
    "loss": {loss: loss for loss in ("L1", "GAN", "cGAN", "L1+GAN", "L1+cGAN")},
    "lambda": {"0": "cGAN", "1": "lambda_1", "10": "lambda_10", "30": "lambda_30", "100": "L1+cGAN"}
    | {"300": "lambda_300", "1000": "lambda_1000"},
    "generator": {"U-Net, L1": "L1", "encoder-decoder, L1": "encoder_decoder_L1"}
    | {"U-Net, L1+cGAN": "L1+cGAN", "encoder-decoder, L1+cGAN": "encoder_decoder_L1+cGAN"},
    "patch": {"1": "patch_1", "16": "L1+cGAN", "34": "patch_34", "70": "patch_70"},
    "photo to labels": {loss: f"labels_{loss}" for loss in ("L1", "cGAN", "L1+cGAN")},
}


def cell_settings(name: str, seed: int) -> Settings:
    """The settings of a cell with a seed."""
    if name not in CELLS:
        raise ValueError(f"there is no cell {name!r}: choose from {', '.join(CELLS)}")
    if {2 * seed, 2 * seed + 1} & {TEST_SEED, READER_SEED}:
        raise ValueError(f"with seed {seed} a run would learn from the pairs that all runs are judged by: choose another seed")
    return replace(CELLS[name], seed=seed)


def moments(steps: int) -> list[int]:
    """The steps of a run after which its fakes are kept."""
    return [*(step for step in MOMENTS if step < steps), steps]


def run_cell(settings: Settings, folder: Path) -> Iterator[Losses]:
    """Train from where the folder stands to the last step, keeping fakes and scores on the way and a record at the end."""
    model, kept = resume(settings, folder), moments(settings.steps)
    if model.step in kept:  # a run may have been stopped between its checkpoint and this
        keep(model, settings, folder)
    for losses in run(model, settings, folder, save_every=500):
        if model.step in kept:
            keep(model, settings, folder)
        yield losses
    write_record(make_record(folder, read_scores(folder)), folder / "record.json")


def keep(model: Pix2Pix, settings: Settings, folder: Path) -> None:
    """Leave the fakes of the shown pairs as one picture, and the scores of all test pairs beside those of earlier moments."""
    pairs = unseen_pairs(settings.drawn, settings.size)
    with own_random_numbers(0):
        fakes = torch.stack([translate(model.generator, x) for x, _ in pairs])
    to_image(torch.cat(list(fakes[:SHOWN]), dim=-1)).save(folder / f"fakes_{model.step:06d}.png")
    known = {step: row for step, row in read_scores(folder).items() if int(step) < model.step}
    write_text(folder / "scores.json", json.dumps({**known, str(model.step): score(fakes, settings)}, indent=1))


def read_scores(folder: Path) -> dict[str, dict]:
    """The scores of each moment so far, by its step."""
    file = folder / "scores.json"
    return json.loads(file.read_text()) if file.exists() else {}


def score(fakes: Tensor, settings: Settings) -> dict[str, object]:
    """The paper's measures of the fakes of all test pairs; label maps are read by their colours, photos by a network."""
    xs, ys = stack_pairs(unseen_pairs(settings.drawn, settings.size))
    found: dict[str, object] = {"l1": l1(fakes, ys), "sharpness": high_frequency_power(fakes, ys)}
    if settings.drawn == "facade_labels":
        return found | {"reading": scores(label_ids(fakes), label_ids(ys))._asdict()}
    labels = label_ids(xs)
    return found | {
        "colours": colour_overlap(fakes, ys)._asdict(),
        "blotchiness": wall_blotchiness(fakes, ys, labels),
        "reading": reading_scores(judge(settings.size)[0], fakes, labels)._asdict(),
    }


@cache
def unseen_pairs(drawn: str, size: int) -> list[tuple[Tensor, Tensor]]:
    """The pairs that every cell is judged by."""
    return list(SyntheticPairs(100, size, TEST_SEED, DRAWN[drawn]))


@cache
def judge(size: int) -> tuple[Reader, Yardsticks]:
    """The network that reads every cell's fakes, and what to hold its scores against."""
    reader, tested = train_reader(SyntheticPairs(400, size, READER_SEED)), unseen_pairs("facades", size)
    return reader, yardsticks(reader, SyntheticPairs(400, size, 0), tested)
