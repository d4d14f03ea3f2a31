"""Draw differences between arms as dots around zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steps_analysis.reporting.drawings.dots import DotPlot
from steps_analysis.reporting.figures.palette import GRID, INK, NEUTRAL, QUIET
from steps_analysis.reporting.figures.sheet import blank, place, text_width, wrapped
from steps_analysis.reporting.markers import Marker
from steps_analysis.reporting.numerals import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINE = 0.3


def draw_dots(drawing: DotPlot) -> Figure:
    """
    Draw a dot plot.

    Parameters
    ----------
    drawing
        The dots.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    labels = ["\n".join(wrapped(dot.label, 2.4, 9.0)) for dot in drawing.dots]
    widest = max(
        text_width(line, 9.0) for label in labels for line in label.split("\n")
    )
    figure = blank(0.4 + _LINE * len(labels) + 0.6)
    axes = place(figure, left=0.3 + widest, right=0.75, bottom=0.6, top=0.35)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0, pad=8)
    axes.spines["left"].set_visible(False)
    known = [dot.value for dot in drawing.dots if not isinstance(dot.value, Marker)]
    reach = 1.15 * max(abs(x) for x in [*known, *drawing.guides, 0.25])
    axes.set_xlim(-reach, reach)
    axes.hlines(range(len(labels)), -reach, reach, color=GRID, linewidth=0.8, zorder=0)
    axes.axvline(0, color=INK, linewidth=1.0, zorder=1)
    for guide in drawing.guides:
        axes.axvline(guide, color=QUIET, linewidth=1.0, linestyle="dashed", zorder=1)
        axes.annotate(
            number(guide, 1), (guide, 1), xycoords=("data", "axes fraction"),
            xytext=(0, 3), textcoords="offset points", ha="center", va="bottom",
            fontsize=8.5, color=QUIET,
        )  # fmt: skip
    _draw_marks(axes, drawing)
    axes.set_xlabel(drawing.x_label, labelpad=5)
    return figure


def _draw_marks(axes: Axes, drawing: DotPlot) -> None:
    """Draw each dot and write its number at the right."""
    for line, dot in enumerate(drawing.dots):
        if isinstance(dot.value, Marker):
            text = str(dot.value)
        else:
            text = number(dot.value, 2)
            axes.plot([dot.value], [line], "o", color=NEUTRAL, ms=7, label=dot.label)
        axes.annotate(
            text, (1, line), xycoords=("axes fraction", "data"), xytext=(8, 0),
            textcoords="offset points", va="center_baseline", fontsize=8.5,
        )  # fmt: skip
