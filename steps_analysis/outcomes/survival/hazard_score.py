"""
How far are events from what an assumed hazard ratio expects?

The log-rank score as a function of the log hazard ratio, and what each participant adds
to it: what covariate-adjusted log-rank tests are made of.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.outcomes.survival.weighted_counts import (
    EventTable,
    event_table,
    hypergeometric_spread,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardScore:
    """
    Event tables of every stratum of two arms.

    Attributes
    ----------
    time, event, treated, stratum
        End of follow-up, whether it ended in the event, who is in the arm beside the
        reference, and codes of strata, shape (n,).
    tables
        One a stratum that has an event, with its code.
    """

    time: FloatArray
    event: BoolArray
    treated: BoolArray
    stratum: IntArray
    tables: tuple[tuple[int, EventTable], ...]

    @classmethod
    def of(
        cls, time: FloatArray, event: BoolArray, treated: BoolArray, stratum: IntArray
    ) -> HazardScore:
        """
        Count events and those at risk.

        Parameters
        ----------
        time, event, treated, stratum
            See the attributes.

        Returns
        -------
        HazardScore
            Ready to be asked.
        """
        code = treated.astype(np.int64)
        tables = []
        for z in np.unique(stratum):
            own = stratum == z
            if event[own].any():
                table = event_table(time[own], event[own], code[own], 2)
                tables.append((int(z), table))
        return cls(
            time=time,
            event=event,
            treated=treated,
            stratum=stratum,
            tables=tuple(tables),
        )

    @property
    def limits(self) -> tuple[float, float]:
        """
        Give what the score tends to as the hazard ratio becomes large, or small.

        Returns
        -------
        tuple of float
            Less the events in the reference arm, and those in the other, while both are
            at risk.
        """
        low = high = 0.0
        for _, table in self.tables:
            both = table.at_risk.min(axis=1) > 0
            low -= float(table.dead[both, 0].sum())
            high += float(table.dead[both, 1].sum())
        return low, high

    def score(self, theta: float) -> float:
        """
        Subtract the events expected in the treated arm.

        Parameters
        ----------
        theta
            Log hazard ratio, treated over reference.

        Returns
        -------
        float
            Observed less expected events.
        """
        total = 0.0
        for _, table in self.tables:
            share, d = _share(table, theta), table.dead.sum(axis=1)
            total += float(np.sum(table.dead[:, 1] - d * share))
        return total

    def information(self, theta: float, *, for_ties: bool) -> float:
        """
        Give the variance of the score.

        Parameters
        ----------
        theta
            Log hazard ratio, treated over reference.
        for_ties
            Whether to correct for ties as the log-rank test does, at 0.

        Returns
        -------
        float
            The variance.
        """
        total = 0.0
        for _, table in self.tables:
            share, d = _share(table, theta), table.dead.sum(axis=1)
            n = table.at_risk.sum(axis=1)
            spread = hypergeometric_spread(n, d) if for_ties else d
            total += float(np.sum(spread * share * (1 - share)))
        return total

    def derived_outcomes(self, theta: float) -> FloatArray:
        """
        Give what each participant adds to the linearised score.

        Parameters
        ----------
        theta
            Log hazard ratio, treated over reference.

        Returns
        -------
        numpy.ndarray
            The outcomes that covariates are to predict, shape (n,): their sum over the
            treated less that over the reference arm is the score.
        """
        outcomes = np.zeros(len(self.time))
        for z, table in self.tables:
            share, d = _share(table, theta), table.dead.sum(axis=1)
            at_risk = table.at_risk @ np.array([1.0, math.exp(theta)])
            for is_treated in (False, True):
                rows = (self.stratum == z) & (self.treated == is_treated)
                weight = 1 - share if is_treated else share
                ratio = math.exp(theta) if is_treated else 1.0
                expected = np.cumsum(weight * ratio * d / at_risk)
                so_far = np.concatenate([[0.0], expected])
                own = np.concatenate([[0.0], weight])
                begun = np.searchsorted(table.time, self.time[rows], side="right")
                seen = np.where(self.event[rows], own[begun], 0.0)
                outcomes[rows] = seen - so_far[begun]
        return outcomes


def _share(table: EventTable, theta: float) -> FloatArray:
    """Give the share of events expected in the treated arm."""
    reference, treated = table.at_risk[:, 0], table.at_risk[:, 1] * math.exp(theta)
    share: FloatArray = treated / (treated + reference)
    return share
