"""Minimisation: prefer the arm that keeps the factors' margins in balance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.adaptive.preference import (
    IMBALANCES,
    Imbalance,
    arm_probabilities,
    arm_scores,
    preference_table,
)
from steps_analysis.randomisation.adaptive.settings import (
    Weights,
    check_choice,
    check_weights,
)
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_factors,
    check_probability,
    check_ratio,
)
from steps_analysis.randomisation.walking import ArmArray


@dataclass(frozen=True, slots=True)
class Minimisation:
    """
    Prefer the arm that keeps the factors' margins in balance (Pocock and Simon).

    For the next participant each arm is tried: the imbalance it would leave at the
    participant's level of each factor is weighted and summed; the arm with the smaller
    sum is preferred, and gets a probability, never certainty (unless `p` is 1).

    Attributes
    ----------
    factors
        Names of the factors; a site is a factor like any other.
    weights
        Weight of each factor; given as a mapping from every factor to its weight (or in
        the order of the factors), kept in the order of the factors. None means 1 each.
    imbalance
        ``"range"``, ``"standard-deviation"``, ``"variance"`` or ``"marginal-balance"``,
        of the counts divided by the ratio.
    p
        Best-only rule: probability of the preferred arm; with an unequal ratio that of
        the arm with the smallest part, and Han's rule gives the others'.
    ratio
        Each arm's part, treatment first, on average; two arms or more.
    ties
        What happens where arms score the same; ``"ratio"``: the preferred arm is
        drawn in proportion to the ratio, so 1:1 is a fair coin.

    Notes
    -----
    Two arms 1:1: range scores are sums of w·sign(D), variance scores sums of w·D; these
    are different procedures, so `imbalance` is always stored. With two arms range and
    standard deviation prefer the same arm. With an unequal ratio the totals keep a:b
    (simulated with 3 sites and n from 12 to 120: on average within a quarter of a
    participant, standard deviation below one), but the probability of treatment is not
    a / (a + b) at every single step: the first participant of a 2:1 trial gets
    treatment with the larger of Han's probabilities.

    References
    ----------
    .. [1] Pocock, S. J. and Simon, R. (1975), Biometrics 31, 103-115.
    .. [2] Han, B., Enas, N. H. and McEntegart, D. (2009), Statistics in Medicine 28,
       3329-3346.

    Examples
    --------
    >>> Minimisation(["site", "sex"], weights={"sex": 1, "site": 2}).weights
    (2.0, 1.0)
    """

    factors: tuple[str, ...]
    weights: Weights = field(default=None, kw_only=True)
    imbalance: Imbalance = field(default="range", kw_only=True)
    p: float = field(default=0.8, kw_only=True)
    ratio: Ratio = field(default=(1, 1), kw_only=True)
    ties: Literal["ratio"] = field(default="ratio", kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", check_factors(self.factors))
        weights = check_weights(self.weights, self.factors)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "ratio", check_ratio(self.ratio))
        check_choice("imbalance", self.imbalance, IMBALANCES)
        check_choice("ties", self.ties, ("ratio",))
        why = "less would favour the arm that is ahead"
        least = min(self.ratio) / sum(self.ratio)
        p = check_probability("p", self.p, least=least, why=why)
        object.__setattr__(self, "p", p)

    def begin(self, codes: IntArray, *, n: int, n_sequences: int) -> MarginsWalk:
        """
        Begin a walk; see `walking.Walkable`.

        Parameters
        ----------
        codes
            Levels of those who take part, shape (steps, factors).
        n
            How many participants are planned; not used.
        n_sequences
            How many sequences walk side by side.

        Returns
        -------
        MarginsWalk
            Standing before the first participant.
        """
        return MarginsWalk(self, codes, n_sequences=n_sequences)


class MarginsWalk:
    """
    Keep each arm's count at every level of every factor.

    Parameters
    ----------
    procedure
        The minimisation.
    codes
        Levels of those who take part, shape (steps, factors).
    n_sequences
        How many sequences walk side by side.
    """

    def __init__(
        self, procedure: Minimisation, codes: IntArray, *, n_sequences: int
    ) -> None:
        n_levels = codes.max(axis=0, initial=-1) + 1
        self._rows = codes + np.concatenate([[0], np.cumsum(n_levels)[:-1]])
        self._weights = np.array(procedure.weights, dtype=np.float64)
        self._ratio = np.array(procedure.ratio, dtype=np.float64)
        self._imbalance = procedure.imbalance
        self._table = preference_table(self._ratio, procedure.p)
        # Shape (arms, levels of all factors, sequences).
        shape = (len(procedure.ratio), int(n_levels.sum()), n_sequences)
        self._margins = np.zeros(shape)
        self._place = 0

    def probabilities(self) -> FloatArray:
        """
        Give each arm's probability for the next participant.

        Returns
        -------
        numpy.ndarray
            Shape (arms, n_sequences), treatment first.
        """
        here = self._margins[:, self._rows[self._place]]
        scores = arm_scores(here, self._weights, self._ratio, self._imbalance)
        return arm_probabilities(scores, self._ratio, self._table)

    def take(self, arm: ArmArray) -> None:
        """
        Move on: the next participant took these arms.

        Parameters
        ----------
        arm
            The arms, shape (n_sequences,).
        """
        last = len(self._margins) - 1
        for row in range(len(self._margins)):
            self._margins[row, self._rows[self._place]] += arm == last - row
        self._place += 1
