"""
At each time, who was at risk and to whom did it happen?

The counting processes of all participants on one grid of times, and the sums over them
that the estimators of the mean are made of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.outcomes.repeated.histories import Histories


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """
    Counting processes on a grid of times.

    Attributes
    ----------
    grid
        The times, shape (k,), increasing.
    at_risk
        1 where a participant is under observation at a time, shape (n, k).
    events
        How many events a participant has then, shape (n, k).
    deaths
        1 where all further events are ended then, shape (n, k).
    """

    grid: FloatArray
    at_risk: FloatArray
    events: FloatArray
    deaths: FloatArray

    @classmethod
    def of(cls, spells: Histories, grid: FloatArray) -> Counting:
        """
        Count on a grid.

        Parameters
        ----------
        spells
            The spells.
        grid
            The times, shape (k,), increasing; all times of events are among them.

        Returns
        -------
        Counting
            One row per participant.
        """
        shape, row = (spells.n, len(grid) + 1), spells.cluster
        change = np.zeros(shape)
        np.add.at(change, (row, np.searchsorted(grid, spells.entry, "right")), 1.0)
        np.add.at(change, (row, np.searchsorted(grid, spells.time, "right")), -1.0)
        return cls(
            grid=grid,
            at_risk=np.cumsum(change, axis=1)[:, :-1],
            events=_marks(spells, spells.event, grid),
            deaths=_marks(spells, spells.death, grid),
        )

    def of_rows(self, own: BoolArray) -> Counting:
        """
        Keep some participants.

        Parameters
        ----------
        own
            Which, shape (n,).

        Returns
        -------
        Counting
            On the same grid.
        """
        return Counting(
            grid=self.grid,
            at_risk=self.at_risk[own],
            events=self.events[own],
            deaths=self.deaths[own],
        )

    @property
    def n_at_risk(self) -> FloatArray:
        """How many are at risk at each time, shape (k,)."""
        total: FloatArray = self.at_risk.sum(axis=0)
        return total

    @property
    def n_events(self) -> FloatArray:
        """How many events happen at each time, shape (k,)."""
        total: FloatArray = self.events.sum(axis=0)
        return total

    @property
    def increments(self) -> FloatArray:
        """Events per participant at risk at each time, shape (k,); 0 if nobody is."""
        return self.n_events / np.maximum(self.n_at_risk, 1.0)

    def residuals(self) -> FloatArray:
        """
        Give each participant's events less those expected of one at risk.

        Returns
        -------
        numpy.ndarray
            Shape (n, k); each column adds up to 0.
        """
        return self.events - self.at_risk * self.increments


def event_grid(spells: Histories) -> FloatArray:
    """
    List the distinct times of events.

    Parameters
    ----------
    spells
        The spells.

    Returns
    -------
    numpy.ndarray
        The times, increasing.
    """
    grid: FloatArray = np.unique(spells.time[spells.event])
    return grid


def _marks(spells: Histories, which: BoolArray, grid: FloatArray) -> FloatArray:
    """Count the spells that end in something, by participant and time."""
    marks = np.zeros((spells.n, len(grid)))
    column: IntArray = np.searchsorted(grid, spells.time[which])
    np.add.at(marks, (spells.cluster[which], column), 1.0)
    return marks
