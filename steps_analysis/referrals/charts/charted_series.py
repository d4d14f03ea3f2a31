"""
A series over time as a value: points, centre, limits, flags, and what they mean.

Every chart of this folder ends here; what differs between them is how the limits of a
segment are made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.referrals.charts.signals import Bounds, RunRules, flags, notes

FEW_POINTS = 12  # NHSRplotthedots calls limits of fewer points trial limits
PROVISIONAL = f"provisional: fewer than {FEW_POINTS} points"

# From the positions of one segment to its limits, and what else is said of it.
SegmentLimits = Callable[[IntArray], tuple[Bounds, dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartedSeries:
    """
    A series and the limits it is compared with.

    Attributes
    ----------
    points
        One row per point, under the labels of the series: ``observed``; ``value``, what
        is charted (the same, but for sums and averages); ``centre``, ``lower`` and
        ``upper``, NaN where there is none; ``moving_range``, NaN where the chart uses
        none; ``segment``, from 1; ``flag``, ``"none"`` or the first rule broken; and
        ``note``, what a flag does not mean.
    segments
        One row per segment: ``first`` and ``last`` label, ``n``, how its limits were
        made, and ``remark``: empty, ``"provisional: …"`` or ``"not estimable
        because …"``.
    method
        Which chart, with its options.
    lower_missing
        None, or why some point has no lower limit.
    not_estimable
        None, or the reason why no segment has limits.
    r_call
        The R call that should reproduce it, where there is one.

    Examples
    --------
    >>> from steps_analysis.referrals import control_chart
    >>> control_chart([5, 3, 4, 6]).points["centre"].tolist()
    [4.5, 4.5, 4.5, 4.5]
    """

    points: pd.DataFrame
    segments: pd.DataFrame
    method: str = ""
    lower_missing: str | None = None
    not_estimable: str | None = None
    r_call: str | None = None

    def to_frame(self) -> pd.DataFrame:
        """
        Give the points as a table.

        Returns
        -------
        pandas.DataFrame
            A copy of `points`.
        """
        return self.points.copy()

    def to_r(self) -> str | None:
        """
        Write the R call that should reproduce the chart.

        Returns
        -------
        str or None
            The call, or None where no R package draws the same.
        """
        return self.r_call

    @property
    def flagged(self) -> pd.DataFrame:
        """The rows of `points` that carry a flag."""
        return self.points[self.points["flag"] != "none"]


def chart_segments(
    observed: pd.Series[float],
    value: FloatArray,
    segment: IntArray,
    limits: SegmentLimits,
    rules: RunRules,
    *,
    method: str,
    lowest: float | None = 0.0,
    more_is: Literal["high", "low"] = "high",
    r_call: str | None = None,
) -> ChartedSeries:
    """
    Set every point against the limits of its segment.

    Parameters
    ----------
    observed
        The series.
    value
        What is charted, shape (n,).
    segment
        The segment of each point, from 1, shape (n,).
    limits
        Makes the limits of one segment from the positions of its points.
    rules
        How many points make a pattern.
    method
        Which chart, with its options.
    lowest
        What no value lies below: a lower limit at or below it is not shown.
    more_is
        Whether more referrals lie high on the chart or low.
    r_call
        The R call that should reproduce it.

    Returns
    -------
    ChartedSeries
        Points, segments and flags.
    """
    names = ("centre", "lower", "upper", "moving_range")
    columns = {name: np.full(value.size, np.nan) for name in names}
    flagged: list[str] = []
    rows = []
    for number in np.unique(segment):
        where = np.flatnonzero(segment == number)
        bounds, about = limits(where)
        flagged += flags(value[where], bounds, rules)
        for name in names[:-1]:
            columns[name][where] = getattr(bounds, name)
        columns["moving_range"][where] = about.pop("moving_range", np.nan)
        rows.append(_segment_row(observed.index[where], about))
    points = pd.DataFrame({"observed": observed, "value": value, **columns})
    points["segment"] = segment
    points["flag"], points["note"] = flagged, notes(flagged, more_is=more_is)
    missing = None
    if lowest is not None and (points["lower"] <= lowest).any():
        points["lower"] = points["lower"].where(points["lower"] > lowest)
        missing = f"no value lies below {lowest:g}, so nothing can be below the limit"
    segments = pd.DataFrame(rows, index=pd.Index(np.unique(segment), name="segment"))
    reasons = segments["remark"].str.removeprefix("not estimable because ")
    none = reasons.str.len() < segments["remark"].str.len()
    return ChartedSeries(
        points=points,
        segments=segments,
        method=method,
        lower_missing=missing,
        not_estimable=str(reasons.iloc[0]) if none.all() else None,
        r_call=r_call,
    )


def _segment_row(labels: pd.Index, about: dict[str, Any]) -> dict[str, Any]:
    """Describe one segment."""
    reason = about.pop("reason", None)
    used = about.pop("used", len(labels))
    remark = PROVISIONAL if used < FEW_POINTS else ""
    if reason:
        remark = f"not estimable because {reason}"
    found = {"first": labels[0], "last": labels[-1], "n": len(labels)}
    return {**found, **about, "remark": remark}
