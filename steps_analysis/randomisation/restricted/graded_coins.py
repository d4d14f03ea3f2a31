"""Coins that favour the arm behind the more, the further it is behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.parameters import check_number
from steps_analysis.randomisation.restricted.counts import (
    begin_two_arms,
)


@dataclass(frozen=True, slots=True)
class AdjustableBiasedCoin:
    """
    Favour the arm that is behind by a power of the difference.

    Attributes
    ----------
    a
        How fast the coin turns with the difference of the arms, at least 0: 0 is a fair
        coin, a large number is nearly `BigStick` of 2.

    Notes
    -----
    With D the difference of the arms, the arm ahead gets 1 / (abs(D)^a + 1) [1]_: a
    difference of 1 is still a fair coin.

    Two arms, 1:1; preserved at every step, since the arms are treated alike.

    References
    ----------
    .. [1] Baldi Antognini, A. and Giovagnoli, A. (2004), Journal of the Royal
       Statistical Society C 53, 651-664.

    Examples
    --------
    >>> coin = AdjustableBiasedCoin(2)
    >>> float(coin.probability(1, 0, 8)), round(float(coin.probability(2, 0, 8)), 4)
    (0.5, 0.2)
    """

    a: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "a", check_number("a", self.a, may_be_zero=True))

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
            One half at a tie; less where treatment is ahead.
        """
        ahead = np.subtract(n_treatment, n_control)
        distance = np.maximum(np.abs(ahead), 1)
        with np.errstate(over="ignore"):
            return _from_log_odds(-np.sign(ahead) * (self.a * np.log(distance)))

    begin = begin_two_arms


@dataclass(frozen=True, slots=True)
class GeneralisedBiasedCoin:
    """
    Favour the arm that is behind by a power of the ratio of the arms.

    Attributes
    ----------
    rho
        The power, at least 0: 0 is a fair coin, 1 is Wei's urn that begins empty.

    Notes
    -----
    P(treatment) = n_B^rho / (n_A^rho + n_B^rho), with A for treatment [1]_; a fair coin
    for the first participant. The second then always takes the other arm (but for rho
    0). The coin turns with the *ratio* of the arms, so it weakens as the trial grows.

    Two arms, 1:1; preserved at every step, since the arms are treated alike.

    References
    ----------
    .. [1] Smith, R. L. (1984), Journal of the Royal Statistical Society B 46, 519-543.

    Examples
    --------
    >>> coin = GeneralisedBiasedCoin(2)
    >>> float(coin.probability(1, 0, 8)), round(float(coin.probability(2, 1, 8)), 4)
    (0.0, 0.2)
    """

    rho: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "rho", check_number("rho", self.rho, may_be_zero=True))

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
            One half at a tie; less where treatment is ahead.
        """
        treatment, control = np.asarray(n_treatment), np.asarray(n_control)
        if self.rho == 0:
            return np.full(np.broadcast_shapes(treatment.shape, control.shape), 0.5)
        with np.errstate(over="ignore"):
            return _from_log_odds(self.rho * _log_ratio(control, treatment))

    begin = begin_two_arms


@dataclass(frozen=True, slots=True)
class BayesianBiasedCoin:
    """
    Favour the arm that is behind, by a bias derived from Bayesian design.

    Attributes
    ----------
    gamma
        How much randomness is kept, above 0: small is nearly forced balance, large is
        nearly a fair coin.

    Notes
    -----
    Of i participants so far, an arm with n_k of them and n_other in the other arm has
    the weight (1 + n_other / (i n_k))^(1 / gamma) [1]_; an empty arm is certain, the
    first participant a fair coin. The coin weakens as the trial grows.

    Two arms, 1:1; preserved at every step, since the arms are treated alike.

    References
    ----------
    .. [1] Ball, F. G., Smith, A. F. M. and Verdinelli, I. (1993), Journal of
       Statistical Planning and Inference 34, 403-421.

    Examples
    --------
    >>> coin = BayesianBiasedCoin(0.1)
    >>> float(coin.probability(0, 1, 8)), round(float(coin.probability(2, 1, 8)), 4)
    (1.0, 0.0275)
    """

    gamma: float

    def __post_init__(self) -> None:
        gamma = check_number("gamma", self.gamma, may_be_zero=False)
        object.__setattr__(self, "gamma", gamma)

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
            One half at a tie; less where treatment is ahead.
        """
        treatment, control = np.asarray(n_treatment), np.asarray(n_control)
        so_far = np.log(np.maximum(treatment + control, 1))
        for_treatment = np.logaddexp(0, _log_ratio(control, treatment) - so_far)
        for_control = np.logaddexp(0, _log_ratio(treatment, control) - so_far)
        with np.errstate(over="ignore"):
            return _from_log_odds((for_treatment - for_control) / self.gamma)

    begin = begin_two_arms


def _log_ratio(above: IntArray, below: IntArray) -> FloatArray:
    """Logarithm of a ratio of counts; 0 where both are 0."""
    is_first = (above == 0) & (below == 0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(above + is_first) - np.log(below + is_first))


def _from_log_odds(log_odds: FloatArray) -> FloatArray:
    """Probability with these log odds, however large they are."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-log_odds)))
