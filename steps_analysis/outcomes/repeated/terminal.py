"""
How do events add up when something, such as death, ends them all?

The pieces `ghosh_lin` and the while-alive rate are made of: the mean number of events,
time lived, and each participant's pull on both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray
from steps_analysis.outcomes.repeated.counting import Counting
from steps_analysis.outcomes.repeated.histories import Histories


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """
    Events and ends of events of one group, on a grid of their times.

    Attributes
    ----------
    counting
        The counting processes, on a grid that holds all times of events and deaths.
    """

    counting: Counting

    @classmethod
    def of(cls, spells: Histories, own: BoolArray | None = None) -> Terminal:
        """
        Set the group up.

        Parameters
        ----------
        spells
            The spells, read with causes.
        own
            Which participants belong to it, shape (n,); None for all.

        Returns
        -------
        Terminal
            The group.
        """
        kept = np.ones(spells.n, dtype=np.bool_) if own is None else own
        grid = np.unique(spells.time[spells.event | spells.death])
        return cls(counting=Counting.of(spells, grid).of_rows(kept))

    @property
    def at_risk(self) -> FloatArray:
        """How many are at risk at each time, at least 1, shape (k,)."""
        return np.maximum(self.counting.n_at_risk, 1.0)

    @property
    def death_increments(self) -> FloatArray:
        """Deaths per participant at risk at each time, shape (k,)."""
        total: FloatArray = self.counting.deaths.sum(axis=0)
        return total / self.at_risk

    @property
    def survival(self) -> FloatArray:
        """Kaplan-Meier probability of no death before the first time, then by each."""
        free = np.cumprod(1 - self.death_increments)
        return np.concatenate([[1.0], free])

    @property
    def mean(self) -> FloatArray:
        """Mean number of events by each time, shape (k,)."""
        steps = self.survival[:-1] * self.counting.increments
        return np.asarray(np.cumsum(steps), dtype=np.float64)

    def death_residuals(self) -> FloatArray:
        """
        Give each participant's death less that expected of one at risk, per at risk.

        Returns
        -------
        numpy.ndarray
            Shape (n, k).
        """
        expected = self.counting.at_risk * self.death_increments
        pull: FloatArray = (self.counting.deaths - expected) / self.at_risk
        return pull

    def mean_influence(self) -> FloatArray:
        """
        Give each participant's pull on the mean at each time.

        Returns
        -------
        numpy.ndarray
            Shape (n, k): the variance is the sum of squares over participants.

        Notes
        -----
        The integral of S(u-) / Y(u) against the participant's residual of events, less
        that of (mean(t) - mean(u)) / Y(u) against the residual of deaths; the second,
        linear in mean(t), needs two cumulative sums.
        """
        weight = self.survival[:-1] / self.at_risk
        own = np.cumsum(self.counting.residuals() * weight, axis=1)
        deaths = self.death_residuals()
        lost = np.cumsum(deaths, axis=1) * self.mean
        lost -= np.cumsum(deaths * self.mean, axis=1)
        return np.asarray(own - lost, dtype=np.float64)

    def lived(self, at: float) -> tuple[float, FloatArray]:
        """
        Give the mean time lived by a time, and each participant's pull on it.

        Parameters
        ----------
        at
            The time.

        Returns
        -------
        tuple of float and numpy.ndarray
            Area under the survival curve to `at`, and pulls, shape (n,).
        """
        edges = np.clip(self.counting.grid, None, at)
        width = np.diff(np.concatenate([[0.0], edges, [at]]))
        area = np.cumsum(width * self.survival)
        rest = area[-1] - area[:-1]  # area from each time on
        pull = self.death_residuals()[:, self.counting.grid <= at]
        return float(area[-1]), -(pull @ rest[self.counting.grid <= at])
