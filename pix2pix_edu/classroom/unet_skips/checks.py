"""Answers about the U-Net, judged against the live Generator."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from pix2pix_edu.classroom.verdict import Misconception, check
from pix2pix_edu.generator import Generator

Rule = tuple[Callable[..., object], str]  # what a misconception would answer, and what to say to it


def _name_the_rule(answer: Callable[..., object], cases: Sequence[tuple], rules: Sequence[Rule]) -> None:
    """Raise the misconception whose rule gives the same answers as the learner's in all cases."""
    given = [answer(*case) for case in cases]
    for rule, says in rules:
        if given == [rule(*case) for case in cases]:
            raise Misconception(says)


def _widths(depth: int, width: int, cap: int = 8, first: int = 0) -> list[int]:
    return [width * min(2**level, cap) for level in range(first, first + depth)]


def _reads(widths: list[int], times: int = 2) -> list[int]:
    """What decoder blocks read, the innermost first, if each but that one reads `times` the channels of its level."""
    return [widths[-1], *(times * channels for channels in reversed(widths[:-1]))]


CHANNEL_RULES: list[Rule] = [
    (
        lambda depth, width: _reads(_widths(depth, width, cap=2**depth)),
        "the channels double without end: the library stops at 8 * width. Look at the equal rows of the layer table.",
    ),
    (
        lambda depth, width: _reads(_widths(depth, width), times=1),
        "you forgot the concatenation: after a skip, a block reads [skip, upsampled]. Yours are the numbers of skips=False.",
    ),
    (
        lambda depth, width: [2 * channels for channels in reversed(_widths(depth, width))],
        "the innermost block has no skip: it reads the bottleneck alone. Only the blocks after it read twice as many channels.",
    ),
    (
        lambda depth, width: _reads(_widths(depth, width, first=1)),
        "you are one level off: the first level has `width` channels, not 2 * width. Count the levels from 0 in 2**level.",
    ),
    (
        lambda depth, width: _reads(_widths(depth, width))[::-1],
        "the order is wrong: the decoder begins at the bottleneck, innermost first.",
    ),
    (
        lambda depth, width: [*reversed(_widths(depth, width)[:-1]), 3],
        "these are the channels that each block gives; asked is what it reads.",
    ),
]


@check
def channels(answer: Callable[[int, int], list[int]]) -> str:
    """`answer(depth, width)` lists how many channels each decoder block reads, the innermost block first."""
    cases = [(6, 8), (8, 64), (5, 24), (3, 16)]
    _name_the_rule(lambda depth, width: list(answer(depth, width)), cases, CHANNEL_RULES)
    for depth, width in [*cases, (2, 8), (1, 8)]:
        with torch.device("meta"):  # shapes without numbers: even the paper's generator costs nothing
            generator = Generator(depth=depth, width=width)
        live = [block[1].in_channels for block in [*generator.up, generator.last]]
        if (given := list(answer(depth, width))) != live:
            raise Misconception(f"for depth={depth}, width={width} the live Generator reads {live}, yours says {given}.")
    return "your numbers are those of the live Generator at six sizes, the paper's 8 levels of width 64 among them."


Size = tuple[int, int]
FIT_RULES: list[Rule] = [
    (
        lambda size, depth: all(side % (2 * depth) == 0 for side in size),
        "you divide by 2 * depth. Each level halves what the level before it left: the unit is 2 * 2 * ... = 2**depth.",
    ),
    (lambda size, depth: all(side % 2 ** (depth - 1) == 0 for side in size), "one level off: `depth` levels halve `depth` times."),
    (lambda size, depth: size[0] % 2**depth == 0, "you look at the height only: the width is halved as often. 64 x 40 does not fit."),
    (lambda size, depth: size[1] % 2**depth == 0, "you look at the width only: the height is halved as often. 40 x 64 does not fit."),
    (lambda size, depth: any(side % 2**depth == 0 for side in size), "one fitting side is not enough: both must fit (all, not any)."),
    (
        lambda size, depth: all(side >= 2**depth for side in size),
        "large enough is not enough: three levels leave 5 of 40 px, and the fourth finds no half of an odd side.",
    ),
    (
        lambda size, depth: all(side >= 2**depth and side & (side - 1) == 0 for side in size),
        "a side need not be a power of two: 96 = 3 * 32 fits five levels. It must be a multiple of 2**depth.",
    ),
    (lambda size, depth: size[0] * size[1] % 2**depth == 0, "you divide the number of pixels: each side is halved for itself."),
]


