"""Do arms differ in how soon events come?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray, TestResult
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_groups
from steps_analysis.outcomes.distributions import chi_squared_p_value
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.kaplan_meier import follow_up


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedCounts:
    """
    What a log-rank test is made of.

    Attributes
    ----------
    arms
        Arm labels, k of them.
    observed, expected
        Weighted events seen, and expected if arms did not differ, shape (k,).
    covariance
        Hypergeometric covariance of their difference, shape (k, k).
    n_events
        How many events there are, unweighted.
    n
        How many rows there are.
    note
        Words on rows left out.
    """

    arms: tuple[Any, ...]
    observed: FloatArray
    expected: FloatArray
    covariance: FloatArray
    n_events: int
    n: int
    note: str


def log_rank(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    rho: float = 0,
    gamma: float = 0,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test whether arms share one hazard.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two or more.
    stratum
        Labels, shape (n,) or (n, k): arms are compared within strata only.
    rho, gamma
        Fleming-Harrington weights S(t-)^rho (1 - S(t-))^gamma, at least 0; ``rho=1``
        looks at early, ``gamma=1`` at late differences.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    TestResult
        A chi-squared statistic on (arms with events expected - 1) degrees of freedom.
        Not estimable without events, or with one arm.

    Raises
    ------
    ArgumentError
        If a weight is negative.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    Hypergeometric variance, as R's ``survdiff``; ``coin`` uses the permutation
    variance, and ``survMisc`` corrects no ties where several arms have events at one
    time, so that both print slightly other p-values. S(t-) is the pooled Kaplan-Meier
    curve of the stratum just before t.

    References
    ----------
    .. [1] Harrington, D. P. and Fleming, T. R. (1982), Biometrika 69, 553-566.

    Examples
    --------
    At time 1, O - E = 1 - 1/2 with variance 1/4; later only one arm is at risk.

    >>> log_rank([1.0, 2.0], [1, 1], ["a", "b"]).statistic
    1.0
    """
    for name, power in (("rho", rho), ("gamma", gamma)):
        if not power >= 0:
            raise ArgumentError(refusal(name, "be at least 0", power))
    given = {"time": time, "event": event, "arm": arm, "stratum": stratum}
    counts = weighted_counts(given, data, missing, rho, gamma)
    method = f"log-rank test, Fleming-Harrington weights ({rho:g}, {gamma:g})"
    if rho == gamma == 0:
        method = "log-rank test"
    method += (", stratified" if stratum is not None else "") + counts.note
    keep = counts.expected > 0
    degrees = int(keep.sum()) - 1
    reason = _reason(counts, keep)
    if reason:
        return TestResult.missing(reason, n=counts.n, method=method)
    distance = (counts.observed - counts.expected)[keep][1:]
    covariance = counts.covariance[np.ix_(keep, keep)][1:, 1:]
    statistic = float(distance @ np.linalg.lstsq(covariance, distance, rcond=None)[0])
    return TestResult(
        statistic=statistic,
        p_value=chi_squared_p_value(statistic, degrees),
        n=counts.n,
        degrees_of_freedom=degrees,
        method=method,
        r_call=_r_call(rho, gamma, stratum is not None),
    )


def weighted_counts(
    given: dict[str, Any],
    data: pd.DataFrame | None,
    missing: MissingPolicy,
    rho: float,
    gamma: float,
) -> WeightedCounts:
    """
    Count weighted observed and expected events by arm.

    Parameters
    ----------
    given
        Time, event, arm and stratum as handed to `log_rank`.
    data
        The table a formula speaks of.
    missing
        ``"refuse"`` or ``"drop"``.
    rho, gamma
        The weights' powers.

    Returns
    -------
    WeightedCounts
        Summed over strata.

    Examples
    --------
    >>> given = {"time": [1.0, 2.0], "event": [1, 1], "arm": ["a", "b"]}
    >>> counts = weighted_counts(given, None, "refuse", 0, 0)
    >>> counts.observed, counts.expected
    (array([1., 1.]), array([0.5, 1.5]))
    """
    read = read_columns(given, right="arm", data=data, missing=missing)
    time, event, _ = follow_up(read.columns)
    arms = as_groups(read.columns["arm"], n=read.n)
    strata = as_groups(read.columns.get("stratum"), n=read.n)
    k = len(arms.labels)
    observed, expected, covariance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for z in range(len(strata.labels)):
        own = strata.code == z
        parts = _count(time[own], event[own], arms.code[own], k, rho, gamma)
        observed, expected = observed + parts[0], expected + parts[1]
        covariance = covariance + parts[2]
    return WeightedCounts(
        arms=arms.labels,
        observed=observed,
        expected=expected,
        covariance=covariance,
        n_events=int(event.sum()),
        n=read.n,
        note=read.note,
    )


def _count(
    time: FloatArray, event: BoolArray, arm: IntArray, k: int, rho: float, gamma: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count within one stratum: observed, expected, covariance."""
    steps, position = np.unique(time[event], return_inverse=True)
    if not len(steps):
        return np.zeros(k), np.zeros(k), np.zeros((k, k))
    dead = np.zeros((len(steps), k))
    np.add.at(dead, (position, arm[event]), 1.0)
    at_risk = np.column_stack(
        [
            np.sum(arm == a) - np.searchsorted(np.sort(time[arm == a]), steps, "left")
            for a in range(k)
        ]
    ).astype(np.float64)
    n, d = at_risk.sum(axis=1), dead.sum(axis=1)
    before = np.concatenate([[1.0], np.cumprod(1 - d / n)[:-1]])
    weight = before**rho * (1 - before) ** gamma
    share = at_risk / n[:, None]
    spread = weight**2 * d * (n - d) / np.maximum(n - 1, 1)
    covariance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    return weight @ dead, (weight * d) @ share, covariance


def _reason(counts: WeightedCounts, keep: BoolArray) -> str | None:
    """Say why there is no test."""
    if len(counts.arms) < 2:
        return "only one arm has participants"
    if counts.n_events == 0:
        return "there is no event"
    if keep.sum() < 2 or not np.trace(counts.covariance) > 1e-12:
        return "no two arms are at risk together when an event happens"
    return None


def _r_call(rho: float, gamma: float, stratified: bool) -> str | None:
    """Write R's call, where survdiff knows the weights."""
    strata = " + strata(stratum)" if stratified else ""
    if gamma:
        return None
    return f"survival::survdiff(survival::Surv(time, event) ~ arm{strata}, rho = {rho})"
