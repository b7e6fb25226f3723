"""Checks of lesson 04: the patch that one logit sees, and a D whose logits see nothing else."""

import copy
import functools
import math
from collections.abc import Callable, Sequence

import torch
from torch import nn

from pix2pix_edu.classroom.verdict import Misconception, agrees, check
from pix2pix_edu.discriminator import PatchDiscriminator, patch_convs
from pix2pix_edu.receptive_field import Conv
from pix2pix_edu.receptive_field import input_span as right_span
from pix2pix_edu.receptive_field import output_size as right_size
from pix2pix_edu.receptive_field import output_step as right_step
from pix2pix_edu.receptive_field import receptive_field as right_field

MIXED = [Conv(7, 2, 3), Conv(3, 1, 1), Conv(3, 2, 1)]  # not a patch of the paper: other kernels, other paddings
STACKS = {"the 70 patch": patch_convs(70), "the 34 patch": patch_convs(34), "the 1 patch": patch_convs(1), "7x7/2, 3x3/1, 3x3/2": MIXED}

Rule = tuple[Callable, str]  # what a misconception would return, and its message


def _compare(answer: Callable, right: Callable, rules: Sequence[Rule], cases: dict[str, tuple]) -> None:
    """Compare an answer with the right function in all cases, and with each known wrong one."""
    given = {name: answer(list(convs), *rest) for name, (convs, *rest) in cases.items()}
    if None in given.values():
        raise Misconception("your function returns nothing: does it end with `return`?")
    true = {name: right(*case) for name, case in cases.items()}
    if not agrees(given, true, (({name: rule(*case) for name, case in cases.items()}, message) for rule, message in rules)):
        name = next(name for name in cases if given[name] != true[name])
        raise Misconception(f"for {name} you return {given[name]}, not {true[name]}: walk back from one logit, layer by layer, on paper")


def _walk(convs: Sequence[Conv], step: Callable[[float, Conv], float], start: float = 1) -> float:
    """Update a number at each convolution of a stack, from the first to the last."""
    return functools.reduce(step, convs, start)


# fmt: off
WRONG_FIELDS: list[Rule] = [
    (lambda c: math.prod(v.kernel for v in c),
     "you multiply the kernels. One more layer adds (kernel - 1) steps to the square: see the cone in section 1"),
    (lambda c: sum(v.kernel for v in c),
     "you add up the kernels. Neighbouring windows overlap: a layer adds kernel - 1, times the strides below it"),
    (lambda c: 1 + sum(v.kernel - 1 for v in c),
     "you leave out the strides: this is the square if every stride were 1 (16 for the 70 patch)"),
    (lambda c: _walk(c, lambda r, v: (r - 1) * v.stride + v.kernel),
     "right formula, wrong direction: you walk from the picture to the logit. Begin at the logit: reversed(convs)"),
    (lambda c: right_size(c, 256),
     "this is how many logits a side of the map has (30 at 256 px), not how many pixels each of them sees (70)"),
    (lambda c: _walk(c[::-1], lambda r, v: r * v.stride + v.kernel),
     "the -1 is missing: r windows have r - 1 gaps of one stride between them, and then one kernel"),
    (lambda c: _walk(c[::-1], lambda r, v: (r - 1) * v.stride + v.kernel + 2 * v.padding),
     "you add the padding. Padding lets the square reach over the border; it does not make it larger"),
    (lambda c: _walk(c[::-1], lambda r, v: (r - 1) * v.stride + v.kernel - 2 * v.padding),
     "you subtract the padding: that is the smallest picture that gives one logit (24 px), not what a logit sees"),
    (lambda c: _walk([v for v in c[::-1] if v.stride > 1], lambda r, v: (r - 1) * v.stride + v.kernel),
     "you count only the layers of stride 2. A layer of stride 1 also widens the square, by kernel - 1"),
    (lambda c: _walk(c[::-1], lambda r, v: (r - 1) * v.stride + v.kernel, start=0),
     "you start from r = 0. One logit is one pixel of the last map: start from r = 1"),
    (lambda c: 1 + sum((v.kernel - 1) * v.stride for v in c),
     "you scale each layer by its own stride only. Use the product of all strides below it"),
    (lambda c: 1 + sum((v.kernel - 1) * right_step(c[: i + 1]) for i, v in enumerate(c)),
     "your step grows too early: the pixels under a kernel are as far apart as the strides *before* that layer make them"),
    (lambda c: right_field(c) ** 2,
     "this is the area. In '70 patch', 70 is the side of the square"),
    (lambda c: 9 * 2 ** sum(v.stride == 2 for v in c) - 2,
     "9 * 2^n - 2 holds for 4x4 kernels that end in two layers of stride 1. Other stacks need the walk itself"),
]


