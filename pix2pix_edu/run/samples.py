"""Inputs of a run to show or to try its network on."""

from pathlib import Path

import torch
from torch import Tensor

from pix2pix_edu.run.settings import Settings, open_pairs


def refuse_moved_pairs(settings: Settings) -> None:
    """Raise an error if the pairs of a run are no longer where they were."""
    if settings.pairs and not Path(settings.pairs).is_dir():
        raise ValueError(f"the pairs of the run are not at {settings.pairs}: start from the folder where it was trained, or put them back")


def has_unseen_pairs(settings: Settings) -> bool:
    """Whether there are pairs that the run was not trained on: a folder of pairs needs a subfolder `val` for that."""
    return not settings.pairs or (Path(settings.pairs) / "val").is_dir()


def sample_inputs(settings: Settings, count: int) -> Tensor:
    """Up to `count` inputs x of a run, from all over its unseen pairs, or over all pairs if none is unseen."""
    refuse_moved_pairs(settings)
    pairs = open_pairs(settings, "val")
    count = min(count, len(pairs))
    return torch.stack([pairs[number * len(pairs) // count][0] for number in range(count)])
