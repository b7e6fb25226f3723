"""A data set kept on the GPU, as bytes where those are exact."""

import torch
from torch import Tensor

from pix2pix_edu.images import from_bytes, to_bytes
from pix2pix_edu.training import Pairs


class PairsOnDevice:
    """All pairs, copied to the device once. During training, no pixels are read from disk or transferred.

    Pairs with 8 bits a value take a quarter of the memory of floats; if any pair has more, all are kept as floats.
    """

    def __init__(self, pairs: Pairs, device: torch.device):
        packed = [_as_bytes(pairs[index], index) for index in range(len(pairs))]  # one pair at a time: floats take four times the memory
        if not all(packed):
            packed = [pairs[index] for index in range(len(pairs))]
        self.sides = tuple(torch.stack([pair[side] for pair in packed]).to(device) for side in (0, 1))

    def __len__(self) -> int:
        return len(self.sides[0])

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        x, y = (from_bytes(side[index]) if side.dtype == torch.uint8 else side[index] for side in self.sides)
        return x, y


def bytes_on_device(pairs: Pairs) -> int:
    """How much memory PairsOnDevice takes for these pairs, if all are like the first one."""
    pair = _as_bytes(pairs[0], 0) or pairs[0]
    return len(pairs) * sum(side.nbytes for side in pair)


def _as_bytes(pair: tuple[Tensor, Tensor], index: int) -> tuple[Tensor, ...]:
    """Both sides as bytes; nothing if that would change a value."""
    if not all(image.isfinite().all() for image in pair):
        raise ValueError(f"pair {index} contains NaN or infinite values: repair or remove it")
    packed = tuple(to_bytes(image) for image in pair)
    return packed if all(torch.equal(from_bytes(one), image) for one, image in zip(packed, pair, strict=True)) else ()
