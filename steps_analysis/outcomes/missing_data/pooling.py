"""How are the estimates of several imputed tables made into one?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import Estimate, check_level
from steps_analysis.outcomes.columns import (
    LARGEST,
    as_numbers,
    as_times,
    check_choice,
    is_number,
)
from steps_analysis.outcomes.distributions import t_p_value, t_quantile
from steps_analysis.outcomes.doors import as_column


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledVariance:
    """
    Rubin's rules applied to several estimates of one quantity.

    Attributes
    ----------
    value
        Mean of the estimates.
    within
        Mean of their variances.
    between
        Variance of the estimates.
    total
        Within plus (1 + 1/m) times between.
    degrees_of_freedom
        Barnard and Rubin's; Rubin's where the complete data would have infinitely many.
    relative_increase
        (1 + 1/m) times between, over within.
    missing_information
        Fraction of the information that is missing.
    n_imputations
        How many estimates there are, m.
    r_call
        The R call that should reproduce it.
    """

    value: float
    within: float
    between: float
    total: float
    degrees_of_freedom: float
    relative_increase: float
    missing_information: float
    n_imputations: int
    r_call: str | None = None


def rubin_rules(
    value: npt.ArrayLike, variance: npt.ArrayLike, *, complete_df: float | None = None
) -> PooledVariance:
    """
    Pool numbers and their variances over imputations.

    Parameters
    ----------
    value
        One estimate for each imputation, shape (m,), m at least 2.
    variance
        Their variances, shape (m,), above 0.
    complete_df
        Degrees of freedom the analysis would have without missing values; None for
        infinitely many.

    Returns
    -------
    PooledVariance
        The pooled value and the parts of its variance.

    Raises
    ------
    ArgumentError
        If `complete_df` is not above 0.
    DataError
        If there are fewer than two estimates, or the arrays do not fit together.

    Notes
    -----
    With lambda the share of the total variance due to missing values, Rubin's degrees
    of freedom (m - 1) / lambda^2 and those of the values seen,
    (nu + 1) / (nu + 3) nu (1 - lambda), nu = `complete_df`, combine as
    1 / (1/a + 1/b) [2]_. As ``mice::pool.scalar``.

    References
    ----------
    .. [1] Rubin, D. B. (1987), Multiple Imputation for Nonresponse in Surveys.
    .. [2] Barnard, J. and Rubin, D. B. (1999), Biometrika 86, 948-955.

    Examples
    --------
    Two estimates, 1 and 3, each of variance 1: total 1 + 1.5 x 2.

    >>> pooled = rubin_rules([1.0, 3.0], [1.0, 1.0])
    >>> pooled.value, pooled.total, round(pooled.degrees_of_freedom, 4)
    (2.0, 4.0, 1.7778)
    """
    q = as_numbers("value", as_column("value", value))
    u = as_times("variance", as_column("variance", variance), most=LARGEST)
    if q.ndim != 1 or len(q) < 2:
        raise DataError(refusal("value", "have at least two estimates", q.shape))
    if u.shape != q.shape or not np.all(u > 1 / LARGEST):
        raise DataError(refusal("variance", "be above 0, one for each value", u.shape))
    _check_degrees(complete_df)
    m = len(q)
    within, between = float(u.mean()), float(q.var(ddof=1))
    added = (1 + 1 / m) * between
    total = within + added
    free = _degrees(added / total, m, complete_df)
    increase = added / within
    return PooledVariance(
        value=float(q.mean()),
        within=within,
        between=between,
        total=total,
        degrees_of_freedom=free,
        relative_increase=increase,
        missing_information=(increase + 2 / (free + 3)) / (increase + 1),
        n_imputations=m,
        r_call=_r_call(complete_df),
    )


def pool_imputations(
    estimates: Sequence[Estimate],
    *,
    complete_df: float | None = None,
    scale: Literal["identity", "log"] = "identity",
    level: float = 0.95,
) -> Estimate:
    """
    Pool the estimates of several imputed tables into one.

    Parameters
    ----------
    estimates
        The same estimate from each imputed table, at least two.
    complete_df
        Degrees of freedom the analysis would have without missing values (participants
        less coefficients); None for infinitely many.
    scale
        ``"identity"``, or ``"log"`` for ratios, whose standard errors are on the log
        scale.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        Pooled by Rubin's rules, with limits by Student's t on Barnard and Rubin's
        degrees of freedom. Not estimable where any table gave no number, or there are
        fewer than two.

    Raises
    ------
    ArgumentError
        If the estimates measure different things, or are ratios and `scale` is not
        ``"log"``.

    Notes
    -----
    Rubin's rules want a standard error that speaks of the value pooled, so odds ratios
    and the like are pooled as logs. Estimates without a standard error (exact and score
    intervals) cannot be pooled, and say so.

    References
    ----------
    .. [1] Barnard, J. and Rubin, D. B. (1999), Biometrika 86, 948-955.

    Examples
    --------
    >>> found = [Estimate(measure="difference", value=v, lower=v - 2, upper=v + 2,
    ...                   standard_error=1.0, n=40) for v in (1.0, 3.0)]
    >>> pool_imputations(found).standard_error  # root of 1 + 1.5 x 2
    2.0
    """
    check_choice("scale", scale, ("identity", "log"))
    check_level(level)
    if not estimates:
        raise ArgumentError(refusal("estimates", "hold at least one", 0))
    first = estimates[0]
    _check_alike(estimates, scale)
    words = (
        f"Rubin's rules over {len(estimates)} imputations, Barnard-Rubin degrees of "
    )
    words += f"freedom; {first.method}"
    reason = _reason(estimates, scale)
    if reason:
        return Estimate.missing(
            first.measure,
            reason,
            n=first.n,
            level=level,
            unit=first.unit,
            method=words,
        )
    values = np.array([one.value for one in estimates])
    pooled = rubin_rules(
        np.log(values) if scale == "log" else values,
        np.array([one.standard_error for one in estimates]) ** 2,
        complete_df=complete_df,
    )
    error, free = math.sqrt(pooled.total), pooled.degrees_of_freedom
    reach = t_quantile(level, free) * error
    back = math.exp if scale == "log" else float
    return Estimate(
        measure=first.measure,
        value=back(pooled.value),
        lower=back(pooled.value - reach),
        upper=back(pooled.value + reach),
        level=level,
        standard_error=error,
        p_value=t_p_value(pooled.value / error, free),
        unit=first.unit,
        n=first.n,
        method=words,
        r_call=_r_call(complete_df),
    )


def _is_endless(complete_df: object) -> bool:
    """Say whether degrees of freedom are those of a large sample."""
    return isinstance(complete_df, float) and complete_df == math.inf


def _r_call(complete_df: float | None) -> str:
    """Write R's call, whose degrees of freedom are n - k."""
    endless = complete_df is None or _is_endless(complete_df)
    n = "Inf" if endless else f"{complete_df:g} + 1"
    return f"mice::pool.scalar(value, variance, n = {n}, k = 1)"


