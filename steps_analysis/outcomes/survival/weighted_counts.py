"""
How many events came in each arm, and how many were expected?

Shared by all tests of the log-rank family.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_groups
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.event_weights import Weighting, event_weights
from steps_analysis.outcomes.survival.kaplan_meier import follow_up


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedCounts:
    """
    What log-rank tests with one or several weights are made of.

    Attributes
    ----------
    arms
        Arm labels, k of them.
    observed, expected
        Events seen, and expected if arms did not differ, under each of w weights,
        shape (w, k).
    covariance
        Hypergeometric covariance of their differences, shape (w, w, k, k).
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

    @property
    def distance(self) -> FloatArray:
        """
        Subtract what was expected.

        Returns
        -------
        numpy.ndarray
            Observed minus expected, shape (w, k).
        """
        return self.observed - self.expected

    @property
    def reason(self) -> str | None:
        """
        Say why there is no test.

        Returns
        -------
        str or None
            A reason worded to follow "not estimable because".
        """
        if len(self.arms) < 2:
            return "only one arm has participants"
        if self.n_events == 0:
            return "there is no event"
        if not self.is_compared.sum() >= 2 or not self._varies():
            return "no two arms are at risk together when an event happens"
        return None

    @property
    def is_compared(self) -> BoolArray:
        """
        Say which arms have events expected.

        Returns
        -------
        numpy.ndarray
            Shape (k,).
        """
        compared: BoolArray = np.any(self.expected > 0, axis=0)
        return compared

    def _varies(self) -> bool:
        """Say whether a weight gives any variance."""
        each = np.einsum("wwkk->w", self.covariance)
        return bool(np.any(each > 1e-12))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTable:
    """
    The event times of one stratum.

    Attributes
    ----------
    time
        Distinct event times, increasing, shape (t,).
    dead
        Events at each, by arm, shape (t, k).
    at_risk
        At risk just before each, by arm, shape (t, k).
    """

    time: FloatArray
    dead: FloatArray
    at_risk: FloatArray


def event_table(
    time: FloatArray, event: BoolArray, arm: IntArray, k: int
) -> EventTable:
    """
    Count events and those at risk at each event time, by arm.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    event
        Whether it ended in the event, shape (n,).
    arm
        Codes of arms, shape (n,).
    k
        How many arms there are.

    Returns
    -------
    EventTable
        One row a distinct event time.

    Examples
    --------
    >>> time, event = np.array([1.0, 2.0]), np.array([True, True])
    >>> event_table(time, event, np.array([0, 1]), 2).at_risk
    array([[1., 1.],
           [0., 1.]])
    """
    steps, position = np.unique(time[event], return_inverse=True)
    dead = np.zeros((len(steps), k))
    np.add.at(dead, (position, arm[event]), 1.0)
    at_risk = [
        np.sum(arm == a) - np.searchsorted(np.sort(time[arm == a]), steps, "left")
        for a in range(k)
    ]
    table = np.column_stack(at_risk).astype(np.float64)
    return EventTable(time=steps, dead=dead, at_risk=table)


def weighted_counts(
    given: Mapping[str, Any],
    data: pd.DataFrame | None,
    missing: MissingPolicy,
    weightings: Sequence[Weighting],
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
    weightings
        The weights, w of them.

    Returns
    -------
    WeightedCounts
        Summed over strata.

    Examples
    --------
    >>> given = {"time": [1.0, 2.0], "event": [1, 1], "arm": ["a", "b"]}
    >>> counts = weighted_counts(given, None, "refuse", ["log-rank"])
    >>> counts.observed, counts.expected
    (array([[1., 1.]]), array([[0.5, 1.5]]))
    """
    read = read_columns(given, right="arm", data=data, missing=missing)
    time, event, _ = follow_up(read.columns)
    arms = as_groups(read.columns["arm"], n=read.n)
    strata = as_groups(read.columns.get("stratum"), n=read.n)
    k, w = len(arms.labels), len(weightings)
    observed, expected = np.zeros((w, k)), np.zeros((w, k))
    covariance = np.zeros((w, w, k, k))
    for z in range(len(strata.labels)):
        own = strata.code == z
        table = event_table(time[own], event[own], arms.code[own], k)
        parts = _count(table, weightings)
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


def hypergeometric_spread(n_at_risk: FloatArray, n_events: FloatArray) -> FloatArray:
    """
    Give the variance of events in one arm, but for the share at risk in it.

    Parameters
    ----------
    n_at_risk
        At risk just before each event time, shape (t,).
    n_events
        Events at each, shape (t,).

    Returns
    -------
    numpy.ndarray
        The numbers d (n - d) / (n - 1), shape (t,).

    Examples
    --------
    >>> hypergeometric_spread(np.array([3.0, 1.0]), np.array([2.0, 1.0]))
    array([1., 0.])
    """
    n, d = n_at_risk, n_events
    spread: FloatArray = d * (n - d) / np.maximum(n - 1, 1)
    return spread


def _count(
    table: EventTable, weightings: Sequence[Weighting]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count within one stratum: observed, expected, covariance."""
    n, d = table.at_risk.sum(axis=1), table.dead.sum(axis=1)
    weight = np.array([event_weights(one, table.time, n, d) for one in weightings])
    share = table.at_risk / n[:, None]
    pairs = weight[:, None, :] * weight[None, :, :] * hypergeometric_spread(n, d)
    crossed = np.einsum("vwt,ti,tj->vwij", pairs, share, share)
    own = np.einsum("vwt,ti->vwi", pairs, share)
    covariance = own[..., None] * np.eye(share.shape[1]) - crossed
    return weight @ table.dead, (weight * d) @ share, covariance
