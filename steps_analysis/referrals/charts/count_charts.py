"""
Do counts over time vary more than chance would let them: c, u and Laney's u' charts.

The limits of a Poisson count follow from its mean, so a few months tell more than they
do on an XmR chart; where counts vary more than Poisson ones, that is a fault, and
Laney's limits or the XmR chart are wider.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.referrals.charts.charted_series import ChartedSeries, chart_segments
from steps_analysis.referrals.charts.series_checks import (
    check_baseline,
    check_exposure,
    check_series,
    segment_numbers,
)
from steps_analysis.referrals.charts.signals import Bounds, RuleName, run_rules
from steps_analysis.referrals.count_checks import check_choice, check_positive
from steps_analysis.referrals.count_limits import funnel_limits

CountLimits = Literal["exact", "three-sigma", "laney"]

THREE_SIGMA = 0.9973002039367398  # share of a normal variable within three sigma
TWO_SIGMA = 0.9544997361036416
RANGE_TO_SIGMA = 1.128  # mean moving range of a normal variable, in sigma


def count_chart(
    counts: npt.ArrayLike,
    exposure: npt.ArrayLike | None = None,
    *,
    limits: CountLimits = "exact",
    rule: RuleName = "limits",
    target: float | None = None,
    rebase: Sequence[object] | None = None,
    baseline: int | None = None,
    per: float | None = None,
) -> ChartedSeries:
    """
    Chart counts, or rates of a changing exposure, with the limits of Poisson counts.

    Parameters
    ----------
    counts
        Referrals in each period in order of time, shape (n,); whole numbers. The labels
        of a Series name the periods.
    exposure
        Person-years (or days open) of each period, shape (n,); 0 only without
        referrals. None for the same in all, which charts the counts themselves (c); a
        u chart otherwise.
    limits
        ``"exact"`` probability limits: at most 0.135 % of counts lie beyond either;
        ``"three-sigma"``, the textbook's ``mean ± 3 sqrt(mean)``; ``"laney"``,
        three-sigma limits widened (or narrowed) by how much the counts vary.
    rule
        As for `control_chart`; the limits alone if not given.
    target
        A known mean per period, or rate per `per`, in place of that of the data.
    rebase, baseline
        As for `control_chart`.
    per
        What rates are expressed for, 1 if not given.

    Returns
    -------
    ChartedSeries
        Points, segments and flags; ``value`` is a count, or a rate where there is an
        exposure. A segment without a referral (and without `target`) is not estimable.

    Raises
    ------
    DataError
        If `counts` are not counts, an exposure is negative, missing or 0 beside
        referrals, or shapes differ.
    ArgumentError
        If an option breaks its rule.

    Notes
    -----
    Exact limits are the default because the textbook's are not three-sigma limits of
    small counts: at a mean of 1 they flag 1 count in 273 (0.37 %) on the upper side
    alone, and have no lower limit up to a mean of 9, where exact ones have one from 6.6
    on. They are `funnel_limits` at three-sigma level: a point lies outside just when
    the exact interval of its count misses the centre. Runs are not looked for unless
    asked: at a mean of 1.1 seven of ten counts lie below it by chance, and of all rows
    of 7 counts one in 12 (0.7 to the power of 7). Exposures of 0 have no value, and the
    point no limits. Laney's spread is the mean moving range of the standardised
    rates over 1.128 [2]_; it is no remedy for means below about 5, where standardised
    counts are far from normal.

    References
    ----------
    .. [1] Montgomery, D. C. (2013), Introduction to Statistical Quality Control, 7th
       edition, section 7.3.
    .. [2] Laney, D. B. (2002), Quality Engineering 14, 531-537.

    Examples
    --------
    Mean 4: the upper textbook limit is 4 + 3 * 2, the exact one 11.7.

    >>> months = [4, 2, 6, 4]
    >>> count_chart(months, limits="three-sigma").points["upper"].tolist()[0]
    10.0
    >>> round(count_chart(months).points["upper"].tolist()[0], 1)
    11.7
    """
    check_choice("limits", limits, ("exact", "three-sigma", "laney"))
    series = check_series("counts", counts, whole=True)
    scale = 1.0 if per is None else check_positive("per", per)
    if target is not None:
        check_positive("target", target)
    first = check_baseline(baseline)
    events, amounts = check_exposure(series, exposure)
    seen = np.where(amounts > 0, amounts, np.nan)

    def make(where: IntArray) -> tuple[Bounds, dict[str, Any]]:
        known = None if target is None else target / scale
        return _segment_limits(events[where], seen[where], limits, known, first, scale)

    return chart_segments(
        series,
        events / seen * scale,
        segment_numbers(series.index, rebase),
        make,
        run_rules(rule),
        method=f"{_name(exposure, limits)}, {limits} limits, rule {rule}",
    )


def _name(exposure: npt.ArrayLike | None, limits: CountLimits) -> str:
    """Name the chart as quality engineers do."""
    letter = "c" if exposure is None else "u"
    return f"{letter}{chr(39) * (limits == 'laney')} chart"


def _segment_limits(
    events: FloatArray,
    exposure: FloatArray,
    limits: CountLimits,
    rate: float | None,
    baseline: int | None,
    scale: float,
) -> tuple[Bounds, dict[str, Any]]:
    """Make the limits of one segment, and say how."""
    used = events[:baseline].size
    if rate is None:
        time = float(np.nansum(exposure[:used]))
        rate = float(events[:used].sum()) / time if time else 0.0
    about: dict[str, Any] = {"centre": rate * scale, "spread": np.nan, "used": used}
    if not rate:
        about["centre"] = np.nan
        return Bounds.of(events.size), {**about, "reason": "there is no referral"}
    if limits == "exact":
        return _exact(rate, exposure, scale), {**about, "spread": 1.0}
    spread = 1.0
    if limits == "laney":
        spread = _laney(events[:used], exposure[:used], rate)
        if not spread > 0:
            reason = "the counts do not vary"
            return Bounds.of(events.size), {**about, "reason": reason}
    reach = spread * np.sqrt(rate / exposure)
    ends = [rate + times * reach for times in (0, -3, 3, -2, 2)]
    bounds = Bounds.of(events.size, *(end * scale for end in ends))
    return bounds, {**about, "spread": spread}


def _exact(rate: float, exposure: FloatArray, scale: float) -> Bounds:
    """Make probability limits of rates."""
    means = rate * np.where(np.isnan(exposure), 1.0, exposure)
    lower, upper = funnel_limits(means, level=THREE_SIGMA)
    near_lower, near_upper = funnel_limits(means, level=TWO_SIGMA)
    ends = [means, lower, upper, near_lower, near_upper]
    return Bounds.of(exposure.size, *(end / exposure * scale for end in ends))


def _laney(events: FloatArray, exposure: FloatArray, rate: float) -> float:
    """Measure how much standardised rates vary from one period to the next."""
    seen = ~np.isnan(exposure)
    z = (events[seen] / exposure[seen] - rate) / np.sqrt(rate / exposure[seen])
    ranges = np.abs(np.diff(z))
    return float(ranges.mean()) / RANGE_TO_SIGMA if ranges.size else 0.0
