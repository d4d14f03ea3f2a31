"""Draw values over time between limits; flags by shape, all in one colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from steps_analysis.reporting.drawings.control import FLAGS, ControlChart
from steps_analysis.reporting.figures.labels import spread
from steps_analysis.reporting.figures.palette import INK, NEUTRAL, QUIET
from steps_analysis.reporting.figures.sheet import above_axis, blank, place
from steps_analysis.reporting.markers import Marker
from steps_analysis.reporting.numerals import compact

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_TICKS = 9
# Shape by rule; filled on the high side, hollow on the low one.
_SHAPES = dict(zip(FLAGS, "^vDDssPP", strict=True))
_HIGH = frozenset(FLAGS[::2])


def draw_control(drawing: ControlChart) -> Figure:
    """
    Draw a control chart.

    Parameters
    ----------
    drawing
        Values, limits and flags.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    kinds = [flag for flag in FLAGS if flag in drawing.flags]
    rows = math.ceil(len(kinds) / 2)
    figure = blank(3.9 + 0.24 * rows)
    axes = place(figure, left=0.6, right=1.2, bottom=0.65 + 0.24 * rows, top=0.5)
    _set_axes(axes, drawing)
    for name, line, dash in (
        ("centre", drawing.centre, "solid"),
        ("lower limit", drawing.lower, "dashed"),
        ("upper limit", drawing.upper, "dashed"),
    ):
        _draw_line(axes, drawing, name, line, dash)
    _name_lines(axes, drawing)
    _draw_points(axes, drawing, kinds)
    _mark_segments(axes, drawing)
    if kinds:
        axes.legend(
            loc="upper left", bbox_to_anchor=(0, -0.47 / (3.9 - 1.15)), ncols=2,
            frameon=False, fontsize=8.5, borderaxespad=0, handletextpad=0.4,
        )  # fmt: skip
    return figure


def _known(line: tuple[object, ...]) -> list[float]:
    """Give the numbers, NaN where there is none."""
    return [
        math.nan if end is None or isinstance(end, Marker) else float(str(end))
        for end in line
    ]


def _set_axes(axes: Axes, drawing: ControlChart) -> None:
    """Set limits, ticks and labels; zero is always in view."""
    last = len(drawing.periods) - 1
    axes.set_xlim(-0.5, last + 0.5)
    lines = (drawing.values, drawing.centre, drawing.lower, drawing.upper)
    seen = [end for line in lines for end in _known(line) if not math.isnan(end)]
    low, high = min([0.0, *seen]), max([0.0, *seen])
    room = 0.06 * (high - low) or 1.0
    axes.set_ylim(low - room, high + room)
    every = math.ceil(len(drawing.periods) / _MOST_TICKS)
    ticks = range(0, last + 1, every)
    axes.set_xticks(ticks, [drawing.periods[tick] for tick in ticks])
    axes.locator_params(axis="y", nbins=7, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_formatter(lambda y, _: compact(y))
    axes.grid(axis="y")
    axes.set_xlabel(drawing.x_label, labelpad=5)
    above_axis(axes, drawing.y_label)


def _draw_line(
    axes: Axes,
    drawing: ControlChart,
    name: str,
    line: tuple[float | None, ...],
    dash: str,
) -> None:
    """Draw the centre or a limit, as steps that break between segments."""
    heights, segment = np.array(_known(line)), np.array(drawing.segment)
    for number in dict.fromkeys(drawing.segment):
        where = np.flatnonzero(segment == number)
        x = np.column_stack([where - 0.5, where + 0.5]).ravel()
        axes.plot(
            x, np.repeat(heights[where], 2), color=INK if name == "centre" else QUIET,
            linestyle=dash, linewidth=1.2, label=f"_{name}",
        )  # fmt: skip


def _name_lines(axes: Axes, drawing: ControlChart) -> None:
    """Write at the right what each line is, and its last height."""
    lines = (("centre", drawing.centre), ("lower limit", drawing.lower),
             ("upper limit", drawing.upper))  # fmt: skip
    ends = [(name, line[-1]) for name, line in lines if line[-1] is not None]
    low, high = axes.get_ylim()
    heights = [float(end) for _, end in ends if end is not None]
    placed = spread(heights, 0.065 * (high - low), low, high)
    for (name, _), height in zip(ends, placed, strict=True):
        axes.annotate(
            name, (1, height), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", va="center", fontsize=8.5,
            color=INK if name == "centre" else QUIET,
        )  # fmt: skip


def _draw_points(axes: Axes, drawing: ControlChart, kinds: list[str]) -> None:
    """Draw the values, flagged ones with a shape of their rule."""
    values = np.array(_known(drawing.values))
    x, flags = np.arange(values.size), np.array(drawing.flags)
    axes.plot(x, values, "-", color=NEUTRAL, linewidth=1.0, label="_values")
    plain = np.where(flags == "none", values, np.nan)
    axes.plot(x, plain, "o", color=NEUTRAL, ms=3.5, label="_points")
    for kind in kinds:
        shown = np.where(flags == kind, values, np.nan)
        axes.plot(
            x, shown, _SHAPES[kind], ms=7.5, mec=NEUTRAL, mew=1.4, linestyle="none",
            mfc=NEUTRAL if kind in _HIGH else "white", label=kind, zorder=4,
        )  # fmt: skip
    for position, value in enumerate(drawing.values):
        if isinstance(value, Marker):
            axes.annotate(
                str(value), (position, 0), xytext=(0, 3), textcoords="offset points",
                ha="center", va="bottom", fontsize=7.5, color=INK,
            )  # fmt: skip


def _mark_segments(axes: Axes, drawing: ControlChart) -> None:
    """Mark where the limits begin anew."""
    for position in range(1, len(drawing.segment)):
        if drawing.segment[position] != drawing.segment[position - 1]:
            axes.axvline(
                position - 0.5, color=INK, linewidth=1.0, linestyle=(0, (2, 2)),
                label="_rebased",
            )  # fmt: skip
            axes.annotate(
                f"new limits from {drawing.periods[position]}", (position - 0.5, 1),
                xycoords=("data", "axes fraction"), xytext=(0, 3),
                textcoords="offset points", fontsize=8.5, va="bottom", ha="center",
            )  # fmt: skip
