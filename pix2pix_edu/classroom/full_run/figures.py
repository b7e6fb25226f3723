"""Figures of the full run: how long it takes where, fewer bits, the learning rate, what becomes of it, how runs compare."""

from collections.abc import Mapping, Sequence

import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pix2pix_edu.classroom.display import COLOURS, new_figure
from pix2pix_edu.objective import CHANCE

UNITS = {"day": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3}
LINES = (COLOURS["D"], COLOURS["fake"], COLOURS["y"], COLOURS["x"], COLOURS["L1"], "#777777")
MARKS = {"1 s": 1.0, "1 min": 60.0, "1 h": 3600.0, "1 day": 86400.0}  # of the logarithmic axis
START, END = 0.1, 30 * UNITS["day"]  # of that axis


def duration(seconds: float) -> str:
    """A time in words, in the largest unit of which it holds one."""
    name, length = next(((name, length) for name, length in UNITS.items() if seconds >= length), ("ms", 1e-3))
    return f"{seconds / length:.3g} {name}{'s' if name == 'day' and seconds >= 1.005 * length else ''}"


def draw_durations(seconds: Mapping[str, float], notes: Mapping[str, str] | None = None) -> Figure:
    """How long the same work takes in several ways, on a logarithmic axis; a note stands beside its time."""
    height = 0.42 * len(seconds) + 0.65
    figure, (axes,) = new_figure(8.2, height)
    figure.set_layout_engine("none")  # places by hand: faster, and this figure answers a click
    axes.set_position((0.17, 0.55 / height, 0.81, 1 - 0.6 / height))
    for row, (name, value) in enumerate(seconds.items()):
        axes.barh(row, max(value - START, 0.0), left=START, height=0.6, color=COLOURS["y" if "floor" in name else "fake"])
        text = ", ".join(filter(None, [duration(value), (notes or {}).get(name, "")]))
        inside = value > UNITS["h"]  # else a long note would leave the figure
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
    """D's loss and L1 of runs in 32 bits and in 16, one line a seed, each value the mean of five steps; a table is (steps, 3)."""
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


def draw_schedules(ours: Sequence[float], theirs: Sequence[float], pairs: int) -> Figure:
    """The learning rate that falls with each step and the one that falls with each epoch, and their difference; one value a step."""
    figure, (rates, differences) = new_figure(8.6, 2.6, columns=2)
    epochs = [step / pairs for step in range(len(ours))]
    rates.plot(epochs, ours, color=COLOURS["D"], label="with each step")
    rates.plot(epochs, theirs, color=COLOURS["fake"], linestyle="--", label="with each epoch")
    rates.legend(fontsize=8)
    rates.set(xlabel="epoch", ylabel="share of the full rate", ylim=(0, 1.08))
    differences.plot(epochs, [100 * (a - b) for a, b in zip(ours, theirs, strict=True)], color=COLOURS["D"], linewidth=0.5)
    differences.set(xlabel="epoch", ylabel="difference (% of the full rate)")
    return figure


def draw_movement(movements: Mapping[str, Sequence[float]], start: int) -> Figure:
    """How far each step moves the fakes, for several schedules; the decay begins at `start`."""
    figure, (axes,) = new_figure(7.5, 2.7)
    for (name, values), colour in zip(movements.items(), LINES, strict=False):
        axes.plot(range(1, len(values) + 1), values, color=colour, label=name)
    axes.axvline(start, color="grey", linestyle=":")
    axes.set(xlabel="step", ylabel="mean change of a pixel\n(images in [-1, 1])", ylim=(0, None))
    axes.legend(fontsize=8)
    return figure


def draw_records(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """The loss curves of several recorded runs, each over its own length."""
    figure, panels = new_figure(9.5, 2.9, columns=3)
    for axes, column, label in zip(panels, ("discriminator", "adversarial", "l1"), ("D's loss", "G's adversarial loss", "L1"), strict=True):
        for (name, curve), colour in zip(curves.items(), LINES * len(curves), strict=False):
            _draw_share(axes, curve["step"], curve[column], colour, name)
        highest = max(max(curve[column]) for curve in curves.values())
        axes.set(xlabel="share of the run (%)", ylabel=label, ylim=(0, 1.1 * highest))
    for axes in panels[:2]:
        axes.axhline(CHANCE, color="grey", linestyle=":")
    panels[2].legend(fontsize=7)
    return figure


def _draw_share(axes: Axes, steps: Sequence[float], values: Sequence[float], colour: str, name: str) -> None:
    axes.plot([100 * step / steps[-1] for step in steps], values, color=colour, linewidth=1.0, label=name)
