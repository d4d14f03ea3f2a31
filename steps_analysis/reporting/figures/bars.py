"""Draw bars by category, with their numbers beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steps_analysis.reporting.drawings.bars import Bars, BarSeries
from steps_analysis.reporting.figures.palette import INK, LOOKS, QUIET, Look
from steps_analysis.reporting.figures.sheet import blank, place, text_width, wrapped
from steps_analysis.reporting.markers import Marker
from steps_analysis.reporting.numerals import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_bars(drawing: Bars) -> Figure:
    """
    Draw horizontal bars.

    Parameters
    ----------
    drawing
        The bars.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    labels = ["\n".join(wrapped(name, 2.2, 9.0)) for name in drawing.categories]
    widest = max(
        text_width(line, 9.0) for label in labels for line in label.split("\n")
    )
    several = len(drawing.series) > 1
    top = 0.45 if several else 0.15
    each = 0.21 * len(drawing.series) + 0.13
    figure = blank(top + each * len(labels) + 0.6)
    axes = place(figure, left=0.25 + widest, right=0.35, bottom=0.6, top=top)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0, pad=8)
    axes.grid(axis="x")
    axes.set_xlim(0, 1.12 * _longest(drawing))
    axes.locator_params(axis="x", nbins=7, integer=drawing.decimals == 0)
    axes.xaxis.set_major_formatter(lambda x, _: number(x, drawing.decimals))
    axes.set_xlabel(drawing.x_label, labelpad=5)
    share = 0.8 / len(drawing.series)
    for rank, series in enumerate(drawing.series):
        shift = (rank - (len(drawing.series) - 1) / 2) * share
        _draw_series(axes, drawing, series, LOOKS[rank], shift, share * 0.86)
    if several:
        axes.legend(
            loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=len(drawing.series),
            frameon=False, handlelength=1.6, borderaxespad=0.2,
        )  # fmt: skip
    return figure


def _longest(drawing: Bars) -> float:
    """Find the longest bar."""
    lengths = [
        given
        for series in drawing.series
        for given in series.numbers
        if not isinstance(given, Marker)
    ]
    return max(lengths, default=1.0) or 1.0


def _draw_series(
    axes: Axes, drawing: Bars, series: BarSeries, look: Look, shift: float, thick: float
) -> None:
    """Draw one bar per category, or the mark in its place."""
    drawn = [0.0 if isinstance(n, Marker) else n for n in series.numbers]
    places = [line + shift for line in range(len(drawn))]
    axes.barh(
        places, drawn, height=thick, color=look.colour, hatch=look.hatch,
        edgecolor="white", linewidth=0, label=series.label,
    )  # fmt: skip
    for level, given in zip(places, series.numbers, strict=True):
        hidden = isinstance(given, Marker)
        text = (
            str(given) if isinstance(given, Marker) else number(given, drawing.decimals)
        )
        end = 0.0 if isinstance(given, Marker) else given
        axes.annotate(
            text, (end, level), xytext=(4, 0), textcoords="offset points",
            va="center_baseline", fontsize=8.5, color=QUIET if hidden else INK,
        )  # fmt: skip
