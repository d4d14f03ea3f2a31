"""
What would those who died have counted for, had they been followed on?

After death a participant has no more events, but stays in the risk set of a marginal
model for as long as censoring would have left the participant there: with a weight that
falls as others are censored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.outcomes.repeated.histories import Histories


@dataclass(frozen=True, slots=True, kw_only=True)
class Censoring:
    """
    The Kaplan-Meier curve of being censored, deaths coming first at a time.

    Attributes
    ----------
    grid
        Distinct times of censoring, shape (c,).
    at_risk
        Whether a participant could be censored then, shape (n, c).
    is_censored
        Whether it happens then, shape (n, c).
    """

    grid: FloatArray
    at_risk: BoolArray
    is_censored: BoolArray

    @classmethod
    def of(cls, spells: Histories) -> Censoring:
        """
        See who is censored when.

        Parameters
        ----------
        spells
            The spells, read with causes.

        Returns
        -------
        Censoring
            Everybody who does not die is censored at the last follow-up.
        """
        last, first = spells.last(), np.full(spells.n, np.inf)
        np.minimum.at(first, spells.cluster, spells.entry)
        died = np.zeros(spells.n, dtype=np.bool_)
        died[spells.cluster[spells.death]] = True
        grid = np.unique(last[~died])
        is_censored = (last[:, None] == grid) & ~died[:, None]
        is_followed = (first[:, None] < grid) & (last[:, None] > grid)
        return cls(
            grid=grid, at_risk=is_followed | is_censored, is_censored=is_censored
        )

    @property
    def n_at_risk(self) -> FloatArray:
        """How many could be censored at each time, shape (c,)."""
        total: FloatArray = self.at_risk.sum(axis=0).astype(np.float64)
        return total

    def residuals(self) -> FloatArray:
        """
        Give each participant's censoring less that expected, per at risk.

        Returns
        -------
        numpy.ndarray
            Shape (n, c).
        """
        share = self.is_censored.sum(axis=0) / self.n_at_risk
        pull: FloatArray = (self.is_censored - self.at_risk * share) / self.n_at_risk
        return pull

    def before(self, time: FloatArray) -> FloatArray:
        """
        Give the probability of not being censored before each time.

        Parameters
        ----------
        time
            Times, any shape.

        Returns
        -------
        numpy.ndarray
            Probabilities, the shape of `time`.
        """
        steps = np.cumprod(1 - self.is_censored.sum(axis=0) / self.n_at_risk)
        curve = np.concatenate([[1.0], steps])
        return np.asarray(curve[np.searchsorted(self.grid, time, side="left")])


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsAfterDeath:
    """
    Rows that keep those who died in the risk set, one per later event time.

    Attributes
    ----------
    source
        Position of the spell that ended in death, shape (r,).
    entry, time
        Start and end, shape (r,).
    weight
        Probability of not being censored before `time`, given not before death.
    """

    source: IntArray
    entry: FloatArray
    time: FloatArray
    weight: FloatArray


def rows_after_death(spells: Histories, censoring: Censoring) -> RowsAfterDeath:
    """
    Lay out the time after death, as far as there are events.

    Parameters
    ----------
    spells
        The spells, read with causes.
    censoring
        The curve of being censored.

    Returns
    -------
    RowsAfterDeath
        The rows, those of weight 0 left out.

    Examples
    --------
    One of three dies at 1 and one is censored at 2; the event at 3 still compares with
    the dead, for a half.

    >>> from steps_analysis.outcomes.repeated.histories import read_histories
    >>> spells = read_histories([0, 0, 0, 3], [1, 2, 3, 4], [2, 0, 1, 0],
    ...                         ["a", "b", "c", "c"], ending="cause")
    >>> rows_after_death(spells, Censoring.of(spells)).weight
    array([0.5])
    """
    events = np.unique(spells.time[spells.event])
    deaths = np.flatnonzero(spells.death)
    after = events > spells.time[deaths][:, None]
    which, k = np.nonzero(after)
    source = deaths[which]
    start = np.maximum(spells.time[source], events[np.maximum(k - 1, 0)])
    start = np.where(k == 0, spells.time[source], start)
    weight = censoring.before(events[k]) / censoring.before(spells.time[source])
    keep = weight > 0
    return RowsAfterDeath(
        source=source[keep],
        entry=start[keep],
        time=events[k][keep],
        weight=weight[keep],
    )
