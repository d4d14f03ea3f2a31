"""
Does a series vary more than it did from one period to the next: the XmR chart.

Limits come from the moving ranges, so nothing is assumed of the distribution; it is the
chart of NHS England's Making Data Count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.referrals.charts.charted_series import ChartedSeries, chart_segments
from steps_analysis.referrals.charts.series_checks import (
    check_baseline,
    check_series,
    segment_numbers,
)
from steps_analysis.referrals.charts.signals import Bounds, RuleName, run_rules

XMR = 2.66  # three sigma in mean moving ranges: 3 / 1.128, rounded as the NHS does
OUTLYING = 3.267  # three-sigma upper limit of a moving range, in mean moving ranges


def control_chart(
    values: npt.ArrayLike,
    *,
    rule: RuleName = "nhs",
    screen_outliers: bool = True,
    rebase: Sequence[object] | None = None,
    baseline: int | None = None,
    trend_points: int | None = None,
    shift_points: int | None = None,
    lowest: float | None = 0.0,
) -> ChartedSeries:
    """
    Chart single values over time with limits from their moving ranges (XmR).

    Parameters
    ----------
    values
        One value per period in order of time, shape (n,); the labels of a Series name
        the periods. Periods without a referral are values of 0, not gaps.
    rule
        ``"nhs"``: outside the limits, trend of 7, two of three near a limit, shift of
        7, in this order; ``"nhs-spreadsheet"``: trends of 6; ``"limits"``: limits only.
    screen_outliers
        Whether moving ranges of at least 3.267 times their mean are dropped, once,
        before the mean moving range is used.
    rebase
        Labels of periods at which a new segment begins (without labels: positions
        counted from 0). Each segment has its own centre and limits, and no moving
        range, trend or shift reaches across.
    baseline
        How many points at the start of each segment make its limits; None for all.
    trend_points, shift_points
        Another number of points than the rule's.
    lowest
        What no value lies below; a lower limit at or below it is missing, not drawn.
        None for values without such a bound.

    Returns
    -------
    ChartedSeries
        Points, segments and flags. A segment of one point, or whose moving ranges are
        all 0 once the outlying ones are dropped, is not estimable; limits of fewer than
        12 points are called provisional.

    Raises
    ------
    DataError
        If a value is missing, infinite or below `lowest`, or labels repeat.
    ArgumentError
        If an option breaks its rule.

    Notes
    -----
    Limits ``mean ± 2.66 * mean moving range`` [1]_, as R's NHSRplotthedots. Dropping
    moving ranges leaves the process mean alone. Python packages use ``3 / 1.128`` for
    2.66 and do not screen: of R's ``discoveries`` they flag three years above the
    limit, R and we four. Where few values differ from the rest (0, 0, 0, 0, 1, 0)
    screening leaves ranges of 0, and R's limits fall on the mean, so that every point
    lies outside: here there are none. Limits of counts that are often 0 to 5 fall below
    0, where nothing can be: `suited_chart` names the chart for them.

    References
    ----------
    .. [1] Wheeler, D. J. (2000), Understanding Variation, SPC Press.
    .. [2] NHS England (2019), Making Data Count: Strengthening Your Decisions.
    .. [3] NHSRplotthedots, https://github.com/nhs-r-community/NHSRplotthedots

    Examples
    --------
    Mean 4.5, moving ranges 2, 1, 2: limits 4.5 ± 2.66 * 5 / 3.

    >>> result = control_chart([5, 3, 4, 6])
    >>> result.points["upper"].round(3).tolist()[0], result.lower_missing is None
    (8.933, True)
    >>> result.segments["remark"].tolist()
    ['provisional: fewer than 12 points']
    """
    series = check_series("values", values, lowest=lowest)
    rules = run_rules(rule, trend_points=trend_points, shift_points=shift_points)
    first = check_baseline(baseline)
    value = np.asarray(series, dtype=np.float64)

    def limits(where: IntArray) -> tuple[Bounds, dict[str, Any]]:
        return _segment_limits(value[where], first, screen_outliers)

    return chart_segments(
        series,
        value,
        segment_numbers(series.index, rebase),
        limits,
        rules,
        method=f"XmR chart, rule {rule}" + ", outliers screened" * screen_outliers,
        lowest=lowest,
        r_call=_r_call(rule, screen_outliers, rebase, first),
    )


def _segment_limits(
    value: FloatArray, baseline: int | None, screen: bool
) -> tuple[Bounds, dict[str, Any]]:
    """Make the limits of one segment, and say how."""
    used = value[:baseline]
    ranges = np.abs(np.diff(used))
    kept = (
        ranges[ranges < OUTLYING * ranges.mean()] if screen and ranges.size else ranges
    )
    about: dict[str, Any] = {
        "centre": used.mean(),
        "mean_moving_range": kept.mean() if kept.size else np.nan,
        "ranges_dropped": ranges.size - kept.size,
        "used": used.size,
        "moving_range": np.append(np.nan, np.abs(np.diff(value))),
    }
    if not kept.any():
        empty = {"computed_lower": np.nan, "computed_upper": np.nan}
        return Bounds.of(value.size), {**about, **empty, "reason": _reason(ranges)}
    reach = XMR * about["mean_moving_range"]
    centre = about["centre"]
    bounds = Bounds.of(
        value.size,
        centre=centre,
        lower=centre - reach,
        upper=centre + reach,
        near_lower=centre - 2 * reach / 3,
        near_upper=centre + 2 * reach / 3,
    )
    ends = {"computed_lower": bounds.lower[0], "computed_upper": bounds.upper[0]}
    return bounds, {**about, **ends}


def _reason(ranges: FloatArray) -> str:
    """Say why moving ranges give no limits."""
    if not ranges.size:
        return "there is one point"
    if not ranges.any():
        return "the values do not vary"
    return "the values are nearly all the same: no moving range but 0 is left"


def _r_call(
    rule: str, screen: bool, rebase: Sequence[object] | None, baseline: int | None
) -> str | None:
    """Write the call of NHSRplotthedots, which knows trends of 7 and no other."""
    if rule != "nhs":
        return None
    more = "" if screen else ", screen_outliers = FALSE"
    if rebase:
        dates = ", ".join(f'"{start}"' for start in rebase)
        more += f", rebase = ptd_rebase(as.Date(c({dates})))"
    if baseline:
        more += f", fix_after_n_points = {baseline}"
    return f"NHSRplotthedots::ptd_spc(data, value, date{more})"