@check
def fits(answer: Callable[[Size, int], bool]) -> str:
    """`answer((height, width), depth)` says whether a picture of this size goes through `depth` levels."""
    sides = (16, 20, 32, 40, 64, 80, 96)
    sizes = [(height, width) for height in sides for width in sides]
    _name_the_rule(lambda size, depth: bool(answer(size, depth)), [(size, depth) for depth in (3, 4, 5) for size in sizes], FIT_RULES)
    for depth in (3, 4, 5):
        generator = Generator(depth=depth, width=1)
        for size in sizes:
            given, live = bool(answer(size, depth)), _takes(generator, size)
            if given != live:
                says = "takes it" if live else "raises"
                raise Misconception(f"{size[0]} x {size[1]} at depth {depth}: you say {given}, but the live Generator {says}.")
    return f"the live Generator takes and refuses as you say in all {3 * len(sizes)} cases."


def _takes(generator: Generator, size: Size) -> bool:
    try:
        generator(torch.zeros(1, 3, *size))
    except ValueError:
        return False
    return True


@check
def mute(answer: Callable[[list[Tensor], int], list[Tensor]]) -> str:
    """`answer(levels, k)` is a new list in which level k (1 = outermost) holds zeros; `levels` stays as it was."""
    for k in (2, 1, 4):
        levels = _numbered_levels()
        before, kept = list(levels), [level.clone() for level in levels]
        given = answer(levels, k)
        _look_at_the_original(levels, before, kept)
        _look_at_the_muted(given, kept, k)
    return "level k is zero, the others are untouched, and so is the list you were given."


