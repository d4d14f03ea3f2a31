"""
In which order are the sums of one evaluation of the partial likelihood cheap?

Spells are sorted once by the last event time they reach; every sum over risk sets is
then a sum by runs of neighbours and a running total from the end, in time proportional
to the number of spells, whatever the coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.outcomes.hazards.risk_sets import RiskSets

_LOST = 1e-10  # a risk set this small beside its stratum is summed by itself


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrangement:
    """
    The spells of a likelihood, in the order in which they leave, and its steps.

    Attributes
    ----------
    rows
        Position of each spell in the data, shape (a,); those at risk at no event time
        are left out.
    design
        A row of ones, then one row per covariate, shape (1 + p, a).
    weights, offset
        Case weights and fixed part of the predictor, shape (a,).
    since, until
        Each spell is at risk at the event times since ≤ g < until, shape (a,).
    strata
        First spell of each stratum.
    stratum
        Which stratum, counted here, each spell is in, shape (a,).
    runs
        First event time, and one past the last, of each stratum of several.
    leaving
        First of the spells that leave at each event time, shape (m,).
    late
        Late entrants, sorted by entry.
    late_bins, late_starts
        Last event time they missed, distinct, and the first entrant after each.
    events, event_starts
        Spells that end in the event, sorted by time, and the first of each time.
    observed
        Weighted sum of the covariates of those events, shape (p,).
    group
        Event time of each step, shape (e,), increasing.
    fraction
        Share of the tied events already taken out of the risk set, shape (e,).
    weight
        Weight of each step, shape (e,).
    step_starts
        First step of each event time, shape (m,).
    is_tied
        Whether some step takes tied events out.
    """

    rows: IntArray
    design: FloatArray
    weights: FloatArray
    offset: FloatArray
    since: IntArray
    until: IntArray
    strata: IntArray
    stratum: IntArray
    runs: tuple[tuple[int, int], ...]
    leaving: IntArray
    late: IntArray
    late_bins: IntArray
    late_starts: IntArray
    events: IntArray
    event_starts: IntArray
    observed: FloatArray
    group: IntArray
    fraction: FloatArray
    weight: FloatArray
    step_starts: IntArray
    is_tied: bool

    @property
    def n_groups(self) -> int:
        """
        Count the distinct event times.

        Returns
        -------
        int
            Over all strata.
        """
        return len(self.leaving)

    def step_sums(self, columns: FloatArray) -> FloatArray:
        """
        Sum over the risk set of every step.

        Parameters
        ----------
        columns
            Values per spell, shape (q, a), those of the first row above 0.

        Returns
        -------
        numpy.ndarray
            Sums, shape (q, e).

        Notes
        -----
        Each stratum is summed from its end, so that small risk sets are not lost beside
        large ones.
        """
        sums = np.add.reduceat(columns, self.leaving, axis=1)
        self._from_the_end(sums)
        if len(self.late):
            self._without_later_entrants(sums, columns)
        if self.is_tied:
            dead = columns.take(self.events, axis=1)
            dead = np.add.reduceat(dead, self.event_starts, axis=1)
            sums = sums.take(self.group, axis=1)
            sums -= self.fraction * dead.take(self.group, axis=1)
            return sums
        return sums if len(self.group) == sums.shape[1] else sums[:, self.group]

    def by_group(self, values: FloatArray) -> FloatArray:
        """
        Add up values of steps by event time.

        Parameters
        ----------
        values
            One column per step, shape (…, e).

        Returns
        -------
        numpy.ndarray
            Sums, shape (…, m).
        """
        if self.is_tied:
            tied: FloatArray = np.add.reduceat(values, self.step_starts, axis=-1)
            return tied
        if len(self.group) == self.n_groups:
            return values
        sums = np.zeros((*values.shape[:-1], self.n_groups))
        sums[..., self.group] = values
        return sums

    def collected(self, values: FloatArray) -> FloatArray:
        """
        Add up, for each spell, values of the steps at which it is at risk.

        Parameters
        ----------
        values
            One column per step, shape (…, e).

        Returns
        -------
        numpy.ndarray
            Sums, shape (…, a). At its own event time a spell counts with the share of
            ties it is still present in.
        """
        every = self.by_group(values)
        upto = np.empty((*every.shape[:-1], self.n_groups + 1))
        upto[..., 0] = 0.0
        np.cumsum(every, axis=-1, out=upto[..., 1:])
        sums = upto.take(self.until, axis=-1)
        if len(self.late) or len(self.strata) > 1:
            sums -= upto.take(self.since, axis=-1)
        if self.is_tied:
            gone = self.by_group(values * self.fraction)
            sums[..., self.events] -= gone[..., self.until[self.events] - 1]
        return sums

    def spread(self, values: FloatArray, n: int) -> FloatArray:
        """
        Put values of spells back into the order of the data.

        Parameters
        ----------
        values
            One per spell, shape (…, a).
        n
            How many spells there are.

        Returns
        -------
        numpy.ndarray
            Shape (…, n), 0 for the spells left out.
        """
        whole = np.zeros((*values.shape[:-1], n))
        whole[..., self.rows] = values
        return whole

    def _without_later_entrants(self, sums: FloatArray, columns: FloatArray) -> None:
        """Take those off who enter later, unless that would leave rounding errors."""
        entering = np.zeros_like(sums)
        entering[:, self.late_bins] = np.add.reduceat(
            columns[:, self.late], self.late_starts, axis=1
        )
        self._from_the_end(entering)
        is_lost = sums[0] - entering[0] < _LOST * sums[0]
        sums -= entering
        for g in np.flatnonzero(is_lost):
            is_at_risk = (self.since <= g) & (g < self.until)
            sums[:, g] = columns[:, is_at_risk].sum(axis=1)

    def _from_the_end(self, sums: FloatArray) -> None:
        """Replace sums by event time by running totals from each stratum's end."""
        for low, high in self.runs:
            part = sums[:, low:high][:, ::-1]
            np.cumsum(part, axis=1, out=part)


