"""
Is the outcome associated with the arm within strata, and alike in all of them?

Cochran, Mantel and Haenszel's test of no association (large-sample, corrected, exact),
and Breslow and Day's test of one odds ratio, with Tarone's correction.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import FloatArray, TestResult
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.conditional_count import (
    ConditionalCount,
    Ordering,
)
from steps_analysis.outcomes.binary.strata import StratifiedTables, stratified_tables
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.distributions import chi_squared_p_value

AssociationMethod = Literal[
    "chi-squared", "corrected", "exact", "central", "mid-p", "blaker"
]
HomogeneityMethod = Literal["tarone", "breslow-day"]

_ORDERINGS: dict[str, Ordering] = {
    "exact": "minlike",
    "central": "central",
    "mid-p": "mid-p",
    "blaker": "blaker",
}
_NOTHING = "no stratum has both an event and a non-event to compare"


def cochran_mantel_haenszel(
    outcome: npt.ArrayLike | str,
    arm: npt.ArrayLike | None = None,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    *,
    method: AssociationMethod = "chi-squared",
    reference: object = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test equal risks of two arms within strata, two-sided.

    Parameters
    ----------
    outcome
        True or 1 where the participant had the event, shape (n,); or a formula
        ``"outcome ~ arm"`` with `data`.
    arm
        Arm labels, shape (n,).
    stratum
        Labels of the strata, shape (n,) or (n, k), or names of columns of `data`; None
        for one stratum.
    method
        ``"chi-squared"``; ``"corrected"`` (continuity correction); given all margins
        ``"exact"`` (sums of events no more likely than the observed), ``"central"``
        (twice the smaller tail), ``"mid-p"`` or ``"blaker"``.
    reference
        The arm compared with; changes no p-value.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of; `stratum` may then name its columns.

    Returns
    -------
    TestResult
        `statistic` is chi-squared on 1 degree of freedom, or for the exact methods the
        events of the arm compared. Not estimable where no stratum could have come out
        otherwise.

    Raises
    ------
    ArgumentError
        If an option is unknown, or there are more than two arms.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    As R's ``mantelhaen.test`` with ``correct = FALSE``, ``correct = TRUE`` and ``exact
    = TRUE``: the variance is the hypergeometric one, and the correction of 1/2 is made
    only where observed and expected differ by at least 1/2. The odds ratio that goes
    with the exact test is ``mantel_haenszel(…, contrast="odds_ratio",
    method="conditional")``; R prints its central limits beside the p-value of
    ``"exact"``, so that one may exclude 1 and the other not exceed 5 %.

    References
    ----------
    .. [1] Mantel, N. and Haenszel, W. (1959), JNCI 22, 719-748.
    .. [2] Mehta, C. R., Patel, N. R. and Gray, R. (1985), JASA 80, 969-973.

    Examples
    --------
    Two pairs, the event always in arm b: 2 events, 1 expected, variance 2 / 4.

    >>> found = cochran_mantel_haenszel([1, 0, 1, 0], ["b", "a"] * 2, [1, 1, 2, 2])
    >>> found.statistic
    2.0
    """
    check_choice("method", method, get_args(AssociationMethod))
    strata = stratified_tables(
        outcome, arm, stratum, reference=reference, missing=missing, data=data
    )
    words = f"Cochran-Mantel-Haenszel test, {method}, two-sided{strata.note}"
    reason = strata.empty()
    excess, variance = _excess(strata)
    if reason is None and not variance > 0:
        reason = _NOTHING
    if reason is not None:
        return TestResult.missing(reason, n=strata.n, method=words)
    if method in _ORDERINGS:
        return _exact(strata, _ORDERINGS[method], words)
    step = 0.5 if method == "corrected" and abs(excess) >= 0.5 else 0.0
    statistic = (abs(excess) - step) ** 2 / variance
    return TestResult(
        statistic=statistic,
        p_value=chi_squared_p_value(statistic, 1),
        degrees_of_freedom=1,
        n=strata.n,
        method=words,
        r_call=f"mantelhaen.test({strata.r_array}, "
        f"correct = {str(method == 'corrected').upper()})",
    )


def _excess(strata: StratifiedTables) -> tuple[float, float]:
    """Give the events beyond expectation, and their hypergeometric variance."""
    x1, n1, x2, n2 = strata.columns
    n, m = n1 + n2, x1 + x2
    spread = n1 * n2 * m * (n - m) / (n**2 * np.maximum(n - 1, 1))
    return float(np.sum(x1 - n1 * m / n)), float(np.sum(spread))


