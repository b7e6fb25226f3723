"""Figures of lesson 07: a table as dots and ranges, a measure during training, one measure against another."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pix2pix_edu.classroom.display import COLOURS, LINE_COLOURS, new_figure

Values = Mapping[str, Sequence[float]]  # the rows of a table: one value per seed
LINES = ("-", ":", "--")  # what scores are compared with: ceiling, floor, baseline
STYLES = (("-", "o"), ("--", "s"), ("-.", "^"), (":", "D"), ((0, (5, 1, 1, 1, 1, 1)), "v"))


def draw_table(
    ours: Mapping[str, Values],
    paper: Mapping[str, Mapping[str, float]] | None = None,
    lines: Mapping[str, Mapping[str, float]] | None = None,
    label: str = "",
) -> Figure:
    """Draw a panel per measure: a dot per seed on a bar from the lowest to the highest, and the paper's value as an open diamond."""
    whose = "ours: " if paper else ""  # the paper has no such lines
    rows = list(next(iter(ours.values())))
    figure, panels = new_figure(max(5.6, 2.5 * len(ours) + 1.3), 0.36 * len(rows) + (1.5 if label else 1.3), columns=len(ours))
    for axes, (measure, table) in zip(panels, ours.items(), strict=True):
        _draw_lines(axes, {f"{whose}{name}": value for name, value in (lines or {}).get(measure, {}).items()})
        for row, values in enumerate(table.values()):
            _draw_range(axes, row, values)
        _draw_diamonds(axes, rows, (paper or {}).get(measure, {}))
        axes.set_title(measure, fontsize=9)
        axes.set_yticks(range(len(rows)), rows if axes is panels[0] else [])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    panels[len(panels) // 2].set_xlabel(label, fontsize=9)
    _draw_legend(figure, panels)
    return figure


def draw_moments(
    curves: Mapping[str, Mapping[int, Sequence[float]]],
    label: str,
    lines: Mapping[str, float] | None = None,
    across: str = "step",
    log: str = "",
) -> Figure:
    """Draw a measure against `across`: the mean of the seeds as a line, from the lowest to the highest as a band.

    `log` names the axes that are logarithmic: "x", "y", or "xy".
    """
    figure, (axes,) = new_figure(7.2, 3.2)
    for place, (name, moments) in enumerate(curves.items()):
        (stroke, marker), ink = STYLES[place % len(STYLES)], LINE_COLOURS[place % len(LINE_COLOURS)]
        means = [sum(values) / len(values) for values in moments.values()]
        axes.plot(list(moments), means, linestyle=stroke, marker=marker, markersize=4, color=ink, label=name)
        axes.fill_between(list(moments), *zip(*((min(row), max(row)) for row in moments.values()), strict=True), color=ink, alpha=0.15)
    for (name, value), stroke in zip((lines or {}).items(), LINES, strict=False):
        axes.axhline(value, color="grey", linestyle=stroke, linewidth=1, label=name)
    axes.set(xlabel=across, ylabel=label)
    if "x" in log:
        axes.set_xscale("log")
        axes.set_xticks(numbers := sorted({number for moments in curves.values() for number in moments}), [f"{n:,}" for n in numbers])
        axes.tick_params(axis="x", which="minor", length=0, labelbottom=False)
    if "y" in log:
        axes.set_yscale("log")
    if len(axes.get_lines()) > 1:
        axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw_trade_off(across: Values, up: Values, labels: tuple[str, str]) -> Figure:
    """Draw one measure against another: one cross per row, which spans the range of its seeds, joined in the order of the rows."""
    figure, (axes,) = new_figure(6.2, 3.6)
    middles = []
    for place, name in enumerate(across):
        ranges = [(min(values), sum(values) / len(values), max(values)) for values in (across[name], up[name])]
        (left, x, right), (low, y, high) = ranges
        axes.errorbar(x, y, xerr=[[x - left], [right - x]], yerr=[[y - low], [high - y]], fmt="o", color=COLOURS["fake"], markersize=5)
        offset = (0, 8) if place % 2 else (0, -15)  # neighbours must not cover each other
        axes.annotate(name, (x, y), xytext=offset, textcoords="offset points", ha="center", fontsize=9)
        middles.append((x, y))
    axes.plot(*zip(*middles, strict=True), color="grey", linewidth=0.8, linestyle=":", zorder=0)
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.margins(0.12)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_range(axes: Axes, row: int, values: Sequence[float]) -> None:
    axes.plot([min(values), max(values)], [row, row], color=COLOURS["fake"], linewidth=6, alpha=0.35, solid_capstyle="butt")
    axes.plot(values, [row] * len(values), "o", color=COLOURS["fake"], markersize=4, label="ours, one per seed" if row == 0 else None)


def _draw_lines(axes: Axes, lines: Mapping[str, float]) -> None:
    for (name, value), stroke in zip(lines.items(), LINES, strict=False):
        axes.axvline(value, color=COLOURS["y"], linestyle=stroke, linewidth=1.2, label=name)


def _draw_diamonds(axes: Axes, rows: Sequence[str], paper: Mapping[str, float]) -> None:
    known = [(value, rows.index(row)) for row, value in paper.items() if row in rows]
    if known:
        axes.scatter(*zip(*known, strict=True), marker="D", s=44, facecolors="none", edgecolors="black", zorder=4, label="the paper")


def _draw_legend(figure: Figure, panels: Sequence[Axes]) -> None:
    """Draw one legend below all panels, with each name once."""
    named = {label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=5, fontsize=8)
