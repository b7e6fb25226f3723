"""Figures of lesson 06: durations, 16 bits beside 32, learning rates and their effect, the curves of recorded runs."""

from collections.abc import Mapping, Sequence

import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.display import COLOURS, LINE_COLOURS, new_figure
from pix2pix_edu.objective import CHANCE

UNITS = {"day": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3}
MARKS = {"1 s": 1.0, "1 min": 60.0, "1 h": 3600.0, "1 day": 86400.0}  # on the logarithmic axis
START, END = 0.1, 30 * UNITS["day"]  # of that axis


def duration(seconds: float) -> str:
    """Return a time in words, in the largest unit that fits into it."""
    name, length = next(((name, length) for name, length in UNITS.items() if seconds >= length), ("ms", 1e-3))
    return f"{seconds / length:.3g} {name}{'s' if name == 'day' and seconds >= 1.005 * length else ''}"


def draw_durations(seconds: Mapping[str, float], notes: Mapping[str, str] | None = None) -> Figure:
    """Draw how long the same work takes in several ways, on a logarithmic axis, with a note beside some of the times."""
    height = 0.42 * len(seconds) + 0.65
    figure, (axes,) = new_figure(8.2, height)
    figure.set_layout_engine("none")  # fixed positions are faster, and this figure is redrawn at each click
    axes.set_position((0.17, 0.55 / height, 0.81, 1 - 0.6 / height))
    for row, (name, value) in enumerate(seconds.items()):
        axes.barh(row, max(value - START, 0.0), left=START, height=0.6, color=COLOURS["y" if "floor" in name else "fake"])
        text = ", ".join(filter(None, [duration(value), (notes or {}).get(name, "")]))
        inside = value > UNITS["h"]  # otherwise a long note would leave the figure
        style = {"ha": "right", "color": "white"} if inside else {"ha": "left", "color": "black"}
        axes.text(value, row, f" {text} ", va="center", fontsize=9, **style)
    axes.set(xscale="log", xlim=(START, END), xlabel="time (logarithmic)")
    axes.set_xticks(list(MARKS.values()), list(MARKS), minor=False)
    axes.set_xticks([], minor=True)
    axes.set_yticks(range(len(seconds)), seconds)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw_precisions(full: Sequence[Tensor], reduced: Sequence[Tensor]) -> Figure:
    """Draw D's loss and L1 of runs in 32 bits and in 16, each a table (steps, 3), one line per seed, as means of five steps."""
    figure, panels = new_figure(8.6, 2.8, columns=2)
    for axes, column, label in ((panels[0], 0, "D's loss (nats per patch)"), (panels[1], 2, "L1 (images in [-1, 1])")):
        for tables, colour, name in ((full, COLOURS["D"], "32 bits"), (reduced, COLOURS["fake"], "16 bits")):
            for seed, table in enumerate(tables):
                means = F.avg_pool1d(table[None, :, column], 5, stride=1)[0]
                axes.plot(range(5, len(table) + 1), means, color=colour, alpha=0.7, label=name if seed == 0 else None)
        axes.set(xlabel="step", ylabel=f"{label},\nmean of 5 steps")
    panels[0].axhline(CHANCE, color="grey", linestyle=":")
    panels[1].legend(fontsize=8)
    return figure


def draw_movement(movements: Mapping[str, Sequence[float]], start: int) -> Figure:
    """Draw how much each step changes the fakes, for several schedules whose decay begins at `start`."""
    figure, (axes,) = new_figure(7.5, 2.7)
    for (name, values), colour in zip(movements.items(), LINE_COLOURS, strict=False):
        axes.plot(range(1, len(values) + 1), values, color=colour, label=name)
    axes.axvline(start, color="grey", linestyle=":")
    axes.set(xlabel="step", ylabel="mean change of a pixel\n(images in [-1, 1])", ylim=(0, None))
    axes.legend(fontsize=8)
    return figure


def draw_records(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """Draw the loss curves of several recorded runs, each over the share of its own length."""
    figure, panels = new_figure(9.5, 2.9, columns=3)
    for axes, column, label in zip(panels, ("discriminator", "adversarial", "l1"), ("D's loss", "G's adversarial loss", "L1"), strict=True):
        for (name, curve), colour in zip(curves.items(), LINE_COLOURS * len(curves), strict=False):
            shares = [100 * step / curve["step"][-1] for step in curve["step"]]
            axes.plot(shares, curve[column], color=colour, linewidth=1.0, label=name)
        highest = max(max(curve[column]) for curve in curves.values())
        axes.set(xlabel="share of the run (%)", ylabel=label, ylim=(0, 1.1 * highest))
    for axes in panels[:2]:
        axes.axhline(CHANCE, color="grey", linestyle=":")
    panels[2].legend(fontsize=7)
    return figure
