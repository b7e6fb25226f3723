"""A training of lesson 07, with a seed of one's own."""

import tempfile
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from pix2pix_edu.experiments.cells import cell_settings, unseen_pairs
from pix2pix_edu.measures.pixels import l1
from pix2pix_edu.run.evaluation import translate_pairs
from pix2pix_edu.run.loop import resume, run


def train_point(cell: str, seed: int, until: int) -> float:
    """Train a cell with another seed for its first `until` steps, and return the mean L1 distance to y of its fakes of unseen pairs."""
    settings = cell_settings(cell, seed)
    with tempfile.TemporaryDirectory() as name:
        model = resume(settings, Path(name))
        for _ in tqdm(islice(run(model, settings, Path(name), save_every=settings.steps), until), total=until, unit="step"):
            pass
    pairs = unseen_pairs(settings.drawn, settings.size)
    return l1(*translate_pairs(model.generator, pairs, len(pairs)))