def _exact(strata: StratifiedTables, ordering: Ordering, words: str) -> TestResult:
    """Test by the distribution of the events given all margins."""
    count = ConditionalCount.of_strata(strata.tables)
    return TestResult(
        statistic=float(count.support[count.observed]),
        p_value=count.p_value(ordering),
        n=strata.n,
        method=words,
        r_call=f"mantelhaen.test({strata.r_array}, exact = TRUE)"
        if ordering == "minlike"
        else None,
    )


def breslow_day(
    outcome: npt.ArrayLike | str,
    arm: npt.ArrayLike | None = None,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    *,
    method: HomogeneityMethod = "tarone",
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test whether strata have one odds ratio in common.

    Parameters
    ----------
    outcome
        True or 1 where the participant had the event, shape (n,); or a formula
        ``"outcome ~ arm"`` with `data`.
    arm
        Arm labels, shape (n,).
    stratum
        Labels of the strata, shape (n,) or (n, k), or names of columns of `data`.
    method
        ``"tarone"`` (corrected for the Mantel-Haenszel odds ratio's not being the most
        likely one) or ``"breslow-day"``.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of; `stratum` may then name its columns.

    Returns
    -------
    TestResult
        Chi-squared on one degree of freedom fewer than there are strata that say
        anything. Not estimable with fewer than two of them, or where the common odds
        ratio is 0 or infinite.

    Raises
    ------
    ArgumentError
        If an option is unknown, or there are more than two arms.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    In each stratum the events A expected under the common odds ratio solve
    A (n2 - m + A) = ratio (m - A) (n1 - A); the statistic sums
    (a - A)² / V with 1/V = 1/A + 1/(m - A) + 1/(n1 - A) + 1/(n2 - m + A), and Tarone
    takes off (sum of a - A)² / sum V. A stratum without event, or without non-event,
    is left out and not counted among the degrees of freedom, as in R's
    ``DescTools::BreslowDayTest``, which counts them.
    The test has little power in a small trial: a large p-value shows no sameness.

    References
    ----------
    .. [1] Breslow, N. E. and Day, N. E. (1980), Statistical Methods in Cancer Research
       1, IARC, 142.
    .. [2] Tarone, R. E. (1985), Biometrika 72, 91-95.

    Examples
    --------
    Two like strata have the same odds ratio.

    >>> arm, site = ["a", "a", "b", "b"] * 2, [1] * 4 + [2] * 4
    >>> abs(round(breslow_day([1, 0, 1, 0] * 2, arm, site).statistic, 10))
    0.0
    """
    check_choice("method", method, get_args(HomogeneityMethod))
    strata = stratified_tables(
        outcome, arm, stratum, reference=None, missing=missing, data=data
    )
    x1, n1, x2, n2 = strata.columns
    telling = (x1 + x2 > 0) & (x1 + x2 < n1 + n2)
    x1, n1, x2, n2 = (column[telling] for column in (x1, n1, x2, n2))
    words = f"{method} test of one odds ratio, {len(x1)} of {strata.size}{strata.note}"
    n = n1 + n2
    above, below = np.sum(x1 * (n2 - x2) / n), np.sum((n1 - x1) * x2 / n)
    reason = strata.empty() or _not_homogeneous(len(x1), float(above), float(below))
    if reason is not None:
        return TestResult.missing(reason, n=strata.n, method=words)
    gap, variance = _gaps(x1, n1, x1 + x2, n2, float(above / below))
    statistic = float(np.sum(gap**2 / variance))
    if method == "tarone":
        statistic -= float(np.sum(gap)) ** 2 / float(np.sum(variance))
    return TestResult(
        statistic=max(statistic, 0.0),
        p_value=chi_squared_p_value(max(statistic, 0.0), len(x1) - 1),
        degrees_of_freedom=len(x1) - 1,
        n=strata.n,
        method=words,
        r_call=f"DescTools::BreslowDayTest({strata.r_array}, "
        f"correct = {str(method == 'tarone').upper()})",
    )


def _not_homogeneous(n_strata: int, above: float, below: float) -> str | None:
    """Say why the strata's odds ratios cannot be compared."""
    if n_strata < 2:
        return "fewer than two strata have both an event and a non-event to compare"
    if not above or not below:
        return "the odds ratio common to the strata is 0, infinite or not defined"
    return None


def _gaps(
    x1: FloatArray, n1: FloatArray, m: FloatArray, n2: FloatArray, ratio: float
) -> tuple[FloatArray, FloatArray]:
    """Give events less those expected under one odds ratio, and their variance."""
    b = ratio * (n1 + m) + n2 - m
    root = np.sqrt(b * b - 4 * (ratio - 1) * ratio * n1 * m)
    expected = 2 * ratio * n1 * m / (b + root)
    inverse = 1 / expected + 1 / (m - expected) + 1 / (n1 - expected)
    return x1 - expected, 1 / (inverse + 1 / (n2 - m + expected))
