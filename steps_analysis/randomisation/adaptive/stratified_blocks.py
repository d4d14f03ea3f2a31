"""Blocks apart in every combination of the factors' levels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.adaptive.differences import strata_of
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_block_sizes,
    check_factors,
    check_ratio,
)
from steps_analysis.randomisation.restricted.blocks import PermutedBlocks
from steps_analysis.randomisation.restricted.random_blocks import RandomPermutedBlocks
from steps_analysis.randomisation.walking import ArmArray, Walk, Walkable


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
        Each arm's part, treatment first, exactly, in every block; two arms or more.

    Notes
    -----
    With many strata most blocks stay open, and the trial as a whole can be out of
    balance by half a block per stratum: 14 sites x 2 x 2 = 56 strata for 80 families.
    Any ratio is preserved at every step.

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
    def within(self) -> PermutedBlocks | RandomPermutedBlocks:
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

    def begin(self, codes: IntArray, *, n: int, n_sequences: int) -> StrataWalk:
        """
        Begin a walk; see `walking.Walkable`.

        Parameters
        ----------
        codes
            Levels of those who take part, shape (steps, factors).
        n
            How many participants are planned; not used, a block is cut where it ends.
        n_sequences
            How many sequences walk side by side.

        Returns
        -------
        StrataWalk
            Standing before the first participant.
        """
        return StrataWalk(self.within, codes, n_sequences=n_sequences)


class StrataWalk:
    """
    Walk each stratum by itself, with the procedure used within strata.

    Parameters
    ----------
    within
        The procedure used within each stratum.
    codes
        Levels of those who take part, shape (steps, factors).
    n_sequences
        How many sequences walk side by side.
    """

    def __init__(self, within: Walkable, codes: IntArray, *, n_sequences: int) -> None:
        self._stratum = strata_of(codes)
        self._walks: list[Walk] = [
            within.begin(codes[:0, :0], n=int(size), n_sequences=n_sequences)
            for size in np.bincount(self._stratum)
        ]
        self._place = 0

    def probabilities(self) -> FloatArray:
        """
        Give each arm's probability for the next participant.

        Returns
        -------
        numpy.ndarray
            Shape (arms, n_sequences), treatment first.
        """
        return self._walks[int(self._stratum[self._place])].probabilities()

    def take(self, arm: ArmArray) -> None:
        """
        Move on: the next participant took these arms.

        Parameters
        ----------
        arm
            The arms, shape (n_sequences,).
        """
        self._walks[int(self._stratum[self._place])].take(arm)
        self._place += 1