def _spanned(first: Callable[[Sequence[Conv], int], int]) -> Callable[[Sequence[Conv], int], tuple[int, int]]:
    return lambda convs, index: (first(convs, index), first(convs, index) + right_field(convs))


WRONG_SPANS: list[Rule] = [
    (_spanned(lambda c, i: i * right_step(c)),
     "you leave out the padding: the first 70 patch begins 23 px *before* the picture, not at 0"),
    (lambda c, i: (right_span(c, i)[0], right_span(c, i)[1] - 1),
     "off by one: return the pixel *after* the last, as in a slice"),
    (_spanned(lambda c, i: i * right_step(c) - c[0].padding),
     "you count the padding of the first layer only. Deeper padding counts too, scaled by the strides below it"),
    (_spanned(lambda c, i: i * right_step(c) - sum(v.padding for v in c)),
     "you add up the paddings as they are. A pixel of deep padding counts as often as the product of the strides below it"),
    (_spanned(lambda c, i: i * right_field(c)),
     "you place the patches side by side like tiles. The next one begins one step (8 px) further, not one patch (70 px)"),
    (_spanned(lambda c, i: i * right_step(c) - right_field(c) // 2),
     "you centre the patch on index * step. Walk both ends back through the layers instead"),
    (lambda c, i: (max(right_span(c, i)[0], 0), right_span(c, i)[1]),
     "you clip at the border. A patch may overhang; the negative number is the overhang"),
    (_spanned(lambda c, i: _walk(c, lambda first, v: first * v.stride - v.padding, start=i)),
     "right formula, wrong direction: begin at the logit, reversed(convs)"),
]


def _along(convs: Sequence[Conv], size: int, pixel: int, late: int = 0, whole: bool = False) -> int:
    """Return how many logits along one side see a pixel; `late` ends each patch too late, `whole` leaves out those that overhang."""
    spans = [right_span(convs, index) for index in range(right_size(convs, size))]
    return sum(first <= pixel < end + late and not (whole and (first < 0 or end > size)) for first, end in spans)


def _voted(**wrong: object) -> Callable:
    return lambda c, size, row, column: _along(c, size, row, **wrong) * _along(c, size, column, **wrong)


WRONG_VOTES: list[Rule] = [
    (lambda c, size, row, column: right_size(c, size) ** 2,
     "you count every logit of the map. A distant logit does not see this pixel"),
    (lambda c, size, row, column: _along(c, size, row) + _along(c, size, column),
     "you add rows and columns. Every row of logits crosses every column: multiply"),
    (lambda c, size, row, column: _along(c, size, row),
     "this is along one side. The map has two: rows times columns"),
    (_voted(whole=True),
     "you count only patches that are wholly inside. One that overhangs sees the pixel too"),
    (_voted(late=1),
     "off by one: a span ends *before* its second number. Test first <= pixel < after_last"),
]
# fmt: on


@check
def receptive_field(answer: Callable[[list[Conv]], int]) -> str:
    """Check a function that returns the side of the square that one logit sees."""
    _compare(answer, right_field, WRONG_FIELDS, {name: (convs,) for name, convs in STACKS.items()})
    return "your walk gives 70, 34, 1, and 15 for a stack that is in no paper"


@check
def span(answer: Callable[[list[Conv], int], tuple[int, int]]) -> str:
    """Check a function that returns the first pixel a logit sees, and the one after its last."""
    cases = {f"logit {index} of {name}": (convs, index) for name, convs in STACKS.items() for index in (0, 15)}
    _compare(lambda *case: (ends := answer(*case)) and tuple(ends), right_span, WRONG_SPANS, cases)  # a list is fine too
    return "both ends are right for eight logits of four stacks, overhanging patches included"


@check
def votes(answer: Callable[[list[Conv], int, int, int], int]) -> str:
    """Check a function that returns how many logits see the pixel (row, column) of a square picture."""
    pixels = {"a corner": (0, 0), "an edge": (0, 40), "the middle": (48, 47), "near a corner": (8, 23)}
    cases = {f"{name} of the 70 patch at 96 px": (patch_convs(70), 96, *pixel) for name, pixel in pixels.items()}
    cases |= {f"{name} of the 16 patch at 64 px": (patch_convs(16), 64, *pixel) for name, pixel in pixels.items()}
    given = {answer(*case) for name, case in cases.items() if "70" in name}
    if len(given) == 1 and not given & {None, right_size(patch_convs(70), 96) ** 2}:
        raise Misconception("you give every pixel the same number of votes. At the border there are fewer patches: compare a corner")
    _compare(answer, _voted(), WRONG_VOTES, cases)
    return "your count is right in a corner, on an edge and in the middle: borders count less"


@check
def convs_for(answer: Callable[[int], list[Conv]]) -> str:
    """Check a function that returns the convolutions of a patch of side 16, 34, 70, ... (9 * 2^n - 2)."""
    for patch in (70, 16, 34, 142, 286, 574):
        convs = answer(patch)
        if not convs or not all(isinstance(conv, Conv) for conv in convs):
            raise Misconception("return a list of Conv(kernel, stride, padding), one for each layer")
        if right_field(convs) != patch:
            raise Misconception(_design_fault(patch, [conv.stride for conv in convs], right_field(convs)))
        if any(conv.kernel != 4 for conv in convs):
            raise Misconception(f"the side is right, but not the kernels: one of {patch}x{patch} has {patch**2} weights a channel. Use 4x4")
        if any(conv.padding != 1 for conv in convs):
            raise Misconception(f"patch {patch} is right, but without padding 1 in every layer the map is not 256 / 2^n - 2")
    return "16, 34, 70, 142, 286 and, which is in no paper, 574"


def _design_fault(patch: int, strides: list[int], side: int) -> str:
    """Return why convolutions of these strides see `side` pixels and not `patch`."""
    fault = f"strides {strides} see {side} px, not {patch}"
    if patch != 70:
        return f"right for 70, but {fault}: how many layers of stride 2 does 9 * 2^n - 2 = {patch} need?"
    if set(strides) == {2}:
        return f"every layer has stride 2, as in the paper's sentence: {fault}. The last two need stride 1"
    if strides == [2] * (len(strides) - 1) + [1]:
        return f"only the last layer has stride 1: {fault}. The last *two* need stride 1"
    if strides != sorted(strides, reverse=True):
        return f"the layers of stride 1 come too early: {fault}. First all layers of stride 2, then two of stride 1"
    if strides.count(1) == 2:
        return f"{'one layer of stride 2 too many' if side > patch else 'a layer of stride 2 is missing'}: {fault}"
    return f"{fault}: walk back from one logit"


@check
def local(answer: Callable[[PatchDiscriminator], nn.Module]) -> str:
    """Check a function that returns a copy of D whose logits depend on their own patch and on nothing else."""
    given = PatchDiscriminator(16, width=8)
    before = [type(layer) for layer in given.layers]
    local_copy = answer(given)
    if [type(layer) for layer in given.layers] != before:
        raise Misconception("you changed the D that was passed in. Change a copy: copy.deepcopy(D)")
    if not any(isinstance(layer, nn.LeakyReLU) for layer in local_copy.modules()):
        raise Misconception("the LeakyReLUs are gone too: what is left is one linear filter. They act on single pixels and leak nothing")
    norms = [type(layer).__name__ for layer in local_copy.modules() if "Norm" in type(layer).__name__]
    share = _share_outside(copy.deepcopy(local_copy), right_span(given.convs, 10))
    if share == 0:
        return f"the gradient outside the 16 x 16 square is exactly 0 (norm layers left: {', '.join(norms) or 'none'})"
    if "InstanceNorm2d" in norms or "GroupNorm" in norms:
        raise Misconception(f"{norms[0]} takes its mean over the whole picture, as batch norm does at batch 1: it leaks in the same way")
    if not local_copy.training:
        raise Misconception("eval() changes nothing here: track_running_stats is False, so the norm still uses batch statistics")
    raise Misconception(f"{share:.2%} of the gradient energy is still outside the square: which layer depends on the whole picture?")


def _share_outside(network: nn.Module, span: tuple[int, int]) -> float:
    """Return the share of the energy of one logit's gradient outside the square from pixel span[0] to span[1]."""
    x, y = torch.randn(2, 1, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    network(x, y.requires_grad_())[0, 0, 10, 10].backward()
    energy = y.grad.square().sum(dim=(0, 1))
    inside = energy[slice(*span), slice(*span)].sum().item()
    energy[slice(*span), slice(*span)] = 0
    return energy.sum().item() / (inside + energy.sum().item())
