"""Notes in Chinese that translate the paper's first half and end in a link to its authors' code: "first let us look at the model".

Its strength: that sentence. The code block after it is empty; the code here is the code that the link leads to.
"""

from torch import nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.layers import AlwaysDropout
from pix2pix_edu.published.system import Fault, System
from pix2pix_edu.training import train_step


def generator(depth: int = 8, width: int = 64) -> nn.Module:
    """The library's U-Net, with dropout where the authors' PyTorch code has it."""
    network = Generator(depth=depth, width=width, dropout=0.0)
    for level in range(1, depth - 4):  # outputs of side 4, 8, 16 at eight levels; the paper has it on 2, 4, 8
        network.up[level].append(AlwaysDropout(0.5))
    return network


def discriminator(width: int = 64) -> nn.Module:
    return PatchDiscriminator(70, width=width)


SYSTEM = System(
    name="linked_code",
    text="notes in Chinese, in a file 'pix2pix.md', that translate the paper's first half and link the authors' PyTorch code",
    address="https://github.com/dlagez/java-note-mac/blob/5557b90660f03dc69677425295c1d75e604afc9b/DeepLearning/gan/pix2pix.md",
    generator=generator,
    discriminator=discriminator,
    step=train_step,
    open=("everything: the code block after 'first let us look at the model' is empty; the linked code is used instead",),
    faults=(
        Fault("the code block is empty", "last section, after the link"),
        Fault("an output pixel is called dependent on all others; it should be independent", "section 'Related work', first paragraph"),
    ),
)
