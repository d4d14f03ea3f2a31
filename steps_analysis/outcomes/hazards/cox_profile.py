"""
Which values of one coefficient does the likelihood not rule out?

The other coefficients are free to follow: the profile likelihood. Its limits need no
symmetry, and exist where the Wald interval is at its worst, with few events.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.distributions import chi_squared_p_value, normal_quantile
from steps_analysis.outcomes.hazards.cox_kernel import CoxProblem, evaluate, maximise


class Profile(NamedTuple):
    """
    What the profile likelihood says of one coefficient.

    Attributes
    ----------
    lower, upper
        Limits; NaN where the profile does not fall far enough.
    p_value
        Of the likelihood ratio against 0.
    """

    lower: float
    upper: float
    p_value: float


def profile(
    problem: CoxProblem,
    coefficients: FloatArray,
    covariance: FloatArray,
    column: int,
    *,
    level: float,
) -> Profile:
    """
    Find where the profile likelihood of one coefficient has fallen far enough.

    Parameters
    ----------
    problem
        The problem, penalised or not.
    coefficients
        Where it has its maximum, shape (p,).
    covariance
        Their covariance, shape (p, p); it only says where to look first.
    column
        Position of the coefficient.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Profile
        Limits and p-value.

    Notes
    -----
    As in R's ``coxphf`` and ``logistf``, the penalty of a penalised profile is that of
    the whole information, the coefficient held included [1]_.

    References
    ----------
    .. [1] Heinze, G. and Schemper, M. (2001), Biometrics 57, 114-119.
    """
    best = evaluate(problem, coefficients).log_likelihood
    estimate = float(coefficients[column])
    slope = covariance[column] / covariance[column, column]
    allowed = normal_quantile(level) ** 2 / 2

    def fall(value: float) -> float:
        """Give how far the profile lies below its maximum."""
        begin = coefficients + slope * (value - estimate)
        begin[column] = value
        held = maximise(problem, begin=begin, held=column)
        return best - held.evaluation.log_likelihood

    reach = normal_quantile(level) * math.sqrt(covariance[column, column])
    return Profile(
        lower=_limit(lambda value: fall(value) - allowed, estimate, -reach),
        upper=_limit(lambda value: fall(value) - allowed, estimate, reach),
        p_value=chi_squared_p_value(max(2 * fall(0.0), 0.0), 1),
    )


def _limit(gap: Callable[[float], float], start: float, reach: float) -> float:
    """Find where the profile has fallen far enough, going from the estimate."""
    from scipy.optimize import brentq

    end = start + reach
    for _ in range(20):
        if gap(end) > 0:
            return float(brentq(gap, start, end, xtol=1e-10))
        end = start + 2 * (end - start)
    return math.nan
