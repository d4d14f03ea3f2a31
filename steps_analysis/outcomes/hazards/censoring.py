"""
Who has been lost before a time, and whom must those who stay stand for?

Kaplan-Meier's curve of being censored within one arm. An event at a time comes before
a censoring then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Censoring:
    """
    The censoring of one arm before a time.

    Attributes
    ----------
    time
        Distinct times of censoring before that time, shape (c,).
    n_at_risk
        Of the arm, at risk of censoring then, shape (c,).
    hazard
        Share censored, shape (c,).
    free
        Probability of not being censored up to and at each, shape (c,).
    outcome
        Of each row, the event by the time over the probability of not having been
        censored before; 0 without event and outside the arm, shape (n,).
    is_at_risk, is_censored
        Whether each row of the arm is at risk, or censored, at each time, shape (n, c).
    """

    time: FloatArray
    n_at_risk: FloatArray
    hazard: FloatArray
    free: FloatArray
    outcome: FloatArray
    is_at_risk: BoolArray
    is_censored: BoolArray

    @classmethod
    def of(
        cls, time: FloatArray, event: BoolArray, own: BoolArray, at: float
    ) -> Censoring:
        """
        Follow the censoring of one arm.

        Parameters
        ----------
        time
            End of follow-up, shape (n,).
        event
            Whether it ended in the event, shape (n,).
        own
            Whether the row is of the arm, shape (n,).
        at
            The time.

        Returns
        -------
        Censoring
            Its curve, and the weighted outcomes.

        Examples
        --------
        Of three, one is lost at 1; the event at 2 counts for one and a half.

        >>> lost = Censoring.of(np.array([1.0, 2, 3]), np.array([False, True, False]),
        ...                     np.array([True, True, True]), 2.0)
        >>> lost.outcome
        array([0. , 1.5, 0. ])
        """
        is_lost = own & ~event & (time < at)
        distinct = np.unique(time[is_lost])
        later = (time[:, None] > distinct) & own[:, None]
        is_censored = (time[:, None] == distinct) & is_lost[:, None]
        is_at_risk = later | is_censored
        n_at_risk = is_at_risk.sum(axis=0).astype(np.float64)
        hazard = is_censored.sum(axis=0) / n_at_risk
        free = np.cumprod(1 - hazard)
        before = np.concatenate([[1.0], free])[np.searchsorted(distinct, time)]
        return cls(
            time=distinct,
            n_at_risk=n_at_risk,
            hazard=hazard,
            free=free,
            outcome=np.divide(
                1.0, before, out=np.zeros(len(time)), where=own & event & (time <= at)
            ),
            is_at_risk=is_at_risk,
            is_censored=is_censored,
        )

    def influence(self, outcome: FloatArray) -> FloatArray:
        """
        Give each row's pull on a sum of weighted outcomes, through the curve.

        Parameters
        ----------
        outcome
            Weighted outcomes, shape (n,).

        Returns
        -------
        numpy.ndarray
            Influence, shape (n,).
        """
        later = self.is_at_risk & ~self.is_censored
        leaning = outcome @ later / (self.n_at_risk * (1 - self.hazard))
        pull: FloatArray = self._martingale() @ leaning
        return pull

    def augmentation(
        self, relative: FloatArray, hazards: FloatArray, until: float
    ) -> FloatArray:
        """
        Give what those censored were still expected to have.

        Parameters
        ----------
        relative
            Each row's relative hazard, shape (n,).
        hazards
            Cumulative baseline hazard at each time of censoring, shape (c,).
        until
            The same at the time asked for.

        Returns
        -------
        numpy.ndarray
            The risk still ahead at each censoring, against its compensator, shape (n,).
        """
        ahead = -np.expm1(-relative[:, None] * (until - hazards))
        total: FloatArray = np.sum(self._martingale() * ahead / self.free, axis=1)
        return total

    def _martingale(self) -> FloatArray:
        """Give censorings less their hazard, shape (n, c)."""
        difference: FloatArray = self.is_censored - self.is_at_risk * self.hazard
        return difference
