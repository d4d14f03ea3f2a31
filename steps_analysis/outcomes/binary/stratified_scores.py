"""Which differences of risks, common to strata, does the score test not reject?"""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.binary.score_limits import (
    Interval,
    limits_of_difference,
    risks_apart,
    standardise,
)


def stratified_difference_score(counts: FloatArray, effect: float) -> float:
    """
    Give the score statistic of a difference common to strata.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2, one row per stratum, shape (k, 4).
    effect
        The difference tested, in (-1, 1).

    Returns
    -------
    float
        Its standard normal statistic: the Mantel-Haenszel average of the strata's
        differences less the effect, over the root of its variance, each stratum's with
        the risks likeliest under the effect and the factor N/(N-1).

    References
    ----------
    .. [1] Miettinen, O. and Nurminen, M. (1985), Statistics in Medicine 4, 213-226.

    Examples
    --------
    >>> one = np.array([[3.0, 30, 9, 30]])
    >>> round(stratified_difference_score(one, 0.0), 6)
    -1.920286
    """
    distance = variance = 0.0
    for x1, n1, x2, n2 in counts.tolist():
        r1, r2 = risks_apart((x1, n1, x2, n2), effect)
        weight = n1 * n2 / (n1 + n2)
        distance += weight * (x1 / n1 - x2 / n2 - effect)
        own = r1 * (1 - r1) / n1 + r2 * (1 - r2) / n2
        variance += weight**2 * own * (n1 + n2) / (n1 + n2 - 1)
    return standardise(distance, variance, 0, correct=False)


def stratified_difference_score_limits(counts: FloatArray, level: float) -> Interval:
    """
    Give the common differences at which the stratified score test just does not reject.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2, one row per stratum, shape (k, 4).
    level
        Confidence level.

    Returns
    -------
    tuple of float
        Lower and upper limit in [-1, 1].

    Examples
    --------
    >>> one = np.array([[3.0, 30, 9, 30]])
    >>> limits = stratified_difference_score_limits(one, 0.95)
    >>> [round(limit, 6) for limit in limits]
    [-0.399868, 0.004453]
    """
    x1, n1, x2, n2 = counts.T
    weight = n1 * n2 / (n1 + n2)
    value = float(np.sum(weight * (x1 / n1 - x2 / n2)) / np.sum(weight))
    return limits_of_difference(
        lambda effect: stratified_difference_score(counts, effect), value, level
    )
