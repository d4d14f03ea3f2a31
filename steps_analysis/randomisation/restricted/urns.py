"""Urns: what is drawn changes what is left to draw."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_ratio,
    check_whole,
)
from steps_analysis.randomisation.restricted.counts import (
    begin_many_arms,
    begin_two_arms,
    treatment_probability,
)


@dataclass(frozen=True, slots=True)
class WeiUrn:
    """
    Draw a ball for every participant and add balls of the arms not drawn.

    Attributes
    ----------
    alpha
        Balls of every arm the urn begins with, at least 0 (``ini`` in randomizeR). An
        empty urn's first draw is in the ratio.
    beta
        Balls of every other arm added after a draw, at least 0 (``add`` in randomizeR);
        the ball drawn goes back. Alpha and beta are not both 0.
    ratio
        Each arm's part, treatment first, on average; two arms or more.

    Notes
    -----
    Written UD(alpha, beta) [1]_, for more arms in [2]_. The urn weakens as the trial
    grows, towards a draw in the ratio alone.

    An unequal ratio is Wei's urn for as many equal arms as the parts' sum, several of
    which stand for one arm: of i participants so far, arm k with part r_k and n_k
    participants holds alpha r_k + beta (i r_k - n_k) balls. The equal arms are treated
    alike, so the ratio is preserved at every step.

    References
    ----------
    .. [1] Wei, L. J. (1977), Journal of the American Statistical Association 72,
       382-386.
    .. [2] Wei, L. J. (1978), Journal of the American Statistical Association 73,
       559-563.

    Examples
    --------
    >>> urn = WeiUrn(1, 1)
    >>> round(float(urn.probability(1, 0, 8)), 4), float(urn.probability(2, 0, 8))
    (0.3333, 0.25)
    """

    alpha: int
    beta: int
    ratio: Ratio = field(default=(1, 1), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", check_whole("alpha", self.alpha, least=0))
        object.__setattr__(self, "beta", check_whole("beta", self.beta, least=0))
        object.__setattr__(self, "ratio", check_ratio(self.ratio))
        if self.alpha == self.beta == 0:
            rule = "be above 0 where `alpha` is 0 (the urn would stay empty)"
            raise ArgumentError(refusal("beta", rule, self.beta))

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
            Each arm's share of the balls, shape (arms, ...).
        """
        taken = np.asarray(counts, dtype=np.float64)
        parts = np.reshape(self.ratio, (-1, *[1] * (taken.ndim - 1)))
        total = taken.sum(axis=0)
        balls = float(self.alpha) * parts + self.beta * (parts * total - taken)
        is_empty = balls.sum(axis=0) == 0
        balls = np.where(is_empty, parts, balls)
        return np.asarray(balls / balls.sum(axis=0), dtype=np.float64)

    probability = treatment_probability
    begin = begin_many_arms


@dataclass(frozen=True, slots=True)
class EhrenfestUrn:
    """
    Draw a ball for every participant and turn it into one of the other arm.

    Attributes
    ----------
    w
        Balls of each arm the urn begins with, at least 1, and so the largest difference
        of the arms that can occur.

    Notes
    -----
    With D the difference of the arms, P(treatment) = (1 - D / w) / 2 [1]_: the pull
    back grows in proportion to the difference and does not weaken with time. One ball
    of each arm is permuted blocks of two.

    Two arms, 1:1; preserved at every step, since the arms are treated alike.

    References
    ----------
    .. [1] Chen, Y.-P. (2000), Advances in Applied Probability 32, 738-749.

    Examples
    --------
    >>> urn = EhrenfestUrn(4)
    >>> float(urn.probability(1, 0, 8)), float(urn.probability(4, 0, 8))
    (0.375, 0.0)
    """

    w: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "w", check_whole("w", self.w, least=1))

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
            Treatment's share of the balls.
        """
        ahead = np.subtract(n_treatment, n_control)
        return np.asarray(np.clip((1 - ahead / float(self.w)) / 2, 0.0, 1.0))

    begin = begin_two_arms
