"""Draw named points between two measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steps_analysis.reporting.drawings.points import NamedPoint, PointPlot
from steps_analysis.reporting.figures.labels import name_points
from steps_analysis.reporting.figures.palette import NEUTRAL, QUIET
from steps_analysis.reporting.figures.sheet import above_axis, blank, place
from steps_analysis.reporting.numerals import compact

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_points(drawing: PointPlot) -> Figure:
    """
    Draw named points.

    Parameters
    ----------
    drawing
        The points.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    figure = blank(4.6)
    axes = place(figure, left=0.65, right=0.4, bottom=0.6, top=0.5)
    _set_axes(axes, drawing)
    for kind, face in ((False, "white"), (True, NEUTRAL)):
        own = [point for point in drawing.points if point.marked is kind]
        axes.plot(
            [point.x for point in own], [point.y for point in own], "o", ms=7, mew=1.6,
            color=NEUTRAL, mfc=face, zorder=3, label="chosen" if kind else "others",
        )  # fmt: skip
    placed = sorted(drawing.points, key=lambda point: (point.x, point.y, point.name))
    names = name_points(axes, [(p.x, p.y, p.name) for p in placed], size=8.5)
    for point, name in zip(placed, names, strict=True):
        name.set_fontweight("bold" if point.marked else "normal")
    if drawing.better:
        axes.annotate(
            drawing.better, (1, 1), xycoords="axes fraction", xytext=(0, 8),
            textcoords="offset points", ha="right", fontsize=8.5, color=QUIET,
        )  # fmt: skip
    return figure


def _set_axes(axes: Axes, drawing: PointPlot) -> None:
    """Set limits with room for names, ticks and labels."""
    axes.set_xlabel(drawing.x_label, labelpad=5)
    above_axis(axes, drawing.y_label)
    axes.grid(axis="both")
    axes.set_xlim(*_reach(drawing.points, "x"))
    axes.set_ylim(*_reach(drawing.points, "y"))
    axes.xaxis.set_major_formatter(lambda x, _: compact(x))
    axes.yaxis.set_major_formatter(lambda y, _: compact(y))


def _reach(points: tuple[NamedPoint, ...], axis: str) -> tuple[float, float]:
    """Leave an eighth of the width free at either side."""
    values = [float(getattr(point, axis)) for point in points]
    room = 0.125 * (max(values) - min(values)) or 1.0
    return min(values) - room, max(values) + room
