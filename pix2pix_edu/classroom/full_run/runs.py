"""What lesson 06 reads from finished runs, and two small runs whose fakes are watched at each step."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from pix2pix_edu.classroom.full_run.figures import duration
from pix2pix_edu.classroom.small_runs import OBJECTIVE, small_batches, small_model
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.images import to_tensor
from pix2pix_edu.objective import CHANCE
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.run import saving
from pix2pix_edu.training import stack_pairs, train


def stages(folder: Path, size: int) -> dict[str, Tensor]:
    """Columns of two pictures that a run left: inputs, the fakes of its first, a middle and its last checkpoint, targets."""
    files = sorted(folder.glob("[0-9]*.png"))
    if not files:
        raise ValueError(f"{folder} has no picture yet: let the run reach its first checkpoint")
    chosen = dict.fromkeys((files[0], files[(len(files) - 1) // 2], files[-1]))
    # Each is a grid: one row for a pair; input, fake, target. Cut into its pictures: (3, rows, columns, size, size).
    grids = {int(file.stem): to_tensor(Image.open(file)).unfold(1, size, size).unfold(2, size, size)[:, :2] for file in chosen}
    last = grids[max(grids)]
    fakes = {f"G(x), step {step}": grid[:, :, 1].movedim(0, 1) for step, grid in grids.items()}
    return {"input x": last[:, :, 0].movedim(0, 1), **fakes, "target y": last[:, :, 2].movedim(0, 1)}


def read_losses(folder: Path) -> Tensor:
    """The losses of a run, a row for each step: D, adversarial, L1."""
    return torch.tensor([[float(value) for value in row[1:]] for row in saving.read_losses(folder)])


def print_answers(early: Tensor, late: Tensor, l1_of_new_pairs: float) -> None:
    """Answer the questions that every forum hears, from the mean losses of a run's first and last quarter."""
    d, adversarial, l1 = late.tolist()
    questions = (
        ("Is a number not finite?", not late.isfinite().all(), "lower the rate.", "good."),
        ("Is D below chance?", d < CHANCE, "as it should be.", "too short a run, or D is not learning (05)."),
        ("Is D near 0?", d < 0.1, "look whether samples still improve; if not, lower D's rate.", "G still fools it now and then."),
        (
            "Did G's adversarial loss rise?",
            adversarial > early[1],
            "D has learnt more; look at the samples.",
            "fine, if D's did not fall too.",
        ),
        ("Is L1 far lower than on new pairs?", l1 < 0.8 * l1_of_new_pairs, "it learns them by heart: find more pairs.", "it does not."),
        ("Did L1 fall?", l1 < early[2], "G has learnt where things are.", "the run is too short, or the pairs do not match (01)."),
    )
    for question, yes, then, otherwise in questions:
        print(question, f"Yes: {then}" if yes else f"No: {otherwise}")


def print_records(records: Mapping[str, dict]) -> None:
    """A row for each recorded run: its pairs, size, steps, time, L1 and fine detail."""
    print(f"{'run':24}{'pairs':12}{'px':>5}{'steps':>8}{'time':>10}{'L1':>8}{'detail':>8}")
    for name, record in records.items():
        one, result = record["settings"], record["scores"]
        seen = f"{name:24}{Path(one['pairs']).name or 'drawn anew':12}{one['size']:5}{record['curve']['step'][-1]:8}"
        print(f"{seen}{duration(record['seconds']):>10}{result['l1']:8.3f}{result['sharpness']:8.2f}")


def watched(schedule: Callable[[int], float], seed: int) -> tuple[list[float], float]:
    """How far each of sixty steps moves the fakes of the same houses, and their L1 to the targets at the end."""
    x, y = _houses()
    with own_random_numbers():
        model, fakes = small_model(seed), []
        for _ in train(model, small_batches(seed), 60, OBJECTIVE, schedule):
            with torch.no_grad(), own_random_numbers(0):
                fakes.append(model.generator(x))
    moved = [(after - before).abs().mean().item() for before, after in zip(fakes, fakes[1:], strict=False)]
    return moved, (fakes[-1] - y).abs().mean().item()


@cache
def _houses() -> tuple[Tensor, Tensor]:
    return stack_pairs(SyntheticPairs(8, 32, seed=1))  # never trained on
