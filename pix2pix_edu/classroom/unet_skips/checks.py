"""Checks of lesson 03: answers about the U-Net, compared with the live Generator."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from pix2pix_edu.classroom.verdict import Misconception, agrees, check
from pix2pix_edu.generator import Generator

Rule = tuple[Callable[..., object], str]  # what a misconception would return, and its message
Size = tuple[int, int]


def _answers(rules: Sequence[Rule], cases: Sequence[tuple]) -> Iterator[tuple[list, str]]:
    """Yield what each rule returns in all cases, with its message."""
    return (([rule(*case) for case in cases], message) for rule, message in rules)


def _widths(depth: int, width: int, cap: int = 8, first: int = 0) -> list[int]:
    return [width * min(2**level, cap) for level in range(first, first + depth)]


def _reads(widths: list[int], times: int = 2) -> list[int]:
    """Return what decoder blocks read, innermost first, if each but that one reads `times` the channels of its level."""
    return [widths[-1], *(times * channels for channels in reversed(widths[:-1]))]


# fmt: off
CHANNEL_RULES: list[Rule] = [
    (lambda depth, width: _reads(_widths(depth, width, cap=2**depth)),
     "the channels double without end: the library stops at 8 * width. Look at the equal rows of the layer table."),
    (lambda depth, width: _reads(_widths(depth, width), times=1),
     "you forgot the concatenation: after a skip, a block reads [skip, upsampled]. Yours are the numbers of skips=False."),
    (lambda depth, width: [2 * channels for channels in reversed(_widths(depth, width))],
     "the innermost block has no skip: it reads the bottleneck alone. Only the blocks after it read twice as many channels."),
    (lambda depth, width: _reads(_widths(depth, width, first=1)),
     "you are one level off: the first level has `width` channels, not 2 * width. Count the levels from 0 in 2**level."),
    (lambda depth, width: _reads(_widths(depth, width))[::-1],
     "the order is wrong: the decoder begins at the bottleneck, innermost first."),
    (lambda depth, width: [*reversed(_widths(depth, width)[:-1]), 3],
     "these are the channels that each block outputs; return what it reads."),
]

FIT_RULES: list[Rule] = [
    (lambda size, depth: all(side % (2 * depth) == 0 for side in size),
     "you divide by 2 * depth. Each level halves the output of the level before it: the unit is 2 * 2 * ... = 2**depth."),
    (lambda size, depth: all(side % 2 ** (depth - 1) == 0 for side in size),
     "one level off: `depth` levels halve `depth` times."),
    (lambda size, depth: size[0] % 2**depth == 0,
     "you look at the height only: the width is halved as often. 64 x 40 does not fit."),
    (lambda size, depth: size[1] % 2**depth == 0,
     "you look at the width only: the height is halved as often. 40 x 64 does not fit."),
    (lambda size, depth: any(side % 2**depth == 0 for side in size),
     "one fitting side is not enough: both must fit (all, not any)."),
    (lambda size, depth: all(side >= 2**depth for side in size),
     "large enough is not enough: three levels reduce 40 px to 5, and the fourth cannot halve an odd side."),
    (lambda size, depth: all(side >= 2**depth and side & (side - 1) == 0 for side in size),
     "a side need not be a power of two: 96 = 3 * 32 fits five levels. It must be a multiple of 2**depth."),
    (lambda size, depth: size[0] * size[1] % 2**depth == 0,
     "you divide the number of pixels: each side is halved separately."),
]

WIRINGS: list[Rule] = [  # what the block after level `level` reads; level k is k, and what is upsampled to it is 100 * k
    (lambda level, depth: [100 * level],
     "no skip arrives: this is the encoder-decoder. Concatenate the level of the same size with h: torch.cat([skip, h], dim=1)."),
    (lambda level, depth: [100 * level] if level == 1 else [level, 100 * level],
     "the outermost skip is missing: `last` needs level 1, which has the finest detail, beside what was upsampled."),
    (lambda level, depth: [100 * level, level],
     "wrong order: nothing crashes, but kernels meet each other's channels. Skip first."),
    (lambda level, depth: [101 * level],
     "you add the skip: the channels do not double, and the next kernel gets half of what it reads. A ResNet adds."),
    (lambda level, depth: [level],
     "only the skip arrives: did you concatenate along the batch? Channels are dim=1."),
    (lambda level, depth: [depth - level, 100 * level],
     "the skips are not reversed: the decoder begins at the bottleneck, so it needs the innermost skip first, the outermost last."),
    (lambda level, depth: [level + 1, 100 * level],
     "each block gets the level below its own: the bottleneck is still among your skips. Take it out of the list first."),
    (lambda level, depth: [level - 1, 100 * level],
     "you keep the input of a block instead of its output: the skip of level 1 would be x. Append after calling the block."),
]
# fmt: on


@check
def channels(answer: Callable[[int, int], list[int]]) -> str:
    """Check a function of (depth, width) that lists how many channels each decoder block reads, innermost block first."""
    cases = [(6, 8), (8, 64), (5, 24), (3, 16)]
    agrees([list(answer(*case)) for case in cases], [_live_channels(*case) for case in cases], _answers(CHANNEL_RULES, cases))
    for depth, width in [*cases, (2, 8), (1, 8)]:
        given, live = list(answer(depth, width)), _live_channels(depth, width)
        if given != live:
            raise Misconception(f"for depth={depth}, width={width} the live Generator reads {live}, but you return {given}.")
    return "your numbers are those of the live Generator at six sizes, the paper's 8 levels of width 64 among them."


def _live_channels(depth: int, width: int) -> list[int]:
    with torch.device("meta"):  # shapes without numbers, so that the paper's generator costs nothing either
        generator = Generator(depth=depth, width=width)
    return [block[1].in_channels for block in [*generator.up, generator.last]]


@check
def fits(answer: Callable[[Size, int], bool]) -> str:
    """Check a function of ((height, width), depth) that returns whether such a picture fits `depth` levels."""
    sides, generators = (16, 20, 32, 40, 64, 80, 96), {depth: Generator(depth=depth, width=1) for depth in (3, 4, 5)}
    cases = [((height, width), depth) for depth in generators for height in sides for width in sides]
    given, live = [bool(answer(*case)) for case in cases], [_takes(generators[depth], size) for size, depth in cases]
    if not agrees(given, live, _answers(FIT_RULES, cases)):
        (size, depth), yours, taken = next(row for row in zip(cases, given, live, strict=True) if row[1] != row[2])
        does = "takes it" if taken else "raises"
        raise Misconception(f"{size[0]} x {size[1]} at depth {depth}: you return {yours}, but the live Generator {does}.")
    return f"the live Generator accepts and refuses as you predict in all {len(cases)} cases."


def _takes(generator: Generator, size: Size) -> bool:
    try:
        generator(torch.zeros(1, 3, *size))
    except ValueError:
        return False
    return True


@check
def zero_level(answer: Callable[[list[Tensor], int], list[Tensor]]) -> str:
    """Check a function of (levels, k) that returns a new list in which level k (1 = outermost) holds zeros."""
    for k in (2, 1, 4):
        levels = [torch.full((1, 2**number, 64 // 2**number, 64 // 2**number), float(number)) for number in range(1, 6)]
        before, copies = list(levels), [level.clone() for level in levels]
        given = answer(levels, k)
        if len(levels) != len(before) or any(now is not then for now, then in zip(levels, before, strict=True)):
            raise Misconception("you changed the list that was passed in, so its owner has lost a level. Build a new list.")
        if not all(map(torch.equal, levels, copies)):
            raise Misconception("you wrote into the tensor itself, so the encoder's own level is gone. torch.zeros_like makes a new one.")
        _check_zeroed(given, copies, k)
    return "level k is zero, the others are unchanged, and so is the list that was passed in."


def _check_zeroed(given: object, levels: list[Tensor], k: int) -> None:
    if not isinstance(given, (list, tuple)):
        raise Misconception(f"return a list of {len(levels)} levels; you return {type(given).__name__}.")
    if len(given) != len(levels):
        raise Misconception(f"you return {len(given)} of {len(levels)} levels: level {k} keeps its place in the list, filled with zeros.")
    if any(not isinstance(level, Tensor) or level.shape != right.shape for level, right in zip(given, levels, strict=True)):
        raise Misconception("a level has lost its shape: the zeros need the shape of the level, which torch.zeros_like gives them.")
    numbers = range(1, len(levels) + 1)
    from_the_end = len(levels) + 1 - k
    wrongs = [
        ([], f"no level has changed: level {k} still holds its values."),
        ([number for number in numbers if number != k], f"you changed every level but {k}: set that one to zero and keep the others."),
        ([k + 1], f"you changed level {k + 1} instead of {k}: Python counts from 0, the levels from 1, so level k is levels[k - 1]."),
        ([from_the_end], f"you changed level {from_the_end} instead of {k}: count from the outermost, levels[0], not from the bottleneck."),
    ]
    changed = [number for number in numbers if not torch.equal(given[number - 1], levels[number - 1])]
    if not agrees(changed, [k], wrongs):
        raise Misconception(f"set level {k} to zero and nothing else; these have changed: {changed}.")
    if given[k - 1].any():
        raise Misconception(f"level {k} holds {given[k - 1].flatten()[0]:g} now: it should hold 0, not another constant.")


class Tracer:
    """A block that logs what it reads, and returns a tensor filled with its own mark."""

    def __init__(self, name: str, mark: float, log: list[tuple[str, list[float]]]):
        self.name, self.mark, self.log = name, mark, log

    def __call__(self, h: Tensor) -> Tensor:
        self.log.append((self.name, h[0, ::2, 0, 0].tolist()))
        return torch.full((1, 2, 1, 1), float(self.mark))  # always two channels, so that a wrong network raises no shape error


def _trace(unet: Callable[..., Tensor], depth: int) -> list[tuple[str, list[float]]]:
    """Return what each block of a U-Net reads: x is 0, level k is k, and what is upsampled to level k is 100 * k."""
    log: list[tuple[str, list[float]]] = []
    down = [Tracer(f"down {number}", number, log) for number in range(1, depth + 1)]
    up = [Tracer(f"up {number}", 100 * number, log) for number in range(depth - 1, 0, -1)]
    unet(torch.zeros(1, 2, 1, 1), down, up, Tracer("last", -1, log))
    return log


@check
def skips(unet: Callable[..., Tensor]) -> str:
    """Check a function of (x, down, up, last): x goes through the encoder's blocks and back up, with a skip at each level."""
    depth = 4
    log = _trace(unet, depth)
    if log[:depth] != [(f"down {number}", [float(number - 1)]) for number in range(1, depth + 1)]:
        raise Misconception(f"the encoder is a plain chain: down[0] reads x, each next block reads the one before it. Yours: {log}.")
    _check_decoder(log[depth:], depth)
    for depth in (1, 2, 5):
        generator, x = Generator(depth=depth, width=4, dropout=0.0), torch.randn(2, 3, 32, 32)
        if not torch.equal(unet(x, generator.down, generator.up, generator.last), generator(x)):
            raise Misconception(f"at depth {depth} your picture is not the library's: return the output of `last` for [skip 1, upsampled].")
    return "bit by bit the library's picture at depth 1, 2 and 5; every block after the bottleneck reads [skip, upsampled]."


def _check_decoder(log: list[tuple[str, list[float]]], depth: int) -> None:
    levels = range(depth - 1, 0, -1)
    expected, ran = [*(f"up {level}" for level in levels), "last"], [name for name, _ in log]
    if ran != expected:
        raise Misconception(f"the decoder's blocks run once each, in the order {expected}. Yours ran {ran}.")
    first, *read = [marks for _, marks in log]
    if len(first) > 1:
        raise Misconception("you concatenate before upsampling. Double first: up[0] reads the bottleneck alone.")
    if first != [depth]:
        raise Misconception(f"the first block of `up` reads the bottleneck, level {depth}; yours reads {first}.")
    if not agrees(read, [[level, 100 * level] for level in levels], _answers(WIRINGS, [(level, depth) for level in levels])):
        raise Misconception(f"level k should arrive as [k, 100 * k], skip first; after the bottleneck your blocks read {read}.")
