"""Did a site's monthly referrals change, or is it chance? The chart that suits them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import pandas as pd

from steps_analysis.evaluation.boroughs.internal_volumes import month_words
from steps_analysis.evaluation.boroughs.wording import IDENTIFICATION
from steps_analysis.referrals import (
    ChartedSeries,
    control_chart,
    count_chart,
    cusum_chart,
    suited_chart,
)
from steps_analysis.reporting.blocks import Block, Figure, Paragraph
from steps_analysis.reporting.drawings import Lines, LineSeries, control_drawing
from steps_analysis.reporting.words import listed

_OF_COUNTS = ("xmr", "counts")  # charts whose limits are limits of counts
_LABEL = "Referrals in a month"


def monthly_chart(counts: pd.Series[int], site: str) -> Iterator[Block]:
    """
    Chart the monthly referrals of a site.

    Parameters
    ----------
    counts
        Month to referrals, in order of time.
    site
        The site.

    Yields
    ------
    Block
        A figure with limits where the volume allows them, and why this chart; a
        sentence in its place where there are fewer than two months.
    """
    if len(counts) < 2:
        yield Paragraph("There are too few months to draw.")
        return
    choice = suited_chart(counts)
    chart = _chart(choice.chart, counts)
    has_limits = choice.chart in _OF_COUNTS and chart is not None
    yield Figure(
        name="monthly-referrals",
        caption=f"Referrals from {site} by month",
        alt=(
            f"A line of {len(counts)} monthly counts; the table has the same numbers. "
            f"{_flagged(chart)}"
        ),
        drawing=control_drawing(chart.points, y_label=_LABEL, note=IDENTIFICATION)
        if chart and has_limits
        else _plain(counts),
        notes=(choice.sentence, _flagged(chart), IDENTIFICATION),
        breakdown="site",
    )


def _chart(name: str, counts: pd.Series[int]) -> ChartedSeries | None:
    """Compute the chart, where counts by month can have one."""
    if name == "xmr":
        return control_chart(counts)
    if name == "cusum":
        return cusum_chart(counts)
    return count_chart(counts) if name == "counts" else None


def _plain(counts: pd.Series[int]) -> Lines:
    """Draw counts that have no limits of their own."""
    series = LineSeries(label="Referrals", numbers=tuple(map(float, counts)))
    return Lines(
        periods=tuple(map(str, counts.index)), series=(series,), y_label=_LABEL
    )


def _flagged(chart: ChartedSeries | None) -> str:
    """Say which months the rules of the chart mark."""
    if chart is None or chart.not_estimable:
        return "There are too few to tell whether any month stands out."
    flagged = set(chart.flagged.index)
    runs = groupby(map(str, chart.points.index), key=flagged.__contains__)
    marked = [month_words(list(months)) for is_in, months in runs if is_in]
    if not marked:
        return "No month stands out from chance."
    return f"The rules of the chart mark {listed(marked)}: something may have changed."
