"""A small network whose inner values describe a picture: for measures that compare sets of pictures, and pictures as a whole."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.drawing.classes import PAINTED_COLOURS, label_ids
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.training import Pairs, stack_pairs

SIDE = 128  # pictures are resized to this, as for Inception to 299


class Features(nn.Module):
    """Guess from a photograph how large a share of it each class covers. Its levels halve the picture, as the encoder of G does."""

    def __init__(self, classes: int = len(PAINTED_COLOURS), depth: int = 5, width: int = 24):
        super().__init__()
        channels = [3, *(width * min(2**level, 4) for level in range(depth))]
        self.down = nn.ModuleList(_block(*channels[level : level + 2], 1 if level == 0 else 2) for level in range(depth))
        self.classify = nn.Linear(channels[-1], classes)

    def levels(self, pictures: Tensor) -> list[Tensor]:
        """The values of every level (batch, channels, height, width), the finest first, of pictures in [-1, 1]."""
        found = [F.interpolate(pictures, (SIDE, SIDE), mode="bilinear", antialias=True) if pictures.shape[-1] != SIDE else pictures]
        for block in self.down:
            found.append(block(found[-1]))
        return found[1:]

    def forward(self, pictures: Tensor) -> Tensor:
        return self.classify(self.levels(pictures)[-1].mean(dim=(2, 3)))  # (batch, classes): logits


def _block(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


def train_features(pairs: Pairs, steps: int = 1500, seed: int = 0, batch_size: int = 16, lr: float = 3e-3) -> Features:
    """Train on real photographs y and their painted label maps x."""
    with own_random_numbers(seed):
        network = Features()
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    for _ in range(steps):
        chosen = torch.randint(len(pairs), (batch_size,), generator=order).tolist()
        xs, ys = stack_pairs(pairs[i] for i in chosen)
        labels = label_ids(xs, PAINTED_COLOURS).flatten(1)
        shares = torch.stack([row.bincount(minlength=len(PAINTED_COLOURS)) for row in labels]) / labels.shape[1]
        loss = F.cross_entropy(network(ys), shares)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


@torch.no_grad()
def describe_pictures(network: Features, pictures: Tensor) -> Tensor:
    """A row of numbers for each picture: the mean of every channel of every level."""
    rows = [torch.cat([level.mean(dim=(2, 3)) for level in network.levels(some)], dim=1) for some in pictures.split(64)]
    return torch.cat(rows)
