"""
Which quantile, which tail probability?

The normal, t and chi-squared numbers every interval and test needs, without importing
``scipy.stats``, which takes a second to load. Degrees of freedom need not be whole.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from steps_analysis.estimates import TestResult, check_level


def normal_quantile(level: float) -> float:
    """
    Give the half-width of a two-sided normal interval in standard errors.

    Parameters
    ----------
    level
        Confidence level, in (0, 1).

    Returns
    -------
    float
        1.96 for 0.95.

    Examples
    --------
    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    return NormalDist().inv_cdf((1 + check_level(level)) / 2)


def normal_p_value(z: float) -> float:
    """
    Give the two-sided tail probability of a standard normal statistic.

    Parameters
    ----------
    z
        The statistic.

    Returns
    -------
    float
        Its p-value; NaN for NaN.

    Examples
    --------
    >>> round(normal_p_value(1.959964), 4)
    0.05
    """
    return math.erfc(abs(z) / math.sqrt(2))


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


def chi_squared_p_value(statistic: float, degrees_of_freedom: float) -> float:
    """
    Give the upper tail probability of a chi-squared statistic.

    Parameters
    ----------
    statistic
        The statistic, at least 0.
    degrees_of_freedom
        Its degrees of freedom.

    Returns
    -------
    float
        Its p-value.

    Examples
    --------
    >>> round(chi_squared_p_value(3.841459, 1), 4)
    0.05
    """
    from scipy.special import chdtrc  # special alone, without scipy.stats

    return float(chdtrc(degrees_of_freedom, statistic))


def chi_squared_test(
    statistic: float, degrees: int, n: int, method: str, *, r_call: str | None = None
) -> TestResult:
    """
    Give a chi-squared test.

    Parameters
    ----------
    statistic
        The statistic.
    degrees
        Its degrees of freedom.
    n
        Rows it rests on.
    method
        Which test.
    r_call
        The R call that should reproduce it, where there is one.

    Returns
    -------
    TestResult
        With its p-value.

    Examples
    --------
    >>> chi_squared_test(0.0, 1, 10, "score test").p_value
    1.0
    """
    return TestResult(
        statistic=statistic,
        p_value=chi_squared_p_value(statistic, degrees),
        n=n,
        degrees_of_freedom=degrees,
        method=method,
        r_call=r_call,
    )
