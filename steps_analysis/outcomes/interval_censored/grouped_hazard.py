"""How much faster do events come in one arm, if only the period of each is known?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import (
    BoolArray,
    Estimate,
    FloatArray,
    IntArray,
    check_level,
)
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import (
    Column,
    as_binary,
    as_numbers,
    is_number,
    r_terms,
)
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.design_columns import (
    independent_columns,
    numeric_columns,
    spread,
)
from steps_analysis.outcomes.wald import position_of, wald_ratio


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupedHazardFit:
    """
    A fitted grouped-time proportional hazards model.

    Attributes
    ----------
    names
        ``"intercept"``, ``"period 2"`` and so on, then the covariates.
    coefficients
        The intercept is the log cumulative hazard of the first period with events, the
        periods' are differences from it, the covariates' log hazard ratios; NaN for
        what was left out, and for all where `not_estimable` says why.
    covariance
        From the expected information, as R's ``glm`` gives it.
    log_likelihood
        At the maximum.
    n, n_events
        Participants and events.
    dropped
        Covariates left out, being constant or determined by those before them.
    method
        Model and options.
    r_call
        The R call that should reproduce it.
    not_estimable
        None, or why there is no fit.

    Examples
    --------
    >>> grouped_hazard_ratio([1, 2], [0, 0], [0, 1]).not_estimable
    'there is no event'
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    log_likelihood: float
    n: int
    n_events: int
    dropped: tuple[str, ...]
    method: str
    r_call: str
    not_estimable: str | None

    @property
    def standard_error(self) -> FloatArray:
        """
        Give the standard errors of the coefficients.

        Returns
        -------
        numpy.ndarray
            In the order of `names`.
        """
        error: FloatArray = np.sqrt(np.diag(self.covariance))
        return error

    def hazard_ratio(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one covariate's hazard ratio per unit.

        Parameters
        ----------
        name
            Its name.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            Wald limits on the log scale.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        j = position_of(name, self.names)
        check_level(level)
        reason = self.not_estimable
        if name in self.dropped:
            reason = reason or f"{name} is constant or determined by those before it"
        value, se = float(self.coefficients[j]), float(self.standard_error[j])
        if not reason and math.isnan(value):
            reason = "in that period nobody, or everybody, had the event"
        measure = f"hazard ratio, {name}"
        if reason:
            return Estimate.missing(
                measure, reason, n=self.n, level=level, method=self.method
            )
        return wald_ratio(
            measure,
            value,
            se,
            level=level,
            n=self.n,
            method=self.method,
            r_call=self.r_call,
        )


def grouped_hazard_ratio(
    period: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    pool_from: int | None = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> GroupedHazardFit:
    """
    Fit proportional hazards to events known only by the period between two visits.

    Parameters
    ----------
    period
        Last period observed, shape (n,), counted from 1: the one in which the event
        came, or the last that passed without. Or a formula such as
        ``"period + event ~ arm + age"`` with `data`.
    event
        True or 1 where the event came in that period, shape (n,).
    covariates
        Numeric columns, shape (n,) or (n, p), or a table of them.
    pool_from
        From this period on all share one baseline hazard; None for one each.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    GroupedHazardFit
        Log hazard ratios of the underlying continuous time, free of the length of the
        periods. Not estimable where there is no event, no covariate varies, or an
        effect has no bound.

    Raises
    ------
    ArgumentError
        If `pool_from` is below 1, or there are no covariates.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    One row for each participant and period; a binomial model with complementary
    log-log link and one intercept per period is the proportional hazards model of the
    grouped times [1]_. As R's ``glm(family = binomial("cloglog"))`` on such rows. A
    period in which nobody (or everybody) at risk had the event says nothing of the
    covariates; its rows are left out, where ``glm`` would let its coefficient wander.
    Somebody who missed a visit needs `interval_regression`.

    References
    ----------
    .. [1] Prentice, R. L. and Gloeckler, L. A. (1978), Biometrics 34, 57-67.

    Examples
    --------
    One period; 1 of 4 against 2 of 4: log(1/2) over log(3/4).

    >>> arm = pd.DataFrame({"mst": [1] * 4 + [0] * 4})
    >>> fit = grouped_hazard_ratio([1] * 8, [1, 0, 0, 0, 1, 1, 0, 0], arm)
    >>> round(fit.hazard_ratio("mst").value, 6), round(math.log2(4 / 3), 6)
    (0.415037, 0.415037)
    """
    if pool_from is not None and not (
        is_number(pool_from) and pool_from == int(pool_from) >= 1
    ):
        raise ArgumentError(refusal("pool_from", "be at least 1", pool_from))
    given = {"period": period, "event": event, "covariates": covariates}
    read = read_columns(
        given,
        right="covariates",
        data=data,
        missing=missing,
        responses=("period", "event"),
    )
    last, is_event = _periods(read.columns), as_binary("event", read.columns["event"])
    x, names = numeric_columns(read, covariates)
    design, y, candidates, pooled = _expand(last, is_event, x, pool_from)
    kept = [candidates[j] for j in independent_columns(design[:, candidates])]
    reason = None if is_event.any() else "there is no event"
    if reason is None and not any(j >= pooled for j in kept):
        reason = "no covariate varies among those at risk when events come"
    solved = None if reason else _binomial(design[:, kept], y)
    if solved is None:
        reason = reason or "an effect has no bound: events lie all to one side of it"
        nothing = np.full(len(kept), np.nan)
        solved = nothing, np.full((len(kept),) * 2, np.nan), math.nan
    every = ("intercept", *(f"period {k + 1}" for k in range(1, pooled)), *names)
    return GroupedHazardFit(
        names=every,
        coefficients=spread(solved[0], _places(kept, pooled), len(every)),
        covariance=spread(solved[1], _places(kept, pooled), len(every)),
        log_likelihood=solved[2],
        n=read.n,
        n_events=int(is_event.sum()),
        dropped=tuple(k for j, k in enumerate(names, pooled) if j not in kept),
        method=f"grouped-time proportional hazards, complementary log-log link"
        f"{_pool_words(pool_from)}{read.note}",
        r_call="stats::glm(y ~ factor(period) + "
        f'{r_terms(names)}, binomial("cloglog"))',
        not_estimable=reason,
    )


_MOST_PERIODS = 1000  # each is a row of every participant, and a column


def _periods(columns: dict[str, Column]) -> IntArray:
    """Check periods: whole numbers from 1."""
    values = as_numbers("period", columns["period"])
    whole = (values >= 1) & (values == np.floor(values)) & (values <= _MOST_PERIODS)
    n_wrong = int(np.sum(~whole))
    if n_wrong:
        rule = f"hold whole numbers, 1 for the first period, up to {_MOST_PERIODS}"
        raise DataError(refusal("period", rule, f"{n_wrong} others"))
    return values.astype(np.int64)


def _expand(
    last: IntArray, event: BoolArray, x: FloatArray, pool_from: int | None
) -> tuple[FloatArray, FloatArray, list[int], int]:
    """Give rows by participant and period, outcomes, and columns that may count."""
    pooled = (
        int(last.max()) if pool_from is None else min(int(pool_from), int(last.max()))
    )
    who = np.repeat(np.arange(len(last)), last)
    period = np.arange(len(who)) - np.repeat(np.cumsum(last) - last, last)
    y = ((period == last[who] - 1) & event[who]).astype(np.float64)
    group = np.minimum(period, pooled - 1)
    share = np.bincount(group, y, pooled) / np.bincount(group, minlength=pooled)
    telling = np.flatnonzero((share > 0) & (share < 1))
    indicator = np.eye(pooled)[group]
    use = np.isin(group, telling)
    if len(telling):
        indicator[:, telling[0]] = 1.0  # the first of them is the intercept
    design = np.hstack([indicator, x[who]])[use]
    width = design.shape[1]
    return design, y[use], [*telling.tolist(), *range(pooled, width)], pooled


def _places(kept: list[int], pooled: int) -> list[int]:
    """Give the first period kept the place of the intercept."""
    return [0, *kept[1:]] if kept and kept[0] < pooled else kept


def _binomial(
    x: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray, float] | None:
    """Maximise the binomial likelihood with complementary log-log link (scoring)."""
    unit = np.abs(x).max(axis=0)
    z, beta = x / unit, np.zeros(x.shape[1])
    beta[0] = math.log(-math.log(1 - float(y.mean())))
    for _ in range(100):
        rate, risk, information = _expected(z, beta)
        score = z.T @ (rate * (y - risk) / risk)
        step = np.linalg.lstsq(information, score, rcond=None)[0]
        beta = beta + step * min(1.0, 2.0 / max(float(np.abs(z @ step).max()), 1e-300))
        if np.abs(step).max() <= 1e-10 * (1 + np.abs(beta).max()):
            break
    else:
        return None
    rate, risk, information = _expected(z, beta)
    if rate.min() < 1e-8 * rate.max():
        return None
    value = float(np.sum(np.where(y > 0, np.log(risk), -rate)))
    covariance = np.linalg.inv(information) / np.outer(unit, unit)
    return beta / unit, covariance, value


def _expected(
    z: FloatArray, beta: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give cumulative hazards, risks and the expected information."""
    rate = np.exp(np.clip(z @ beta, -50, 5))
    risk = -np.expm1(-rate)
    weight = rate**2 * np.exp(-rate) / risk
    return rate, risk, (z * weight[:, None]).T @ z


def _pool_words(pool_from: int | None) -> str:
    """Say which periods share a baseline."""
    return "" if pool_from is None else f", one baseline from period {pool_from} on"
