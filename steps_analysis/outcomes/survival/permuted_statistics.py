"""
What would the log-rank statistic have been under other allocations?

Thousands of allocations at once: the difference between observed and expected is one
matrix product with the scores, and the treated at risk are another with the risk sets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.outcomes.survival.allocations import Allocations
from steps_analysis.outcomes.survival.event_weights import Weighting, event_weights
from steps_analysis.outcomes.survival.weighted_counts import (
    event_table,
    hypergeometric_spread,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSets:
    """
    The risk sets of one stratum.

    Attributes
    ----------
    rows
        The stratum's rows, shape (n,).
    member
        1 for those at risk just before each event time, shape (t, n); single precision
        counts whole numbers exactly up to 16 million.
    n_at_risk
        How many they are, shape (t,).
    spread
        Squared weight times d (n - d) / (n - 1), shape (t,).
    """

    rows: IntArray
    member: npt.NDArray[np.float32]
    n_at_risk: FloatArray
    spread: FloatArray


def risk_sets(
    time: FloatArray, event: BoolArray, stratum: IntArray, weighting: Weighting
) -> list[RiskSets]:
    """
    Find the risk sets of every stratum that has an event.

    Parameters
    ----------
    time, event, stratum
        End of follow-up, whether it ended in the event, codes of strata, shape (n,).
    weighting
        See `event_weights`.

    Returns
    -------
    list of RiskSets
        One a stratum.

    Examples
    --------
    >>> time, event = np.array([1.0, 2.0]), np.array([True, True])
    >>> risk_sets(time, event, np.array([0, 0]), "log-rank")[0].n_at_risk
    array([2., 1.])
    """
    found = []
    for z in np.unique(stratum):
        rows = np.flatnonzero(stratum == z)
        code = np.zeros(len(rows), dtype=np.int64)
        table = event_table(time[rows], event[rows], code, 1)
        if not len(table.time):
            continue
        n, d = table.at_risk[:, 0], table.dead[:, 0]
        weight = event_weights(weighting, table.time, n, d)
        spread = weight**2 * hypergeometric_spread(n, d)
        member = (time[rows] >= table.time[:, None]).astype(np.float32)
        found.append(RiskSets(rows=rows, member=member, n_at_risk=n, spread=spread))
    return found


def differences(scores: FloatArray, arms: Allocations) -> FloatArray:
    """
    Sum the scores of the treated under each allocation.

    Parameters
    ----------
    scores
        One a participant, shape (n,).
    arms
        Allocations, shape (m, n), 1 for the treated.

    Returns
    -------
    numpy.ndarray
        Observed less expected events, shape (m,).

    Examples
    --------
    >>> differences(np.array([0.5, -0.5]), np.array([[1, 0]], dtype=np.int8))
    array([0.5])
    """
    found: FloatArray = scores @ arms.T.astype(np.float64)
    return found


def variances(sets: list[RiskSets], arms: Allocations) -> FloatArray:
    """
    Give the hypergeometric variance of that sum under each allocation.

    Parameters
    ----------
    sets
        The risk sets of every stratum.
    arms
        Allocations, shape (m, n), 1 for the treated.

    Returns
    -------
    numpy.ndarray
        Variances, shape (m,).

    Examples
    --------
    >>> time, event = np.array([1.0, 2.0]), np.array([True, True])
    >>> sets = risk_sets(time, event, np.array([0, 0]), "log-rank")
    >>> variances(sets, np.array([[1, 0], [1, 1]], dtype=np.int8))
    array([0.25, 0.  ])
    """
    found = np.zeros(len(arms))
    by_row = arms.T
    for one in sets:
        treated = (one.member @ by_row[one.rows].astype(np.float32)).astype(float)
        n = one.n_at_risk
        found += (one.spread / n) @ treated
        treated *= treated
        found -= (one.spread / n**2) @ treated
    return found


def standardised(
    scores: FloatArray, sets: list[RiskSets], arms: Allocations
) -> FloatArray:
    """
    Standardise the sum of scores under each allocation.

    Parameters
    ----------
    scores
        One a participant, shape (n,).
    sets
        The risk sets of every stratum.
    arms
        Allocations, shape (m, n), 1 for the treated.

    Returns
    -------
    numpy.ndarray
        The signed root of the log-rank statistic, shape (m,); 0 where there is no
        variance, for then observed equals expected.

    Examples
    --------
    >>> time, event = np.array([1.0, 2.0]), np.array([True, True])
    >>> sets = risk_sets(time, event, np.array([0, 0]), "log-rank")
    >>> standardised(np.array([0.5, -0.5]), sets, np.array([[1, 0], [1, 1]], np.int8))
    array([1., 0.])
    """
    variance = variances(sets, arms)
    varies = variance > 1e-12 * sum(float(one.spread.sum()) for one in sets)
    root = np.sqrt(np.where(varies, variance, 1.0))
    return np.where(varies, differences(scores, arms) / root, 0.0)
