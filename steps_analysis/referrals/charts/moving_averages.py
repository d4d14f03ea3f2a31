"""
Has the mean of a count drifted: an average that remembers less of what is longer ago.

Like the cumulative sum it finds small lasting changes; unlike it, both ways at once and
in the unit of the counts.
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
from steps_analysis.referrals.charts.series_checks import (
    check_baseline,
    check_exposure,
    check_series,
    segment_numbers,
)
from steps_analysis.referrals.charts.signals import Bounds, run_rules
from steps_analysis.referrals.count_checks import (
    check_amounts,
    check_positive,
)

STATES = 301  # of the Markov chain


def ewma_chart(
    counts: npt.ArrayLike,
    exposure: npt.ArrayLike | None = None,
    *,
    weight: float = 0.2,
    sigmas: float = 2.86,
    target: float | None = None,
    rebase: Sequence[object] | None = None,
    baseline: int | None = None,
    per: float | None = None,
) -> ChartedSeries:
    """
    Chart the exponentially weighted moving average of counts or rates.

    Parameters
    ----------
    counts
        Referrals in each period in order of time, shape (n,); whole numbers. The labels
        of a Series name the periods.
    exposure
        Person-years of each period, shape (n,), above 0; None for the same in all.
    weight
        Weight of the newest period, in (0, 1].
    sigmas
        Distance of the limits from the centre, in standard deviations of the average.
    target
        A known mean per period, or rate per `per`, in place of that of the data.
    rebase, baseline
        As for `control_chart`; the average begins anew with each segment.
    per
        What rates are expressed for, 1 if not given.

    Returns
    -------
    ChartedSeries
        Points, segments and flags; ``value`` is the average. A segment without a
        referral (and without `target`) is not estimable.

    Raises
    ------
    DataError
        If `counts` are not counts, or an exposure is not above 0.
    ArgumentError
        If an option breaks its rule.

    Notes
    -----
    ``z = w x + (1 - w) z`` from the centre on. The variance of z is exact at every
    point, ``v = w² m / e + (1 - w)² v`` for Poisson counts of rate m and exposure e:
    limits are narrow at first and settle at ``m ± sigmas sqrt(m w / (2 - w))``
    [1]_. With weight 0.2 and 2.86 standard deviations a false alarm comes every 370
    periods of normal values, every 281 of counts with mean 1 (`ewma_run_length`).

    References
    ----------
    .. [1] Borror, C. M., Champ, C. W. and Rigdon, S. E. (1998), Journal of Quality
       Technology 30, 352-361.

    Examples
    --------
    Centre 4, weight 1/2: 5 is half of 4 and 6, and 4.5 half of 5 and 4.

    >>> chart = ewma_chart([6, 4, 2], weight=0.5)
    >>> chart.points["value"].tolist()
    [5.0, 4.5, 3.25]
    """
    _check_options(weight, sigmas, "target", 1.0 if target is None else target)
    series = check_series("counts", counts, whole=True)
    scale = 1.0 if per is None else check_positive("per", per)
    first = check_baseline(baseline)
    events, amounts = check_exposure(series, exposure)
    check_amounts("exposure", amounts, allow_zero=False)
    segment = segment_numbers(series.index, rebase)
    centres = np.full(series.size, math.nan)
    average, spread = centres.copy(), centres.copy()
    for number in np.unique(segment):
        where = np.flatnonzero(segment == number)
        used = where[:first]
        rate = events[used].sum() / amounts[used].sum()
        rate = rate if target is None else target / scale
        centres[where] = rate
        average[where], spread[where] = _average(
            events[where] / amounts[where], amounts[where], rate, weight
        )

    def limits(where: IntArray) -> tuple[Bounds, dict[str, Any]]:
        centre = centres[where] * scale
        known = where[:first].size if target is None else where.size
        about = {"centre": centre[0], "used": known}
        if not centre[0]:
            return Bounds.of(where.size), {**about, "reason": "there is no referral"}
        reach = sigmas * np.sqrt(spread[where]) * scale
        ends = {"lower": centre - reach, "upper": centre + reach}
        return Bounds.of(where.size, centre=centre, **ends), about

    return chart_segments(
        series,
        average * scale,
        segment,
        limits,
        run_rules("limits"),
        method=f"EWMA chart, weight {weight:g}, {sigmas:g} sigma limits",
    )


def ewma_run_length(
    mean: float, *, weight: float, sigmas: float, true_mean: float | None = None
) -> float:
    """
    Compute the average run length of a two-sided Poisson EWMA, to about 2 %.

    Parameters
    ----------
    mean
        Mean count the chart is centred on, above 0.
    weight
        Weight of the newest count, in (0, 1].
    sigmas
        Distance of the limits in standard deviations of the settled average.
    true_mean
        The mean counts have; `mean` if not given.

    Returns
    -------
    float
        Periods from an average at its centre until it passes a limit.

    Raises
    ------
    ArgumentError
        If a number breaks its rule.

    Notes
    -----
    The span between the settled limits is cut into 301 states [1]_; four times as many
    change run lengths of 170 to 370 (means 1 to 20, weights 0.05 to 0.4) by 2.1 % at
    most, and by 0.9 % with weights of 0.2 and more. A lower limit below 0 cannot be
    passed. Limits that widen with time, as in `ewma_chart`, give
    slightly shorter run lengths.

    References
    ----------
    .. [1] Borror, C. M., Champ, C. W. and Rigdon, S. E. (1998), Journal of Quality
       Technology 30, 352-361.

    Examples
    --------
    With all weight on the newest count it is a c chart: P(X > 4 | 1) = 1 / 273.

    >>> round(ewma_run_length(1.0, weight=1.0, sigmas=3.0))
    273
    """
    _check_options(weight, sigmas, "mean", mean)
    rate = mean if true_mean is None else true_mean
    reach = sigmas * math.sqrt(mean * weight / (2 - weight))
    edges = np.linspace(max(mean - reach, 0.0), mean + reach, STATES + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    moves = _moves(edges, middles, weight, rate)
    lengths = np.linalg.solve(np.eye(STATES) - moves, np.ones(STATES))
    return float(1 + (_moves(edges, np.array([mean]), weight, rate) @ lengths)[0])


def _average(
    rates: FloatArray, exposure: FloatArray, centre: float, weight: float
) -> tuple[FloatArray, FloatArray]:
    """Average from the centre on, and give the variance of every average."""
    average, variance = centre, 0.0
    found = np.empty((2, rates.size))
    for i, (rate, amount) in enumerate(zip(rates, exposure, strict=True)):
        average = weight * rate + (1 - weight) * average
        variance = weight**2 * centre / amount + (1 - weight) ** 2 * variance
        found[:, i] = average, variance
    return found[0], found[1]


def _check_options(weight: float, sigmas: float, name: str, mean: float) -> None:
    """Refuse a weight outside (0, 1], limits without a width, and no mean."""
    if not 0 < weight <= 1:
        raise ArgumentError(refusal("weight", "lie in (0, 1]", weight))
    for word, value in (("sigmas", sigmas), (name, mean)):
        check_positive(word, value)


def _moves(
    edges: FloatArray, start: FloatArray, weight: float, mean: float
) -> FloatArray:
    """Give the probabilities of going from averages to the states between edges."""
    from scipy import special

    # The next average is weight * count + (1 - weight) * this one.
    bounds = (edges[None, :] - (1 - weight) * start[:, None]) / weight
    below = np.ceil(bounds) - 1
    below[:, -1] = np.floor(bounds[:, -1])  # an average on its limit has not passed
    held = np.where(below >= 0, special.pdtr(np.maximum(below, 0), mean), 0.0)
    moved: FloatArray = np.diff(held, axis=1)
    return moved
