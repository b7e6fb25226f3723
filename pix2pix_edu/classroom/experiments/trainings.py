"""What lesson 07 measures itself: which target a recorded fake is nearest to, and a training with a seed of one's own."""

import tempfile
from itertools import islice
from pathlib import Path

import torch
from tqdm import tqdm

from pix2pix_edu.experiments import gallery
from pix2pix_edu.experiments.cells import SEEDS, cell_settings, unseen_pairs
from pix2pix_edu.measures.pixels import l1
from pix2pix_edu.run.evaluation import translate_pairs
from pix2pix_edu.run.loop import resume, run


def own_targets(cell: str) -> list[int]:
    """How many of a cell's shown fakes are nearer to their own target than to any other, for each seed."""
    last = gallery.moments(cell, SEEDS[0])[-1]
    _, y = gallery.shown_pairs(cell)
    distances = [(gallery.fakes(cell, seed, last)[:, None] - y).abs().mean(dim=(2, 3, 4)) for seed in SEEDS]  # (fakes, targets)
    return [(distance.argmin(dim=1) == torch.arange(len(y))).sum().item() for distance in distances]


def train_point(cell: str, seed: int, until: int) -> float:
    """Train a cell with another seed for its first `until` steps, and return the mean L1 distance to y of its fakes of unseen pairs."""
    settings = cell_settings(cell, seed)
    with tempfile.TemporaryDirectory() as name:
        model = resume(settings, Path(name))
        for _ in tqdm(islice(run(model, settings, Path(name), save_every=settings.steps), until), total=until, unit="step"):
            pass
    pairs = unseen_pairs(settings.drawn, settings.size)
    return l1(*translate_pairs(model.generator, pairs, len(pairs)))