def arrange(
    covariates: FloatArray,
    weights: FloatArray,
    offset: FloatArray,
    *,
    risk_sets: RiskSets,
    ties: str,
) -> Arrangement:
    """
    Sort spells and steps.

    Parameters
    ----------
    covariates
        Columns, shape (n, p).
    weights
        Case weights, shape (n,).
    offset
        Fixed part of the predictor, shape (n,).
    risk_sets
        Who is at risk when.
    ties
        ``"efron"``, ``"breslow"`` or ``"exact"``.

    Returns
    -------
    Arrangement
        Both, sorted.

    Examples
    --------
    Two at risk at time 1, one of them at time 2.

    >>> sets = RiskSets.of(np.array([1.0, 2.0]), np.array([True, True]), None,
    ...                    np.array([0, 0]))
    >>> one = arrange(np.zeros((2, 0)), np.ones(2), np.zeros(2), risk_sets=sets,
    ...               ties="breslow")
    >>> one.step_sums(np.ones((1, 2)))
    array([[2., 1.]])
    """
    at_risk = np.flatnonzero(risk_sets.first < risk_sets.last)
    rows = at_risk[np.argsort(risk_sets.last[at_risk], kind="stable")]
    since, until = risk_sets.first[rows], risk_sets.last[rows]
    events = np.flatnonzero(risk_sets.event[rows])
    n_tied = risk_sets.n_tied
    event_starts = np.cumsum(n_tied) - n_tied
    bounds, stratum = _strata(risk_sets.group_stratum, until)
    late, late_bins, late_starts = _late_entrants(since, bounds[stratum])
    design = np.empty((1 + covariates.shape[1], len(rows)))
    design[0] = 1.0
    design[1:] = covariates[rows].T
    weights = weights[rows]
    group, fraction, share = _steps(n_tied, ties)
    dead = np.add.reduceat(weights[events], event_starts)[group]
    leaving = np.searchsorted(until, np.arange(1, len(n_tied) + 1))
    return Arrangement(
        rows=rows,
        design=design,
        weights=weights,
        offset=offset[rows],
        since=since,
        until=until,
        strata=leaving[bounds[:-1]] if len(n_tied) else leaving,
        stratum=stratum,
        runs=tuple((i, j) for i, j in pairwise(bounds.tolist()) if j > i + 1),
        leaving=leaving,
        late=late,
        late_bins=late_bins,
        late_starts=late_starts,
        events=events,
        event_starts=event_starts,
        observed=design[1:, events] @ weights[events],
        group=group,
        fraction=fraction,
        weight=dead * share,
        step_starts=event_starts,
        is_tied=bool(ties == "efron" and len(group) > len(n_tied)),
    )


def _strata(group_stratum: IntArray, until: IntArray) -> tuple[IntArray, IntArray]:
    """Give the first event time of each stratum, and the stratum of each spell."""
    n_groups = len(group_stratum)
    if not n_groups or group_stratum[0] == group_stratum[-1]:
        return np.array([0, n_groups]), np.zeros(len(until), dtype=np.int64)
    change = np.flatnonzero(np.diff(group_stratum, prepend=-1))
    bounds = np.append(change, n_groups)
    return bounds, np.searchsorted(bounds, until, side="left") - 1


def _late_entrants(
    since: IntArray, opening: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Sort those not at risk when their stratum opens by the last event they missed."""
    late = np.flatnonzero(since > opening)
    if not len(late):
        return late, late, late
    late = late[np.argsort(since[late], kind="stable")]
    bins, starts = np.unique(since[late] - 1, return_index=True)
    return late, bins, starts


def _steps(n_tied: IntArray, ties: str) -> tuple[IntArray, FloatArray, FloatArray]:
    """Give group, fraction taken out, and share of weight of every step."""
    groups = np.arange(len(n_tied))
    if ties == "efron" and n_tied.max(initial=1) > 1:
        group = np.repeat(groups, n_tied)
        start = (np.cumsum(n_tied) - n_tied)[group]
        tied = n_tied[group]
        return group, (np.arange(len(group)) - start) / tied, 1.0 / tied
    if ties == "exact":
        groups = groups[n_tied == 1]
    return groups, np.zeros(len(groups)), np.ones(len(groups))
