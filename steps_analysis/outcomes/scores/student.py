"""
Which limits does Student's t set, with how many degrees of freedom?

Degrees of freedom need not be whole, and may be infinite, which is the normal case.
"""

from __future__ import annotations

import math

from steps_analysis.estimates import Estimate, check_level
from steps_analysis.outcomes.distributions import normal_p_value, normal_quantile


def t_quantile(level: float, degrees_of_freedom: float) -> float:
    """
    Give the half-width of a two-sided t interval in standard errors.

    Parameters
    ----------
    level
        Confidence level, in (0, 1).
    degrees_of_freedom
        Degrees of freedom, above 0; infinite for the normal distribution.

    Returns
    -------
    float
        2.228 for 0.95 and 10.

    Examples
    --------
    >>> round(t_quantile(0.95, 10), 4)
    2.2281
    >>> round(t_quantile(0.95, math.inf), 4)
    1.96
    """
    if math.isinf(degrees_of_freedom):
        return normal_quantile(level)
    from scipy.special import stdtrit  # special alone, without scipy.stats

    return float(stdtrit(degrees_of_freedom, (1 + check_level(level)) / 2))


def t_p_value(t: float, degrees_of_freedom: float) -> float:
    """
    Give the two-sided tail probability of a t statistic.

    Parameters
    ----------
    t
        The statistic.
    degrees_of_freedom
        Degrees of freedom, above 0; infinite for the normal distribution.

    Returns
    -------
    float
        Its p-value.

    Examples
    --------
    >>> round(t_p_value(2.228139, 10), 4)
    0.05
    """
    if math.isinf(degrees_of_freedom):
        return normal_p_value(t)
    from scipy.special import stdtr  # special alone, without scipy.stats

    return 2 * float(stdtr(degrees_of_freedom, -abs(t)))


def t_estimate(
    measure: str,
    value: float,
    standard_error: float,
    degrees_of_freedom: float,
    *,
    n: int,
    level: float = 0.95,
    unit: str = "",
    method: str = "",
    r_call: str | None = None,
) -> Estimate:
    """
    Give an estimate with limits and p-value by Student's t.

    Parameters
    ----------
    measure
        What is estimated.
    value
        The estimate.
    standard_error
        Its standard error.
    degrees_of_freedom
        Degrees of freedom; infinite for normal limits.
    n
        How many it rests on.
    level
        Confidence level, in (0, 1).
    unit
        Unit of the value.
    method
        How it was computed.
    r_call
        The R call that should reproduce it.

    Returns
    -------
    Estimate
        Not estimable where the standard error is 0 or no number, or no degree of
        freedom is left.

    Examples
    --------
    >>> estimate = t_estimate("difference", 2.0, 1.0, 10, n=12)
    >>> round(estimate.lower, 3), round(estimate.p_value, 3)
    (-0.228, 0.073)
    """
    check_level(level)
    reason = None
    if not (math.isfinite(value) and math.isfinite(standard_error)):
        reason = "its standard error is not finite"
    elif not standard_error > 1e-12 * abs(value):
        reason = "it has no variance"
    elif not degrees_of_freedom > 0:
        reason = "no degree of freedom is left"
    if reason:
        return Estimate.missing(
            measure, reason, n=n, level=level, unit=unit, method=method
        )
    reach = t_quantile(level, degrees_of_freedom) * standard_error
    return Estimate(
        measure=measure,
        value=value,
        lower=value - reach,
        upper=value + reach,
        level=level,
        standard_error=standard_error,
        p_value=t_p_value(value / standard_error, degrees_of_freedom),
        unit=unit,
        n=n,
        method=method,
        r_call=r_call,
    )
