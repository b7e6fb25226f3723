"""Figures of the game: how often people were fooled, and a sheet of pairs to play on paper."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.display import COLOURS, draw_picture, new_figure

GUESSING = 50.0  # percent


def draw_fooled(rows: Mapping[str, tuple[float, float, float]], elsewhere: Mapping[str, float]) -> Figure:
    """Draw each model's percentage fooled as a dot in its interval (percent, low, high), and that found elsewhere as a hollow diamond."""
    figure, (axes,) = new_figure(7.6, 0.42 * len(rows) + 1.25)
    for row, (name, (percent, low, high)) in enumerate(rows.items()):
        axes.plot([low, high], [row, row], color=COLOURS["fake"], linewidth=5, alpha=0.4, solid_capstyle="butt", clip_on=False)
        axes.plot(percent, row, "o", color=COLOURS["fake"], markersize=7, clip_on=False, zorder=3, label="here" if row == 0 else None)
        if name in elsewhere:
            style = {"color": COLOURS["D"], "markerfacecolor": "none", "markersize": 9, "clip_on": False, "zorder": 4}
            axes.plot(elsewhere[name], row, "D", label="the paper, other pictures", **style)
    axes.axvline(GUESSING, color="black", linestyle="--", linewidth=1, label="guessing: 50%")
    axes.set(xlim=(0, 100), ylim=(len(rows) - 0.5, -0.5), xlabel="trials in which the fake was taken for the real picture (%)")
    axes.set_yticks(range(len(rows)), rows)
    axes.spines[["top", "right"]].set_visible(False)
    named = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))  # each name once
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=3, fontsize=8)
    return figure


def draw_sheet(pairs: Sequence[tuple[Tensor, Tensor]]) -> Figure:
    """Draw numbered pairs of a left and a right picture, two pairs per row."""
    figure, panels = new_figure(8.2, 2.2 * -(-len(pairs) // 2), rows=-(-len(pairs) // 2), columns=4)
    for axes in panels:
        axes.set_axis_off()
    for number, pair in enumerate(pairs):
        for side, picture, axes in zip(("left", "right"), pair, panels[2 * number :], strict=False):
            draw_picture(axes, picture, f"{number + 1}, {side}")
    return figure
