"""Checks of the exercises on published programs: count any D's patch, find the line at fault, mend the step."""

import copy
import functools
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from pix2pix_edu.classroom.small_runs import OBJECTIVE, small_batches, small_model
from pix2pix_edu.classroom.training_step.diagnosis import examine_step
from pix2pix_edu.classroom.verdict import Misconception, check
from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.objective import Objective
from pix2pix_edu.published.catalogue import SYSTEMS
from pix2pix_edu.receptive_field import Conv, output_size, receptive_field
from pix2pix_edu.training import Losses, Pix2Pix, Step


class Beside(nn.Module):
    """Layers that judge x and y side by side, for a D that no text has."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.layers(torch.cat([x, y], dim=1))


@functools.cache
def judges() -> dict[str, nn.Module]:
    """Every D of the texts, and three more that no formula made for theirs fits."""
    nested = nn.Sequential(nn.Sequential(nn.Conv2d(8, 8, 3, 1, 1), nn.ReLU()), nn.Sequential(nn.Conv2d(8, 8, 3, 3, 1)))
    return {name: system.discriminator(8) for name, system in SYSTEMS.items()} | {
        "the 34 patch": PatchDiscriminator(34, width=8),
        "the 1 patch": PatchDiscriminator(1, width=8),
        "blocks within blocks": Beside(nn.Conv2d(6, 8, 5, 2, 2), nested, nn.Conv2d(8, 1, 4, 1, 1)),
    }


def _convs(layers: nn.Module, deep: bool = True) -> list[Conv]:
    modules = layers.modules() if deep else next(layers.children()).children()
    return [Conv(m.kernel_size[0], m.stride[0], m.padding[0]) for m in modules if isinstance(m, nn.Conv2d)]


def _walk(convs: list[Conv], step: Callable[[float, Conv], float]) -> float:
    return functools.reduce(step, convs, 1)


# fmt: off
WRONG_AUDITS: list[tuple[Callable[[nn.Module], float], str]] = [
    (lambda D: 70,
     "you give back what the texts say. Read it from the module that you are handed"),
    (lambda D: receptive_field(_convs(D, deep=False)),
     "you look at the outermost layers only. A block is a module with modules inside: D.modules() visits them all"),
    (lambda D: output_size(_convs(D), 256),
     "this is the side of the map at 256 px. The patch is what one value of that map sees"),
    (lambda D: 256 // max(1, output_size(_convs(D), 256)),
     "you cut the picture into as many tiles as there are values. Patches overlap: one is far larger than a tile"),
    (lambda D: math.prod(conv.stride for conv in _convs(D)),
     "this is the step from one patch to the next, the product of the strides"),
    (lambda D: _walk(_convs(D), lambda r, conv: (r - 1) * conv.stride + conv.kernel),
     "right formula, wrong direction: begin at the value that D gives, the last convolution, and walk back"),
    (lambda D: _walk(_convs(D)[::-1], lambda r, conv: r * conv.stride + conv.kernel),
     "the -1 is missing: r windows have r - 1 gaps between them"),
    (lambda D: receptive_field(_convs(D)[:-1]),
     "the last convolution is missing: it looks small, one channel and no stride, and it widens the patch most"),
    (lambda D: receptive_field([conv for conv in _convs(D) if conv.stride > 1]),
     "you count the layers with a stride above 1 only: the others widen the patch as well"),
    (lambda D: receptive_field([Conv(4, conv.stride, 1) for conv in _convs(D)]),
     "you take every kernel for 4 x 4: read kernel_size"),
    (lambda D: 9 * 2 ** sum(conv.stride == 2 for conv in _convs(D)) - 2,
     "9 * 2^n - 2 holds for 4 x 4 kernels that end in two layers of stride 1, and some of these texts end in one: walk back instead"),
    (lambda D: receptive_field(_convs(D)) ** 2,
     "this is the area: asked is the side of the square"),
]
# fmt: on


@check
def audit(fn: Callable[[nn.Module], int]) -> str:
    """The side of the square that one value of any D sees, counted from the module."""
    said = {name: fn(copy.deepcopy(D)) for name, D in judges().items()}
    if None in said.values():
        raise Misconception("your function gives nothing back: does it end with `return`?")
    true = {name: receptive_field(_convs(D)) for name, D in judges().items()}
    if said == true:
        return ", ".join(f"{name} {side}" for name, side in true.items())
    for wrong, thought in WRONG_AUDITS:
        if said == {name: wrong(D) for name, D in judges().items()}:
            raise Misconception(thought)
    normed = [name for name, D in judges().items() if any("Norm" in type(module).__name__ for module in D.modules())]
    if all(said[name] > true[name] for name in normed) and all(said[name] == true[name] for name in set(true) - set(normed)):
        raise Misconception(
            "you followed the gradient through norm layers, and their statistics see the whole picture (lesson 04, section 4). "
            "Take the norms out first, or count convolutions"
        )
    name = next(name for name in true if said[name] != true[name])
    raise Misconception(f"for {name} you give {said[name]}, and one value sees {true[name]}: walk back from it, layer by layer, on paper")


LINES = {  # of the sixth fragment: what a reader may suspect there, and why it is sound
    1: "one fake, drawn once, and used for both players: as it should be",
    3: "real_loss for y, fake_loss for the fake, half of the sum: chance is 0.69, as in the paper",
    4: "D's own loss, D's own optimizer, and the fake above is detached",
    5: "D is asked again after it has moved, and this fake is not detached: G needs the way back",
    6: "G wants the verdict real, and L1 is taken to the target y",
    7: "both of the objective's weights are there, and the optimizer is G's",
    8: "the step is counted and the losses come back detached",
}


@check
def sixth_line(fn: Callable[[], int]) -> str:
    """The number of the line that is at fault in the sixth fragment."""
    said = int(fn())
    if said == 2:
        return "line 2: D meets y beside x in one order and fakes in the other, so it need not look at the picture, only at the place of x"
    if said not in LINES:
        raise Misconception(f"there is no line {said}: the lines go from 1 to 8")
    raise Misconception(f"line {said} is sound: {LINES[said]}. Look at what D is handed, and in which order")


class Turned(nn.Module):
    """A D that takes its two pictures in the other order."""

    def __init__(self, discriminator: nn.Module):
        super().__init__()
        self.discriminator = discriminator

    def forward(self, y: Tensor, x: Tensor) -> Tensor:
        return self.discriminator(x, y)


@check
def mended(fn: Step) -> str:
    """Is the sixth step now a step of pix2pix, with x always in the same place?"""
    places = _places_of_x(fn)
    if set(places) == {0, 1}:
        order = ", ".join("first" if place == 0 else "second" for place in places)
        raise Misconception(
            f"x comes {order} in the {len(places)} readings of D. One order for all: else the place of x gives the fakes away, "
            "or D is asked about G's fake in an order that it has learnt to call real"
        )
    if set(places) == {1}:  # y before x throughout, as two of the texts have it
        return examine_step(_turned(fn)) + "; y comes before x throughout, which is as good"
    return examine_step(fn)


def _places_of_x(fn: Step) -> list[int | None]:
    """Where x stands in each reading of D during one step."""
    model, (x, y) = small_model(), small_batches()[0]
    places: list[int | None] = []

    def note(_: nn.Module, shown: tuple) -> None:
        places.append(next((place for place, picture in enumerate(shown) if torch.equal(picture, x)), None))

    model.discriminator.register_forward_pre_hook(note)
    fn(model, x, y, OBJECTIVE)
    return places


def _turned(fn: Step) -> Step:
    """The same step with a D for which the order that it uses is the usual one."""

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        turned = copy.copy(model)
        turned.discriminator = Turned(model.discriminator)
        losses = fn(turned, x, y, objective)
        model.step = turned.step
        return losses

    return step
