"""
Who is at risk when an event happens?

Spells are (start, stop]: one that starts at a time is not at risk at that time, one
that stops there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSets:
    """
    Who is at risk at which event time.

    Attributes
    ----------
    event
        Whether each spell ends in the event, shape (n,).
    first, last
        Each spell is at risk at the event times with positions first ≤ g < last,
        shape (n,).
    group_stratum
        Stratum of each event time, shape (m,), increasing.
    group_time
        The event times, shape (m,).
    n_tied
        Events at each, shape (m,).
    bounds
        Position of each stratum's first event time, and m at the end.
    late
        Spells that enter after the first event time of their stratum, and are at risk
        at some later one, shape (n,).
    """

    event: BoolArray
    first: IntArray
    last: IntArray
    group_stratum: IntArray
    group_time: FloatArray
    n_tied: IntArray
    bounds: tuple[int, ...]
    late: BoolArray

    @classmethod
    def of(
        cls,
        time: FloatArray,
        event: BoolArray,
        entry: FloatArray | None,
        stratum: IntArray,
    ) -> RiskSets:
        """
        Sort spells into risk sets.

        Parameters
        ----------
        time
            End of each spell, shape (n,).
        event
            Whether it ends in the event, shape (n,).
        entry
            Its start, or None.
        stratum
            Codes, shape (n,).

        Returns
        -------
        RiskSets
            The positions.
        """
        distinct, rank = np.unique(time, return_inverse=True)
        width = len(distinct) + 1
        key = stratum * width + rank
        groups, n_tied = np.unique(key[event], return_counts=True)
        last = np.searchsorted(groups, key, side="right")
        if entry is None:
            first = np.searchsorted(groups, stratum * width, side="left")
        else:
            after = stratum * width + np.searchsorted(distinct, entry, side="right")
            first = np.searchsorted(groups, after, side="left")
        stratum_start = np.searchsorted(groups, stratum * width, side="left")
        bounds = np.unique(np.searchsorted(groups // width, groups // width))
        return cls(
            event=event,
            first=first.astype(np.int64),
            last=last.astype(np.int64),
            group_stratum=groups // width,
            group_time=distinct[groups % width],
            n_tied=n_tied.astype(np.int64),
            bounds=(*bounds.tolist(), len(groups)),
            late=(first > stratum_start) & (first < last),
        )

    @property
    def n_groups(self) -> int:
        """
        Count the distinct event times.

        Returns
        -------
        int
            Over all strata.
        """
        return len(self.n_tied)


def risk_set_sums(sets: RiskSets, columns: FloatArray) -> FloatArray:
    """
    Sum columns over the risk set of each event time.

    Parameters
    ----------
    sets
        The risk sets.
    columns
        Values per spell, shape (n, q).

    Returns
    -------
    numpy.ndarray
        Sums, shape (m, q).

    Notes
    -----
    Each stratum is summed from its end, so that small risk sets are not lost beside
    large ones.

    Examples
    --------
    >>> sets = RiskSets.of(np.array([1.0, 2.0]), np.array([True, True]), None,
    ...                    np.array([0, 0]))
    >>> risk_set_sums(sets, np.ones((2, 1)))[:, 0]
    array([2., 1.])
    """
    active = sets.first < sets.last
    leaving = _binned(sets.last[active] - 1, columns[active], sets.n_groups)
    sums = np.empty_like(leaving)
    for low, high in pairwise(sets.bounds):
        sums[low:high] = _suffix_sums(leaving[low:high])
    if sets.late.any():
        before = sets.first[sets.late] - 1
        entering = _binned(before, columns[sets.late], sets.n_groups)
        for low, high in pairwise(sets.bounds):
            sums[low:high] -= _suffix_sums(entering[low:high])
    return sums


def _suffix_sums(values: FloatArray) -> FloatArray:
    """Sum from each row to the last."""
    sums: FloatArray = np.cumsum(values[::-1], axis=0)[::-1]
    return sums


def _binned(position: IntArray, columns: FloatArray, n_bins: int) -> FloatArray:
    """Add up rows by position."""
    sums = np.empty((n_bins, columns.shape[1]))
    for j in range(columns.shape[1]):
        sums[:, j] = np.bincount(position, weights=columns[:, j], minlength=n_bins)
    return sums
