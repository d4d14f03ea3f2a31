"""
Which effects does the score test not reject?

The score statistic of a two-by-two table at a given difference, ratio or odds ratio,
with the risks at their maximum likelihood under it, and the limits at which it equals
the normal quantile. Counts come as (x1, n1, x2, n2), arm 1 against arm 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from steps_analysis.outcomes.distributions import normal_quantile

Counts = tuple[float, float, float, float]
Interval = tuple[float, float]


class _Score(Protocol):
    """A score statistic as a function of the effect."""

    def __call__(self, counts: Counts, effect: float, *, correct: bool) -> float:
        """Give the statistic at an effect."""


def difference_score(counts: Counts, effect: float, *, correct: bool) -> float:
    """
    Give the score statistic of a risk difference.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2.
    effect
        The difference tested, in (-1, 1).
    correct
        True for Miettinen and Nurminen's variance factor N/(N-1).

    Returns
    -------
    float
        Its standard normal statistic.

    References
    ----------
    .. [1] Farrington, C. P. and Manning, G. (1990), Statistics in Medicine 9,
       1447-1454, for the closed form of the constrained risks.

    Examples
    --------
    >>> round(difference_score((3, 30, 9, 30), 0.0, correct=False), 6)
    -1.936492
    """
    x1, n1, x2, n2 = counts
    r1, r2 = risks_apart(counts, effect)
    variance = r1 * (1 - r1) / n1 + r2 * (1 - r2) / n2
    return standardise(x1 / n1 - x2 / n2 - effect, variance, n1 + n2, correct)


def risks_apart(counts: Counts, effect: float) -> tuple[float, float]:
    """
    Give the likeliest risks of two arms that have a given difference.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2.
    effect
        The difference, in (-1, 1).

    Returns
    -------
    tuple of float
        The risks of arm 1 and arm 2.

    Examples
    --------
    >>> tuple(round(risk, 6) for risk in risks_apart((3, 30, 9, 30), 0.0))
    (0.2, 0.2)
    """
    x1, n1, x2, n2 = counts
    p1, p2, ratio = x1 / n1, x2 / n2, n2 / n1
    a = 1 + ratio
    b = -(1 + ratio + p1 + ratio * p2 + effect * (ratio + 2))
    c = effect**2 + effect * (2 * p1 + ratio + 1) + p1 + ratio * p2
    d = -p1 * effect * (1 + effect)
    v = b**3 / (27 * a**3) - b * c / (6 * a**2) + d / (2 * a)
    u = math.copysign(math.sqrt(max(b**2 / (9 * a**2) - c / (3 * a), 0.0)), v)
    cosine = min(max(v / u**3, -1.0), 1.0) if u else 0.0
    r1 = 2 * u * math.cos((math.pi + math.acos(cosine)) / 3) - b / (3 * a)
    r1 = min(max(r1, effect, 0.0), 1 + effect, 1.0)
    r2 = min(max(r1 - effect, 0.0), 1.0)
    return r1, r2


def ratio_score(counts: Counts, effect: float, *, correct: bool) -> float:
    """
    Give the score statistic of a risk ratio.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2.
    effect
        The ratio tested, above 0.
    correct
        True for the variance factor N/(N-1).

    Returns
    -------
    float
        Its standard normal statistic.

    Examples
    --------
    >>> round(ratio_score((3, 30, 9, 30), 1.0, correct=False), 6)
    -1.936492
    """
    x1, n1, x2, n2 = counts
    a = (n1 + n2) * effect
    b = n1 * effect + x1 + n2 + x2 * effect
    root = math.sqrt(max(b * b - 4 * a * (x1 + x2), 0.0))
    r2 = min(2 * (x1 + x2) / (b + root), 1.0)
    r1 = min(effect * r2, 1.0)
    variance = r1 * (1 - r1) / n1 + effect**2 * r2 * (1 - r2) / n2
    return standardise(x1 / n1 - effect * x2 / n2, variance, n1 + n2, correct)


def odds_ratio_score(counts: Counts, effect: float, *, correct: bool) -> float:
    """
    Give the score statistic of an odds ratio.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2.
    effect
        The odds ratio tested, above 0.
    correct
        True for the variance factor N/(N-1).

    Returns
    -------
    float
        Its standard normal statistic.

    Examples
    --------
    >>> round(odds_ratio_score((3, 30, 9, 30), 1.0, correct=False), 6)
    -1.936492
    """
    _, n1, _, n2 = counts
    residual, weights, _ = odds_ratio_residual(counts, effect)
    information = 1 / (1 / weights[0] + 1 / weights[1])
    return standardise(residual, information, n1 + n2, correct)


def odds_ratio_residual(
    counts: Counts, effect: float
) -> tuple[float, tuple[float, float], tuple[float, float]]:
    """
    Give observed less expected events at an odds ratio.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2.
    effect
        The odds ratio, above 0.

    Returns
    -------
    tuple
        The residual of arm 1 (arm 2 has its opposite), the binomial variances of the
        two arms, and their likeliest risks under the odds ratio.

    Examples
    --------
    >>> residual, variances, risks = odds_ratio_residual((3, 30, 9, 30), 1.0)
    >>> residual, [round(v, 6) for v in variances], risks
    (-3.0, [4.8, 4.8], (0.2, 0.2))
    """
    x1, n1, x2, n2 = counts
    r1, r2 = _risks_at(counts, effect)
    # The risks of no event on their own: 1 - r loses all its digits near r = 1.
    s1, s2 = _risks_at((n1 - x1, n1, n2 - x2, n2), 1 / effect)
    # Observed less expected is the same in all four cells but for its sign; from the
    # smallest of them it keeps most digits.
    residuals = (
        (x1, x1 - n1 * r1),
        (n1 - x1, n1 * s1 - (n1 - x1)),
        (x2, n2 * r2 - x2),
        (n2 - x2, (n2 - x2) - n2 * s2),
    )
    residual = min(residuals, key=lambda cell: cell[0])[1]
    return residual, (n1 * r1 * s1, n2 * r2 * s2), (r1, r2)


def _risks_at(counts: Counts, effect: float) -> tuple[float, float]:
    """Give the likeliest risks of two arms that have a given odds ratio."""
    x1, n1, x2, n2 = counts
    m = x1 + x2
    b = n1 * effect + n2 - m * (effect - 1)
    root = math.sqrt(max(b * b + 4 * n2 * (effect - 1) * m, 0.0))
    r2 = 2 * m / (b + root)
    return effect * r2 / (1 + r2 * (effect - 1)), r2


def difference_score_limits(counts: Counts, level: float, *, correct: bool) -> Interval:
    """
    Give the differences at which the score test just does not reject.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2.
    level
        Confidence level.
    correct
        True for the variance factor N/(N-1).

    Returns
    -------
    tuple of float
        Lower and upper limit in [-1, 1].

    Examples
    --------
    >>> limits = difference_score_limits((3, 30, 9, 30), 0.95, correct=True)
    >>> [round(limit, 6) for limit in limits]
    [-0.399868, 0.004453]
    """
    x1, n1, x2, n2 = counts
    return limits_of_difference(
        lambda effect: difference_score(counts, effect, correct=correct),
        x1 / n1 - x2 / n2,
        level,
    )


def limits_of_difference(
    score: Callable[[float], float], value: float, level: float
) -> Interval:
    """
    Give the differences at which a score statistic equals the normal quantile.

    Parameters
    ----------
    score
        The statistic at a difference, decreasing.
    value
        The observed difference.
    level
        Confidence level.

    Returns
    -------
    tuple of float
        Lower and upper limit in [-1, 1].

    Examples
    --------
    >>> lower, upper = limits_of_difference(lambda effect: -4 * effect, 0.0, 0.95)
    >>> round(upper, 6)
    0.489991
    """
    from scipy.optimize import brentq

    z, edge = normal_quantile(level), 1 - 1e-12

    def limit(end: float, target: float) -> float:
        """Find where the statistic equals the target between value and end."""

        def gap(effect: float) -> float:
            """Give the distance from the target."""
            return score(effect) - target

        if abs(value) >= edge and value * end > 0:
            return end
        if gap(end * edge) * gap(value * edge) > 0:
            return end
        return float(brentq(gap, value * edge, end * edge, xtol=1e-14, rtol=1e-14))

    return limit(-1.0, z), limit(1.0, -z)


def ratio_score_limits(
    score: _Score, counts: Counts, value: float, level: float, correct: bool
) -> Interval:
    """
    Give the ratios at which a score test just does not reject.

    Parameters
    ----------
    score
        `ratio_score` or `odds_ratio_score`.
    counts
        Events and number of arm 1, then of arm 2.
    value
        The observed ratio, finite.
    level
        Confidence level.
    correct
        True for the variance factor N/(N-1).

    Returns
    -------
    tuple of float
        Lower and upper limit; the upper is infinite where the data set none.

    Examples
    --------
    >>> limits = ratio_score_limits(ratio_score, (3, 30, 9, 30), 1 / 3, 0.95, False)
    >>> [round(limit, 6) for limit in limits]
    [0.104084, 1.011894]
    """
    from scipy.optimize import brentq

    z = normal_quantile(level)

    def gap(log_effect: float, target: float) -> float:
        """Give the distance from the target."""
        return score(counts, math.exp(log_effect), correct=correct) - target

    middle = math.log(value) if value else -_FAR
    lower, upper = 0.0, math.inf
    if value and gap(-_FAR, z) > 0:
        lower = math.exp(brentq(gap, -_FAR, middle, args=(z,), xtol=1e-14))
    if gap(_FAR, -z) < 0:
        upper = math.exp(brentq(gap, middle, _FAR, args=(-z,), xtol=1e-14))
    return lower, upper


_FAR = 30.0
"""Logarithm of the largest ratio looked at."""


def standardise(distance: float, variance: float, n: float, correct: bool) -> float:
    """
    Divide by the standard error; no distance is no evidence, whatever the rest.

    Parameters
    ----------
    distance, variance
        What is divided, and the square of what it is divided by.
    n
        Participants.
    correct
        True for the variance factor N/(N-1).

    Returns
    -------
    float
        The statistic.

    Examples
    --------
    >>> standardise(1.0, 4.0, 5, correct=False)
    0.5
    """
    if abs(distance) < 1e-15:
        return 0.0
    if correct:
        variance *= n / (n - 1)
    return distance / math.sqrt(max(variance, 1e-300))
