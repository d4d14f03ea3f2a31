"""Draw step curves with their bands, names at their ends and numbers at risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steps_analysis.reporting.drawings.curves import Curves, StepCurve
from steps_analysis.reporting.figures.labels import spread
from steps_analysis.reporting.figures.palette import LOOKS, QUIET, Look
from steps_analysis.reporting.figures.sheet import (
    above_axis,
    blank,
    place,
    text_width,
    wrapped,
)
from steps_analysis.reporting.markers import Marker
from steps_analysis.reporting.numerals import compact, count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEAD = 0.18
_NAME = 1.5
_AT_RISK = "Number at risk"


def draw_curves(drawing: Curves) -> Figure:
    """
    Draw step curves.

    Parameters
    ----------
    drawing
        The curves.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    at_risk = [series for series in drawing.series if series.at_risk]
    rows = [wrapped(series.label, _NAME, 8.5) for series in at_risk]
    named = [text_width(x, 8.5, "bold") for row in rows for x in row]
    widest = max(*named, text_width(_AT_RISK, 8.5)) if named else 0.2
    below = 0.55 + (_LEAD * sum(map(len, rows)) + 0.35 if at_risk else 0)
    figure = blank(3.35 + below)
    left = max(0.55, 0.27 + widest)
    axes = place(figure, left=left, right=1.25, bottom=below, top=0.5)
    top = _top(drawing)
    axes.set_xlim(0, drawing.times[-1])
    axes.set_ylim(0, top)
    axes.set_xticks(drawing.times, [compact(time) for time in drawing.times])
    axes.set_xlabel(drawing.x_label, labelpad=4)
    axes.grid(axis="y")
    above_axis(axes, drawing.y_label)
    for series, look in zip(drawing.series, LOOKS, strict=False):
        _draw_steps(axes, drawing, series, look)
    _name_ends(axes, drawing, top)
    depth = 0.72
    for series, row in zip(at_risk, rows, strict=True):
        look = LOOKS[drawing.series.index(series)]
        _write_at_risk(axes, drawing, series, look, row, depth)
        depth += _LEAD * len(row) + 0.04
    return figure


def _top(drawing: Curves) -> float:
    """Choose the upper end of the value axis."""
    if drawing.y_top is not None:
        return drawing.y_top
    if drawing.percent and any(series.curve.start == 1 for series in drawing.series):
        return 100.0
    highest = max(drawing.steps(series)["upper"].max() for series in drawing.series)
    if not highest > 0:  # also where every limit is missing
        return 100.0 if drawing.percent else 1.0
    wanted = 1.08 * float(highest)
    return min(wanted, 100.0) if drawing.percent else wanted


def _draw_steps(axes: Axes, drawing: Curves, series: StepCurve, look: Look) -> None:
    """Draw one curve and its band, both to the end of the axis or of what is known."""
    steps = drawing.steps(series)
    end = float(drawing.times[-1])
    last = steps.iloc[-1].to_dict()
    last["time"] = end
    time = [*steps["time"], end]
    lower, upper = ([*steps[name], last[name]] for name in ("lower", "upper"))
    colour = look.colour
    axes.fill_between(
        time, lower, upper, step="post", color=colour, alpha=0.13, linewidth=0
    )
    for edge in (lower, upper):
        axes.step(
            time, edge, where="post", color=colour, linewidth=0.7, linestyle=look.dash,
            alpha=0.7,
        )  # fmt: skip
    value = [*steps["value"], last["value"]]
    axes.step(
        time, value, where="post", color=colour, linestyle=look.dash,
        label=series.label, clip_on=False, zorder=3,
    )  # fmt: skip


def _name_ends(axes: Axes, drawing: Curves, top: float) -> None:
    """Write each curve's name at its end, apart from the others."""
    ends = [float(drawing.steps(series)["value"].iloc[-1]) for series in drawing.series]
    names = ["\n".join(wrapped(s.label, 1.1, 9.0)) for s in drawing.series]
    tallest = max(name.count("\n") + 1 for name in names)
    gap = top * 0.16 * tallest / 2.8
    for name, height, look in zip(
        names, spread(ends, gap, 0, top), LOOKS, strict=False
    ):
        axes.annotate(
            name, (1, height / top), xycoords="axes fraction", xytext=(7, 0),
            textcoords="offset points", va="center", color=look.ink,
            fontweight="bold", linespacing=1.1,
        )  # fmt: skip


def _write_at_risk(
    axes: Axes,
    drawing: Curves,
    series: StepCurve,
    look: Look,
    name: list[str],
    depth: float,
) -> None:
    """Write one row of the numbers at risk, so many inches below the time axis."""
    height = (
        axes.get_position().height * axes.figure.get_figure(root=True).get_figheight()
    )
    first = series is next(each for each in drawing.series if each.at_risk)
    lines = [(depth - _LEAD, _AT_RISK, QUIET, "normal")] if first else []
    lines += [
        (depth + _LEAD * rank, line, look.ink, "bold") for rank, line in enumerate(name)
    ]
    for down, text, colour, weight in lines:
        axes.annotate(
            text, (0, -down / height), xycoords="axes fraction", xytext=(-14, 0),
            textcoords="offset points", fontsize=8.5, color=colour,
            fontweight=weight, va="center_baseline", ha="right",
        )  # fmt: skip
    for time, number in zip(drawing.times, series.at_risk, strict=True):
        text = str(number) if isinstance(number, Marker) else count(int(number))
        axes.annotate(
            text, (time / drawing.times[-1], -depth / height),
            xycoords="axes fraction", fontsize=8.5, va="center_baseline", ha="center",
        )  # fmt: skip
