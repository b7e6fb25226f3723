"""How good a run's generator is on pairs that it has never seen."""

from typing import NamedTuple

import torch
from torch import Tensor

from pix2pix_edu.measures.pixels import ColourOverlap, colour_overlap, high_frequency_power, l1, psnr, ssim
from pix2pix_edu.measures.reader import ReadingScores, Yardsticks, labels_and_photos, reading_scores, train_reader, yardsticks
from pix2pix_edu.run.settings import Settings, open_pairs
from pix2pix_edu.training import Pairs
from pix2pix_edu.translation import translate


class Scores(NamedTuple):
    """The measures of one generator, all against the targets y."""

    l1: float
    psnr: float
    ssim: float
    colours: ColourOverlap
    sharpness: float


def translate_pairs(generator: torch.nn.Module, pairs: Pairs, count: int) -> tuple[Tensor, Tensor]:
    """The fakes and the targets of the first `count` pairs, each translated by itself."""
    chosen = [pairs[i] for i in range(min(count, len(pairs)))]
    return torch.stack([translate(generator, x) for x, _ in chosen]), torch.stack([y for _, y in chosen])


def score(fakes: Tensor, ys: Tensor) -> Scores:
    """Every measure that needs no labels."""
    return Scores(l1(fakes, ys), psnr(fakes, ys), ssim(fakes, ys), colour_overlap(fakes, ys), high_frequency_power(fakes, ys))


def read_facades(fakes: Tensor, settings: Settings) -> tuple[ReadingScores, Yardsticks]:
    """How much of the labels a reading network finds in fakes of drawn facades, and what to hold that against."""
    train_pairs, test_pairs = (open_pairs(settings, split) for split in ("train", "val"))
    test_pairs = [test_pairs[i] for i in range(len(fakes))]
    reader = train_reader(train_pairs)
    return reading_scores(reader, fakes, labels_and_photos(test_pairs)[0]), yardsticks(reader, train_pairs, test_pairs)


def as_record(scores: Scores, reading: tuple[ReadingScores, Yardsticks] | None, pairs: int) -> dict[str, object]:
    """The scores over so many pairs as plain names and numbers."""
    record = {"pairs": pairs, **scores._asdict(), "colours": scores.colours._asdict()}
    if reading:
        fakes, yardsticks = reading
        record["reading"] = {"fakes": fakes._asdict(), **{name: row._asdict() for name, row in yardsticks._asdict().items()}}
    return record


def report(scores: Scores, reading: tuple[ReadingScores, Yardsticks] | None) -> str:
    """The scores as lines to read."""
    colours = " / ".join(f"{share:.2f}" for share in scores.colours)
    lines = [
        f"L1 {scores.l1:.3f}   PSNR {scores.psnr:.1f} dB   SSIM {scores.ssim:.3f}",
        f"colours in common with the targets, L / a / b: {colours}   (1 = the same colours equally often)",
        f"power of fine detail against the targets: {scores.sharpness:.2f}   (below 1 is blur, above 1 is noise)",
    ]
    if reading:
        fakes, (ceiling, floor, median) = reading
        rows = {"these fakes": fakes, "real photos": ceiling, "labels of another": floor, "median colours": median}
        lines += ["", f"{'read by a network':20}{'per pixel':>10}{'per class':>10}{'IoU':>10}"]
        lines += [f"{name:20}" + "".join(f"{value:10.3f}" for value in row) for name, row in rows.items()]
    return "\n".join(lines)
