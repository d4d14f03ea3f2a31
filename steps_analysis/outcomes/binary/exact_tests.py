"""
Could a two-by-two table be chance alone?

Conditional tests (Fisher, its central and mid-p versions, Blaker) and unconditional
ones (Boschloo, Barnard), all two-sided.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray, TestResult
from steps_analysis.outcomes.binary.binomials import binomial_probabilities
from steps_analysis.outcomes.binary.conditional_count import (
    SLACK,
    ConditionalCount,
    Ordering,
    too_many,
)
from steps_analysis.outcomes.binary.counts import TwoByTwo
from steps_analysis.outcomes.columns import check_choice

ExactMethod = Literal["fisher", "central", "mid-p", "blaker", "boschloo", "barnard"]

_GRID = 1000
_ORDERINGS: dict[str, Ordering] = {
    "fisher": "minlike",
    "central": "central",
    "mid-p": "mid-p",
    "blaker": "blaker",
}


def exact_test(
    events_treatment: int,
    n_treatment: int,
    events_control: int,
    n_control: int,
    *,
    method: ExactMethod = "fisher",
) -> TestResult:
    """
    Test equal risks in two arms, two-sided.

    Parameters
    ----------
    events_treatment, n_treatment
        Events and participants in the treatment arm.
    events_control, n_control
        Events and participants in the control arm.
    method
        Conditional on both margins: ``"fisher"`` (tables no more likely than the
        observed), ``"central"`` (twice the smaller tail), ``"mid-p"`` (twice the
        smaller tail with the observed table counted by half) or ``"blaker"``.
        Unconditional: ``"boschloo"`` (ordered by Fisher's two-sided p-value) or
        ``"barnard"`` (ordered by the pooled z statistic).

    Returns
    -------
    TestResult
        The p-value; `statistic` is Fisher's p-value for ``"boschloo"``, z for
        ``"barnard"``, NaN otherwise. Not estimable where an arm is empty, or there are
        more than a million tables to sum over.

    Raises
    ------
    DataError
        If the counts are no whole numbers with ``0 <= events <= n``.
    ArgumentError
        If `method` is none of those above.

    Notes
    -----
    ``"boschloo"`` follows R's ``Exact`` package: tables are ordered by Fisher's
    two-sided p-value. ``scipy.stats.boschloo_exact`` instead doubles a one-sided
    p-value, which is a different test. ``"mid-p"`` follows ``exact2x2`` with
    ``tsmethod = "central"``; it may exceed the nominal error slightly. The nuisance
    risk of the unconditional tests is maximised on a grid of 1,000 and refined.

    References
    ----------
    .. [1] Boschloo, R. D. (1970), Statistica Neerlandica 24, 1-35.
    .. [2] Barnard, G. A. (1947), Biometrika 34, 123-138.
    .. [3] Blaker, H. (2000), Canadian Journal of Statistics 28, 783-798.

    Examples
    --------
    >>> round(exact_test(2, 24, 11, 24).p_value, 5)
    0.00784
    >>> exact_test(1, 20, 2, 20).p_value
    1.0
    """
    accepted = ("fisher", "central", "mid-p", "blaker", "boschloo", "barnard")
    check_choice("method", method, accepted)
    table = TwoByTwo(events_treatment, n_treatment, events_control, n_control)
    words = f"{method} exact test, two-sided"
    size = (n_treatment + 1) * (n_control + 1)
    if method in _ORDERINGS:
        size = min(n_treatment, events_treatment + events_control) + 1
    if reason := table.empty_arm() or too_many(size):
        return TestResult.missing(reason, n=table.n, method=words)
    statistic = math.nan
    if method == "boschloo":
        statistic, p_value = _unconditional(table, _fisher_order(table))
    elif method == "barnard":
        z = _pooled_z(table)
        statistic = float(z[events_treatment, events_control])
        p_value = _unconditional(table, -np.abs(z))[1]
    else:
        p_value = ConditionalCount.of_table(table.counts).p_value(_ORDERINGS[method])
    return TestResult(
        statistic=statistic,
        p_value=min(p_value, 1.0),
        n=table.n,
        method=words,
        r_call=_call(table, method),
    )


def _fisher_order(table: TwoByTwo) -> FloatArray:
    """Give Fisher's two-sided p-value of every table with these arm sizes."""
    n1, n2 = table.n_treatment, table.n_control
    order = np.empty((n1 + 1, n2 + 1))
    for events in range(n1 + n2 + 1):
        first = max(0, events - n2)
        odds = ConditionalCount.of_table((first, n1, events - first, n2))
        p = odds.probabilities()
        ranked = np.sort(p)
        count = np.searchsorted(ranked, p * SLACK, side="right")
        rows = odds.support.astype(np.intp)
        order[rows, events - rows] = np.cumsum(ranked)[count - 1]
    return np.minimum(order, 1.0)


def _pooled_z(table: TwoByTwo) -> FloatArray:
    """Give the pooled z statistic of every table with these arm sizes."""
    n1, n2 = table.n_treatment, table.n_control
    x1, x2 = np.arange(n1 + 1.0)[:, None], np.arange(n2 + 1.0)[None, :]
    pooled = (x1 + x2) / (n1 + n2)
    variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2)
    difference = x1 / n1 - x2 / n2
    safe = np.where(variance > 0, variance, 1.0)
    return np.where(variance > 0, difference / np.sqrt(safe), 0.0)


