"""A blank figure of the house's width, and axes put on it in inches."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ft2font import FT2Font

WIDTH = 7.2
"""Width of every figure, in inches."""


def blank(height: float) -> Figure:
    """
    Make an empty figure that pyplot does not know.

    Parameters
    ----------
    height
        Height in inches.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, of the house's width, with an Agg canvas.

    Examples
    --------
    >>> blank(3.0).axes
    []
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    return figure


def place(
    figure: Figure, *, left: float, right: float, bottom: float, top: float
) -> Axes:
    """
    Put axes on a figure, with margins in inches.

    Parameters
    ----------
    figure
        The figure.
    left, right, bottom, top
        The margins around the axes, in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Examples
    --------
    >>> axes = place(blank(4.0), left=1.0, right=0.2, bottom=0.5, top=0.5)
    >>> round(float(axes.get_position().height), 3)
    0.75
    """
    width, height = figure.get_size_inches()
    across, up = width - left - right, height - bottom - top
    return figure.add_axes((left / width, bottom / height, across / width, up / height))


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """
    Measure a text in the house's font.

    Parameters
    ----------
    text
        One line of text.
    size
        Size of its letters, in points.
    weight
        ``"normal"`` or ``"bold"``.

    Returns
    -------
    float
        Width in inches.

    Examples
    --------
    >>> text_width("wide", 9.0) > text_width("in", 9.0) > 0
    True
    """
    from matplotlib.ft2font import LoadFlags

    font = _font(weight)
    font.set_size(size, 72)
    font.set_text(text, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0]) / 64 / 72


@cache
def _font(weight: str) -> FT2Font:
    """Open the house's font, once."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return get_font(findfont(FontProperties(family="DejaVu Sans", weight=weight)))


def wrapped(text: str, width: float, size: float) -> list[str]:
    """
    Break a text into lines that fit a width.

    Parameters
    ----------
    text
        The text.
    width
        Width in inches.
    size
        Size of its letters, in points.

    Returns
    -------
    list of str
        The lines; a word wider than the width stands alone.

    Examples
    --------
    >>> wrapped("a word and another", 0.75, 9.0)
    ['a word and', 'another']
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def above_axis(axes: Axes, label: str) -> None:
    """
    Write the label of the vertical axis above it, read level.

    Parameters
    ----------
    axes
        The axes.
    label
        The label.
    """
    left = -min(axes.get_position().x0 * WIDTH - 0.03, 0.4)
    axes.annotate(
        label,
        (0, 1),
        xycoords="axes fraction",
        xytext=(left * 72, 12),
        textcoords="offset points",
        va="bottom",
        ha="left",
    )
