"""From a drawing to the bytes of its SVG and PNG, the same on every run."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from steps_analysis.reporting.drawings import (
    Bars,
    ControlChart,
    Curves,
    DotPlot,
    Drawing,
    FlowDiagram,
    FunnelPlot,
    Intervals,
    Lines,
    PointPlot,
    TileMap,
)
from steps_analysis.reporting.figures.bars import draw_bars
from steps_analysis.reporting.figures.control import draw_control
from steps_analysis.reporting.figures.curves import draw_curves
from steps_analysis.reporting.figures.dots import draw_dots
from steps_analysis.reporting.figures.flow import draw_flow
from steps_analysis.reporting.figures.funnel import draw_funnel
from steps_analysis.reporting.figures.intervals import draw_intervals
from steps_analysis.reporting.figures.lines import draw_lines
from steps_analysis.reporting.figures.palette import QUIET, STYLE
from steps_analysis.reporting.figures.points import draw_points
from steps_analysis.reporting.figures.tiles import draw_tiles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 200
STAMP_HEIGHT = 0.22
"""Inches added below a figure for the stamp."""

_DRAW: dict[type, Callable[[Any], Figure]] = {
    Bars: draw_bars,
    ControlChart: draw_control,
    Curves: draw_curves,
    DotPlot: draw_dots,
    FlowDiagram: draw_flow,
    FunnelPlot: draw_funnel,
    Intervals: draw_intervals,
    Lines: draw_lines,
    PointPlot: draw_points,
    TileMap: draw_tiles,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """
    A drawing in both formats.

    Attributes
    ----------
    svg
        The SVG, with real text, title and description.
    png
        The PNG.
    """

    svg: str
    png: bytes


def build(drawing: Drawing) -> Figure:
    """
    Draw, without writing.

    Parameters
    ----------
    drawing
        What to draw.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, not known to pyplot.

    Examples
    --------
    >>> from steps_analysis.reporting.drawings import Dot, DotPlot
    >>> figure = build(DotPlot(dots=(Dot(label="Age", value=-0.12),)))
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['Age']
    """
    with _house_style():
        return _DRAW[type(drawing)](drawing)


def render(
    drawing: Drawing, *, name: str, title: str, description: str, stamp: str = ""
) -> Picture:
    """
    Draw and write both formats.

    Parameters
    ----------
    drawing
        What to draw.
    name
        Name that begins every id inside the SVG, so that several fit on one page.
    title, description
        What an assistive technology reads out.
    stamp
        What is written below the figure, if anything.

    Returns
    -------
    Picture
        SVG and PNG.

    Examples
    --------
    >>> from steps_analysis.reporting.drawings import Dot, DotPlot
    >>> plot = DotPlot(dots=(Dot(label="Age", value=-0.12),))
    >>> made = render(plot, name="balance", title="Balance", description="One dot.")
    >>> made.svg[:4], made.png[1:4]
    ('<svg', b'PNG')
    """
    with _house_style():
        figure = _DRAW[type(drawing)](drawing)
        if stamp:
            _stamp(figure, stamp)
        svg, png = io.StringIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None})
        figure.savefig(
            png, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None}
        )
    spoken = f"{description} {stamp}.".strip() if stamp else description
    return Picture(
        svg=_accessible(svg.getvalue(), name, title, spoken), png=png.getvalue()
    )


@contextmanager
def _house_style() -> Iterator[None]:
    """Use matplotlib's defaults and our settings, whatever the caller has set."""
    from matplotlib import style

    with style.context(["default", STYLE]):
        yield


def _stamp(figure: Figure, stamp: str) -> None:
    """Make room below a figure and write the stamp there."""
    width, height = figure.get_size_inches()
    taller = height + STAMP_HEIGHT
    for axes in figure.axes:
        box = axes.get_position()
        bounds = (
            box.x0,
            (box.y0 * height + STAMP_HEIGHT) / taller,
            box.width,
            box.height * height / taller,
        )
        axes.set_position(bounds)
    figure.set_size_inches(width, taller)
    figure.text(
        0.03 / width, 0.07 / taller, stamp, fontsize=7.5, style="italic", color=QUIET
    )


def _accessible(svg: str, name: str, title: str, description: str) -> str:
    """Strip what names a program or another site, and add title and description."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'<style type="text/css">.*?</style>', "", body, flags=re.DOTALL)
    body = re.sub(r"\s*<defs>\s*</defs>", "", body)
    body = body.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    body = body.replace("xlink:href=", "href=")
    body = body.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    body = _prefixed(body, name)
    head, _, rest = body.partition(">")
    label = f"{name}-title {name}-desc"
    words = (
        f'\n <title id="{name}-title">{escape(title)}</title>'
        f'\n <desc id="{name}-desc">{escape(description)}</desc>'
    )
    look = 'style="stroke-linejoin: round; stroke-linecap: butt"'
    return f'{head} role="img" aria-labelledby="{label}" {look}>{words}{rest}'


def _prefixed(svg: str, name: str) -> str:
    """Begin every id that is pointed to with a name, and drop the others."""
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))

    def rename(found: re.Match[str]) -> str:
        return f' id="{name}-{found[1]}"' if found[1] in used else ""

    svg = re.sub(r' id="([^"]+)"', rename, svg)
    return re.sub(r'(href="|url\()#', rf"\1#{name}-", svg)
