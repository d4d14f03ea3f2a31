"""
Which odds ratios fit a table whose margins are fixed?

Fisher's noncentral hypergeometric distribution of the first cell: conditional
estimate, exact limits, and the one-sided probabilities the exact tests are made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from steps_analysis.estimates import FloatArray


@dataclass(frozen=True, slots=True)
class ConditionalOdds:
    """
    The distribution of the events of arm 1, given the margins.

    Attributes
    ----------
    observed
        Position of the observed count in `support`.
    support
        The counts arm 1 can have, shape (k,).
    log_weight
        Log of the hypergeometric weights at odds ratio 1, shape (k,).
    """

    observed: int
    support: FloatArray
    log_weight: FloatArray

    @classmethod
    def of(cls, counts: tuple[int, int, int, int]) -> Self:
        """
        Read a table.

        Parameters
        ----------
        counts
            Events and number of arm 1, then of arm 2.

        Returns
        -------
        ConditionalOdds
            The distribution given its margins.
        """
        from scipy.special import gammaln  # special alone, without scipy.stats

        x1, n1, x2, n2 = counts
        support = np.arange(max(0, x1 + x2 - n2), min(n1, x1 + x2) + 1, dtype=float)
        other = x1 + x2 - support
        log_weight = -gammaln(support + 1) - gammaln(n1 - support + 1)
        log_weight -= gammaln(other + 1) + gammaln(n2 - other + 1)
        return cls(
            observed=int(x1 - support[0]), support=support, log_weight=log_weight
        )

    def probabilities(self, log_odds_ratio: float = 0.0) -> FloatArray:
        """
        Give the probability of each count.

        Parameters
        ----------
        log_odds_ratio
            Log of the odds ratio, arm 1 over arm 2.

        Returns
        -------
        numpy.ndarray
            Probabilities over `support`, shape (k,).
        """
        log_p = self.log_weight + self.support * log_odds_ratio
        p = np.exp(log_p - log_p.max())
        shares: FloatArray = p / p.sum()
        return shares

    def tails(
        self, log_odds_ratio: float = 0.0, *, mid_p: bool = False
    ) -> tuple[float, float]:
        """
        Give the probabilities of so few, and of so many, events.

        Parameters
        ----------
        log_odds_ratio
            Log of the odds ratio.
        mid_p
            True to count the observed table by half.

        Returns
        -------
        tuple of float
            Of at most, and of at least, the observed count.
        """
        p = self.probabilities(log_odds_ratio)
        own = float(p[self.observed]) * (0.5 if mid_p else 1.0)
        below = float(p[: self.observed].sum())
        above = float(p[self.observed + 1 :].sum())
        return min(below + own, 1.0), min(above + own, 1.0)

    def central_p_value(self, *, mid_p: bool = False) -> float:
        """
        Give twice the smaller tail at odds ratio 1.

        Parameters
        ----------
        mid_p
            True for the mid-p version.

        Returns
        -------
        float
            The two-sided p-value.
        """
        return min(1.0, 2 * min(self.tails(mid_p=mid_p)))

    def estimate(self) -> float:
        """
        Give the conditional maximum likelihood estimate.

        Returns
        -------
        float
            The odds ratio; 0 or infinite at the ends of the support.
        """
        if self.observed == 0:
            return 0.0
        if self.observed == len(self.support) - 1:
            return math.inf
        target = self.support[self.observed]

        def gap(log_odds_ratio: float) -> float:
            """Give the distance of the mean from the observed count."""
            return float(self.probabilities(log_odds_ratio) @ self.support - target)

        return math.exp(_root(gap))

    def limits(self, level: float, *, mid_p: bool = False) -> tuple[float, float]:
        """
        Give the odds ratios whose one-sided tail is half the error.

        Parameters
        ----------
        level
            Confidence level.
        mid_p
            True for mid-p limits.

        Returns
        -------
        tuple of float
            Lower and upper limit; 0 and infinity at the ends of the support.
        """
        tail = (1 - level) / 2
        lower, upper = 0.0, math.inf
        if self.observed > 0:
            lower = math.exp(_root(lambda b: self.tails(b, mid_p=mid_p)[1] - tail))
        if self.observed < len(self.support) - 1:
            upper = math.exp(_root(lambda b: tail - self.tails(b, mid_p=mid_p)[0]))
        return lower, upper


def _root(gap: Callable[[float], float]) -> float:
    """Find the zero of an increasing function of the log odds ratio."""
    from scipy.optimize import brentq

    return float(brentq(gap, -50.0, 50.0, xtol=1e-13))