def _unconditional(table: TwoByTwo, order: FloatArray) -> tuple[float, float]:
    """Maximise the probability of tables as extreme over the nuisance risk."""
    from scipy.optimize import minimize_scalar

    observed = float(order[table.events_treatment, table.events_control])
    extreme = order <= observed + 1e-7 * abs(observed)
    grid = np.linspace(1e-5, 1 - 1e-5, _GRID)
    p = _tail_probability(table, extreme, grid)
    best = float(p.max())
    around = np.concatenate([[-1.0], p, [-1.0]])
    peaks = np.flatnonzero((p > around[:-2]) & (p >= around[2:]))
    for peak in grid[peaks[np.argsort(-p[peaks], kind="stable")][:4]]:
        found = minimize_scalar(
            lambda risk: -_tail_probability(table, extreme, np.array([risk]))[0],
            bounds=(max(peak - 1 / _GRID, 0.0), min(peak + 1 / _GRID, 1.0)),
            method="bounded",
            options={"xatol": 1e-10},
        )
        best = max(best, -float(found.fun))
    return observed, best


def _tail_probability(
    table: TwoByTwo, extreme: BoolArray, risk: FloatArray
) -> FloatArray:
    """Give the probability of the extreme tables at each common risk."""
    p1 = binomial_probabilities(table.n_treatment, risk)
    p2 = binomial_probabilities(table.n_control, risk)
    total: FloatArray = np.sum((p1 @ extreme.astype(np.float64)) * p2, axis=1)
    return total


def _call(table: TwoByTwo, method: str) -> str:
    """Write R's call for the test."""
    x1, n1, x2, n2 = table.counts
    cells = f"matrix(c({x1}, {n1 - x1}, {x2}, {n2 - x2}), 2)"
    calls = {
        "fisher": f"fisher.test({cells})",
        "central": f'exact2x2::exact2x2({cells}, tsmethod = "central")',
        "mid-p": f'exact2x2::exact2x2({cells}, tsmethod = "central", midp = TRUE)',
        "blaker": f'exact2x2::exact2x2({cells}, tsmethod = "blaker")',
        "boschloo": f"Exact::exact.test({cells}, "
        'method = "boschloo", npNumbers = 1000)',
        "barnard": f'Exact::exact.test({cells}, method = "z-pooled", npNumbers = 1000)',
    }
    return calls[method]
