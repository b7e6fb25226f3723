"""Pairs that lie where they are needed: all of them on the device, as bytes."""

import torch
from torch import Tensor

from pix2pix_edu.training import Pairs


class PairsOnDevice:
    """Pairs kept on the device as bytes: cropping, flipping and scaling then happen there, and nothing is read or sent any more."""

    def __init__(self, pairs: Pairs, device: torch.device):
        packed = [tuple(map(_as_bytes, pairs[index])) for index in range(len(pairs))]  # one pair at a time: as floats, four times as much
        self.sides = tuple(torch.stack([pair[side] for pair in packed]).to(device) for side in (0, 1))

    def __len__(self) -> int:
        return len(self.sides[0])

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        x, y = (side[index].float() / 127.5 - 1.0 for side in self.sides)
        return x, y


def _as_bytes(picture: Tensor) -> Tensor:
    if not picture.isfinite().all():
        raise ValueError("a pair holds values that are not finite: mend or remove it")
    return ((picture + 1.0) * 127.5).round().to(torch.uint8)
