"""Inception v3, on whose features the field computes FID and KID of photographs. Its weights are a file of torchvision and not bundled."""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pix2pix_edu.files import read_weights
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.weights.fitting import PRECISIONS, refuse_claims

SIDE = 299
LEVELS = ("Conv2d_2b_3x3", "Conv2d_4a_3x3", "Mixed_5d", "Mixed_6e", "Mixed_7c")


class Inception(nn.Module):
    """The network of torchvision, which knows a thousand kinds of things, without its last layer."""

    def __init__(self) -> None:
        super().__init__()
        from torchvision.models import inception_v3  # slow to import, and only the course installs it

        self.network = inception_v3(weights=None, init_weights=False, transform_input=False)  # its weights expect pictures in [-1, 1]

    def levels(self, pictures: Tensor) -> list[Tensor]:
        """The values of five levels (batch, channels, height, width), the finest first, of pictures in [-1, 1]."""
        values, found = F.interpolate(pictures, (SIDE, SIDE), mode="bilinear", antialias=True), []
        for name, layer in self.network.named_children():
            if name == "avgpool":
                break
            if name != "AuxLogits":
                values = layer(values)
            if name in LEVELS:
                found.append(values)
        return found

    def describe(self, levels: Sequence[Tensor]) -> Tensor:
        """A row of 2048 numbers for each picture: the mean of every channel of the last level."""
        return levels[-1].mean(dim=(2, 3))


def open_inception(path: Path) -> Inception:
    """Inception with the weights in a file of torchvision, such as inception_v3_google-0cc3c7bd.pth."""
    weights = read_weights(path)
    try:
        with own_random_numbers():
            inception = Inception()
    except ModuleNotFoundError as error:
        raise ValueError('Inception needs the package torchvision: pip install "pix2pix-edu[classroom]"') from error
    refuse_claims(weights)
    if not all(value.dtype in (*PRECISIONS, torch.int64) and value.isfinite().all() for value in weights.values()):
        raise ValueError(f"{path} holds values that are not finite or no real numbers: use another copy of the file")
    try:
        inception.network.load_state_dict(weights)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} does not hold the weights of torchvision's Inception v3: use inception_v3_google-0cc3c7bd.pth") from error
    return inception.eval()
