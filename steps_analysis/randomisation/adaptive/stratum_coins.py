"""A biased coin apart in every combination of the factors' levels."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from steps_analysis.estimates import IntArray
from steps_analysis.randomisation.adaptive.differences import (
    Coin,
    DifferencesWalk,
    efron_coin,
    strata_of,
)
from steps_analysis.randomisation.adaptive.settings import check_weight
from steps_analysis.randomisation.parameters import check_factors, check_probability
from steps_analysis.randomisation.restricted.graded_coins import AdjustableBiasedCoin


@dataclass(frozen=True, slots=True)
class StratifiedBiasedCoin:
    """
    Favour the arm that is behind in the participant's stratum: Efron's coin in each.

    Attributes
    ----------
    factors
        Names of the factors; every combination of their levels is a stratum.
    p
        Probability of the arm that is behind in the stratum, in [0.5, 1]; a tie is a
        fair coin.

    Notes
    -----
    Two arms, 1:1; preserved at every step, since the arms are treated alike. With many
    strata most hold one or two participants, and the trial as a whole is little better
    balanced than by a fair coin: see `Minimisation`.

    References
    ----------
    .. [1] Efron, B. (1971), Biometrika 58, 403-417.
    .. [2] Shao, J., Yu, X. and Zhong, B. (2010), Biometrika 97, 347-360.

    Examples
    --------
    >>> StratifiedBiasedCoin(["site", "sex"], p=0.75)
    StratifiedBiasedCoin(factors=('site', 'sex'), p=0.75)
    """

    factors: tuple[str, ...]
    p: float = field(default=0.8, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", check_factors(self.factors))
        why = "less would favour the arm that is ahead"
        p = check_probability("p", self.p, least=0.5, why=why)
        object.__setattr__(self, "p", p)

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
        return _by_stratum(codes, partial(efron_coin, p=self.p, tied=0), n_sequences)


@dataclass(frozen=True, slots=True)
class AdjustableCovariateBiasedCoin:
    """
    Favour the arm that is behind in the stratum, the more the further it is behind.

    Attributes
    ----------
    factors
        Names of the factors; every combination of their levels is a stratum.
    a
        How strongly, at least 0: treatment has probability ``1 / (D^a + 1)`` where it
        is D ahead in the stratum, ``D^a / (D^a + 1)`` where it is D behind, one half at
        a tie (and where the lead is one). Zero is a fair coin.

    Notes
    -----
    Two arms, 1:1; preserved at every step, since the arms are treated alike. One `a`
    for every stratum, as ``carat::AdjBCD`` and ``covadap::CABCD`` have it; the paper
    lets it differ between strata.

    References
    ----------
    .. [1] Baldi Antognini, A. and Zagoraiou, M. (2011), Biometrika 98, 519-535.

    Examples
    --------
    >>> AdjustableCovariateBiasedCoin(["site", "sex"], a=3)
    AdjustableCovariateBiasedCoin(factors=('site', 'sex'), a=3.0)
    """

    factors: tuple[str, ...]
    a: float = field(kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", check_factors(self.factors))
        object.__setattr__(self, "a", check_weight("a", self.a))

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
        coin = AdjustableBiasedCoin(self.a)
        return _by_stratum(
            codes, lambda lead: coin.probability(lead, 0, n), n_sequences
        )


def _by_stratum(codes: IntArray, coin: Coin, n_sequences: int) -> DifferencesWalk:
    """Toss the coin on the difference in the participant's stratum alone."""
    cells = strata_of(codes)[:, None]
    return DifferencesWalk(cells, np.ones(1), coin, n_sequences=n_sequences)
