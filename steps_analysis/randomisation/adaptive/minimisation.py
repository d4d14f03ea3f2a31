"""Minimisation: prefer the arm that keeps the factors' margins in balance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.adaptive.differences import level_cells
from steps_analysis.randomisation.adaptive.preference import (
    IMBALANCES,
    Imbalance,
    arm_probabilities,
    arm_scores,
    preference_table,
)
from steps_analysis.randomisation.adaptive.rule_settings import (
    NUMBER_OF,
    RULES,
    TIES,
    Rule,
    Ties,
    check_number,
    check_parts,
)
from steps_analysis.randomisation.adaptive.rules import (
    imbalance_proportional,
    rank_based,
    shared_by_best,
)
from steps_analysis.randomisation.adaptive.settings import (
    Weights,
    check_choice,
    check_weights,
    scaled_weights,
)
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_factors,
    check_ratio,
    check_whole,
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
    rule
        How sums become probabilities: ``"best-only"``, ``"rank-based"`` or
        ``"imbalance-proportional"``; each takes one number, and no other is kept.
    p
        Best-only rule: probability of the preferred arm; with an unequal ratio that of
        the arm with the smallest part, and Han's rule gives the others'. Not given
        means 0.8.
    q
        Rank-based rule: of N arms the one of rank k, the best first, has probability
        ``q - 2 (N q - 1) k / (N (N + 1))``; in [1/N, 2/(N - 1)].
    t
        Imbalance-proportional rule: an arm whose sum is G has probability
        ``(1 - t G / (sum of all arms' G)) / (N - t)``; in [0, 1].
    ratio
        Each arm's part, treatment first, on average; two arms or more. The rank-based
        and the imbalance-proportional rule know equal parts only.
    ties
        What happens where arms tie for best. ``"ratio"``: the preferred arm is drawn
        among them in proportion to the ratio, so 1:1 is a fair coin. ``"share"``: they
        share `p` (best-only, equal parts); of two arms this is the same.
    burn_in
        How many participants, the first ones, are allocated by complete randomisation
        in the ratio, whatever their factors; they count for those who follow.

    Notes
    -----
    Two arms 1:1: range scores are sums of w·sign(D), variance scores sums of w·D; these
    are different procedures, so `imbalance` is always stored. With two arms range and
    standard deviation prefer the same arm. With an unequal ratio the totals keep a:b
    (simulated with 3 sites and n from 12 to 120: on average within a quarter of a
    participant, standard deviation below one), but it is not preserved at every step:
    the first participant of a 2:1 trial gets treatment with the larger of Han's
    probabilities, 0.9 for p = 0.8. Equal parts are, since the arms are treated alike.

    A level that nobody had before is a new level: nobody is counted at it, and with
    equal parts the factor favours no arm. The family is the unit: a table has one row
    for each.

    References
    ----------
    .. [1] Pocock, S. J. and Simon, R. (1975), Biometrics 31, 103-115.
    .. [2] Han, B., Enas, N. H. and McEntegart, D. (2009), Statistics in Medicine 28,
       3329-3346.

    Examples
    --------
    >>> Minimisation(["site", "sex"], weights={"sex": 1, "site": 2}).weights
    (2.0, 1.0)
    >>> Minimisation(["site"], rule="rank-based", q=0.5, ratio=(1, 1, 1, 1)).p is None
    True
    """

    factors: tuple[str, ...]
    weights: Weights = field(default=None, kw_only=True)
    imbalance: Imbalance = field(default="range", kw_only=True)
    rule: Rule = field(default="best-only", kw_only=True)
    p: float | None = field(default=None, kw_only=True)
    q: float | None = field(default=None, kw_only=True)
    t: float | None = field(default=None, kw_only=True)
    ratio: Ratio = field(default=(1, 1), kw_only=True)
    ties: Ties = field(default="ratio", kw_only=True)
    burn_in: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", check_factors(self.factors))
        weights = check_weights(self.weights, self.factors)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "ratio", check_ratio(self.ratio))
        check_choice("imbalance", self.imbalance, IMBALANCES)
        check_choice("rule", self.rule, RULES)
        check_choice("ties", self.ties, TIES)
        check_parts(self.rule, self.ties, self.ratio)
        given = {"p": self.p, "q": self.q, "t": self.t}
        letter = NUMBER_OF[self.rule]
        number = check_number(self.rule, given, ties=self.ties, ratio=self.ratio)
        object.__setattr__(self, letter, number)
        burn_in = check_whole("burn_in", self.burn_in, least=0)
        object.__setattr__(self, "burn_in", burn_in)

    @property
    def to_probabilities(self) -> Callable[[FloatArray], FloatArray]:
        """
        Give the function that turns scores into probabilities.

        Returns
        -------
        Callable
            Imbalance each arm would leave to each arm's probability, both of shape
            (arms, ...).
        """
        if self.q is not None:
            return partial(rank_based, q=self.q)
        if self.t is not None:
            return partial(imbalance_proportional, t=self.t)
        assert self.p is not None  # the one rule left
        if self.ties == "share":
            return partial(shared_by_best, p=self.p)
        ratio = np.array(self.ratio, dtype=np.float64)
        table = preference_table(ratio, self.p)
        return partial(arm_probabilities, ratio=ratio, table=table)

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
        self._rows = level_cells(codes)
        self._weights = scaled_weights(procedure.weights)
        self._ratio = np.array(procedure.ratio, dtype=np.float64)
        self._imbalance = procedure.imbalance
        self._to_probabilities = procedure.to_probabilities
        self._burn_in = procedure.burn_in
        # Shape (arms, levels of all factors, sequences).
        n_cells = int(self._rows.max(initial=-1)) + 1
        shape = (len(procedure.ratio), n_cells, n_sequences)
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
        if self._place < self._burn_in:
            share = self._ratio[:, None] / self._ratio.sum()
            return np.repeat(share, self._margins.shape[2], axis=1)
        here = self._margins[:, self._rows[self._place]]
        scores = arm_scores(here, self._weights, self._ratio, self._imbalance)
        return self._to_probabilities(scores)

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
