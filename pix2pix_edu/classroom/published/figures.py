"""Figures of lesson 08: the patch claimed and the patch counted, the range of a loss, results with their spread."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from pix2pix_edu.classroom.display import COLOURS, draw_picture, new_figure
from pix2pix_edu.receptive_field import Conv, input_span, output_size, receptive_field

SCORES = torch.linspace(-8, 8, 49)  # outputs of D's last convolution
YARDSTICK_LINES = {"real_photos": "-", "median_colours": "--", "labels_of_another": ":"}


class LossRange(NamedTuple):
    """The limits of the losses: D's lowest, G's lowest and G's highest."""

    discriminator_floor: float
    generator_floor: float
    generator_ceiling: float


def draw_maps(maps: Mapping[str, Tensor]) -> Figure:
    """Draw the output of each D for one pair as a grey map, with its size and its range."""
    figure, panels = new_figure(1.9 * len(maps), 2.3, columns=len(maps))
    for axes, (name, values) in zip(panels, maps.items(), strict=True):
        values = values.detach().reshape(values.shape[-2:])
        axes.imshow(values.numpy(), cmap="gray", interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        axes.set_title(f"{name}\n{values.shape[0]} x {values.shape[1]}: {values.min():.2f} to {values.max():.2f}", fontsize=8)
    return figure


def draw_claims(image: Tensor, claims: Mapping[str, tuple[Sequence[Conv], int]]) -> Figure:
    """Draw the picture once for each D, with the claimed patch dashed and the patch that one value sees in yellow."""
    figure, panels = new_figure(1.6 * len(claims), 2.0, columns=len(claims))
    for axes, (name, (convs, meant)) in zip(panels, claims.items(), strict=True):
        draw_squares(axes, image, convs, meant)
        axes.set_title(f"{name}\nmeant {meant}, counted {receptive_field(convs)}", fontsize=8)
    return figure


def draw_squares(axes: Axes, image: Tensor, convs: Sequence[Conv], meant: int) -> None:
    """Draw the patch of the value in the middle of the map, and the claimed one around the same centre."""
    size = image.shape[-1]
    draw_picture(axes, image)
    middle = input_span(convs, output_size(convs, size) // 2)
    centre = sum(middle) / 2
    for (first, after_last), style in (
        (middle, {"edgecolor": "black", "linewidth": 3.6}),
        (middle, {"edgecolor": COLOURS["patch"], "linewidth": 1.8}),
        ((centre - meant / 2, centre + meant / 2), {"edgecolor": "white", "linewidth": 1.4, "linestyle": (0, (3, 2))}),
    ):
        axes.add_patch(Rectangle((first - 0.5, first - 0.5), after_last - first, after_last - first, facecolor="none", **style))
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5))


def draw_system(name: str, image: Tensor, convs: Sequence[Conv], side: int, meant: int, paid: Tensor, limits: LossRange) -> Figure:
    """Draw both patches on the picture, the map as a grid of `side` values, and `paid`: G's loss for each of SCORES."""
    figure, (picture, cells, loss) = new_figure(7.6, 2.6, columns=3)
    figure.set_layout_engine("none")  # fixed positions are a third faster, and this figure is redrawn at each click
    for axes, place in ((picture, (0.01, 0.03, 0.3, 0.81)), (cells, (0.34, 0.03, 0.3, 0.81)), (loss, (0.7, 0.17, 0.29, 0.67))):
        axes.set_position(place)
    draw_squares(picture, image, convs, meant)
    picture.set_title(f"meant {meant} (dashed), counted {receptive_field(convs)}", fontsize=9, y=1.0)
    cells.imshow(torch.arange(side)[:, None].add(torch.arange(side)).remainder(2).numpy(), cmap="Greys", vmin=-1, vmax=2)
    cells.set(xticks=[], yticks=[])
    cells.set_axis_off()
    cells.set_title(f"{name}\n{side} x {side} values", fontsize=9, y=1.0)
    loss.plot(SCORES, paid, color=COLOURS["fake"], linewidth=2)
    for limit in limits[1:]:
        loss.axhline(limit, color="grey", linestyle=":")
    loss.set_title(f"G pays {range_in_words(limits)}", fontsize=9, y=1.0)
    low, high = min(0.0, float(paid.min())), max(1.0, float(paid.max()))
    loss.set(xlabel="score of D's last convolution", ylim=(low - 0.1, high + 0.1), xticks=[-8, 0, 8])
    ticks = sorted({low, 0.0, high})  # few: each one costs time
    loss.set_yticks(ticks, [f"{tick:.0f}" for tick in ticks])
    return figure


def range_in_words(limits: LossRange) -> str:
    """Return the range of G's loss in words; a limit beyond +-50 counts as none."""
    _, low, high = limits
    if low < -50:
        return "anything, below 0 too"
    return f"{low:.3f} to {high:.3f}" if high < 50 else f"{low:.3f} or more, without end"


def draw_results(
    results: Mapping[str, Mapping[str, Sequence[float]]], yardsticks: Mapping[str, Mapping[str, float]], best: Mapping[str, float]
) -> Figure:
    """Draw a panel per measure: a dot per seed, a stroke at the mean, a bar of mean +- sd; yardsticks and the best value as lines."""
    measures = list(next(iter(results.values())))
    figure, panels = new_figure(2.2 * len(measures) + 1.2, 0.34 * len(results) + 1.1, columns=len(measures))
    for axes, measure in zip(panels, measures, strict=True):
        for row, values in enumerate(results.values()):
            _draw_spread(axes, row, torch.tensor(values[measure], dtype=torch.float64))
        for name, value in yardsticks.get(measure, {}).items():
            axes.axvline(value, color=COLOURS["y"], linestyle=YARDSTICK_LINES[name], linewidth=1, label=name.replace("_", " "))
        if measure in best:
            axes.axvline(best[measure], color=COLOURS["y"], linewidth=1)
        axes.set_title(measure, fontsize=9)
        axes.set_yticks(range(len(results)), results if axes is panels[0] else [])
        axes.set_ylim(len(results) - 0.5, -0.5)
        axes.tick_params(labelsize=8)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8)
    return figure


def _draw_spread(axes: Axes, row: int, values: Tensor) -> None:
    mean, spread = values.mean(), values.std() if len(values) > 1 else torch.zeros(())
    axes.plot([mean - spread, mean + spread], [row, row], color=COLOURS["fake"], linewidth=5, alpha=0.35)
    axes.plot(mean, row, "|", color="black", markersize=10)
    axes.plot(values, [row] * len(values), "o", color=COLOURS["fake"], markersize=4)
