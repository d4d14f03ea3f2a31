"""
Which effects fit a count, once everything else that was counted is held fixed?

One distribution serves them all: P(x) proportional to w(x) exp(x b), b the log of the
effect. Fisher's noncentral hypergeometric distribution (b a log odds ratio, the margins
of one table or of several fixed), the binomial share of two Poisson counts (b a log
rate ratio, their total fixed), and the binomial and Poisson counts themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from steps_analysis.estimates import FloatArray

Ordering = Literal["central", "mid-p", "minlike", "blaker"]
Counts = tuple[int, int, int, int]

MOST_VALUES = 1_000_000
"""Values of an exact distribution that are summed in about a second."""
MOST_SEGMENTS = 20_000
"""Values for limits in order of likelihood, which look at one value after another."""

SLACK = 1 + 1e-7
"""Counts within this factor are equally extreme, as in R's ``fisher.test``."""


@dataclass(frozen=True, slots=True)
class ConditionalCount:
    """
    The distribution of one count, given what is fixed.

    Attributes
    ----------
    observed
        Position of the observed count in `support`.
    support
        The values the count can have, shape (k,), increasing by 1.
    log_weight
        Log of the weights at effect 1, shape (k,), up to a constant; concave.
    """

    observed: int
    support: FloatArray
    log_weight: FloatArray

    @classmethod
    def of_table(cls, counts: Counts) -> Self:
        """
        Take the events of arm 1 of a two-by-two table, both margins fixed.

        Parameters
        ----------
        counts
            Events and number of arm 1, then of arm 2.

        Returns
        -------
        ConditionalCount
            Its effect is the odds ratio, arm 1 over arm 2.
        """
        from scipy.special import gammaln  # special alone, without scipy.stats

        x1, n1, x2, n2 = counts
        support = np.arange(max(0, x1 + x2 - n2), min(n1, x1 + x2) + 1, dtype=float)
        other = x1 + x2 - support
        log_weight = -gammaln(support + 1) - gammaln(n1 - support + 1)
        log_weight -= gammaln(other + 1) + gammaln(n2 - other + 1)
        return cls(int(x1 - support[0]), support, log_weight)

    @classmethod
    def of_strata(cls, tables: Sequence[Counts]) -> Self:
        """
        Take the events of arm 1 over several tables, the margins of each fixed.

        Parameters
        ----------
        tables
            Events and number of arm 1, then of arm 2, stratum by stratum.

        Returns
        -------
        ConditionalCount
            Its effect is the odds ratio common to the strata.

        Notes
        -----
        The weights of a sum are the convolution of the weights [1]_.

        References
        ----------
        .. [1] Mehta, C. R., Patel, N. R. and Gray, R. (1985), JASA 80, 969-973.
        """
        weight, first, observed = np.ones(1), 0.0, 0
        for counts in tables:
            own = cls.of_table(counts)
            weight = np.convolve(weight, own.probabilities())
            first, observed = first + float(own.support[0]), observed + own.observed
        support: FloatArray = first + np.arange(float(len(weight)))
        return cls(observed, support, np.log(np.maximum(weight, 1e-300)))

    @classmethod
    def of_rates(cls, x1: int, t1: float, x2: int, t2: float) -> Self:
        """
        Take the first of two Poisson counts, their total fixed.

        Parameters
        ----------
        x1, t1
            Events and exposure of arm 1.
        x2, t2
            Events and exposure of arm 2.

        Returns
        -------
        ConditionalCount
            Its effect is the rate ratio, arm 1 over arm 2.
        """
        own = cls.of_binomial(x1, x1 + x2)
        shift = own.support * math.log(t1 / t2)
        return cls(own.observed, own.support, own.log_weight + shift)

    @classmethod
    def of_binomial(cls, events: int, n: int) -> Self:
        """
        Take a binomial count.

        Parameters
        ----------
        events, n
            Events among how many.

        Returns
        -------
        ConditionalCount
            Its effect is the odds of an event.
        """
        from scipy.special import gammaln

        support = np.arange(n + 1.0)
        return cls(events, support, -gammaln(support + 1) - gammaln(n - support + 1))

    @classmethod
    def of_poisson(cls, events: int, exposure: float) -> Self:
        """
        Take a Poisson count.

        Parameters
        ----------
        events
            The count.
        exposure
            What it was observed over, above 0.

        Returns
        -------
        ConditionalCount
            Its effect is the rate. The support ends where no effect that a level up to
            1 - 1e-10 could reach has a probability above 1e-20.
        """
        from scipy.special import gammaincinv, gammaln

        far = float(gammaincinv(events + 1, 1 - 1e-11))
        support = np.arange(math.ceil(far + 12 * math.sqrt(far)) + 40.0)
        return cls(events, support, support * math.log(exposure) - gammaln(support + 1))

    def probabilities(self, log_effect: float = 0.0) -> FloatArray:
        """
        Give the probability of each count.

        Parameters
        ----------
        log_effect
            Log of the effect.

        Returns
        -------
        numpy.ndarray
            Probabilities over `support`, shape (k,).
        """
        log_p = self.log_weight + self.support * log_effect
        p = np.exp(log_p - log_p.max())
        shares: FloatArray = p / p.sum()
        return shares

    def tails(
        self, log_effect: float = 0.0, *, mid_p: bool = False
    ) -> tuple[float, float]:
        """
        Give the probabilities of so few, and of so many, events.

        Parameters
        ----------
        log_effect
            Log of the effect.
        mid_p
            True to count the observed value by half.

        Returns
        -------
        tuple of float
            Of at most, and of at least, the observed count.
        """
        p = self.probabilities(log_effect)
        own = float(p[self.observed]) * (0.5 if mid_p else 1.0)
        below = float(p[: self.observed].sum())
        above = float(p[self.observed + 1 :].sum())
        return min(below + own, 1.0), min(above + own, 1.0)

    def p_value(self, ordering: Ordering) -> float:
        """
        Test effect 1, two-sided.

        Parameters
        ----------
        ordering
            Which counts are as extreme: ``"central"`` (twice the smaller tail),
            ``"mid-p"`` (the same with the observed count by half), ``"minlike"`` (those
            no more likely) or ``"blaker"`` (those whose smaller tail is no larger).

        Returns
        -------
        float
            The p-value.
        """
        if ordering in {"central", "mid-p"}:
            return min(1.0, 2 * min(self.tails(mid_p=ordering == "mid-p")))
        p = self.probabilities()
        rank = p
        if ordering == "blaker":
            rank = np.minimum(np.cumsum(p), np.cumsum(p[::-1])[::-1])
        return min(1.0, float(p[rank <= rank[self.observed] * SLACK].sum()))

    def estimate(self) -> float:
        """
        Give the conditional maximum likelihood estimate.

        Returns
        -------
        float
            The effect; 0 or infinite at the ends of the support.
        """
        if self.observed == 0:
            return 0.0
        if self.observed == len(self.support) - 1:
            return math.inf
        target = self.support[self.observed]

        def gap(log_effect: float) -> float:
            """Give the distance of the mean from the observed count."""
            return float(self.probabilities(log_effect) @ self.support - target)

        return math.exp(root(gap))

    def mirrored(self) -> Self:
        """
        Count the other way round, which inverts the effect.

        Returns
        -------
        ConditionalCount
            The distribution of minus the count.
        """
        last = len(self.support) - 1
        return type(self)(
            last - self.observed, -self.support[::-1], self.log_weight[::-1]
        )


def too_many(n_values: int, *, most: int = MOST_VALUES) -> str | None:
    """
    Say whether an exact distribution is too long to be summed.

    Parameters
    ----------
    n_values
        How many values it has.
    most
        How many can be summed.

    Returns
    -------
    str or None
        The reason why there is no exact answer, if so.

    Examples
    --------
    >>> too_many(21)
    """
    if n_values <= most:
        return None
    return f"the exact distribution has {n_values:,} values, too many to sum"


def root(
    gap: Callable[[float], float], start: float = -50.0, end: float = 50.0
) -> float:
    """
    Find the zero of an increasing function of the log effect.

    Parameters
    ----------
    gap
        The function.
    start, end
        Where it lies below, and above, 0.

    Returns
    -------
    float
        Its zero.

    Examples
    --------
    >>> root(lambda b: b - 1)
    1.0
    """
    from scipy.optimize import brentq

    return float(brentq(gap, start, end, xtol=1e-13))
