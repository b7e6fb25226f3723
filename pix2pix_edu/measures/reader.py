"""How good a fake is by what can be read in it: a network that learnt on real photographs finds the labels again, or not."""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.drawing.classes import CLASSES, label_ids
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.training import Pairs, stack_pairs


class ReadingScores(NamedTuple):
    """The paper's three: share of pixels read right, its mean over classes, mean intersection over union of the classes."""

    per_pixel: float
    per_class: float
    iou: float


class Yardsticks(NamedTuple):
    """What to hold the scores of fakes against: the ceiling, the floor, and what needs no network."""

    real_photos: ReadingScores
    labels_of_another: ReadingScores
    median_colours: ReadingScores


class Reader(nn.Module):
    """Reads the class of every pixel from the 13 x 13 pixels around it: the honest stand-in for the paper's FCN.

    A reader that sees more guesses a window from the layout, even where a blurred fake shows none.
    """

    def __init__(self, classes: int = len(CLASSES), depth: int = 6, width: int = 32):
        super().__init__()
        self.see = nn.Sequential(*(_reading_block(3 if i == 0 else width, width) for i in range(depth)))
        self.classify = nn.Conv2d(width, classes, kernel_size=1)

    def forward(self, photo: Tensor) -> Tensor:
        return self.classify(self.see(photo))  # (batch, classes, height, width): logits


def _reading_block(before: int, after: int) -> nn.Sequential:
    # Unlike the generator's, this norm keeps running averages: what is read in a photo must not depend on its batch.
    return nn.Sequential(nn.Conv2d(before, after, kernel_size=3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


def train_reader(pairs: Pairs, steps: int = 400, seed: int = 0, batch_size: int = 4, lr: float = 1e-2) -> Reader:
    """A reader that has learnt from real photos y and their label maps x; never let it see the pairs it is to judge."""
    labels, photos = labels_and_photos(pairs)
    generator = torch.Generator().manual_seed(seed)
    with own_random_numbers(seed):
        reader = Reader()
    optimizer = torch.optim.Adam(reader.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    for _ in range(steps):
        chosen = torch.randint(len(photos), (batch_size,), generator=generator)
        loss = F.cross_entropy(reader(photos[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return reader.eval()


def labels_and_photos(pairs: Pairs) -> tuple[Tensor, Tensor]:
    """All class numbers (count, height, width) and all photos (count, 3, height, width) of some pairs."""
    return stack_pairs((label_ids(x), y) for x, y in pairs)


@torch.no_grad()
def read(reader: Reader, photos: Tensor) -> Tensor:
    """The class number that the reader sees in each pixel (count, height, width)."""
    device = next(reader.parameters()).device
    reader.eval()
    return torch.cat([reader(some.to(device)).argmax(dim=1).cpu() for some in photos.split(32)])


def reading_scores(reader: Reader, photos: Tensor, labels: Tensor) -> ReadingScores:
    """How much of the labels the reader finds again in photos, real or fake."""
    return scores(read(reader, photos), labels)


def scores(found: Tensor, labels: Tensor) -> ReadingScores:
    """Class numbers found against class numbers that are true; the means are over the classes present in `labels`."""
    counts = confusion(found, labels).double()
    right, true, called = counts.diagonal(), counts.sum(dim=1), counts.sum(dim=0)
    present = true > 0
    per_class, iou = (right / true)[present].mean(), (right / (true + called - right))[present].mean()
    return ReadingScores((right.sum() / counts.sum()).item(), per_class.item(), iou.item())


def confusion(found: Tensor, labels: Tensor) -> Tensor:
    """How many pixels of each class (row) were found to be of each class (column)."""
    if found.shape != labels.shape:
        raise ValueError(f"found and labels must have one shape, got {tuple(found.shape)} and {tuple(labels.shape)}")
    both = labels.cpu().flatten() * len(CLASSES) + found.cpu().flatten()
    return torch.bincount(both, minlength=len(CLASSES) ** 2).view(len(CLASSES), len(CLASSES))


def median_colour_per_class(pairs: Pairs) -> Callable[[Tensor], Tensor]:
    """A translation x -> fake without a network: each class in its median colour, the one that L1 likes best."""
    labels, photos = labels_and_photos(pairs)
    pixels = photos.movedim(1, -1)  # colours last
    colours = torch.zeros(len(CLASSES), 3)  # a class that never occurs stays grey
    for number in labels.unique():
        colours[number] = pixels[labels == number].median(dim=0).values
    return lambda x: colours.to(x)[label_ids(x)].movedim(-1, -3)


def yardsticks(reader: Reader, train_pairs: Pairs, test_pairs: Pairs) -> Yardsticks:
    """The three rows that every table of reading scores needs, on the test pairs."""
    labels, photos = labels_and_photos(test_pairs)
    if len(photos) < 2:
        raise ValueError("with one test pair there is no other photo to take labels from: use two or more")
    paint = median_colour_per_class(train_pairs)
    return Yardsticks(
        real_photos=reading_scores(reader, photos, labels),
        labels_of_another=reading_scores(reader, photos, labels.roll(1, dims=0)),
        median_colours=reading_scores(reader, torch.stack([paint(x) for x, _ in test_pairs]), labels),
    )
