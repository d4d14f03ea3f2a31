"""
Procedures that look at the participants' factors.

Both are frozen values that name the factors; the participants' levels are handed in
when allocating. A site is a factor like any other, and counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.randomisation.minimisation import IMBALANCES, Imbalance
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_block_sizes,
    check_factors,
    check_probability,
    check_ratio,
)
from steps_analysis.randomisation.procedures import (
    PermutedBlocks,
    RandomPermutedBlocks,
    RestrictedProcedure,
)

Weights: TypeAlias = Mapping[str, float] | tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class StratifiedBlocks:
    """
    Allocate by permuted blocks, apart in every combination of the factors' levels.

    Attributes
    ----------
    factors
        Names of the factors; every combination of their levels is a stratum.
    block_sizes
        The sizes a block may have, each a multiple of the ratio's sum; one size gives
        blocks of that size, several are drawn with equal probability.
    ratio
        How many to treatment for how many to control, exactly, in every block.

    Notes
    -----
    With many strata most blocks stay open, and the trial as a whole can be out of
    balance by half a block per stratum: 14 sites x 2 x 2 = 56 strata for 80 families.

    Examples
    --------
    >>> StratifiedBlocks(["site", "sex"], block_sizes=[2, 4]).within
    RandomPermutedBlocks(block_sizes=(2, 4), ratio=(1, 1))
    """

    factors: tuple[str, ...]
    block_sizes: tuple[int, ...] = field(kw_only=True)
    ratio: Ratio = field(default=(1, 1), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", check_factors(self.factors))
        object.__setattr__(self, "ratio", check_ratio(self.ratio))
        sizes = check_block_sizes(self.block_sizes, self.ratio)
        object.__setattr__(self, "block_sizes", sizes)

    @property
    def within(self) -> RestrictedProcedure:
        """
        The procedure used within each stratum.

        Returns
        -------
        PermutedBlocks or RandomPermutedBlocks
            Of one size, or of several.
        """
        if len(self.block_sizes) == 1:
            return PermutedBlocks(self.block_sizes[0], ratio=self.ratio)
        return RandomPermutedBlocks(self.block_sizes, ratio=self.ratio)


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
        the arm with the smaller part, and Han's rule gives the other's.
    ratio
        How many to treatment for how many to control, on average.
    ties
        What happens where both arms score the same; ``"ratio"``: the preferred arm is
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
        weights = _check_weights(self.weights, self.factors)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "ratio", check_ratio(self.ratio))
        _check_choice("imbalance", self.imbalance, IMBALANCES)
        _check_choice("ties", self.ties, ("ratio",))
        why = "less would favour the arm that is ahead"
        least = min(self.ratio) / sum(self.ratio)
        p = check_probability("p", self.p, least=least, why=why)
        object.__setattr__(self, "p", p)


CovariateAdaptiveProcedure: TypeAlias = StratifiedBlocks | Minimisation
"""A procedure that looks at the participants' factors."""

Procedure: TypeAlias = RestrictedProcedure | CovariateAdaptiveProcedure
"""Any procedure this package can allocate with."""


def _check_choice(name: str, given: object, accepted: tuple[str, ...]) -> None:
    """Refuse a word that is not among the accepted ones."""
    if given not in accepted:
        hint = did_you_mean(given, accepted)
        rule = f"be one of {', '.join(accepted)}"
        raise ArgumentError(refusal(name, rule, given, hint=hint))


def _check_weights(given: object, factors: tuple[str, ...]) -> tuple[float, ...]:
    """Put the weights in the order of the factors; refuse any that is no weight."""
    if given is None:
        return (1.0,) * len(factors)
    if isinstance(given, Mapping):
        _check_weight_names(given, factors)
        given = tuple(given[name] for name in factors)
    values = tuple(given) if isinstance(given, tuple | list) else ()
    if len(values) != len(factors) or not all(_is_weight(value) for value in values):
        rule = "give every factor a number above 0"
        raise ArgumentError(refusal("weights", rule, given))
    return tuple(float(value) for value in values)


def _check_weight_names(given: Mapping[str, object], factors: tuple[str, ...]) -> None:
    """Refuse weights of unknown factors, and factors left out."""
    wrong = sorted({*map(str, given)} ^ {*factors})
    if wrong:
        rule = f"name exactly the factors ({', '.join(factors)})"
        hint = did_you_mean(wrong[0], factors)
        raise ArgumentError(refusal("weights", rule, list(given), hint=hint))


def _is_weight(value: object) -> bool:
    """Say whether something is a finite number above 0."""
    is_number = isinstance(value, int | float | np.number) and not isinstance(
        value, bool
    )
    return is_number and 0 < float(value) < np.inf  # type: ignore[arg-type]  # a number
