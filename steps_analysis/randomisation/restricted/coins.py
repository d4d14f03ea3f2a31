"""Coins: every participant is a toss, fair or in favour of the arm behind."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_probability,
    check_ratio,
)
from steps_analysis.randomisation.restricted.counts import (
    begin_many_arms,
    begin_two_arms,
    treatment_probability,
)

AWAY = "less would favour the arm that is ahead"
"""Why no coin in favour of the arm behind is below one half."""


@dataclass(frozen=True, slots=True)
class CompleteRandomisation:
    """
    Toss the same coin for every participant.

    "Complete" in the sense of Rosenberger and Lachin: totals are left to chance. Where
    totals are fixed, see `RandomAllocationRule`.

    Attributes
    ----------
    ratio
        Each arm's part, treatment first, on average; two arms or more.

    Notes
    -----
    Any ratio is preserved at every step.

    Examples
    --------
    >>> float(CompleteRandomisation(ratio=(3, 1)).probability(5, 0, 8))
    0.75
    """

    ratio: Ratio = field(default=(1, 1), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", check_ratio(self.ratio))

    def probabilities(self, counts: npt.ArrayLike, n: int) -> FloatArray:
        """
        Give the probability of every arm for the next participant.

        Parameters
        ----------
        counts
            How many are in each arm so far, shape (arms, ...), treatment first.
        n
            How many participants are planned; not used.

        Returns
        -------
        numpy.ndarray
            Each arm's part of the ratio, shape (arms, ...).
        """
        parts = np.reshape(self.ratio, (-1, *[1] * (np.ndim(counts) - 1)))
        share: FloatArray = parts / sum(self.ratio)
        return np.broadcast_to(share, np.shape(counts)).copy()

    probability = treatment_probability
    begin = begin_many_arms


@dataclass(frozen=True, slots=True)
class EfronBiasedCoin:
    """
    Favour the arm that is behind, always with the same coin.

    Attributes
    ----------
    p
        Probability of the arm that is behind, in [0.5, 1]; a tie is a fair coin. One is
        permuted blocks of two.

    Notes
    -----
    Two arms, 1:1; preserved at every step, since the arms are treated alike.

    References
    ----------
    .. [1] Efron, B. (1971), Biometrika 58, 403-417.

    Examples
    --------
    >>> float(EfronBiasedCoin(0.75).probability(3, 4, 10))
    0.75
    """

    p: float

    def __post_init__(self) -> None:
        p = check_probability("p", self.p, least=0.5, why=AWAY)
        object.__setattr__(self, "p", p)

    def probability(
        self, n_treatment: npt.ArrayLike, n_control: npt.ArrayLike, n: int
    ) -> FloatArray:
        """
        Give the probability that the next participant is allocated to treatment.

        Parameters
        ----------
        n_treatment, n_control
            How many are in each arm so far; any shapes that broadcast.
        n
            How many participants are planned; not used.

        Returns
        -------
        numpy.ndarray
            `p`, one half or 1 - `p`: treatment is behind, level or ahead.
        """
        ahead = np.sign(np.subtract(n_treatment, n_control))
        return np.asarray(0.5 - ahead * (self.p - 0.5), dtype=np.float64)

    begin = begin_two_arms
