"""Which estimate do a value and its standard error make?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.estimates import Estimate, check_level
from steps_analysis.outcomes.distributions import (
    normal_quantile,
    t_p_value,
    t_quantile,
)

_FAR = 300.0  # a logarithm beyond this is no statement about a ratio


def position_of(name: str, names: Sequence[str]) -> int:
    """
    Find a coefficient by its name, or refuse the name.

    Parameters
    ----------
    name
        The name asked for.
    names
        The names there are.

    Returns
    -------
    int
        Its place among them.

    Raises
    ------
    ArgumentError
        If there is none of that name.

    Examples
    --------
    >>> position_of("age", ["arm", "age"])
    1
    """
    if name not in names:
        rule = f"be one of {', '.join(names)}"
        raise ArgumentError(refusal("name", rule, name, hint=did_you_mean(name, names)))
    return list(names).index(name)


def wald_estimate(
    measure: str,
    value: float,
    standard_error: float,
    *,
    level: float,
    n: int,
    method: str,
    r_call: str | None = None,
    unit: str = "",
    degrees_of_freedom: float = math.inf,
) -> Estimate:
    """
    Give a value with Wald limits, and the p-value of no effect.

    Parameters
    ----------
    measure
        What is estimated.
    value
        The value; 0 is no effect.
    standard_error
        Its standard error, at least 0.
    level
        Confidence level, in (0, 1).
    n
        Participants (or rows) it rests on.
    method
        How it was computed.
    r_call
        The R call that should reproduce it.
    unit
        Unit of the value.
    degrees_of_freedom
        Of Student's t; infinite for normal limits.

    Returns
    -------
    Estimate
        The value plus and minus a quantile of standard errors; no p-value where the
        standard error is 0.

    Raises
    ------
    ArgumentError
        If `level` lies outside (0, 1).

    Examples
    --------
    >>> found = wald_estimate("difference", 1.0, 0.5, level=0.95, n=9, method="m")
    >>> round(found.lower, 2), round(found.upper, 2), round(found.p_value, 4)
    (0.02, 1.98, 0.0455)
    """
    half = t_quantile(level, degrees_of_freedom) * standard_error
    t = value / standard_error if standard_error else math.nan
    return Estimate(
        measure=measure,
        value=value,
        lower=value - half,
        upper=value + half,
        level=level,
        standard_error=standard_error,
        p_value=t_p_value(t, degrees_of_freedom),
        unit=unit,
        n=n,
        method=method,
        r_call=r_call,
    )


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
    return wald_estimate(
        measure,
        value,
        standard_error,
        level=level,
        n=n,
        method=method,
        r_call=r_call,
        unit=unit,
        degrees_of_freedom=degrees_of_freedom,
    )


def exponential(log_ratio: Estimate, measure: str) -> Estimate:
    """
    Take an estimate back from the log scale.

    Parameters
    ----------
    log_ratio
        A logarithm with its limits, or the reason why there is none.
    measure
        What its exponential is.

    Returns
    -------
    Estimate
        The exponential of value and limits; `standard_error` stays on the log scale.

    Examples
    --------
    >>> log = wald_estimate("log ratio", 0.0, 0.5, level=0.95, n=9, method="m")
    >>> exponential(log, "ratio").value
    1.0
    """
    if log_ratio.not_estimable:
        return replace(log_ratio, measure=measure)
    return replace(
        log_ratio,
        measure=measure,
        value=math.exp(log_ratio.value),
        lower=math.exp(log_ratio.lower),
        upper=math.exp(log_ratio.upper),
    )


def wald_ratio(
    measure: str,
    log_ratio: float,
    standard_error: float,
    *,
    level: float,
    n: int,
    method: str,
    r_call: str | None = None,
) -> Estimate:
    """
    Give a ratio with Wald limits made on the log scale.

    Parameters
    ----------
    measure
        What is estimated.
    log_ratio
        Its logarithm.
    standard_error
        Of the logarithm.
    level
        Confidence level, in (0, 1).
    n
        Participants (or rows) it rests on.
    method
        How it was computed.
    r_call
        The R call that should reproduce it.

    Returns
    -------
    Estimate
        The ratio; not estimable where its limits are so far that the data say nothing
        of it, or there is no variance.

    Examples
    --------
    >>> wald_ratio("ratio", 0.0, 0.5, level=0.95, n=9, method="m").value
    1.0
    """
    half = normal_quantile(level) * standard_error
    if not (standard_error > 0 and abs(log_ratio) + half < _FAR):
        reason = "the data say next to nothing of it"
        return Estimate.missing(measure, reason, n=n, level=level, method=method)
    log = wald_estimate(
        measure,
        log_ratio,
        standard_error,
        level=level,
        n=n,
        method=method,
        r_call=r_call,
    )
    return exponential(log, measure)
