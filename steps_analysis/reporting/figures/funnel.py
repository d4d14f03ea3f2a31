"""Draw sites by size and rate between control limits, all in one colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steps_analysis.reporting.drawings.funnel import FunnelLimits, FunnelPlot
from steps_analysis.reporting.figures.labels import name_points, spread
from steps_analysis.reporting.figures.palette import INK, NEUTRAL, QUIET
from steps_analysis.reporting.figures.sheet import above_axis, blank, place, text_width
from steps_analysis.reporting.numerals import compact, level

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DASHES = ("dashed", "dotted", "dashdot")


def draw_funnel(drawing: FunnelPlot) -> Figure:
    """
    Draw a funnel plot.

    Parameters
    ----------
    drawing
        Sites and limits.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    figure = blank(4.6)
    beside = max(1.25, 0.15 + text_width(drawing.target_label, 8.5))
    axes = place(figure, left=0.65, right=beside, bottom=0.6, top=0.5)
    _set_axes(axes, drawing)
    axes.axhline(drawing.target, color=INK, linewidth=1.2, label="target")
    narrow_first = sorted(drawing.limits, key=lambda limits: limits.level)
    for limits, dash in zip(narrow_first, _DASHES, strict=False):
        _draw_limits(axes, limits, dash)
    _name_limits(axes, drawing, narrow_first)
    x = [point.exposure for point in drawing.points]
    y = [point.value for point in drawing.points]
    axes.plot(x, y, "o", color=NEUTRAL, ms=6.5, mec="white", mew=0.8, zorder=3,
              label="sites")  # fmt: skip
    points = sorted((p.exposure, p.value, p.name) for p in drawing.points)
    name_points(axes, points, size=8.0, lines=axes.lines[:-1])
    return figure


def _set_axes(axes: Axes, drawing: FunnelPlot) -> None:
    """Set limits, ticks and labels."""
    sizes = [point.exposure for point in drawing.points]
    sizes += [x for limits in drawing.limits for x in limits.exposure]
    rates = [point.value for point in drawing.points] + [drawing.target]
    highest = max(rates)
    axes.set_xlabel(drawing.x_label, labelpad=5)
    above_axis(axes, drawing.y_label)
    axes.grid(axis="y")
    if drawing.exposure_scale == "log":
        axes.set_xscale("log")
        axes.set_xlim(min(sizes) / 1.15, max(sizes) * 1.15)
        axes.xaxis.set_major_formatter(lambda x, _: compact(x))
        axes.xaxis.set_minor_formatter(lambda x, _: "")
    else:
        room = 0.03 * (max(sizes) - min(sizes)) or 1.0
        axes.set_xlim(max(min(sizes) - room, 0), max(sizes) + room)
        axes.xaxis.set_major_formatter(lambda x, _: compact(x))
    at_points = [
        upper
        for limits in drawing.limits
        for x, upper in zip(limits.exposure, limits.upper, strict=True)
        if x >= min(point.exposure for point in drawing.points)
    ]
    axes.set_ylim(min(0.0, *rates), 1.1 * max([highest, *at_points]) or 1.0)
    axes.yaxis.set_major_formatter(lambda y, _: compact(y))


def _draw_limits(axes: Axes, limits: FunnelLimits, dash: str) -> None:
    """Draw one pair of limits."""
    for ends in (limits.lower, limits.upper):
        axes.plot(
            limits.exposure, ends, color=QUIET, linestyle=dash, linewidth=1.3,
            label=f"{level(limits.level)} limits",
        )  # fmt: skip


def _name_limits(axes: Axes, drawing: FunnelPlot, limits: list[FunnelLimits]) -> None:
    """Write at the right what each line is."""
    names, heights = [drawing.target_label], [drawing.target]
    for pair in limits:
        for end, side in ((pair.lower, "lower"), (pair.upper, "upper")):
            names.append(f"{level(pair.level)} {side}")
            heights.append(end[-1])
    low, high = axes.get_ylim()
    placed = spread(heights, 0.045 * (high - low), low, high)
    for i, (name, height) in enumerate(zip(names, placed, strict=True)):
        axes.annotate(
            name, (1, height), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", va="center", fontsize=8.5,
            color=INK if i == 0 else QUIET,
        )  # fmt: skip
