"""The maximal procedure: every sequence within a tolerance, equally likely."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.restricted.counts import (
    begin_two_arms,
)


@dataclass(frozen=True, slots=True)
class MaximalProcedure:
    """
    Draw any sequence that stays within a tolerance and ends in balance.

    Attributes
    ----------
    mti
        Maximum tolerated imbalance: the largest difference of the arms ever allowed, at
        least 1.

    Notes
    -----
    All sequences that keep to the tolerance at every step and end with equal arms are
    equally likely [1]_, so P(treatment) is the share of the ways to the end that begin
    with treatment. Of an odd planned number those that end one apart are.

    Two arms, 1:1; preserved at every step, since the arms are treated alike. Looking up
    a probability makes a table of n (2 mti + 1) numbers, kept for the next call.

    References
    ----------
    .. [1] Berger, V. W., Ivanova, A. and Knoll, M. D. (2003), Statistics in Medicine
       22, 3017-3028.

    Examples
    --------
    >>> procedure = MaximalProcedure(2)
    >>> round(float(procedure.probability(1, 0, 6)), 4)
    0.3333
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
            How many participants are planned.

        Returns
        -------
        numpy.ndarray
            The share of treatment among the ways to the end.
        """
        treatment, control = np.asarray(n_treatment), np.asarray(n_control)
        furthest = min(self.mti, max(n + 1, 2) // 2)  # nothing ends in balance beyond
        ahead = np.clip(treatment - control, -furthest, furthest)
        left = np.clip(n - treatment - control, 1, None)
        return np.asarray(_shares(furthest, max(n, 1))[left, furthest + ahead])

    begin = begin_two_arms


@lru_cache(maxsize=2)
def _shares(mti: int, n: int) -> FloatArray:
    """
    Share of the ways to the end that begin with treatment, shape (left, D + mti).

    Let W(r, D) count the ways of r steps from a difference D, and up be the share of
    them that begin with treatment, down the rest. Then W(r, D) is both
    up(r + 1, D - 1) W(r + 1, D - 1) and down(r + 1, D + 1) W(r + 1, D + 1), so that
    up(r + 2, D) follows from those two shares alone. No number of ways is ever written
    down: it would overflow.
    """
    up = np.empty((n + 1, 2 * mti + 1))
    up[:2] = (1 - np.sign(np.arange(-mti, mti + 1))) / 2
    up[:, 0], up[:, -1] = 1.0, 0.0
    for left in range(2, n + 1):
        before, down_before = up[left - 1, :-2], up[left - 1, ::-1][2:]
        up[left, 1:-1] = before / (before + down_before)
    up.setflags(write=False)
    return up
