"""Checks of lesson 08: count the patch of any D, find the faulty line of a step, fix the step."""

import copy
import functools
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from pix2pix_edu.classroom.small_runs import OBJECTIVE, small_batches, small_model
from pix2pix_edu.classroom.training_step.diagnosis import examine_step
from pix2pix_edu.classroom.verdict import Misconception, agrees, check
from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.objective import Objective
from pix2pix_edu.published.catalogue import SYSTEMS
from pix2pix_edu.receptive_field import Conv, output_size, receptive_field
from pix2pix_edu.training import Losses, Pix2Pix, Step


class OnBoth(nn.Module):
    """A D of these layers on x and y concatenated."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.layers(torch.cat([x, y], dim=1))


@functools.cache
def discriminators() -> dict[str, nn.Module]:
    """Return every D of the texts, and three more that no formula made for those fits."""
    nested = nn.Sequential(nn.Sequential(nn.Conv2d(8, 8, 3, 1, 1), nn.ReLU()), nn.Sequential(nn.Conv2d(8, 8, 3, 3, 1)))
    return {name: system.discriminator(8) for name, system in SYSTEMS.items()} | {
        "the 34 patch": PatchDiscriminator(34, width=8),
        "the 1 patch": PatchDiscriminator(1, width=8),
        "blocks within blocks": OnBoth(nn.Conv2d(6, 8, 5, 2, 2), nested, nn.Conv2d(8, 1, 4, 1, 1)),
    }


def _convs(layers: nn.Module, deep: bool = True) -> list[Conv]:
    modules = layers.modules() if deep else next(layers.children()).children()
    return [Conv(m.kernel_size[0], m.stride[0], m.padding[0]) for m in modules if isinstance(m, nn.Conv2d)]


def _walk(convs: list[Conv], step: Callable[[float, Conv], float]) -> float:
    return functools.reduce(step, convs, 1)


# fmt: off
WRONG_AUDITS: list[tuple[Callable[[nn.Module], float], str]] = [
    (lambda D: 70,
     "you return what the texts say. Read it from the module that you are given"),
    (lambda D: receptive_field(_convs(D, deep=False)),
     "you look at the outermost layers only. A block is a module with modules inside: D.modules() visits them all"),
    (lambda D: output_size(_convs(D), 256),
     "this is the side of the map at 256 px. The patch is what one value of that map sees"),
    (lambda D: 256 // max(1, output_size(_convs(D), 256)),
     "you cut the picture into as many tiles as there are values. Patches overlap: one is far larger than a tile"),
    (lambda D: math.prod(conv.stride for conv in _convs(D)),
     "this is the step from one patch to the next, the product of the strides"),
    (lambda D: _walk(_convs(D), lambda r, conv: (r - 1) * conv.stride + conv.kernel),
     "right formula, wrong direction: begin at D's output, with the last convolution, and walk back"),
    (lambda D: _walk(_convs(D)[::-1], lambda r, conv: r * conv.stride + conv.kernel),
     "the -1 is missing: r windows have r - 1 gaps between them"),
    (lambda D: receptive_field(_convs(D)[:-1]),
     "the last convolution is missing: it looks small, one channel and no stride, and it widens the patch most"),
    (lambda D: receptive_field([conv for conv in _convs(D) if conv.stride > 1]),
     "you count the layers with a stride above 1 only: the others widen the patch as well"),
    (lambda D: receptive_field([Conv(4, conv.stride, 1) for conv in _convs(D)]),
     "you assume that every kernel is 4 x 4: read kernel_size"),
    (lambda D: 9 * 2 ** sum(conv.stride == 2 for conv in _convs(D)) - 2,
     "9 * 2^n - 2 holds for 4 x 4 kernels that end in two layers of stride 1, and some of these texts end in one: walk back instead"),
    (lambda D: receptive_field(_convs(D)) ** 2,
     "this is the area: return the side of the square"),
]
# fmt: on


@check
def audit(fn: Callable[[nn.Module], int]) -> str:
    """Check the side of the square that one value of any D sees, counted from the module."""
    given = {name: fn(copy.deepcopy(D)) for name, D in discriminators().items()}
    if None in given.values():
        raise Misconception("your function returns nothing: does it end with `return`?")
    right = {name: receptive_field(_convs(D)) for name, D in discriminators().items()}
    if agrees(given, right, (({name: wrong(D) for name, D in discriminators().items()}, message) for wrong, message in WRONG_AUDITS)):
        return ", ".join(f"{name} {side}" for name, side in right.items())
    normed = [name for name, D in discriminators().items() if any("Norm" in type(module).__name__ for module in D.modules())]
    if all(given[name] > right[name] if name in normed else given[name] == right[name] for name in right):
        raise Misconception(
            "you followed the gradient through norm layers, and their statistics depend on the whole picture (lesson 04, section 4). "
            "Take the norms out first, or count convolutions"
        )
    name = next(name for name in right if given[name] != right[name])
    raise Misconception(
        f"for {name} you return {given[name]}, and one value sees {right[name]}: walk back from it, layer by layer, on paper"
    )


SOUND_LINES = {  # of the sixth fragment, and why each is right
    1: "one fake, drawn once and used for both losses, as it should be",
    3: "real_loss for y, fake_loss for the fake, half of the sum: chance is 0.69, as in the paper",
    4: "D's own loss, D's own optimizer, and the fake above is detached",
    5: "D is called again after it has moved, and this fake is not detached: G needs the way back",
    6: "G should make D call its fake real, and L1 is taken to the target y",
    7: "both of the objective's weights are there, and the optimizer is G's",
    8: "the step is counted and the losses come back detached",
}


@check
def sixth_line(fn: Callable[[], int]) -> str:
    """Check the number of the faulty line in the sixth fragment."""
    given = int(fn())
    sound = ((line, f"line {line} is sound: {why}. Look at D's inputs and their order") for line, why in SOUND_LINES.items())
    if agrees(given, 2, sound):
        return "line 2: D gets y and x in one order and the fakes in the other, so the place of x gives the fakes away, whatever they show"
    raise Misconception(f"there is no line {given}: the lines go from 1 to 8")


class Swapped(nn.Module):
    """A D with its two inputs in the other order."""

    def __init__(self, discriminator: nn.Module):
        super().__init__()
        self.discriminator = discriminator

    def forward(self, y: Tensor, x: Tensor) -> Tensor:
        return self.discriminator(x, y)


@check
def mended(fn: Step) -> str:
    """Check whether the sixth step is now a step of pix2pix, with x always in the same place."""
    places = _places_of_x(fn)
    if set(places) == {0, 1}:
        order = ", ".join("first" if place == 0 else "second" for place in places)
        raise Misconception(
            f"x comes {order} in the {len(places)} calls of D. Use one order for all: otherwise the place of x gives the fakes away, "
            "or G's fake comes in an order that D has learnt to call real"
        )
    if set(places) == {1}:  # y before x throughout, as in two of the texts
        return examine_step(_swapped(fn)) + "; y comes before x throughout, which is as good"
    return examine_step(fn)


def _places_of_x(fn: Step) -> list[int | None]:
    """Return the position of x in each call of D during one step."""
    model, (x, y) = small_model(), small_batches()[0]
    places: list[int | None] = []

    def note(_: nn.Module, inputs: tuple) -> None:
        places.append(next((place for place, picture in enumerate(inputs) if torch.equal(picture, x)), None))

    model.discriminator.register_forward_pre_hook(note)
    fn(model, x, y, OBJECTIVE)
    return places


def _swapped(fn: Step) -> Step:
    """Return the same step with D's inputs put back into the usual order."""

    def step(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        swapped = copy.copy(model)
        swapped.discriminator = Swapped(model.discriminator)
        losses = fn(swapped, x, y, objective)
        model.step = swapped.step
        return losses

    return step
