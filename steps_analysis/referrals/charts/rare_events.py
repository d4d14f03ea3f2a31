"""
Did rare referrals come sooner or later than usual: T and G charts.

Where most months have none, counts tell little; the time from one referral to the next
tells at each of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.referrals.charts.charted_series import ChartedSeries, chart_segments
from steps_analysis.referrals.charts.individuals import XMR
from steps_analysis.referrals.charts.series_checks import (
    check_baseline,
    check_series,
    segment_numbers,
)
from steps_analysis.referrals.charts.signals import Bounds, RuleName, run_rules
from steps_analysis.referrals.count_checks import check_choice

TimeLimits = Literal["geometric", "exponential", "nelson"]

NELSON = 1 / 3.6  # makes an exponential time nearly normal
# Probabilities below the lower and upper limits, and the two thirds of the way.
TAIL, NEAR_TAIL = 0.0013498980316300933, 0.022750131948179195


def time_between_chart(
    days: npt.ArrayLike,
    *,
    limits: TimeLimits = "geometric",
    rule: RuleName = "nhs",
    rebase: Sequence[object] | None = None,
    baseline: int | None = None,
) -> ChartedSeries:
    """
    Chart the time between one referral and the next (T).

    A point is low where referrals follow each other quickly: there, more referrals may
    mean better identification.

    Parameters
    ----------
    days
        Days from each referral to the next in order of time, shape (n,); at least 0.
        The labels of a Series name the later referral.
    limits
        ``"geometric"`` probability limits, exact for whole days (dates) between
        referrals at random; ``"exponential"``, the same for times of day; ``"nelson"``,
        XmR limits of ``days ** (1 / 3.6)``, put back into days.
    rule
        As for `control_chart`.
    rebase, baseline
        As for `control_chart`.

    Returns
    -------
    ChartedSeries
        Points, segments and flags. The centre is the median, so that half of the points
        lie on either side; the mean stands in ``segments``. Not estimable where all
        times are 0, or (``"nelson"``) do not vary.

    Raises
    ------
    DataError
        If a time is missing or negative, or (``"geometric"``) not whole.
    ArgumentError
        If an option breaks its rule.

    Notes
    -----
    Exponential limits are the quantiles ``-mean log(1 - p)`` at p = 0.00135, 0.5 and
    0.99865 [1]_. With dates they go wrong below: at a mean of 30 days their lower limit
    is 0.04 days, and the 3 % of referrals on the day of the one before would all be
    flagged. Geometric limits are those of `number_between_chart`, in days. A mean
    estimated from 20 exponential times has itself a standard error of 22 % of it, one
    over root 20. With the mean as centre one row of 7 times in 25 would lie below it by
    chance, ``(1 - exp(-1)) ** 7``. Several children of one call are times of 0 that are
    not chance: count occasions, not children.

    References
    ----------
    .. [1] Montgomery, D. C. (2013), Introduction to Statistical Quality Control, 7th
       edition, section 7.3.5.
    .. [2] Nelson, L. S. (1994), Journal of Quality Technology 26, 239-240.

    Examples
    --------
    Mean 30 days: median 30 log 2, upper limit -30 log 0.00135.

    >>> chart = time_between_chart([10, 50, 30], limits="exponential")
    >>> chart.points[["centre", "upper"]].round(1).iloc[0].tolist()
    [20.8, 198.2]
    """
    makers = {
        "geometric": _geometric,
        "exponential": _exponential,
        "nelson": _nelson,
    }
    check_choice("limits", limits, tuple(makers))
    series = check_series("days", days, whole=limits == "geometric")
    first = check_baseline(baseline)
    value = np.asarray(series, dtype=np.float64)

    def make(where: IntArray) -> tuple[Bounds, dict[str, Any]]:
        return makers[limits](value[where], first)

    return chart_segments(
        series,
        value,
        segment_numbers(series.index, rebase),
        make,
        run_rules(rule),
        method=f"T chart, {limits} limits, rule {rule}",
        more_is="low",
    )


def number_between_chart(
    numbers: npt.ArrayLike,
    *,
    rule: RuleName = "nhs",
    rebase: Sequence[object] | None = None,
    baseline: int | None = None,
) -> ChartedSeries:
    """
    Chart how many periods, or other cases, pass between one referral and the next (G).

    Parameters
    ----------
    numbers
        Periods without a referral (or other cases seen) from each referral to the next
        in order of time, shape (n,); whole numbers, at least 0.
    rule
        As for `control_chart`.
    rebase, baseline
        As for `control_chart`.

    Returns
    -------
    ChartedSeries
        Points, segments and flags. The centre is the median. Not estimable where all
        numbers are 0.

    Raises
    ------
    DataError
        If a number is missing, negative or not whole.
    ArgumentError
        If an option breaks its rule.

    Notes
    -----
    A geometric number with mean m has ``P(X >= x) = (m / (m + 1)) ** x`` [1]_; limits
    solve ``P(X <= lower) = P(X >= upper) = 0.00135`` between whole numbers too, as
    `funnel_limits` does. Up to a mean of 740 no number is too low, and there is no
    lower limit. The textbook's upper three-sigma limit is passed by 1.8 % of numbers
    (``exp(-4)``, from a mean of 10 on), 14 times as many as it promises.

    References
    ----------
    .. [1] Benneyan, J. C. (2001), Health Care Management Science 4, 305-318.

    Examples
    --------
    Mean 1: P(X >= x) = 1 / 2 ** x, so half lie at 1 or above, and 0.00135 at 9.53.

    >>> chart = number_between_chart([0, 2, 1])
    >>> chart.points[["centre", "upper"]].round(2).iloc[0].tolist()
    [1.0, 9.53]
    """
    series = check_series("numbers", numbers, whole=True)
    first = check_baseline(baseline)
    value = np.asarray(series, dtype=np.float64)

    def make(where: IntArray) -> tuple[Bounds, dict[str, Any]]:
        return _geometric(value[where], first)

    return chart_segments(
        series,
        value,
        segment_numbers(series.index, rebase),
        make,
        run_rules(rule),
        method=f"G chart, geometric limits, rule {rule}",
        more_is="low",
    )


def _geometric(days: FloatArray, baseline: int | None) -> tuple[Bounds, dict[str, Any]]:
    """Make the quantiles of a geometric number with this mean."""
    used = days[:baseline]
    mean = float(used.mean())
    about = {"centre": np.nan, "mean": mean, "used": used.size}
    if not mean:
        return Bounds.of(days.size), {**about, "reason": "all numbers are 0"}
    share = math.log1p(-1 / (mean + 1))
    low, near_low = (
        max(math.log1p(-tail) / share - 1, 0.0) for tail in (TAIL, NEAR_TAIL)
    )
    centre, high, near_high = (math.log(p) / share for p in (0.5, TAIL, NEAR_TAIL))
    ends = [centre, low, high, near_low, near_high]
    return Bounds.of(days.size, *ends), {**about, "centre": centre}


def _exponential(
    days: FloatArray, baseline: int | None
) -> tuple[Bounds, dict[str, Any]]:
    """Make the quantiles of an exponential time with this mean."""
    used = days[:baseline]
    mean = float(used.mean())
    about = {"centre": np.nan, "mean": mean, "used": used.size}
    if not mean:
        return Bounds.of(days.size), {**about, "reason": "all times are 0"}
    tails = (0.5, TAIL, 1 - TAIL, NEAR_TAIL, 1 - NEAR_TAIL)
    ends = [-mean * math.log1p(-tail) for tail in tails]
    return Bounds.of(days.size, *ends), {**about, "centre": ends[0]}


def _nelson(days: FloatArray, baseline: int | None) -> tuple[Bounds, dict[str, Any]]:
    """Make XmR limits of transformed times."""
    used = days[:baseline] ** NELSON
    ranges = np.abs(np.diff(used))
    about = {"centre": np.nan, "mean": days[:baseline].mean(), "used": used.size}
    if not ranges.any():
        reason = "there is one time" if used.size < 2 else "the times do not vary"
        return Bounds.of(days.size), {**about, "reason": reason}
    reach = XMR * ranges.mean()
    steps = (0, -reach, reach, -2 * reach / 3, 2 * reach / 3)
    ends = [max(float(used.mean()) + step, 0.0) ** (1 / NELSON) for step in steps]
    return Bounds.of(days.size, *ends), {**about, "centre": ends[0]}
