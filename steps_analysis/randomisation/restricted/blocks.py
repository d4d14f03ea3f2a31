"""Blocks: fixed totals, over the whole trial or block by block."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_block_size,
    check_ratio,
)
from steps_analysis.randomisation.restricted.counts import (
    begin_many_arms,
    places_left,
    treatment_probability,
)


@dataclass(frozen=True, slots=True)
class RandomAllocationRule:
    """
    Fix the totals, and draw any arrangement of them with equal probability.

    Attributes
    ----------
    ratio
        Each arm's part, treatment first, exactly, after the planned n; two arms or
        more.

    Notes
    -----
    Any ratio is preserved at every step: every place is as likely an arm's as another.

    Examples
    --------
    >>> float(RandomAllocationRule().probability(2, 1, 4))
    0.0
    """

    ratio: Ratio = field(default=(1, 1), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", check_ratio(self.ratio))

    def probabilities(self, counts: npt.ArrayLike, n: int) -> FloatArray:
        """
        Give the probability of every arm for the next participant.

        Parameters
        ----------
        counts
            How many are in each arm so far, shape (arms, ...), treatment first.
        n
            How many participants are planned, a multiple of the ratio's sum.

        Returns
        -------
        numpy.ndarray
            Each arm's share of the places left, shape (arms, ...).

        Raises
        ------
        ArgumentError
            If `n` cannot be divided in the ratio.
        """
        if n % sum(self.ratio):
            parts = ":".join(map(str, self.ratio))
            rule = (
                f"be a multiple of {sum(self.ratio)}: a random allocation rule fixes "
                f"the totals at {parts}"
            )
            raise ArgumentError(refusal("n", rule, n))
        return places_left(counts, size=n, ratio=self.ratio)

    probability = treatment_probability
    begin = begin_many_arms


@dataclass(frozen=True, slots=True)
class PermutedBlocks:
    """
    Balance after every block of one size; arrange each block at random.

    Attributes
    ----------
    block_size
        How many participants one block holds, all arms together; a multiple of the
        ratio's sum. (``blockrand`` and ``ralloc`` count multiples of the arms instead.)
    ratio
        Each arm's part, treatment first, exactly, in every block; two arms or more.

    Notes
    -----
    Where the planned number is no multiple of the block size, the last block is cut.
    ``randomizeR::pbrPar(c(4, 2))`` ends with a smaller block instead; that is another
    procedure. Any ratio is preserved at every step.

    Examples
    --------
    >>> blocks = PermutedBlocks(4)
    >>> float(blocks.probability(2, 0, 8)), float(blocks.probability(2, 2, 8))
    (0.0, 0.5)
    """

    block_size: int
    ratio: Ratio = field(default=(1, 1), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", check_ratio(self.ratio))
        size = check_block_size("block_size", self.block_size, self.ratio)
        object.__setattr__(self, "block_size", size)

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
            Each arm's share of the places left in the current block, shape (arms, ...).
        """
        taken = np.asarray(counts)
        full_blocks = taken.sum(axis=0) // self.block_size
        unit = self.block_size // sum(self.ratio)
        parts = np.reshape(self.ratio, (-1, *[1] * (taken.ndim - 1)))
        return places_left(
            taken - full_blocks * unit * parts, size=self.block_size, ratio=self.ratio
        )

    probability = treatment_probability
    begin = begin_many_arms