def _numbered_levels() -> list[Tensor]:
    return [torch.full((1, 2**number, 64 // 2**number, 64 // 2**number), float(number)) for number in range(1, 6)]


def _look_at_the_original(levels: list[Tensor], before: list[Tensor], kept: list[Tensor]) -> None:
    if len(levels) != len(before) or any(now is not then for now, then in zip(levels, before, strict=True)):
        raise Misconception("you changed the list you were given: whoever called you has lost a level. Build a new list.")
    if any(not torch.equal(level, copy) for level, copy in zip(levels, kept, strict=True)):
        raise Misconception("you wrote into the tensor itself, so the encoder's own level is gone. torch.zeros_like makes a new one.")


def _look_at_the_muted(given: object, levels: list[Tensor], k: int) -> None:
    if not isinstance(given, (list, tuple)):
        raise Misconception(f"asked is a list of {len(levels)} levels, you return {type(given).__name__}.")
    if len(given) != len(levels):
        raise Misconception(f"you return {len(given)} of {len(levels)} levels: a muted level stays in its place, filled with zeros.")
    if any(not isinstance(level, Tensor) or level.shape != right.shape for level, right in zip(given, levels, strict=True)):
        raise Misconception("a level has lost its shape: the zeros need the level's own shape, as torch.zeros_like gives them.")
    changed = [number for number, (level, right) in enumerate(zip(given, levels, strict=True), start=1) if not torch.equal(level, right)]
    if changed != [k] or given[k - 1].any():
        raise Misconception(_name_the_muting(given, changed, k))


def _name_the_muting(given: Sequence[Tensor], changed: list[int], k: int) -> str:
    if not changed:
        return f"nothing is muted: level {k} still holds its values."
    if k not in changed and len(changed) == len(given) - 1:
        return f"you muted every level but {k}: that is a solo, not a mute."
    if changed == [k]:
        return f"level {k} holds {given[k - 1].flatten()[0]:g} now: a level that is muted carries 0, not another constant."
    if changed == [k + 1]:
        return f"you muted level {k + 1} instead of {k}: Python counts from 0, the levels from 1, so level k is levels[k - 1]."
    if changed == [len(given) + 1 - k]:
        return f"you muted level {changed[0]} instead of {k}: you count from the bottleneck; level 1 is the outermost, levels[0]."
    return f"level {k} is to be muted and nothing else, but what changed is {changed}."


class Tracer:
    """Stands in for a block: it writes down what it reads, and hands out a tensor full of its own mark."""

    def __init__(self, name: str, mark: float, log: list[tuple[str, list[float]]]):
        self.name, self.mark, self.log = name, mark, log

    def __call__(self, h: Tensor) -> Tensor:
        # Two channels each: so no shape ever clashes, and a wrong network still shows what it does.
        self.log.append((self.name, h[0, ::2, 0, 0].tolist()))
        return torch.full((1, 2, 1, 1), float(self.mark))


def _trace(unet: Callable[..., Tensor], depth: int) -> list[tuple[str, list[float]]]:
    """What each block of a U-Net read: x is 0, level k is k, and what is upsampled to level k is 100 * k."""
    log: list[tuple[str, list[float]]] = []
    down = [Tracer(f"down {number}", number, log) for number in range(1, depth + 1)]
    up = [Tracer(f"up {number}", 100 * number, log) for number in range(depth - 1, 0, -1)]
    unet(torch.zeros(1, 2, 1, 1), down, up, Tracer("last", -1, log))
    return log


@check
def skips(unet: Callable[..., Tensor]) -> str:
    """`unet(x, down, up, last)` sends x through the encoder's blocks and back up, a skip concatenated at each level."""
    depth = 4
    log = _trace(unet, depth)
    if log[:depth] != [(f"down {number}", [float(number - 1)]) for number in range(1, depth + 1)]:
        raise Misconception(f"the encoder is a plain chain: down[0] reads x, each next block reads the one before it. Yours: {log}.")
    _look_at_the_decoder(log[depth:], depth)
    for depth in (1, 2, 5):
        generator, x = Generator(depth=depth, width=4, dropout=0.0), torch.randn(2, 3, 32, 32)
        if not torch.equal(unet(x, generator.down, generator.up, generator.last), generator(x)):
            raise Misconception(f"at depth {depth} your picture is not the library's: return what `last` makes of [skip 1, upsampled].")
    return "bit by bit the library's picture at depth 1, 2 and 5; every block after the bottleneck reads [skip, upsampled]."


def _look_at_the_decoder(log: list[tuple[str, list[float]]], depth: int) -> None:
    levels = range(depth - 1, 0, -1)
    expected, ran = [*(f"up {level}" for level in levels), "last"], [name for name, _ in log]
    if ran != expected:
        raise Misconception(f"the decoder's blocks run once each, in the order {expected}. Yours ran {ran}.")
    first, *read = [marks for _, marks in log]
    if len(first) > 1:
        raise Misconception("you concatenate before upsampling. Double first: up[0] reads the bottleneck alone.")
    if first != [depth]:
        raise Misconception(f"the first block of `up` reads the bottleneck, level {depth}; yours reads {first}.")
    for wiring, says in WIRINGS:
        if read == [wiring(level, depth) for level in levels]:
            raise Misconception(says)
    if read != [[level, 100 * level] for level in levels]:
        raise Misconception(f"level k should arrive as [k, 100 * k], skip first; after the bottleneck your blocks read {read}.")


WIRINGS: list[tuple[Callable[[int, int], list[float]], str]] = [  # what the block after level `level` reads
    (
        lambda level, depth: [100 * level],
        "no skip arrives: this is the encoder-decoder. Lay the level of the same size beside h: torch.cat([skip, h], dim=1).",
    ),
    (
        lambda level, depth: [100 * level] if level == 1 else [level, 100 * level],
        "the outermost skip is missing: `last` needs level 1 beside what was upsampled, the level with the finest detail.",
    ),
    (lambda level, depth: [100 * level, level], "wrong order: nothing crashes, but kernels meet each other's channels. Skip first."),
    (
        lambda level, depth: [101 * level],
        "you add the skip: the channels do not double, and the next kernel finds half of what it reads. A ResNet adds.",
    ),
    (lambda level, depth: [level], "only the skip arrives: did you concatenate along the batch? Channels are dim=1."),
    (
        lambda level, depth: [depth - level, 100 * level],
        "the skips are not reversed: the decoder begins at the bottleneck, so it needs the innermost skip first, the outermost last.",
    ),
    (
        lambda level, depth: [level + 1, 100 * level],
        "each block gets the level below its own: the bottleneck still stands among your skips. Take it out of the list first.",
    ),
    (
        lambda level, depth: [level - 1, 100 * level],
        "you keep what goes into a block instead of what comes out: the skip of level 1 would be x. Append after calling the block.",
    ),
]
