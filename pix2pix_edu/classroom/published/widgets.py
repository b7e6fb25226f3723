"""An explorable figure of the published systems: the patch of each D, and the range of its losses."""

from functools import cache

import torch
from ipywidgets import VBox
from matplotlib.figure import Figure
from torch import Tensor, nn

from pix2pix_edu.classroom.explorer import choice, explore, menu
from pix2pix_edu.classroom.published.figures import SCORES, LossRange, draw_system, range_in_words
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.objective import Objective
from pix2pix_edu.published import audit
from pix2pix_edu.published.catalogue import SYSTEMS, VARIANTS, YARDSTICKS, find_system
from pix2pix_edu.published.system import System
from pix2pix_edu.published.texts.reflect_unet import ReflectDiscriminator
from pix2pix_edu.receptive_field import receptive_field
from pix2pix_edu.training import Pix2Pix

SIZES, MEANT = (64, 128, 256), (70, 142, 286)
EXTENDABLE = "annotated_reading"  # the only text that builds D from a list of widths, which a reader can lengthen
EXTREMES = (-100.0, -1.0, 0.0, 1.0, 100.0)  # least squares has its minima at 0 and 1


class TwoScores(nn.Module):
    """A stand-in for D: one score for y (white here), another for fakes (black)."""

    def __init__(self, on_y: float, on_fake: float, head: nn.Module):
        super().__init__()
        self.scores, self.head = nn.Parameter(torch.tensor([on_fake, on_y])), head

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.head(self.scores[int(y.mean() > 0)].expand(1, 1, 1, 1))


class Black(nn.Module):
    """A stand-in for G: a black picture for every x."""

    def __init__(self) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(-1.0))

    def forward(self, x: Tensor) -> Tensor:
        return self.level.expand_as(x)


def losses_at(system: System, on_y: float, on_fake: float) -> tuple[float, float]:
    """Return D's and G's loss from the system's own step when D's last convolution gives these scores."""
    scores = TwoScores(on_y, on_fake, _head(system))
    model, white = Pix2Pix(Black(), scores, lr=0.0), torch.ones(1, 1, 1, 1)  # lr 0: nothing moves
    losses = system.step(model, -white, white, Objective(l1_weight=0.0))
    return losses.discriminator.item(), losses.adversarial.item()


@cache
def _head(system: System) -> nn.Module:
    """Return what D applies after its last convolution."""
    with torch.device("meta"):  # only its layers matter here, and no random numbers are used
        last = audit.discriminator_layers(system.discriminator(1), 128)[-1].module
    return last if isinstance(last, nn.Sigmoid) else nn.Identity()


@cache
def paid_by_g(name: str) -> Tensor:
    """Return G's loss in a system for each of SCORES."""
    return torch.tensor([losses_at(find_system(name), 0.0, score)[1] for score in SCORES.tolist()])


@cache
def loss_range(name: str) -> LossRange:
    """Return the limits of the losses in a system."""
    system = find_system(name)
    on_y = min(losses_at(system, score, 0.0)[0] for score in EXTREMES)
    on_fakes = min(losses_at(system, 0.0, score)[0] for score in EXTREMES)
    paid = [losses_at(system, 0.0, score)[1] for score in EXTREMES]
    # D's loss is the sum of two terms. Each minimum includes the other term at score 0; subtract both of those.
    return LossRange(on_y + on_fakes - losses_at(system, 0.0, 0.0)[0], min(paid), max(paid))


@cache
def _house(size: int) -> Tensor:
    return SyntheticPairs(1, size)[0][1]


@cache
def _discriminator(name: str, meant: int) -> nn.Module:
    """Return the D of a system; for EXTENDABLE, with the longer list that the text's own rule gives for the patch `meant`."""
    with torch.device("meta"):
        if name != EXTENDABLE:
            return find_system(name).discriminator(4)
        return ReflectDiscriminator((4, 8, 16, 32) + (32,) * MEANT.index(meant))


@cache
def _side(name: str, meant: int, size: int) -> int:
    return audit.discriminator_layers(_discriminator(name, meant), size)[-1].shape[-1]


def draw_published(system: str = "least_squares", meant: int = 70, size: int = 256) -> tuple[Figure, str]:
    """Draw the claimed patch and the counted one, the map, and the range of G's loss."""
    offered = meant if system == EXTENDABLE else MEANT[0]
    convs = audit.convs_of(_discriminator(system, offered))
    side, limits = _side(system, offered, size), loss_range(system)
    floor = f"D pays at least {limits.discriminator_floor:.3f}" if abs(limits.discriminator_floor) < 50 else "D's loss has no floor"
    alone = "" if offered == meant else f" (This text has no D for {meant}; its only one is shown.)"
    alt = (
        f"{system} on {size} px: meant {offered}, counted {receptive_field(convs)} pixels, {side} x {side} values. "
        f"{floor}; G pays {range_in_words(limits)}.{alone}"
    )
    return draw_system(system, _house(size), convs, side, offered, paid_by_g(system), limits), alt


def explore_published() -> VBox:
    """Choose a system, the claimed patch and the size of the picture."""
    names = [*SYSTEMS, *YARDSTICKS, *VARIANTS]
    for name in names:  # compute now, so that no click has to wait
        loss_range(name), paid_by_g(name)
        for size in SIZES:
            for meant in MEANT if name == EXTENDABLE else MEANT[:1]:
                _side(name, meant, size)
    return explore(
        draw_published,
        system=menu("System", names, "annotated_reading"),
        meant=choice("Patch meant", list(MEANT), MEANT[0]),
        size=choice("Picture (px)", list(SIZES), max(SIZES)),
    )
