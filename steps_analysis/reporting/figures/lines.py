"""Draw volumes over time, with a name at the end of each line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from steps_analysis.reporting.drawings.lines import Lines, LineSeries
from steps_analysis.reporting.figures.labels import spread
from steps_analysis.reporting.figures.palette import INK, LOOKS, Look
from steps_analysis.reporting.figures.sheet import above_axis, blank, place, wrapped
from steps_analysis.reporting.markers import Marker
from steps_analysis.reporting.numerals import compact

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_TICKS = 9


def draw_lines(drawing: Lines) -> Figure:
    """
    Draw lines over time.

    Parameters
    ----------
    drawing
        The lines.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    figure = blank(3.9)
    axes = place(figure, left=0.6, right=1.35, bottom=0.65, top=0.7)
    last = len(drawing.periods) - 1
    axes.set_xlim(0, last)
    axes.set_ylim(*_ends(drawing))
    every = math.ceil(len(drawing.periods) / _MOST_TICKS)
    ticks = range(0, last + 1, every)
    axes.set_xticks(ticks, [drawing.periods[tick] for tick in ticks])
    axes.locator_params(axis="y", nbins=7, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_formatter(lambda y, _: compact(y))
    axes.grid(axis="y")
    axes.set_xlabel(drawing.x_label, labelpad=5)
    above_axis(axes, drawing.y_label)
    for series, look in zip(drawing.series, LOOKS, strict=False):
        _draw_line(axes, series, look)
    _name_lines(axes, drawing)
    _mark_change(axes, drawing)
    return figure


def _known(series: LineSeries) -> list[float]:
    """Give the numbers, NaN where there is a mark."""
    return [math.nan if isinstance(n, Marker) else n for n in series.numbers]


def _ends(drawing: Lines) -> tuple[float, float]:
    """Choose the ends of the value axis, which holds zero."""
    found = [n for s in drawing.series for n in _known(s) if not math.isnan(n)]
    low, high = min([0.0, *found]), max([0.0, *found])
    return 1.08 * low, 1.08 * high or 1.0


def _draw_line(axes: Axes, series: LineSeries, look: Look) -> None:
    """Draw one line, broken where a number may not be shown."""
    numbers = _known(series)
    axes.plot(
        range(len(numbers)), numbers, color=look.colour, linestyle=look.dash,
        marker=look.mark, ms=4, label=series.label, clip_on=False,
    )  # fmt: skip
    for period, number in enumerate(series.numbers):
        if isinstance(number, Marker):
            axes.annotate(
                str(number), (period, 0), xytext=(0, 3), textcoords="offset points",
                ha="center", va="bottom", fontsize=7.5, color=look.ink,
            )  # fmt: skip


def _name_lines(axes: Axes, drawing: Lines) -> None:
    """Write each line's name at its end, apart from the others."""
    ends = []
    for series in drawing.series:
        known = [n for n in _known(series) if not math.isnan(n)]
        ends.append(known[-1] if known else 0.0)
    names = ["\n".join(wrapped(s.label, 1.15, 9.0)) for s in drawing.series]
    low, high = axes.get_ylim()
    tallest = max(name.count("\n") + 1 for name in names)
    placed = spread(ends, 0.065 * tallest * (high - low), low, high)
    for name, height, look in zip(names, placed, LOOKS, strict=False):
        axes.annotate(
            name, (1, height), xycoords=("axes fraction", "data"), xytext=(8, 0),
            textcoords="offset points", va="center", color=look.ink,
            fontweight="bold", linespacing=1.1,
        )  # fmt: skip


def _mark_change(axes: Axes, drawing: Lines) -> None:
    """Mark when something changed, and say what."""
    if drawing.change is None:
        return
    period, words = drawing.change
    position = drawing.periods.index(period)
    axes.axvline(position, color=INK, linewidth=1.0, linestyle=(0, (2, 2)))
    right = position > 0.6 * (len(drawing.periods) - 1)
    axes.annotate(
        words, (position, 1), xycoords=("data", "axes fraction"),
        xytext=(-4 if right else 4, 0), textcoords="offset points", fontsize=8.5,
        ha="right" if right else "left", va="bottom",
    )  # fmt: skip
