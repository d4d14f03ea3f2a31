"""Which values of one coefficient does the likelihood ratio not reject?"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.binary.logistic_likelihood import LogisticLikelihood
from steps_analysis.outcomes.distributions import chi_squared_p_value, normal_quantile

_REACH = 60
"""Standard errors walked at most in search of a limit."""


def profile_limits(
    likelihood: LogisticLikelihood,
    best: FloatArray,
    column: int,
    *,
    error: float,
    level: float,
) -> tuple[float, float]:
    """
    Give profile likelihood limits of a coefficient.

    Parameters
    ----------
    likelihood
        The (penalised) likelihood.
    best
        The coefficients at its maximum, shape (k,).
    column
        Which coefficient.
    error
        Its standard error, for the size of the first step.
    level
        Confidence level.

    Returns
    -------
    tuple of float
        Lower and upper limit; infinite where the profile does not fall far enough.
    """
    allowed = normal_quantile(level) ** 2 / 2
    gap = _fall(likelihood, best, column)
    return (
        _limit(lambda b: gap(b) - allowed, float(best[column]), -error),
        _limit(lambda b: gap(b) - allowed, float(best[column]), error),
    )


def profile_p_value(
    likelihood: LogisticLikelihood, best: FloatArray, column: int
) -> float:
    """
    Test a coefficient of 0 by its likelihood ratio.

    Parameters
    ----------
    likelihood
        The (penalised) likelihood.
    best
        The coefficients at its maximum, shape (k,).
    column
        Which coefficient.

    Returns
    -------
    float
        The p-value.
    """
    ratio = 2 * _fall(likelihood, best, column)(0.0)
    return chi_squared_p_value(max(ratio, 0.0), 1)


def _fall(
    likelihood: LogisticLikelihood, best: FloatArray, column: int
) -> Callable[[float], float]:
    """Give how far the profile lies below the maximum, as a function."""
    highest = likelihood.value(best)
    free = np.arange(len(best)) != column
    latest = best.copy()

    def fall(coefficient: float) -> float:
        """Maximise over the others, from where the last maximum was."""
        nonlocal latest
        start = latest.copy()
        start[column] = coefficient
        found = likelihood.maximise(start, free)
        if found is None:
            return math.inf
        latest = found
        return highest - likelihood.value(found)

    return fall


def _limit(gap: Callable[[float], float], value: float, step: float) -> float:
    """Walk out until the profile has fallen far enough, then find where."""
    from scipy.optimize import brentq

    inside = value
    for i in range(1, _REACH):
        outside = value + 1.5 * i * step
        if gap(outside) > 0:
            low, high = sorted((inside, outside))
            return float(brentq(gap, low, high, xtol=1e-11, rtol=1e-12))
        inside = outside
    return math.copysign(math.inf, step)
