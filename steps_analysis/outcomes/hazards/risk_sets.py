"""
Who is at risk when an event happens?

Spells are (start, stop]: one that starts at a time is not at risk at that time, one
that stops there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSets:
    """
    Who is at risk at which event time.

    Attributes
    ----------
    time, event, entry
        End of each spell, whether it ends in the event, and its start (or None), shape
        (n,).
    first, last
        Each spell is at risk at the event times with positions first ≤ g < last,
        shape (n,).
    group_stratum
        Stratum of each event time, shape (m,), increasing.
    group_time
        The event times, shape (m,).
    n_tied
        Events at each, shape (m,).
    """

    time: FloatArray
    event: BoolArray
    entry: FloatArray | None
    first: IntArray
    last: IntArray
    group_stratum: IntArray
    group_time: FloatArray
    n_tied: IntArray

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
        distinct = np.unique(time[event])  # censorings need no rank of their own
        width = len(distinct) + 1
        base = stratum * width
        reached = np.searchsorted(distinct, time, side="right")
        missed = np.zeros_like(reached)
        if entry is not None:
            missed = np.searchsorted(distinct, entry, side="right")
        if len(distinct) and not stratum.any():  # positions are counts of times passed
            groups, first, last = np.arange(1, width), missed, reached
            n_tied = np.bincount(reached[event] - 1)
        else:
            groups, n_tied = np.unique((base + reached)[event], return_counts=True)
            last = np.searchsorted(groups, base + reached, side="right")
            first = np.searchsorted(groups, base + missed, side="right")
        return cls(
            time=time,
            event=event,
            entry=entry,
            first=first,
            last=last,
            group_stratum=groups // width,
            group_time=distinct[groups % width - 1],
            n_tied=n_tied,
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
