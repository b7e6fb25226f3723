"""A data set kept on the GPU, as bytes."""

import torch
from torch import Tensor

from pix2pix_edu.training import Pairs


class PairsOnDevice:
    """All pairs, copied to the device once, as bytes. During training, no pixels are read from disk or transferred."""

    def __init__(self, pairs: Pairs, device: torch.device):
        packed = [_as_bytes(pairs[index], index) for index in range(len(pairs))]  # one pair at a time: floats take four times the memory
        self.sides = tuple(torch.stack([pair[side] for pair in packed]).to(device) for side in (0, 1))

    def __len__(self) -> int:
        return len(self.sides[0])

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        x, y = (side[index].float() / 127.5 - 1.0 for side in self.sides)
        return x, y


def _as_bytes(pair: tuple[Tensor, Tensor], index: int) -> tuple[Tensor, ...]:
    if not all(image.isfinite().all() for image in pair):
        raise ValueError(f"pair {index} contains NaN or infinite values: repair or remove it")
    return tuple(((image + 1.0) * 127.5).round().to(torch.uint8) for image in pair)
