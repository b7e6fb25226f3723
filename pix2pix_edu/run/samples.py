"""Inputs of a run to show or to try its network on."""

from pathlib import Path

import torch
from torch import Tensor

from pix2pix_edu.photos.bundled import BUNDLED
from pix2pix_edu.run import checkpoint
from pix2pix_edu.run.fingerprint import change, fingerprint
from pix2pix_edu.run.settings import Settings, open_folders, open_pairs

TASKS = {
    "painted": "label map -> drawn photograph of a house",
    "painted_labels": "drawn photograph of a house -> label map",
    "unpainted": "label map that says only the parts -> drawn photograph of a house",
    "shapes": "outlines -> drawn picture of toys",
}


def task(settings: Settings) -> str:
    """What x and y of a run show, such as "outline to coloured emoji"; empty for pairs of one's own."""
    if settings.pairs:
        return ""
    return (BUNDLED[settings.photographs].shows if settings.photographs else TASKS[settings.drawn]).replace("->", "to")


def refuse_moved_pairs(settings: Settings) -> None:
    """Raise an error if the pairs of a run are no longer where they were."""
    if settings.pairs and not Path(settings.pairs).is_dir():
        raise ValueError(f"the pairs of the run are not at {settings.pairs}: start from the folder where it was trained, or put them back")


def changed_pairs(run: Path, settings: Settings) -> str:
    """How the pairs that the run would be trained on now differ from those that it was trained on, as a sentence; empty if they do not.

    Then nobody knows which pairs it has seen: a folder may have been divided anew, or another one be found under a relative path.
    """
    before = checkpoint.read_header(run)[1].get("data")
    if not settings.pairs or not before:
        return ""
    try:
        changed = change(before, fingerprint(open_folders(settings, "train", settings.size)))
    except ValueError:
        changed = "they can no longer be opened"
    return changed and f"The pairs in {settings.pairs} are not those that the run was trained on: {changed}."


def has_unseen_pairs(settings: Settings) -> bool:
    """Whether there are pairs that the run was not trained on: a folder of pairs needs a subfolder `val` for that."""
    return not settings.pairs or (Path(settings.pairs) / "val").is_dir()


def sample_inputs(settings: Settings, count: int) -> Tensor:
    """Up to `count` inputs x of a run, from all over its unseen pairs, or over all pairs if none is unseen."""
    refuse_moved_pairs(settings)
    pairs = open_pairs(settings, "val")
    count = min(count, len(pairs))
    return torch.stack([pairs[number * len(pairs) // count][0] for number in range(count)])
