"""Into which months, quarters or years a stretch of time falls."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.referrals.count_checks import check_choice

Period = Literal["month", "quarter", "year", "financial_year"]

_FREQUENCY = {"month": "M", "quarter": "Q", "year": "Y", "financial_year": "Y-MAR"}


def period_starts(dates: pd.Series[pd.Timestamp], period: Period) -> pd.Series:
    """
    Give the first day of the period each date falls in.

    Parameters
    ----------
    dates
        Dates, none missing.
    period
        ``"month"``, calendar ``"quarter"`` or ``"year"``, or ``"financial_year"``
        (April to March).

    Returns
    -------
    pandas.Series
        First days, with the index of `dates`.

    Raises
    ------
    ArgumentError
        If `period` is unknown.

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2014-03-31", "2014-04-01"]))
    >>> period_starts(dates, "financial_year").dt.year.tolist()
    [2013, 2014]
    """
    check_choice("period", period, tuple(_FREQUENCY))
    return dates.dt.to_period(_FREQUENCY[period]).dt.start_time


def period_table(
    start: pd.Timestamp, end: pd.Timestamp, period: Period
) -> pd.DataFrame:
    """
    List every period of a stretch of time, with the days of it that fall in each.

    Parameters
    ----------
    start, end
        First and last day of the stretch, both included.
    period
        As for `period_starts`.

    Returns
    -------
    pandas.DataFrame
        One row per period, in order: ``period`` (``"2014-03"``, ``"2014 Q1"``,
        ``"2014"``, ``"2013/14"``), ``period_start``, and ``days`` of the stretch in it.

    Raises
    ------
    ArgumentError
        If `period` is unknown or `end` comes before `start`.

    Examples
    --------
    >>> stretch = pd.Timestamp("2014-03-30"), pd.Timestamp("2014-04-02")
    >>> period_table(*stretch, "financial_year")[["period", "days"]]
        period  days
    0  2013/14     2
    1  2014/15     2
    """
    check_choice("period", period, tuple(_FREQUENCY))
    if end < start:
        raise ArgumentError(refusal("end", "not come before `start`", str(end.date())))
    spans = pd.period_range(start, end, freq=_FREQUENCY[period])
    first = spans.start_time.where(spans.start_time > start, start)
    last = spans.end_time.normalize().where(spans.end_time < end, end)
    return pd.DataFrame(
        {
            "period": [_label(span, period) for span in spans],
            "period_start": spans.start_time,
            "days": (last - first).days + 1,
        }
    )


def _label(span: pd.Period, period: Period) -> str:
    """Name one period so that names sort in time order."""
    if period == "month":
        return f"{span.year}-{span.month:02d}"
    if period == "quarter":
        return f"{span.year} Q{span.quarter}"
    if period == "year":
        return str(span.year)
    return f"{span.year - 1}/{span.year % 100:02d}"
