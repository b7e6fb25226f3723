"""Explorable skips: set levels to zero, move a thin line, change the seed of the dropout."""

from collections.abc import Iterable, Mapping, Sequence

import ipywidgets
import torch
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom import explorer
from pix2pix_edu.classroom.unet_skips.figures import difference_picture, draw_strip, level_name
from pix2pix_edu.drawing.classes import CLASS_COLOURS
from pix2pix_edu.generator import Generator
from pix2pix_edu.random_numbers import own_random_numbers


def decode_kept(generator: Generator, levels: Sequence[Tensor], kept: Iterable[int] | None = None, seed: int = 0) -> Tensor:
    """Return the fake with every level that is not in `kept` (1 = outermost; None: all) set to zero, and dropout from this seed."""
    kept = range(1, len(levels) + 1) if kept is None else kept
    levels = [level if number in kept else torch.zeros_like(level) for number, level in enumerate(levels, start=1)]
    with torch.no_grad(), own_random_numbers(seed):
        return generator.decode(levels)


def passage(generator: Generator, x: Tensor) -> list[Tensor]:
    """Return x, every level of the encoder, and the fake with dropout from seed 0."""
    with torch.no_grad():
        levels = generator.encode(x)
    return [x, *levels, decode_kept(generator, levels)]


def draw_skips(generator: Generator, x: Tensor, kept: Sequence[int]) -> tuple[Figure, str]:
    """Draw input | fake from all levels | fake from the kept ones only | difference, for one picture x (1, 3, height, width)."""
    _, *levels, full = passage(generator, x)
    part = decode_kept(generator, levels, kept)
    zeroed = [level_name(number, generator.depth) for number in range(1, generator.depth + 1) if number not in kept]
    pictures = {
        "input x": x[0],
        "all levels": full[0],
        f"{len(zeroed)} of {generator.depth} levels zero": part[0],
        "difference": difference_picture(full[0], part[0]),
    }
    change = (full - part).abs().mean().item()
    return draw_strip(pictures), f"Set to zero: {', '.join(zeroed) or 'none'}. L1 between the two pictures: {change:.3f}."


def with_line(x: Tensor, column: int, thickness: int = 1) -> Tensor:
    """Return the label map x (1, 3, height, width) with a vertical line of moulding in its middle third."""
    height = x.shape[-2]
    colour = torch.tensor(CLASS_COLOURS["molding"], dtype=x.dtype) / 127.5 - 1.0
    x = x.clone()
    x[..., height // 3 : 2 * height // 3, column : column + thickness] = colour[:, None, None]
    return x


def relative_changes(before: Sequence[Tensor], after: Sequence[Tensor]) -> list[float]:
    """Return |after - before| / |before| for each pair of tensors."""
    return [((moved - still).norm() / still.norm()).item() for still, moved in zip(before, after, strict=True)]


def mean_changes(network: Generator, xs: Tensor, columns: Iterable[int]) -> list[float]:
    """How much x, each level and G(x) change when a line moves by one pixel: means over inputs and columns."""
    changes = []
    for x in xs:
        for column in columns:
            before, after = (passage(network, with_line(x[None], place)) for place in (column, column + 1))
            changes.append(relative_changes(before, after))
    return torch.tensor(changes).mean(dim=0).tolist()


def draw_moved_line(networks: Mapping[str, Generator], x: Tensor, column: int, shift: int = 1, thickness: int = 1) -> tuple[Figure, str]:
    """Draw how much x, and in each network every level and G(x), change when a line moves by `shift` pixels."""
    moves, xs = {}, [with_line(x, where, thickness) for where in (column, column + shift)]
    pictures = {"x": xs[0][0], "x, the line moved": xs[1][0]}
    for name, network in networks.items():
        before, after = (passage(network, each) for each in xs)
        moves[name] = relative_changes(before, after)
        pictures[f"G(x) changes, {name}"] = difference_picture(before[-1][0], after[-1][0])
    (change,) = relative_changes(xs[:1], xs[1:])
    moved = "; ".join(f"{name}: bottleneck {move[-2]:.1%}, G(x) {move[-1]:.1%}" for name, move in moves.items())
    return draw_strip(pictures, moves), f"A line {thickness} px wide moves by {shift} px. Change of x: {change:.1%}. {moved}."


def explore_moved_line(networks: Mapping[str, Generator], x: Tensor) -> ipywidgets.VBox:
    """Choose the column of the line, how thick it is and how far it moves."""
    return explorer.explore(
        lambda **values: draw_moved_line(networks, x, **values),
        column=explorer.number("Column", 0, x.shape[-1] - 16, x.shape[-1] // 2 - 2),
        thickness=explorer.choice("Thickness", [1, 2, 4, 8], 1),
        shift=explorer.choice("Moved by", [1, 2, 4, 8], 1),
    )


def draw_two_rolls(generator: Generator, x: Tensor, first: int = 0, second: int = 1) -> tuple[Figure, str]:
    """Draw two fakes of the same x, with dropout from two seeds, and their difference."""
    _, *levels, _ = passage(generator, x)
    one, other = (decode_kept(generator, levels, seed=seed)[0] for seed in (first, second))
    pictures = {"input x": x[0], f"fake, seed {first}": one, f"fake, seed {second} ": other}  # the space: two keys for equal seeds
    pictures["difference"] = difference_picture(one, other)
    difference = (one - other).abs().mean(dim=0)
    alt = f"Dropout from seed {first} and from seed {second}: mean difference {difference.mean():.3f}, largest {difference.max():.2f}."
    return draw_strip(pictures), alt


def explore_two_rolls(generator: Generator, x: Tensor) -> ipywidgets.VBox:
    """Choose the seeds of two fakes."""
    return explorer.explore(
        lambda **seeds: draw_two_rolls(generator, x, **seeds),
        first=explorer.number("First seed", 0, 999, 0),
        second=explorer.number("Second seed", 0, 999, 1),
    )
