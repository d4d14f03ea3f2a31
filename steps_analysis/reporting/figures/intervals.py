"""Draw estimates with their intervals, one line each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from steps_analysis.reporting.drawings.intervals import Interval, Intervals
from steps_analysis.reporting.figures.palette import INK, NEUTRAL, QUIET
from steps_analysis.reporting.figures.sheet import blank, place, text_width, wrapped
from steps_analysis.reporting.numerals import compact
from steps_analysis.reporting.words import estimate_text, in_unit, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINE = 0.36
_LOG_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def draw_intervals(drawing: Intervals) -> Figure:
    """
    Draw estimates with their intervals.

    Parameters
    ----------
    drawing
        The estimates.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    labels = ["\n".join(wrapped(row.label, 2.1, 9.0)) for row in drawing.rows]
    texts = [_beside(drawing, row) for row in drawing.rows]
    widest = max(
        text_width(line, 9.0) for label in labels for line in label.split("\n")
    )
    beside = max(text_width(text, 9.0) for text in texts)
    is_empty = not any(math.isfinite(row.estimate.value) for row in drawing.rows)
    if is_empty:
        return _words_alone(labels, texts, widest)
    below = 0.85 if drawing.sides else 0.6
    figure = blank(0.2 + _LINE * len(labels) + below)
    axes = place(
        figure, left=0.25 + widest, right=0.25 + beside, bottom=below, top=0.15
    )
    axes.set_ylim(len(labels) - 0.45, -0.55)
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0, pad=8)
    axes.spines["left"].set_visible(False)
    low, high = _ends(drawing)
    _set_scale(axes, drawing, low, high)
    if drawing.reference is not None:
        axes.axvline(drawing.reference, color=INK, linewidth=1.0, zorder=1)
    for place_, (row, text) in enumerate(zip(drawing.rows, texts, strict=True)):
        _draw_row(axes, drawing, row, place_, low, high)
        axes.annotate(
            text, (1, place_), xycoords=("axes fraction", "data"), xytext=(8, 0),
            textcoords="offset points", va="center_baseline",
        )  # fmt: skip
    axes.set_xlabel(drawing.x_label, labelpad=20 if drawing.sides else 5)
    _write_sides(axes, drawing)
    return figure


def _words_alone(labels: list[str], texts: list[str], widest: float) -> Figure:
    """Write the rows where none has a number: an axis would show nothing."""
    figure = blank(0.2 + _LINE * len(labels))
    axes = place(figure, left=0.25 + widest, right=0.25, bottom=0.05, top=0.15)
    axes.set_ylim(len(labels) - 0.45, -0.55)
    axes.set_axis_off()
    for line, (label, text) in enumerate(zip(labels, texts, strict=True)):
        for words, shift, side in ((label, -8, "right"), (text, 8, "left")):
            axes.annotate(
                words, (0, line), xycoords=("axes fraction", "data"),
                xytext=(shift, 0), textcoords="offset points", ha=side,
                va="center_baseline", color=INK,
            )  # fmt: skip
    return figure


def _beside(drawing: Intervals, row: Interval) -> str:
    """Write what stands at the right of a line."""
    if why_missing(row.estimate) is not None:
        return "not estimable"
    unit, decimals = drawing.axis_unit(), drawing.decimals
    return estimate_text(row.estimate, unit=unit, decimals=decimals)


def _ends(drawing: Intervals) -> tuple[float, float]:
    """Choose the ends of the axis: all finite numbers, and the reference."""
    found = [] if drawing.reference is None else [drawing.reference]
    for row in drawing.rows:
        found += [
            x for x in in_unit(row.estimate, drawing.axis_unit()) if math.isfinite(x)
        ]
    if drawing.scale == "log":
        found = [min(max(x, 0.01), 100) for x in found] or [1.0]
        reference = None if drawing.reference is None else math.log(drawing.reference)
        low, high = _with_margin(drawing, [math.log(x) for x in found], reference)
        return math.exp(low), math.exp(high)
    return _with_margin(drawing, found or [0.0], drawing.reference)


def _with_margin(
    drawing: Intervals, found: list[float], reference: float | None
) -> tuple[float, float]:
    """Leave a margin, and room on both sides of the reference for words about them."""
    low, high = min(found), max(found)
    margin = 0.06 * (high - low) or 1.0
    low, high = low - margin, high + margin
    if drawing.sides is None or reference is None:
        return low, high
    room = 0.6 * (high - low)
    return min(low, reference - room), max(high, reference + room)


def _set_scale(axes: Axes, drawing: Intervals, low: float, high: float) -> None:
    """Set limits and ticks, level on a log scale as well."""
    if drawing.scale == "log":
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        ticks = [tick for tick in _LOG_TICKS if low <= tick <= high]
        axes.set_xticks(ticks, [compact(tick) for tick in ticks])
        axes.set_xticks([], minor=True)
    else:
        axes.set_xlim(low, high)
        axes.locator_params(axis="x", nbins=7)
    axes.grid(axis="x")


def _draw_row(
    axes: Axes, drawing: Intervals, row: Interval, line: int, low: float, high: float
) -> None:
    """Draw one estimate; an interval beyond the axis ends in an arrow."""
    value, lower, upper = in_unit(row.estimate, drawing.axis_unit())
    if not math.isfinite(value):
        return
    if not (math.isnan(lower) or math.isnan(upper)):
        ends = (max(lower, low), min(upper, high))
        axes.plot(ends, (line, line), color=NEUTRAL, linewidth=2, label=row.label)
        for end, beyond, mark in ((low, lower < low, "<"), (high, upper > high, ">")):
            if beyond:
                axes.plot([end], [line], mark, color=NEUTRAL, clip_on=False, ms=6)
    axes.plot([min(max(value, low), high)], [line], "s", color=NEUTRAL, ms=7, zorder=3)


def _write_sides(axes: Axes, drawing: Intervals) -> None:
    """Write what left and right of the reference mean."""
    if drawing.sides is None or drawing.reference is None:
        return
    left, right = drawing.sides
    for words, side, shift in ((f"← {left}", "right", -6), (f"{right} →", "left", 6)):
        axes.annotate(
            words, (drawing.reference, 0), xycoords=("data", "axes fraction"),
            xytext=(shift, -22), textcoords="offset points", ha=side, va="top",
            fontsize=8.5, color=QUIET,
        )  # fmt: skip
