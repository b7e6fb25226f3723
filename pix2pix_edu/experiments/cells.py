"""The paper's experiments in miniature: the settings of each cell of its tables, and how a cell is trained and scored."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from torch import Tensor

from pix2pix_edu.drawing.classes import COLOURS_OF, label_ids, wall_mask
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.files import read_object, write_text
from pix2pix_edu.measures.pixels import colour_overlap, grid_power, high_frequency_power, l1, wall_blotchiness
from pix2pix_edu.measures.reader import Reader, Yardsticks, reading_scores, scores, train_reader, yardsticks
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.run.evaluation import as_dict, distances, draw_grid, translate_pairs
from pix2pix_edu.run.loop import resume, run
from pix2pix_edu.run.record import make_record, write_record
from pix2pix_edu.run.settings import DRAWN, Settings
from pix2pix_edu.training import Losses, Pix2Pix, stack_pairs

SEEDS = (0, 1, 2)
MOMENTS = (150, 400, 1200)  # steps after which fakes are saved, besides the last step
TESTED, SHOWN = 100, 12  # unseen pairs that score every cell, and those of them whose fakes are saved as pictures
TEST_SEED, READER_SEED = 1000, 1001  # of drawings that no run trains on, and that no setting was tuned on

BASE = Settings(size=128, depth=5, width=24, patch=34, batch_size=1, lr=5e-4, discriminator_lr=5e-4, count=800, steps=3000, fast=True)
LOSSES = ("L1", "GAN", "cGAN", "L1+GAN", "L1+cGAN")
LAMBDAS, PATCHES = (0, 1, 10, 100, 1000), (1, 16, 34, 70)  # of the grid lambda x patch
COUNTS = (25, 100, 400, 1600, 6400)  # of pairs
UNPAINTED = ("L1", "cGAN", "L1+GAN", "L1+cGAN")


def grid_cell(weight: int, patch: int) -> str:
    """The name of the cell with this lambda and this patch."""
    of_weight = {0: "cGAN", 100: "L1+cGAN"}.get(weight, f"lambda_{weight}")
    if patch == BASE.patch:
        return of_weight
    return f"patch_{patch}" if weight == 100 else f"lambda_{weight}_patch_{patch}"


def _grid_settings(weight: int, patch: int) -> Settings:
    return replace(BASE, patch=patch, **({"l1_weight": float(weight)} if weight else {"loss": "cGAN"}))


CELLS = {
    **{loss: replace(BASE, loss=loss) for loss in LOSSES},
    **{grid_cell(weight, BASE.patch): _grid_settings(weight, BASE.patch) for weight in (1, 10, 30, 300, 1000)},
    **{f"encoder_decoder_{loss}": replace(BASE, loss=loss, skips=False) for loss in ("L1", "L1+cGAN")},
    **{grid_cell(100, patch): _grid_settings(100, patch) for patch in (1, 16, 70, 142)},
    **{f"labels_{loss}": replace(BASE, loss=loss, drawn="painted_labels") for loss in ("L1", "cGAN", "L1+cGAN")},
    **{f"pairs_{count}": replace(BASE, count=count) for count in COUNTS},
    **{f"unpainted_{loss}": replace(BASE, loss=loss, drawn="unpainted") for loss in UNPAINTED},
    **{f"unpainted_lambda_{weight}": replace(BASE, l1_weight=float(weight), drawn="unpainted") for weight in (10, 1000)},
    **{grid_cell(weight, patch): _grid_settings(weight, patch) for weight in (0, 1, 10, 1000) for patch in (1, 16, 70)},
}
TABLES = {  # for each question: the values that are compared, and the cell of each
    "loss": {loss: loss for loss in LOSSES},
    "lambda": {str(weight): grid_cell(weight, BASE.patch) for weight in (0, 1, 10, 30, 100, 300, 1000)},
    "generator": {"U-Net, L1": "L1", "encoder-decoder, L1": "encoder_decoder_L1"}
    | {"U-Net, L1+cGAN": "L1+cGAN", "encoder-decoder, L1+cGAN": "encoder_decoder_L1+cGAN"},
    "patch": {str(patch): grid_cell(100, patch) for patch in (1, 16, 34, 70, 142)},
    "photo to labels": {loss: f"labels_{loss}" for loss in ("L1", "cGAN", "L1+cGAN")},
    "pairs": {str(count): f"pairs_{count}" for count in COUNTS},
    "unpainted": {loss: f"unpainted_{loss}" for loss in UNPAINTED},
    "unpainted lambda": {"0": "unpainted_cGAN", "10": "unpainted_lambda_10", "100": "unpainted_L1+cGAN", "1000": "unpainted_lambda_1000"},
    "lambda x patch": {f"{weight}, {patch}": grid_cell(weight, patch) for weight in LAMBDAS for patch in PATCHES},
}


def cell_settings(name: str, seed: int) -> Settings:
    if name not in CELLS:
        raise ValueError(f"there is no cell {name!r}: choose from {', '.join(list(CELLS)[:20])}, or one that `experiments --help` names")
    if {2 * seed, 2 * seed + 1} & {TEST_SEED, READER_SEED}:
        raise ValueError(f"with seed {seed} a run would train on the pairs that score all runs: choose another seed")
    return replace(CELLS[name], seed=seed)


def moments(steps: int) -> list[int]:
    """The steps of a run after which its fakes are saved."""
    return [*(step for step in MOMENTS if step < steps), steps]


def run_cell(settings: Settings, folder: Path) -> Iterator[Losses]:
    """Train to the last step, from the last checkpoint if there is one. Save fakes and scores on the way, and a record at the end."""
    model, saved_at = resume(settings, folder), moments(settings.steps)
    if model.step in saved_at:  # a run may have been killed after this checkpoint, before its scores were saved
        save_scores(model, settings, folder)
    for losses in run(model, settings, folder, save_every=500):
        if model.step in saved_at:
            save_scores(model, settings, folder)
        yield losses
    write_record(make_record(folder, read_scores(folder)), folder / "record.json")


def save_scores(model: Pix2Pix, settings: Settings, folder: Path) -> None:
    """Add the scores of all test pairs to those of earlier moments, and save the fakes of the shown pairs as one picture."""
    pairs = unseen_pairs(settings.drawn, settings.size)
    with own_random_numbers(0):
        fakes, _ = translate_pairs(model.generator, pairs, len(pairs))
    draw_grid([fakes[:SHOWN]]).save(folder / f"fakes_{model.step:06d}.png")
    earlier = {step: row for step, row in read_scores(folder).items() if int(step) < model.step}
    write_text(folder / "scores.json", json.dumps({**earlier, str(model.step): score(fakes, settings)}, indent=1))


def read_scores(folder: Path) -> dict[str, dict]:
    """The scores so far, by step."""
    file = folder / "scores.json"
    return read_object(file) if file.exists() else {}


def score(fakes: Tensor, settings: Settings) -> dict[str, object]:
    """The paper's scores of the fakes of all test pairs. Label maps are read by their colours, photos by a network."""
    xs, ys = stack_pairs(unseen_pairs(settings.drawn, settings.size))
    found: dict[str, object] = {"l1": l1(fakes, ys), "sharpness": high_frequency_power(fakes, ys), "grid": grid_power(fakes, ys)}
    task = settings.drawn.removesuffix("_labels")
    colours = COLOURS_OF[task]
    if settings.drawn != task:
        return found | {"reading": as_dict(scores(label_ids(fakes, colours), label_ids(ys, colours)))}
    labels = label_ids(xs, colours)
    return found | {
        "colours": as_dict(colour_overlap(fakes, ys)),
        "blotchiness": wall_blotchiness(fakes, ys, wall_mask(labels, colours)),
        "distances": as_dict(distances(fakes, ys)),
        "reading": as_dict(reading_scores(reader_of(task, settings.size)[0], fakes, labels)),
    }


@cache
def unseen_pairs(drawn: str, size: int) -> list[tuple[Tensor, Tensor]]:
    """The pairs on which every cell is scored."""
    return list(SyntheticPairs(TESTED, size, TEST_SEED, DRAWN[drawn]))


@cache
def reader_of(drawn: str, size: int) -> tuple[Reader, Yardsticks]:
    """The network that reads the fakes of every cell, and the yardsticks to compare its scores with."""
    colours, train_pairs = COLOURS_OF[drawn], SyntheticPairs(400, size, 0, DRAWN[drawn])
    reader = train_reader(SyntheticPairs(400, size, READER_SEED, DRAWN[drawn]), colours=colours)
    return reader, yardsticks(reader, train_pairs, unseen_pairs(drawn, size), colours)
