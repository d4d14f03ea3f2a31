"""Hu and Hu: balance of the whole trial, of every level and within strata at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import IntArray
from steps_analysis.randomisation.adaptive.differences import (
    DifferencesWalk,
    efron_coin,
    level_cells,
    strata_of,
)
from steps_analysis.randomisation.adaptive.settings import (
    Weights,
    check_weight,
    check_weights,
)
from steps_analysis.randomisation.parameters import check_factors, check_probability

_TIE = 1e-9  # leads this small (relative to the weights) are ties but for rounding


@dataclass(frozen=True, slots=True)
class HuHu:
    """
    Prefer the arm that keeps the trial, every level and every stratum in balance.

    Treatment's lead over control is looked at in the whole trial, at the participant's
    level of each factor, and in the participant's stratum (the combination of all
    levels). Their weighted sum says which arm is ahead; the other gets `p`.

    Attributes
    ----------
    factors
        Names of the factors; a site is a factor like any other.
    overall
        Weight of the whole trial, at least 0.
    weights
        Weight of each factor's level, at least 0; given as a mapping from every factor
        to its weight (or in the order of the factors), kept in the order of the
        factors. None means 1 each.
    stratum
        Weight of the stratum, at least 0.
    p
        Probability of the arm that is behind; a tie is a fair coin.

    Notes
    -----
    Two arms, 1:1; preserved at every step, since the arms are treated alike. Scores as
    sums of squared differences prefer the same arm, since (D + 1)^2 - (D - 1)^2 = 4 D.
    In ``carat`` the weights stand in one vector, ``omega =
    (overall, stratum, factors...)``. With `overall` and `stratum` 0 it is
    `Minimisation` by ``"variance"``; with `stratum` alone, `StratifiedBiasedCoin`.

    A stratum is no further factor: a site counts at its level with its own weight, and
    within the stratum with the stratum's. Where there is one factor its levels are the
    strata, and the two weights add up.

    References
    ----------
    .. [1] Hu, Y. and Hu, F. (2012), Annals of Statistics 40, 1794-1815.

    Examples
    --------
    >>> HuHu(["site", "sex"], weights={"sex": 1, "site": 2}, stratum=0.5)
    HuHu(factors=('site', 'sex'), overall=1.0, weights=(2.0, 1.0), stratum=0.5, p=0.8)
    """

    factors: tuple[str, ...]
    overall: float = field(default=1.0, kw_only=True)
    weights: Weights = field(default=None, kw_only=True)
    stratum: float = field(default=1.0, kw_only=True)
    p: float = field(default=0.8, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", check_factors(self.factors))
        for name in ("overall", "stratum"):
            object.__setattr__(self, name, check_weight(name, getattr(self, name)))
        weights = check_weights(self.weights, self.factors, may_be_zero=True)
        object.__setattr__(self, "weights", weights)
        if self.overall + self.stratum + sum(weights) == 0:
            rule = "hold a number above 0 where overall and stratum are 0"
            raise ArgumentError(refusal("weights", rule, weights))
        why = "less would favour the arm that is ahead"
        object.__setattr__(
            self, "p", check_probability("p", self.p, least=0.5, why=why)
        )

    def begin(self, codes: IntArray, *, n: int, n_sequences: int) -> DifferencesWalk:
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
        DifferencesWalk
            Standing before the first participant.
        """
        levels = 1 + level_cells(codes)
        strata = 1 + levels.max(initial=0) + strata_of(codes)[:, None]
        whole = np.zeros((len(codes), 1), dtype=np.int64)
        margins = np.array(self.weights, dtype=np.float64)
        weights = np.concatenate([[self.overall], margins, [self.stratum]])
        coin = partial(efron_coin, p=self.p, tied=_TIE * weights.sum())
        cells = np.hstack([whole, levels, strata])
        return DifferencesWalk(cells, weights, coin, n_sequences=n_sequences)
