"""The paper's own sentences on its networks, taken literally, and this library: the two systems to compare the write-ups with."""

from functools import partial

import torch
from torch import Tensor, nn

from pix2pix_edu.generator import Generator
from pix2pix_edu.layers import batch_norm, start_as_the_paper
from pix2pix_edu.published.steps import ON_PROBABILITIES, adversarial_step
from pix2pix_edu.published.system import Fault, System
from pix2pix_edu.published.texts import linked_code
from pix2pix_edu.training import train_step


class WordsDiscriminator(nn.Module):
    """C64-C128-C256-C512, a convolution, a sigmoid; "all convolutions are 4 x 4 filters applied with stride 2"."""

    def __init__(self, width: int = 64):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(6, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for multiple in (1, 2, 4):
            conv = nn.Conv2d(width * multiple, 2 * width * multiple, 4, 2, 1, bias=False)
            layers += [conv, batch_norm(2 * width * multiple), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 2, 1), nn.Sigmoid())
        start_as_the_paper(self)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.layers(torch.cat([x, y], dim=1))


def generator(depth: int = 8, width: int = 64) -> nn.Module:
    """The paper's U-Net, with dropout in the first three decoder blocks, as its list of layers states."""
    return Generator(depth=depth, width=width)


PAPER_WORDS = System(
    name="paper_words",
    text="the paper's appendix on network architectures, taken literally",
    generator=generator,
    discriminator=WordsDiscriminator,
    step=partial(adversarial_step, adversarial=ON_PROBABILITIES),
    claimed_patch=70,
    open=(
        "the padding, and whether the negative values of a skip reach the decoder: as in the authors' code",
        "a norm on the bottleneck, which the words do not exclude, would erase the 1 x 1 map of a single picture: it has none here",
    ),
    faults=(Fault("every convolution of stride 2 gives a patch of 94, not of 70", "appendix, network architectures: first paragraph"),),
)

LIBRARY = System(
    name="library",
    text="this library",
    generator=generator,
    discriminator=linked_code.discriminator,
    step=train_step,
    claimed_patch=70,
)
