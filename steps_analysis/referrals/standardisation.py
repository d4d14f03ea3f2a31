"""How rates compare once populations of different ages are made alike."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray
from steps_analysis.referrals.count_checks import (
    check_amounts,
    check_counts,
    check_pair,
    check_positive,
)
from steps_analysis.referrals.count_limits import LimitMethod, count_limits

MINIMUM_EVENTS = 10  # a directly standardised rate of fewer is too unstable to give


def standardised_ratio(
    observed: npt.ArrayLike,
    expected: npt.ArrayLike,
    *,
    per: float = 1,
    method: LimitMethod = "byar",
    level: float = 0.95,
) -> Estimate:
    """
    Compare the events of one place with those expected at standard rates.

    Indirect standardisation: above 1, more happened (or more was identified) than the
    standard's rates would give a population of this composition.

    Parameters
    ----------
    observed
        Events seen, a number or one per stratum; whole numbers, at least 0.
    expected
        Events expected, a number or one per stratum; above 0 in all.
    per
        1 for a ratio, 100 for the usual SMR scale, the standard's crude rate for an
        indirectly standardised rate.
    method
        Limits of the observed count; see `count_limits`.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        Observed over expected, times `per`; `n` is the number of events observed. Not
        estimable where none is expected and none was observed.

    Raises
    ------
    DataError
        If `observed` is not counts, `expected` is negative or missing, or events were
        observed where none is expected in all.
    ArgumentError
        If `per`, `method` or `level` breaks its rule.

    Notes
    -----
    `expected` is taken as known without error. R's ``phe_isr`` and
    ``calculate_ISRatio`` use ``method="ohid"``.

    References
    ----------
    .. [1] Breslow, N. E. and Day, N. E. (1987), Statistical Methods in Cancer Research,
       volume II, IARC, section 2.3.

    Examples
    --------
    >>> standardised_ratio(12, 8).value
    1.5
    """
    check_positive("per", per)
    counts = check_counts("observed", observed)
    amounts = check_amounts("expected", expected)
    total, mean = counts.sum(), float(amounts.sum())
    lower, upper = count_limits(total, method=method, level=level)
    measure = "standardised ratio"
    if mean == 0 and total == 0:
        return Estimate.missing(measure, "no event is expected", n=0, level=level)
    if mean == 0:
        rule = "be above 0 where events were observed"
        raise DataError(refusal("expected", rule, "0"))
    return Estimate(
        measure=measure,
        value=total / mean * per,
        lower=float(lower) / mean * per,
        upper=float(upper) / mean * per,
        level=level,
        n=int(total),
        unit="" if per == 1 else f"per {per:,g}",
        method=f"observed/expected, {method} limits",
    )


def directly_standardised_rate(
    events: npt.ArrayLike,
    exposure: npt.ArrayLike,
    standard_population: npt.ArrayLike,
    *,
    count_variance: npt.ArrayLike | None = None,
    per: float = 10_000,
    method: LimitMethod = "byar",
    level: float = 0.95,
) -> Estimate:
    """
    Average the rates of strata, weighted by a standard population.

    Parameters
    ----------
    events
        Events in each stratum (age band), shape (n,); whole numbers, at least 0.
    exposure
        Person-years in each stratum, shape (n,); above 0.
    standard_population
        Size of each stratum in the standard population, shape (n,); at least 0.
    count_variance
        Variance of each count, shape (n,); the count itself if not given. Where one
        family can be referred several times, give the sum over k of k squared times the
        number of families referred k times.
    per
        What the rate is expressed for.
    method
        Limits of the total count; see `count_limits`.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        The rate; `n` is the number of events. Not estimable with fewer than 10 events
        in all.

    Raises
    ------
    DataError
        If arrays differ in shape or break their rules.
    ArgumentError
        If `per`, `method` or `level` breaks its rule.

    Notes
    -----
    Dobson's limits [1]_: those of the total count, moved and scaled to the standardised
    rate by the ratio of standard errors. R's ``calculate_dsr`` gives the same, and NA
    below 10 events.

    References
    ----------
    .. [1] Dobson, A. J. et al. (1991), Statistics in Medicine 10, 457-462.

    Examples
    --------
    Two strata at 20 and 40 per 10,000, the first three times as large in the standard:

    >>> round(directly_standardised_rate([20, 40], [10_000, 10_000], [3, 1]).value, 9)
    25.0
    """
    check_positive("per", per)
    counts, amounts = check_pair(np.atleast_1d(events), np.atleast_1d(exposure))
    check_amounts("exposure", amounts, allow_zero=False)
    weights = _weights(standard_population, counts.shape) / amounts
    variances = (
        counts
        if count_variance is None
        else _like_events("count_variance", count_variance, counts.shape)
    )
    total = counts.sum()
    lower, upper = count_limits(total, method=method, level=level)
    unit, measure = f"per {per:,g}", "directly standardised rate"
    if total < MINIMUM_EVENTS:
        reason = f"there are fewer than {MINIMUM_EVENTS} events"
        return Estimate.missing(measure, reason, n=int(total), level=level, unit=unit)
    value = float(weights @ counts)
    standard_error = math.sqrt(weights**2 @ variances)
    scale = standard_error / math.sqrt(total)
    return Estimate(
        measure=measure,
        value=per * value,
        lower=per * (value + scale * (float(lower) - total)),
        upper=per * (value + scale * (float(upper) - total)),
        standard_error=per * standard_error,
        level=level,
        unit=unit,
        n=int(total),
        method=f"direct standardisation, Dobson limits from {method}",
    )


def _weights(standard_population: npt.ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    """Scale the standard population to add up to 1."""
    sizes = _like_events("standard_population", standard_population, shape)
    if not sizes.sum() > 0:
        raise DataError(refusal("standard_population", "add up to more than 0", "0"))
    return np.asarray(sizes / sizes.sum(), dtype=np.float64)


def _like_events(
    name: str, values: npt.ArrayLike, shape: tuple[int, ...]
) -> FloatArray:
    """Refuse amounts that are not one per stratum."""
    amounts = check_amounts(name, np.atleast_1d(values))
    if amounts.shape != shape:
        raise DataError(
            refusal(name, f"have the shape {shape} of `events`", amounts.shape)
        )
    return amounts
