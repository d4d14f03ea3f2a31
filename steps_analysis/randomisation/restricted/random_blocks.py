"""Blocks whose sizes are drawn too: what somebody sees who knows no block's edge."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_block_sizes,
    check_ratio,
)
from steps_analysis.randomisation.walking import ArmArray


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
        Each arm's part, treatment first, exactly, in every block; two arms or more.

    Notes
    -----
    There is no `probability` of the counts: what comes next depends on where blocks may
    have ended. The probability of the next arm is the one seen by somebody who knows
    the sizes and all earlier arms but not the block edges (a forward recursion over the
    possible edges). Allocating with it gives every sequence the probability it has when
    sizes are drawn first, and leaves no hidden state to store. The last block is cut at
    the planned number. Any ratio is preserved at every step.

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

    def begin(self, codes: IntArray, *, n: int, n_sequences: int) -> RandomBlocksWalk:
        """
        Begin a walk; see `walking.Walkable`.

        Parameters
        ----------
        codes
            Not used: nobody's factors are looked at.
        n
            Not used: the last block is cut wherever the trial ends.
        n_sequences
            How many sequences walk side by side.

        Returns
        -------
        RandomBlocksWalk
            Standing before the first participant.
        """
        return RandomBlocksWalk(self.block_sizes, self.ratio, n_sequences)


class RandomBlocksWalk:
    """
    Weigh every block the next participant may stand in.

    A hypothesis is (size of the current block, place in it), and has a probability
    given the arms so far. The next arm's probability is the mean over the hypotheses of
    its share of the places left.

    Parameters
    ----------
    block_sizes
        The sizes a block may have, all equally likely.
    ratio
        Each arm's part.
    n_sequences
        How many sequences walk side by side.
    """

    def __init__(
        self, block_sizes: tuple[int, ...], ratio: Ratio, n_sequences: int
    ) -> None:
        sizes = np.array(block_sizes)
        self._size = np.repeat(sizes, sizes)
        self._place_in = np.concatenate([np.arange(one) for one in sizes])
        self._starts = np.flatnonzero(self._place_in == 0)
        self._ends = np.flatnonzero(self._place_in == self._size - 1)
        self._held = np.outer(ratio, self._size // sum(ratio))[:, None, :]
        self._weight = np.zeros((n_sequences, len(self._size)))
        self._weight[:, self._starts] = 1 / len(sizes)
        # How many of the last j participants took each arm: (arms, sequences, j).
        self._recent = np.zeros((len(ratio), n_sequences, int(sizes.max())), np.int64)

    def probabilities(self) -> FloatArray:
        """
        Give each arm's probability for the next participant.

        Returns
        -------
        numpy.ndarray
            Shape (arms, n_sequences); 0 in a sequence that has become impossible.
        """
        return _quotient(self._joint().sum(axis=2), self._weight.sum(axis=1))

    def _joint(self) -> FloatArray:
        """Probability of each arm together with each hypothesis."""
        left = self._held - self._recent[:, :, self._place_in]
        share = np.clip(left / (self._size - self._place_in), 0.0, 1.0)
        return np.asarray(self._weight * share)

    def take(self, arm: ArmArray) -> None:
        """
        Move on: the next participant took these arms.

        Parameters
        ----------
        arm
            The arms, shape (n_sequences,).
        """
        n_arms, n_sequences, _ = self._recent.shape
        row, sequence = n_arms - 1 - arm, np.arange(n_sequences)
        after = self._joint()[row, sequence]
        weight = np.zeros_like(after)
        weight[:, 1:] = after[:, :-1]
        weight[:, self._starts] = after[:, self._ends].sum(axis=1, keepdims=True) / len(
            self._starts
        )
        self._weight = _quotient(weight, weight.sum(axis=1, keepdims=True))
        self._recent[:, :, 1:] = self._recent[:, :, :-1].copy()
        self._recent[row, sequence, 1:] += 1


def _quotient(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide; 0 where a sequence has become impossible."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