def _check_degrees(complete_df: float | None) -> None:
    """Refuse degrees of freedom that are none; infinite ones are a large sample."""
    if complete_df is None or _is_endless(complete_df):
        return
    if not (is_number(complete_df) and complete_df > 0):
        raise ArgumentError(refusal("complete_df", "be above 0", complete_df))


def _degrees(share: float, m: int, complete_df: float | None) -> float:
    """Give Barnard and Rubin's degrees of freedom."""
    rubin = (m - 1) / share**2 if share > 1e-150 else math.inf
    if complete_df is None or math.isinf(complete_df):
        return rubin
    seen = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
    return seen if math.isinf(rubin) else rubin * seen / (rubin + seen)


def _check_alike(estimates: Sequence[Estimate], scale: str) -> None:
    """Refuse different measures, and ratios pooled as they are."""
    measures = {one.measure for one in estimates}
    if len(measures) > 1:
        rule = "measure one thing"
        raise ArgumentError(refusal("estimates", rule, sorted(measures)))
    (measure,) = measures
    words = measure.split(",")[0].split()
    if "ratio" in words and scale != "log":
        raise ArgumentError(refusal("scale", 'be "log" for a ratio', scale))


def _reason(estimates: Sequence[Estimate], scale: str) -> str | None:
    """Say why estimates cannot be pooled."""
    without = [one.not_estimable for one in estimates if one.not_estimable]
    if without:
        return (
            f"{len(without)} of {len(estimates)} imputed tables gave no number: "
            f"{without[0]}"
        )
    if len(estimates) < 2:
        return "there is only one imputed table"
    if not all(0 < one.standard_error < math.inf for one in estimates):
        return "an estimate has no standard error"
    if scale == "log" and not all(one.value > 0 for one in estimates):
        return "an estimate is not above 0 and has no log"
    return None
