"""Procedures that never let the arms lie further apart than a tolerance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.parameters import check_probability, check_whole
from steps_analysis.randomisation.restricted.coins import AWAY
from steps_analysis.randomisation.restricted.counts import (
    begin_two_arms,
)


@dataclass(frozen=True, slots=True)
class BigStick:
    """
    Toss a fair coin until the imbalance reaches its tolerance; then force the arm.

    Attributes
    ----------
    mti
        Maximum tolerated imbalance: the largest difference of the arms ever allowed, at
        least 1.

    Notes
    -----
    Two arms, 1:1; preserved at every step, since the arms are treated alike. (Stopped
    at a tolerance, a coin of 2:1 would not keep 2:1: see `BrickTunnel`.)

    References
    ----------
    .. [1] Soares, J. F. and Wu, C. F. J. (1983), Communications in Statistics: Theory
       and Methods 12, 2017-2034.

    Examples
    --------
    >>> float(BigStick(2).probability(1, 0, 8)), float(BigStick(2).probability(2, 0, 8))
    (0.5, 0.0)
    """

    mti: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "mti", check_whole("mti", self.mti, least=1))

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
            One half, or 0 or 1 where the tolerance is reached.
        """
        ahead = np.subtract(n_treatment, n_control)
        forced = np.where(ahead >= self.mti, 0.0, 1.0)
        return np.where(np.abs(ahead) < self.mti, 0.5, forced)

    begin = begin_two_arms


@dataclass(frozen=True, slots=True)
class BiasedCoinWithTolerance:
    """
    Toss Efron's coin until the imbalance reaches its tolerance; then force the arm.

    Attributes
    ----------
    mti
        Maximum tolerated imbalance: the largest difference of the arms ever allowed, at
        least 1.
    p
        Probability of the arm that is behind, in [0.5, 1]; a tie is a fair coin. One
        half is `BigStick`.

    Notes
    -----
    Two arms, 1:1; preserved at every step, since the arms are treated alike.

    References
    ----------
    .. [1] Chen, Y.-P. (1999), Communications in Statistics: Stochastic Models 15,
       953-975.

    Examples
    --------
    >>> coin = BiasedCoinWithTolerance(2, 0.75)
    >>> float(coin.probability(1, 0, 8)), float(coin.probability(2, 0, 8))
    (0.25, 0.0)
    """

    mti: int
    p: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mti", check_whole("mti", self.mti, least=1))
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
            `p`, one half or 1 - `p`, or 0 or 1 where the tolerance is reached.
        """
        ahead = np.subtract(n_treatment, n_control)
        bias = np.where(np.abs(ahead) < self.mti, self.p - 0.5, 0.5)
        return np.asarray(0.5 - np.sign(ahead) * bias, dtype=np.float64)

    begin = begin_two_arms
