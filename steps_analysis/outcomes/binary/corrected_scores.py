"""
Which effects does a score test with small-sample corrections not reject?

The difference corrected for skewness, the odds ratio for bias: what R's ``ratesci``
does unless told otherwise.
"""

from __future__ import annotations

import math

from steps_analysis.outcomes.binary.score_limits import (
    Counts,
    Interval,
    limits_of_difference,
    odds_ratio_residual,
    risks_apart,
    standardise,
)


def skewed_difference_score(counts: Counts, effect: float) -> float:
    """
    Give the score statistic of a risk difference, corrected for skewness.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2.
    effect
        The difference tested, in (-1, 1).

    Returns
    -------
    float
        Its statistic, nearer to a standard normal one than `difference_score`.

    Notes
    -----
    With V the variance under the effect, N/(N-1) included, and g the third central
    moment over 6 V^(3/2), the statistic s solves g s² + s = z + g, z the uncorrected
    one [1]_ [2]_.

    References
    ----------
    .. [1] Gart, J. J. and Nam, J. (1990), Biometrics 46, 637-643.
    .. [2] Laud, P. J. (2017), Pharmaceutical Statistics 16, 334-348.

    Examples
    --------
    In equal arms the skewness of no difference cancels.

    >>> round(skewed_difference_score((3, 30, 9, 30), 0.0), 6)
    -1.920286
    """
    x1, n1, x2, n2 = counts
    r1, r2 = risks_apart(counts, effect)
    v1, v2 = r1 * (1 - r1), r2 * (1 - r2)
    variance = max((v1 / n1 + v2 / n2) * (n1 + n2) / (n1 + n2 - 1), 1e-100)
    third = v1 * (1 - 2 * r1) / n1**2 - v2 * (1 - 2 * r2) / n2**2
    skew = third / (6 * variance * math.sqrt(variance))
    distance = x1 / n1 - x2 / n2 - effect
    plain = standardise(distance, variance, 0, correct=False)
    if abs(skew) < 1e-12:
        return plain
    root = math.sqrt(max(1 + 4 * skew * (plain + skew), 0.0))
    return 2 * (plain + skew) / (1 + root)


def skewed_difference_limits(counts: Counts, level: float) -> Interval:
    """
    Give the differences at which the corrected score test just does not reject.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2.
    level
        Confidence level.

    Returns
    -------
    tuple of float
        Lower and upper limit in [-1, 1].

    Examples
    --------
    >>> limits = skewed_difference_limits((3, 30, 9, 30), 0.95)
    >>> [round(limit, 6) for limit in limits]
    [-0.401497, 0.004445]
    """
    x1, n1, x2, n2 = counts
    return limits_of_difference(
        lambda effect: skewed_difference_score(counts, effect),
        x1 / n1 - x2 / n2,
        level,
    )


def debiased_odds_ratio_score(counts: Counts, effect: float, *, correct: bool) -> float:
    """
    Give the score statistic of an odds ratio, corrected for bias.

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
        Its statistic: 0 not at the sample odds ratio but nearer to 1.

    Notes
    -----
    With v the arms' binomial variances and r their risks under the odds ratio, the
    residual times V = 1/v1 + 1/v2 is on the log odds scale; the bias
    (r1 - r2) / (v1 + v2) is taken off before dividing by the root of V.

    References
    ----------
    .. [1] Gart, J. J. (1985), Biometrika 72, 673-677.
    .. [2] Laud, P. J. (2018), Pharmaceutical Statistics 17, 290-293.

    Examples
    --------
    At an odds ratio of 1 there is no bias.

    >>> round(debiased_odds_ratio_score((3, 30, 9, 30), 1.0, correct=False), 6)
    -1.936492
    """
    residual, variances, risks = odds_ratio_residual(counts, effect)
    spread = 1 / variances[0] + 1 / variances[1]
    bias = (risks[0] - risks[1]) / sum(variances)
    n = counts[1] + counts[3]
    factor = n / (n - 1) if correct else 1.0
    return (residual * spread - bias) / math.sqrt(spread * factor)
