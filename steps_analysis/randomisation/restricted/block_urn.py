"""The block urn: a block of places that opens again as soon as balance is met."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_ratio,
    check_whole,
)
from steps_analysis.randomisation.restricted.counts import (
    begin_many_arms,
    treatment_probability,
)


@dataclass(frozen=True, slots=True)
class BlockUrn:
    """
    Draw without replacement, and put every completed set back.

    Attributes
    ----------
    lam
        Minimal balanced sets the urn begins with, at least 1; a set holds every arm's
        part of the ratio. (Lambda in the paper.)
    ratio
        Each arm's part, treatment first; two arms or more.

    Notes
    -----
    Balls drawn stay out until they hold a whole set, which then goes back [1]_. The
    arms never lie further apart than in permuted blocks of `lam` sets, and fewer
    allocations are certain, because the urn need not be empty before it is filled. One
    set is a permuted block of one set.

    A ratio 1:1 (or 1:1:1) is preserved at every step, since the arms are treated alike.
    An unequal ratio with two sets or more is *not*: it is met in the long run, but not
    by every participant. Of 2:1 with two sets, the fifth participant is allocated to
    treatment with probability 0.64. Where that matters see `PermutedBlocks`, `WeiUrn`
    and `BrickTunnel`.

    References
    ----------
    .. [1] Zhao, W. and Weng, Y. (2011), Contemporary Clinical Trials 32, 953-961.

    Examples
    --------
    >>> urn = BlockUrn(2)
    >>> round(float(urn.probability(1, 0, 8)), 4), float(urn.probability(2, 0, 8))
    (0.3333, 0.0)
    """

    lam: int
    ratio: Ratio = field(default=(1, 1), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lam", check_whole("lam", self.lam, least=1))
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
            Each arm's share of the balls in the urn, shape (arms, ...).
        """
        taken = np.asarray(counts, dtype=np.float64)
        parts = np.reshape(self.ratio, (-1, *[1] * (taken.ndim - 1)))
        back = (taken // parts).min(axis=0)
        balls = np.maximum((self.lam + back) * parts - taken, 0)
        return np.asarray(balls / balls.sum(axis=0), dtype=np.float64)

    probability = treatment_probability
    begin = begin_many_arms
