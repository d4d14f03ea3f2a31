"""
Between which limits the mean of a count lies, and the count of a mean.

`count_limits` goes from what was counted to the means it could come from,
`funnel_limits` from a mean to the counts it would give.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray, check_level
from steps_analysis.referrals.count_checks import (
    check_amounts,
    check_choice,
    check_counts,
)

LimitMethod = Literal["byar", "exact", "ohid"]

OHID_SWITCH = 10  # events; below it OHID's Fingertips uses the exact limits


def count_limits(
    events: npt.ArrayLike, *, method: LimitMethod = "byar", level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """
    Give confidence limits for the means of Poisson counts.

    Parameters
    ----------
    events
        Counts, whole numbers of at least 0, a number or shape (n,).
    method
        ``"byar"``, Byar's approximation for every count; ``"exact"``, from the gamma
        distribution; ``"ohid"``, exact below 10 events and Byar from 10 on, as in the
        indicators of the Office for Health Improvement and Disparities.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper limits, the shape of `events`.

    Raises
    ------
    DataError
        If a count is missing, negative or not whole.
    ArgumentError
        If `method` is unknown or `level` lies outside (0, 1).

    Notes
    -----
    Byar's lower limit of 0 events is 0. Where his formula turns negative (1 event at
    99.8 %) the limit given is 0: a mean cannot be negative. R's
    ``PHEindicatormethods::byars_lower`` applies the raw formula to any count (1 event:
    0.0131), its exported ``phe_rate`` switches to exact limits below 10 (1 event:
    0.0253). The first is ``"byar"`` here, the second ``"ohid"``.

    References
    ----------
    .. [1] Breslow, N. E. and Day, N. E. (1987), Statistical Methods in Cancer Research,
       volume II, IARC, section 2.3.
    .. [2] Garwood, F. (1936), Biometrika 28, 437-442.

    Examples
    --------
    No event in 20 years: the exact upper limit is -log(0.025).

    >>> lower, upper = count_limits(0, method="exact")
    >>> float(lower), round(float(upper), 4)
    (0.0, 3.6889)
    """
    check_choice("method", method, ("byar", "exact", "ohid"))
    counts = check_counts("events", events)
    tail = (1 - check_level(level)) / 2
    if method == "byar":
        return _byar(counts, tail)
    if method == "exact":
        return _exact(counts, tail)
    few = counts < OHID_SWITCH
    (low_e, high_e), (low_b, high_b) = _exact(counts, tail), _byar(counts, tail)
    return np.where(few, low_e, low_b), np.where(few, high_e, high_b)


def funnel_limits(
    expected: npt.ArrayLike, *, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """
    Give the exact Poisson limits of counts with known means.

    A count is below its lower limit just when its exact upper confidence limit is below
    the mean, and the same above: funnel and interval never contradict each other.

    Parameters
    ----------
    expected
        Means of the counts, above 0, a number or shape (n,).
    level
        Level of the limits, in (0, 1).

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper limits as counts, not rounded, the shape of `expected`.

    Raises
    ------
    DataError
        If a mean is missing, infinite, negative or 0.
    ArgumentError
        If `level` lies outside (0, 1).

    Notes
    -----
    The limits solve ``P(X <= lower) = P(X >= upper) = (1 - level) / 2`` with the
    Poisson probabilities continued between whole counts by the incomplete gamma
    function, so they are smooth lines. Below a mean of 3.69 (at 95 %) no count is too
    low: the limit is 0. R's ``PHEindicatormethods::calculate_funnel_limits`` tabulates
    the same curve the other way round, by count, to five digits in the probability.

    References
    ----------
    .. [1] Spiegelhalter, D. J. (2005), Statistics in Medicine 24, 1185-1202.

    Examples
    --------
    One event is on the upper limit where the mean is -log(0.975):

    >>> lower, upper = funnel_limits(-np.log(0.975))
    >>> float(lower), round(float(upper), 6)
    (0.0, 1.0)
    """
    from scipy import special

    means = check_amounts("expected", expected, allow_zero=False)
    tail = (1 - check_level(level)) / 2
    # A Poisson tail is a chi-squared tail whose degrees of freedom hold the count.
    lower = special.chdtriv(1 - tail, 2 * means) / 2 - 1
    upper = special.chdtriv(tail, 2 * means) / 2
    reachable = means > -np.log(tail)
    return np.where(reachable, np.maximum(lower, 0), 0.0), np.asarray(upper, float)


def _byar(counts: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Byar's approximation: the cube of a normal variable."""
    from scipy import special

    z = -special.ndtri(tail)
    some, more = np.maximum(counts, 1), counts + 1
    lower = counts * (1 - 1 / (9 * some) - z / (3 * np.sqrt(some))) ** 3
    upper = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
    return np.maximum(lower, 0.0), upper


def _exact(counts: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Garwood's limits: means that make a count this high, or low, just too rare."""
    from scipy import special

    lower = special.gammaincinv(np.maximum(counts, 1), tail)
    upper = special.gammainccinv(counts + 1, tail)
    return np.where(counts > 0, lower, 0.0), np.asarray(upper, dtype=np.float64)
