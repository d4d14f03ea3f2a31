"""
Restricted procedures: what is P(next is treatment) under each.

A restricted procedure looks at earlier allocations only. Each is a frozen value; its
heart is one function of the counts, `probability`. Everything else (drawing, the
probability of a sequence, enumeration, the randomisation test) follows from it
elsewhere, once for all of them. Declaring or printing a procedure draws nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_block_size,
    check_block_sizes,
    check_probability,
    check_ratio,
    check_whole,
)

_AWAY = "less would favour the arm that is ahead"


@dataclass(frozen=True, slots=True)
class CompleteRandomisation:
    """
    Toss the same coin for every participant.

    "Complete" in the sense of Rosenberger and Lachin: totals are left to chance. Where
    totals are fixed, see `RandomAllocationRule`.

    Attributes
    ----------
    ratio
        How many to treatment for how many to control, on average.

    Examples
    --------
    >>> float(CompleteRandomisation(ratio=(3, 1)).probability(5, 0, 8))
    0.75
    """

    ratio: Ratio = field(default=(1, 1), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", check_ratio(self.ratio))

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
            The probability, the broadcast shape.
        """
        shape = np.broadcast_shapes(np.shape(n_treatment), np.shape(n_control))
        return np.full(shape, _share(self.ratio))


@dataclass(frozen=True, slots=True)
class RandomAllocationRule:
    """
    Fix the totals, and draw any arrangement of them with equal probability.

    Attributes
    ----------
    ratio
        How many to treatment for how many to control, exactly, after the planned n.

    Examples
    --------
    >>> float(RandomAllocationRule().probability(2, 1, 4))
    0.0
    """

    ratio: Ratio = field(default=(1, 1), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", check_ratio(self.ratio))

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
            How many participants are planned, a multiple of the ratio's sum.

        Returns
        -------
        numpy.ndarray
            The share of treatment among the places left.

        Raises
        ------
        ArgumentError
            If `n` cannot be divided in the ratio.
        """
        if n % sum(self.ratio):
            rule = (
                f"be a multiple of {sum(self.ratio)}: a random allocation rule fixes "
                f"the totals at {self.ratio[0]}:{self.ratio[1]}"
            )
            raise ArgumentError(refusal("n", rule, n))
        return _places_left(n_treatment, n_control, size=n, ratio=self.ratio)


@dataclass(frozen=True, slots=True)
class PermutedBlocks:
    """
    Balance after every block of one size; arrange each block at random.

    Attributes
    ----------
    block_size
        How many participants one block holds, both arms together; a multiple of the
        ratio's sum. (``blockrand`` and ``ralloc`` count multiples of the arms instead.)
    ratio
        How many to treatment for how many to control, exactly, in every block.

    Notes
    -----
    Where the planned number is no multiple of the block size, the last block is cut.
    ``randomizeR::pbrPar(c(4, 2))`` ends with a smaller block instead; that is another
    procedure.

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
            The share of treatment among the places left in the current block.
        """
        treated, other = np.asarray(n_treatment), np.asarray(n_control)
        full_blocks = (treated + other) // self.block_size
        unit = self.block_size // sum(self.ratio)
        return _places_left(
            treated - full_blocks * unit * self.ratio[0],
            other - full_blocks * unit * self.ratio[1],
            size=self.block_size,
            ratio=self.ratio,
        )


@dataclass(frozen=True, slots=True)
class RandomPermutedBlocks:
    """
    Balance after every block, and draw each block's size too.

    Attributes
    ----------
    block_sizes
        The sizes a block may have, each a multiple of the ratio's sum; every block
        takes one of them with equal probability.
    ratio
        How many to treatment for how many to control, exactly, in every block.

    Notes
    -----
    There is no `probability` of the counts: what comes next depends on where blocks may
    have ended. The probability of the next arm is the one seen by somebody who knows
    the sizes and all earlier arms but not the block edges (a forward recursion over the
    possible edges). Allocating with it gives every sequence the probability it has when
    sizes are drawn first, and leaves no hidden state to store. The last block is cut at
    the planned number.

    Examples
    --------
    >>> RandomPermutedBlocks([4, 2]).block_sizes
    (2, 4)
    """

    block_sizes: tuple[int, ...]
    ratio: Ratio = field(default=(1, 1), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", check_ratio(self.ratio))
        sizes = check_block_sizes(self.block_sizes, self.ratio)
        object.__setattr__(self, "block_sizes", sizes)


@dataclass(frozen=True, slots=True)
class EfronBiasedCoin:
    """
    Favour the arm that is behind, always with the same coin.

    Attributes
    ----------
    p
        Probability of the arm that is behind, in [0.5, 1]; a tie is a fair coin. One is
        permuted blocks of two.

    References
    ----------
    .. [1] Efron, B. (1971), Biometrika 58, 403-417.

    Examples
    --------
    >>> float(EfronBiasedCoin(0.75).probability(3, 4, 10))
    0.75
    """

    p: float

    def __post_init__(self) -> None:
        p = check_probability("p", self.p, least=0.5, why=_AWAY)
        object.__setattr__(self, "p", p)

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
            `p`, one half or 1 - `p`: treatment is behind, level or ahead.
        """
        ahead = np.sign(np.subtract(n_treatment, n_control))
        return np.asarray(0.5 - ahead * (self.p - 0.5), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class BigStick:
    """
    Toss a fair coin until the imbalance reaches its tolerance; then force the arm.

    Attributes
    ----------
    mti
        Maximum tolerated imbalance: the largest difference of the arms ever allowed, at
        least 1.

    References
    ----------
    .. [1] Soares, J. F. and Wu, C. F. J. (1983), Communications in Statistics: Theory
       and Methods 12, 2017-2034.

    Examples
    --------
    >>> float(BigStick(2).probability(1, 0, 8)), float(BigStick(2).probability(2, 0, 8))
    (0.5, 0.0)
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
            How many participants are planned; not used.

        Returns
        -------
        numpy.ndarray
            One half, or 0 or 1 where the tolerance is reached.
        """
        ahead = np.subtract(n_treatment, n_control)
        forced = np.where(ahead >= self.mti, 0.0, 1.0)
        return np.where(np.abs(ahead) < self.mti, 0.5, forced)


CountProcedure: TypeAlias = (
    CompleteRandomisation
    | RandomAllocationRule
    | PermutedBlocks
    | EfronBiasedCoin
    | BigStick
)
"""A procedure that is one function of the counts."""

RestrictedProcedure: TypeAlias = CountProcedure | RandomPermutedBlocks
"""A procedure that looks at earlier allocations only."""


def _share(ratio: Ratio) -> float:
    """Share of treatment in a ratio."""
    return ratio[0] / sum(ratio)


def _places_left(
    n_treatment: npt.ArrayLike, n_control: npt.ArrayLike, *, size: int, ratio: Ratio
) -> FloatArray:
    """Share of treatment among the places left of `size`, clipped to [0, 1]."""
    treated = np.asarray(n_treatment)
    left = np.maximum(size - treated - np.asarray(n_control), 1)
    share = (size // sum(ratio) * ratio[0] - treated) / left
    return np.asarray(np.clip(share, 0.0, 1.0), dtype=np.float64)
