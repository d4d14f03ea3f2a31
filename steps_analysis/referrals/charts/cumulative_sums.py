"""
Has the mean of a count moved, if only a little: the cumulative sum of what is over.

A single month of a small borough tells nothing; twelve months each a little above the
mean add up. The chart is tuned to one change, such as a doubling, and says how often it
sounds without one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.referrals.charts.charted_series import ChartedSeries, chart_segments
from steps_analysis.referrals.charts.run_lengths import (
    LEAST_MEAN,
    MOST_MEAN,
    CusumDesign,
    check_promise,
    cusum_design,
)
from steps_analysis.referrals.charts.series_checks import (
    check_baseline,
    check_series,
    segment_numbers,
)
from steps_analysis.referrals.charts.signals import Bounds, run_rules


def cusum_chart(
    counts: npt.ArrayLike,
    *,
    target: float | None = None,
    ratio: float = 2.0,
    run_length: float = 370.0,
    rebase: Sequence[object] | None = None,
    baseline: int | None = None,
    restart: bool = True,
) -> ChartedSeries:
    """
    Chart the cumulative sum of what counts are over (or under) a reference value.

    Parameters
    ----------
    counts
        Referrals in each period in order of time, shape (n,); whole numbers. The labels
        of a Series name the periods.
    target
        A known mean per period in place of that of the data, in [0.02, 200].
    ratio
        The change to find: 2 for a doubling, 0.5 for a halving.
    run_length
        The shortest average number of periods until a false alarm.
    rebase, baseline
        As for `control_chart`; the sum begins anew with each segment.
    restart
        Whether the sum begins anew after it has sounded, so that every alarm is one of
        its own.

    Returns
    -------
    ChartedSeries
        Points, segments and flags; ``value`` is the sum, ``upper`` the decision value
        and ``centre`` 0; of a fall both are below 0, and ``lower`` is the decision
        value. The segments give mean, reference and decision value and run lengths. Not
        estimable where the mean lies outside [0.02, 200].

    Raises
    ------
    DataError
        If `counts` are not counts.
    ArgumentError
        If an option breaks its rule.

    Notes
    -----
    ``S = max(0, S + count - k)``, sounding where S passes h [1]_; `cusum_design` gives
    k and h. Run lengths are those of a known mean: where the mean is 1.2 and 24 periods
    gave 1, about one standard error less, a false alarm comes every 96 periods, not
    every 370. A mean of the very periods charted is also drawn towards the change
    looked for; `baseline` or `target` is better. R's ``surveillance::algo.cusum``
    standardises the counts first.

    References
    ----------
    .. [1] Lucas, J. M. (1985), Technometrics 27, 129-144.

    Examples
    --------
    Of a mean of 1, tuned to a doubling: k = 1.4375, h = 5.5625.

    >>> chart = cusum_chart([1, 3, 4, 3, 4, 0], target=1.0)
    >>> chart.points["value"].tolist()
    [0.0, 1.5625, 4.125, 5.6875, 2.5625, 1.125]
    >>> chart.flagged.index.tolist()
    [3]
    """
    series = check_series("counts", counts, whole=True)
    first = check_baseline(baseline)
    value, segment = series.to_numpy(), segment_numbers(series.index, rebase)
    if target is not None and not LEAST_MEAN <= target <= MOST_MEAN:
        rule = f"lie in [{LEAST_MEAN}, {MOST_MEAN:g}]"
        raise ArgumentError(refusal("target", rule, target))
    check_promise(ratio, run_length)
    means = {
        number: _mean(value[segment == number][:first], target)
        for number in np.unique(segment)
    }
    designs = {
        number: cusum_design(mean, ratio=ratio, run_length=run_length)
        for number, mean in means.items()
        if LEAST_MEAN <= mean <= MOST_MEAN
    }
    sums = np.full(value.size, np.nan)
    for number, design in designs.items():
        where = segment == number
        sums[where] = _sums(value[where], design, restart)

    def limits(where: IntArray) -> tuple[Bounds, dict[str, Any]]:
        number = segment[where[0]]
        used = where.size if target is None else math.inf
        about = {"mean": means[number], "used": used if first is None else first}
        return _segment_limits(where.size, designs.get(number), about)

    word = "rise" if ratio > 1 else "fall"
    return chart_segments(
        series,
        sums,
        segment,
        limits,
        run_rules("limits"),
        method=f"Poisson CUSUM of a {word}, ratio {ratio:g}, run length {run_length:g}",
        lowest=None,
    )


def _mean(used: FloatArray, target: float | None) -> float:
    """Take the target, or the mean of the counts used."""
    return float(used.mean()) if target is None else float(target)


def _sums(counts: FloatArray, design: CusumDesign, restart: bool) -> FloatArray:
    """Add up what is over the reference; below 0 for a fall."""
    sign = 1.0 if design.ratio > 1 else -1.0
    sums, total = np.zeros(counts.size), 0.0
    for i, count in enumerate(counts):
        if restart and total > design.decision:
            total = 0.0
        total = max(0.0, total + sign * (count - design.reference))
        sums[i] = sign * total
    return sums


def _segment_limits(
    n: int, design: CusumDesign | None, about: dict[str, Any]
) -> tuple[Bounds, dict[str, Any]]:
    """Make the limit of one segment, and say what it promises."""
    names = ("reference", "decision", "run_length", "run_length_changed")
    told = {name: getattr(design, name, math.nan) for name in names}
    if design is None:
        reason = f"the mean lies outside {LEAST_MEAN} to {MOST_MEAN:g} per period"
        return Bounds.of(n), {**about, **told, "reason": reason}
    end = {"upper": design.decision}
    if design.ratio < 1:
        end = {"lower": -design.decision}
    return Bounds.of(n, centre=0.0, **end), {**about, **told}
