"""How good a fake is, measured by a network that was trained on real photographs to predict their label maps."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from pix2pix_edu.drawing.classes import CLASS_COLOURS, Colours, label_ids
from pix2pix_edu.images import from_bytes, to_bytes
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.training import Pairs, stack_pairs


class ReadingScores(NamedTuple):
    """The paper's three scores: accuracy per pixel, its mean over classes, and the mean intersection over union of the classes."""

    per_pixel: float
    per_class: float
    iou: float


class Yardsticks(NamedTuple):
    """Baseline scores: real photos, real photos with another photo's labels, and the median colour of each class."""

    real_photos: ReadingScores
    labels_of_another: ReadingScores
    median_colours: ReadingScores


class Reader(nn.Module):
    """Predict the class of every pixel from the 13 x 13 pixels around it. It takes the place of the paper's FCN.

    With a larger receptive field it would infer windows from the layout, even where a blurred fake has none.
    """

    def __init__(self, classes: int = len(CLASS_COLOURS), depth: int = 6, width: int = 32):
        super().__init__()
        self.see = nn.Sequential(*(_reading_block(3 if i == 0 else width, width) for i in range(depth)))
        self.classify = nn.Conv2d(width, classes, kernel_size=1)

    def forward(self, photo: Tensor) -> Tensor:
        return self.classify(self.see(photo))  # (batch, classes, height, width): logits


def _reading_block(before: int, after: int) -> nn.Sequential:
    # With running averages, unlike the generator's norm: the prediction for a photo must not depend on its batch.
    return nn.Sequential(nn.Conv2d(before, after, kernel_size=3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


def train_reader(
    pairs: Pairs,
    steps: int = 400,
    seed: int = 0,
    batch_size: int = 4,
    lr: float = 1e-2,
    colours: Colours = CLASS_COLOURS,
    device: str | torch.device = "cpu",
) -> Reader:
    """Train a reader on real photos y and their label maps x. Do not use the pairs that it will judge."""
    batches = torch.randint(len(pairs), (steps, batch_size), generator=torch.Generator().manual_seed(seed))
    with own_random_numbers(seed):
        reader = Reader(len(colours)).to(device)
    optimizer = torch.optim.Adam(reader.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    for chosen in tqdm(batches.tolist(), "training a network that reads photos", leave=False, delay=2.0):
        labels, photos = labels_and_photos((pairs[i] for i in chosen), colours)
        loss = F.cross_entropy(reader(photos.to(device)), labels.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return reader.eval()


def labels_and_photos(pairs: Iterable[tuple[Tensor, Tensor]], colours: Colours = CLASS_COLOURS) -> tuple[Tensor, Tensor]:
    """The class numbers (count, height, width) and the photos (count, 3, height, width) of some pairs."""
    return stack_pairs((label_ids(x, colours), y) for x, y in pairs)


@torch.no_grad()
def read(reader: Reader, photos: Tensor) -> Tensor:
    """The class number that the reader predicts for each pixel (count, height, width)."""
    device = next(reader.parameters()).device
    reader.eval()
    return torch.cat([reader(some.to(device)).argmax(dim=1).cpu() for some in photos.split(32)])


def reading_scores(reader: Reader, photos: Tensor, labels: Tensor) -> ReadingScores:
    """Scores of the reader's predictions for photos, real or fake."""
    return scores(read(reader, photos), labels)


def scores(found: Tensor, labels: Tensor) -> ReadingScores:
    """Scores of predicted class numbers. Means are over the classes that occur in `labels`."""
    if found.shape != labels.shape:
        raise ValueError(f"found and labels must have the same shape, got {tuple(found.shape)} and {tuple(labels.shape)}")
    labels, found = labels.cpu().flatten(), found.cpu().flatten()
    classes = 1 + int(torch.maximum(labels, found).max())
    counts = torch.bincount(labels * classes + found, minlength=classes**2).view(classes, classes).double()  # rows: true classes
    right, true, called = counts.diagonal(), counts.sum(dim=1), counts.sum(dim=0)
    present = true > 0
    per_class, iou = (right / true)[present].mean(), (right / (true + called - right))[present].mean()
    return ReadingScores((right.sum() / counts.sum()).item(), per_class.item(), iou.item())


def median_colour_per_class(pairs: Pairs, colours: Colours = CLASS_COLOURS) -> Callable[[Tensor], Tensor]:
    """A translation x -> fake without a network: each class in its median colour, which minimises L1."""
    counts = torch.zeros(len(colours), 3, 256, dtype=torch.long)  # of pixels, by class, channel and value
    for x, y in pairs:
        places = (3 * label_ids(x, colours) + torch.arange(3)[:, None, None]) * 256 + to_bytes(y)
        counts += places.flatten().bincount(minlength=counts.numel()).view_as(counts)
    pixels = counts.sum(dim=-1, keepdim=True)
    medians = from_bytes((counts.cumsum(dim=-1) < (pixels + 1) // 2).sum(dim=-1).byte())
    medians[pixels[..., 0] == 0] = 0.0  # a class that never occurs stays grey
    return lambda x: medians.to(x)[label_ids(x, colours)].movedim(-1, -3)


def yardsticks(reader: Reader, train_pairs: Pairs, test_pairs: Pairs, colours: Colours = CLASS_COLOURS) -> Yardsticks:
    """Compute the baseline scores on the test pairs."""
    labels, photos = labels_and_photos(test_pairs, colours)
    if len(photos) < 2:
        raise ValueError("with one test pair there is no other photo to take labels from: use two or more")
    paint = median_colour_per_class(train_pairs, colours)
    return Yardsticks(
        real_photos=reading_scores(reader, photos, labels),
        labels_of_another=reading_scores(reader, photos, labels.roll(1, dims=0)),
        median_colours=reading_scores(reader, torch.stack([paint(x) for x, _ in test_pairs]), labels),
    )
