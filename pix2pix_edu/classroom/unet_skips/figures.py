"""Figures of what an encoder keeps and what each skip carries."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from pix2pix_edu.classroom.display import COLOURS, draw_picture, draw_pictures, new_figure
from pix2pix_edu.images import to_image

NETWORK_COLOURS = ("#B0B0B0", "#303030")  # no skips, skips; neither is the colour of a role


def draw_rows(rows: Sequence[Sequence[Tensor]], titles: Sequence[str]) -> Figure:
    """Draw rows of pictures (3, height, width), with a title above each column."""
    return draw_pictures({title: torch.stack(column) for title, column in zip(titles, zip(*rows, strict=True), strict=True)})


def draw_levels(x: Tensor, levels: Sequence[Tensor]) -> Figure:
    """Draw a picture x (3, height, width) and the mean absolute value of each level (channels, rows, columns) of its encoder."""
    figure, axes = new_figure(1.6 * (len(levels) + 1), 2.15, columns=len(levels) + 1)
    draw_picture(axes[0], x, f"x\n{_shape(x)}\n{x.numel():,} numbers")
    for number, (level, ax) in enumerate(zip(levels, axes[1:], strict=True), start=1):
        ax.imshow(level.abs().mean(dim=0).numpy(), cmap="cividis", interpolation="nearest")
        ax.set_title(f"{level_name(number, len(levels))}\n{_shape(level)}\n{level.numel():,} numbers", fontsize=9)
        ax.set_axis_off()
    axes[0].title.set_fontsize(9)
    return figure


def draw_maps(maps: Mapping[str, Tensor]) -> Figure:
    """Draw named maps (rows, columns) side by side, each pixel as a square with its own scale of greys, and write whole numbers into it."""
    figure, axes = new_figure(2.1 * len(maps), 2.4, columns=len(maps))
    for (name, values), place in zip(maps.items(), axes, strict=True):
        middle = values.mean()
        reach = max((values - middle).abs().max().item(), 1e-6)  # a flat map is grey, not its rounding errors
        place.imshow(((values - middle) / reach).numpy(), cmap="Greys", vmin=-1.6, vmax=1.6, interpolation="nearest")
        if torch.equal(values, values.round()):
            for row, column in torch.cartesian_prod(*map(torch.arange, values.shape)).tolist():
                place.text(column, row, f"{values[row, column]:.0f}", ha="center", va="center", fontsize=7)
        place.set_title(name, fontsize=9)
        place.set_axis_off()
    return figure


def level_name(number: int, depth: int) -> str:
    """Return "level" with its number, or "bottleneck" for the last."""
    return "bottleneck" if number == depth else f"level {number}"


def draw_strip(pictures: Mapping[str, Tensor], changes: Mapping[str, Sequence[float]] | None = None) -> Figure:
    """Draw pictures (3, height, width) side by side, as a single image because a widget redraws that faster.

    `changes` are drawn beside them: how much x, each level and the fake change, one bar per network.
    """
    figure, (axes,) = new_figure(8.4, 2.3)
    figure.set_layout_engine("none")  # computing the layout would take longer than the drawing
    axes.set_position((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    height, width = next(iter(pictures.values())).shape[-2:]
    gap = torch.ones(3, height, max(1, width // 20))
    strip = torch.cat([part for picture in pictures.values() for part in (picture, gap)][:-1], dim=2)
    axes.imshow(to_image(strip), interpolation="nearest")
    for number, title in enumerate(pictures):
        left = number * (width + gap.shape[2])
        axes.add_patch(Rectangle((left - 0.5, -0.5), width, height, fill=False, edgecolor="grey", linewidth=0.5))
        axes.text(left + width / 2, -0.03 * height, title, ha="center", va="bottom", fontsize=9)
    right = strip.shape[-1]
    if changes:
        _draw_changes(axes, changes, right + 0.08 * height, height)
        right += 1.4 * height
    axes.set(xlim=(-1, right), ylim=(height, -0.12 * height))
    scale = max(1, round(220 / height)) / 100  # a whole number of screen pixels per pixel
    figure.set_size_inches(scale * (right + 1), scale * 1.12 * height)
    return figure


def difference_picture(one: Tensor, other: Tensor) -> Tensor:
    """Return where two pictures (3, height, width) differ: white where they agree, black from a quarter of the range up."""
    difference = (one - other).abs().mean(dim=0, keepdim=True)
    return (1.0 - 4.0 * difference).clamp(-1.0, 1.0).expand(3, -1, -1)


def _draw_changes(axes: Axes, changes: Mapping[str, Sequence[float]], left: float, height: float) -> None:
    """Draw the bars on the axes of the strip: their own axes, with ticks, would double the drawing time."""
    names = ["x", *(str(number) for number in range(1, len(next(iter(changes.values()))) - 1)), "G(x)"]
    highest = max(max(values) for values in changes.values()) or 1.0
    room, floor = 1.3 * height / len(names), 0.9 * height
    for place, ((network, values), colour) in enumerate(zip(changes.items(), NETWORK_COLOURS, strict=False)):
        centres = [left + room * (index + 0.3 + 0.4 * place) for index in range(len(values))]
        tops = [floor - 0.66 * height * value / highest for value in values]
        axes.bar(centres, [floor - top for top in tops], width=0.36 * room, bottom=tops, color=colour)
        for index in (0, -2, -1):
            axes.text(centres[index], tops[index] - 0.01 * height, f"{100 * values[index]:.0f}", ha="center", va="bottom", fontsize=7)
        top = height * (0.02 + 0.08 * place)
        axes.text(left + 1.3 * height, top, network, color=colour, ha="right", va="top", fontsize=9, weight="bold")
    for index, name in enumerate(names):
        axes.text(left + room * (index + 0.5), 0.92 * height, name, ha="center", va="top", fontsize=8)
    axes.text(left + 0.65 * height, -0.03 * height, "change in % of its size", ha="center", va="bottom", fontsize=9)


def draw_spread(photos: Tensor, fakes: Tensor) -> Figure:
    """Draw photographs of one label map above, fakes of it below, and on the right how much each pixel varies."""
    figure, axes = new_figure(8.4, 4.4, rows=2, columns=4)
    for row, (pictures, name) in enumerate(((photos, "photograph"), (fakes, "fake"))):
        for column in range(3):
            draw_picture(axes[4 * row + column], pictures[column], f"{name} {column + 1}")
        spread = pictures.std(dim=0).mean(dim=0)
        image = axes[4 * row + 3].imshow(spread.numpy(), cmap="cividis", vmin=0.0, vmax=0.7, interpolation="nearest")
        axes[4 * row + 3].set_title(f"spread of {len(pictures)} {name}s\nmean {spread.mean():.3f}", fontsize=9)
        axes[4 * row + 3].set_axis_off()
    figure.colorbar(image, ax=axes, shrink=0.6, label="standard deviation (of [-1, 1])")
    return figure


def draw_network(generator: nn.Module, x: Tensor) -> Figure:
    """Draw the live generator as a U: the output of each block, and what each skip concatenates."""
    levels = generator.encode(x)
    figure, (axes,) = new_figure(8.4, 0.62 * len(levels) + 0.9)
    left = [*((0.55 * number, -number) for number in range(len(levels))), (5, -len(levels))]
    right = [(10 - across, down) for across, down in left[:-1]]
    for path, colour in ((left, COLOURS["x"]), ([left[-1], *reversed(right)], COLOURS["fake"])):
        for start, end in zip(path, path[1:], strict=False):
            axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": colour, "shrinkA": 9, "shrinkB": 9})
    _box(axes, *left[0], f"x: {_shape(x[0])}", "#404040")
    _box(axes, *right[0], f"G(x): {generator.last[1].out_channels} x {x.shape[2]} x {x.shape[3]}", "#404040")
    for number, level in enumerate(levels, start=1):
        _box(axes, *left[number], _shape(level[0]), COLOURS["x"])
        if number < len(levels):
            _draw_skip(axes, left[number], right[number], level[0], number if generator.skips else 0)
    axes.text(left[-1][0], left[-1][1] - 0.45, "bottleneck", ha="center", va="center", fontsize=8)
    axes.set(xlim=(-1.1, 11.1), ylim=(-len(levels) - 0.7, 0.5))
    axes.set_axis_off()
    return figure


def _draw_skip(axes: Axes, start: tuple[float, float], end: tuple[float, float], level: Tensor, number: int) -> None:
    channels, rows, columns = level.shape
    _box(axes, *end, f"({channels} + {channels}) x {rows} x {columns}" if number else _shape(level), COLOURS["fake"])
    if number:
        axes.annotate("", (end[0] - 1.0, end[1]), (start[0] + 0.8, start[1]), arrowprops={"arrowstyle": "->", "color": COLOURS["y"]})
        axes.text(5, start[1] + 0.1, f"skip {number}: {channels} channels", ha="center", fontsize=8, color=COLOURS["y"])


def _box(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    axes.text(x, y, text, ha="center", va="center", fontsize=8, bbox={"boxstyle": "round", "facecolor": "white", "edgecolor": colour})


def _shape(tensor: Tensor) -> str:
    return " x ".join(str(side) for side in tensor.shape)
