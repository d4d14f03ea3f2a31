"""How large is a difference of means in standard deviations?"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import Estimate, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import LARGEST_SUM, as_numbers
from steps_analysis.outcomes.distributions import t_p_value
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.scores.two_arms import TwoArms


def hedges_g(
    score: npt.ArrayLike | str,
    arm: npt.ArrayLike | None = None,
    *,
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the standardised difference of two means without bias.

    Parameters
    ----------
    score
        The score, shape (n,); or a formula ``"score ~ arm"`` with `data`.
    arm
        Arm labels, shape (n,); two of them.
    reference
        The arm compared with; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        Hedges' g, arm minus reference, in pooled standard deviations; limits of the
        population's difference from the noncentral t distribution; p-value of the
        two-sample t test. Not estimable where an arm is empty, there are fewer than
        four participants, or the scores do not vary within the arms.

    Raises
    ------
    ArgumentError
        If there are more than two arms.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    g = J(m) d with m = n - 2, d the difference over the pooled standard deviation, and
    J(m) = Gamma(m/2) / (sqrt(m/2) Gamma((m - 1)/2)) exactly, not 1 - 3/(4m - 1).
    The limits invert the noncentral t distribution of d [2]_ and are not multiplied by
    J: they are of the parameter, not of the estimator. The standard error is the root
    of J^2 m/(m - 2) (1/n1 + 1/n0)(1 + g^2 h) - g^2, h = n1 n0/n, the exact variance
    [1]_ with g in place of the parameter. As ``effectsize::hedges_g``, whose limits are
    multiplied by J.

    References
    ----------
    .. [1] Hedges, L. V. (1981), Journal of Educational Statistics 6, 107-128.
    .. [2] Steiger, J. H. and Fouladi, R. T. (1997), in What If There Were No
       Significance Tests?, 221-257.

    Examples
    --------
    Means 2 and 4, pooled standard deviation 1, four degrees of freedom: J is 0.7979.

    >>> g = hedges_g([1.0, 2, 3, 3, 4, 5], ["a", "a", "a", "b", "b", "b"])
    >>> round(g.value, 4)
    1.5958
    """
    check_level(level)
    read = read_columns(
        {"score": score, "arm": arm},
        right="arm",
        data=data,
        missing=missing,
        responses=("score",) if isinstance(score, str) else ("score", "arm"),
    )
    y = as_numbers("score", read.columns["score"], most=LARGEST_SUM)
    y = y / (float(np.abs(y).max()) or 1.0)  # g has no unit
    arms = TwoArms.of(read.columns["arm"], reference)
    method = f"Hedges' g, exact correction, noncentral t{arms.note}{read.note}"
    reason = arms.reason() or ("there are fewer than four scores" if read.n < 4 else "")
    groups = y[arms.treated], y[~arms.treated]
    free = read.n - 2
    spread = sum(float(np.sum((g - g.mean()) ** 2)) for g in groups if len(g))
    if not reason and spread <= 1e-24 * read.n:
        reason = "the scores do not vary within the arms"
    if reason:
        return Estimate.missing(
            _MEASURE, reason, n=read.n, level=level, unit=_UNIT, method=method
        )
    d = float(groups[0].mean() - groups[1].mean()) / math.sqrt(spread / free)
    size = len(groups[0]) * len(groups[1]) / read.n
    g = small_sample_factor(free) * d
    t = d * math.sqrt(size)
    lower, upper = (ncp / math.sqrt(size) for ncp in noncentral_limits(t, free, level))
    return Estimate(
        measure=_MEASURE,
        value=g,
        lower=lower,
        upper=upper,
        level=level,
        standard_error=_standard_error(g, size, free),
        p_value=t_p_value(t, free),
        unit=_UNIT,
        n=read.n,
        method=method,
        r_call=f"effectsize::hedges_g(score ~ arm, ci = {level})",
    )


_MEASURE = "standardised mean difference"
_UNIT = "pooled standard deviations"


def small_sample_factor(degrees_of_freedom: float) -> float:
    """
    Give the factor that takes the bias off a standardised difference.

    Parameters
    ----------
    degrees_of_freedom
        Those of the standard deviation, above 1.

    Returns
    -------
    float
        Hedges' J, below 1.

    Examples
    --------
    Two degrees of freedom: Gamma(1) / (1 Gamma(1/2)).

    >>> round(small_sample_factor(2), 6)
    0.56419
    """
    half = degrees_of_freedom / 2
    logs = math.lgamma(half) - math.lgamma(half - 0.5)
    return math.exp(logs) / math.sqrt(half)


def noncentral_limits(
    t: float, degrees_of_freedom: float, level: float
) -> tuple[float, float]:
    """
    Give the noncentralities under which a t statistic would be just too far out.

    Parameters
    ----------
    t
        The statistic seen.
    degrees_of_freedom
        Its degrees of freedom.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    tuple of float
        The lower and the upper noncentrality.

    Examples
    --------
    >>> lower, upper = noncentral_limits(0.0, 10, 0.95)
    >>> round(lower, 4), round(upper, 4)
    (-1.96, 1.96)
    """
    from scipy.optimize import brentq  # heavy, and not needed to import this module

    tail, reach = (1 - level) / 2, 10.0 + 10 * abs(t)

    def limit(probability: float) -> float:
        """Find the noncentrality that puts this much below the statistic."""
        return float(
            brentq(
                lambda ncp: _noncentral_t(t, degrees_of_freedom, ncp) - probability,
                t - reach,
                t + reach,
                xtol=1e-12,
            )
        )

    return limit(1 - tail), limit(tail)


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(100)
_STEP_ENDS = 9.0  # standard errors beyond which a normal probability is 0 or 1


def _noncentral_t(t: float, degrees_of_freedom: float, ncp: float) -> float:
    """
    Give the probability that a noncentral t lies below t.

    The average of Phi(t s - ncp) over s, the root of a chi-squared over its degrees of
    freedom; scipy's own is NaN far out. The panels end where Phi begins to move.
    """
    from scipy.special import gammainccinv, gammaincinv, gammaln, ndtr

    half = degrees_of_freedom / 2
    first = math.sqrt(float(gammaincinv(half, 1e-18)) / half)
    last = math.sqrt(float(gammainccinv(half, 1e-18)) / half)
    moves = [(ncp + k * _STEP_ENDS) / t for k in (-1, 1)] if t else []
    ends = np.unique(np.clip([first, *moves, last], first, last))
    total = 0.0
    for low, high in pairwise(ends):
        s = 0.5 * (low + high) + 0.5 * (high - low) * _NODES
        log_density = (2 * half - 1) * np.log(s) - half * s**2
        log_density += math.log(2) + half * math.log(half) - float(gammaln(half))
        mass = np.exp(log_density) * ndtr(t * s - ncp)
        total += 0.5 * (high - low) * float(_WEIGHTS @ mass)
    return total


def _standard_error(g: float, size: float, free: int) -> float:
    """Give the root of the exact variance, with g in place of the parameter."""
    if free <= 2:
        return math.nan
    factor = small_sample_factor(free) ** 2 * free / (free - 2)
    return math.sqrt(max(factor * (1 + g**2 * size) / size - g**2, 0.0))
