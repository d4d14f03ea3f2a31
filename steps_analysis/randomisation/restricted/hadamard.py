"""Hadamard randomisation: blocks of twelve from 22 well-mixed rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.randomisation.walking import ArmArray

BLOCK = 12
"""Participants of a block: the order of the Hadamard matrix."""


@dataclass(frozen=True, slots=True)
class Hadamard:
    """
    Arrange every block of twelve by a row of a Hadamard matrix, drawn at random.

    Notes
    -----
    A Hadamard matrix holds plus and minus ones, any two rows orthogonal. Bailey and
    Nelson take the matrix of order 12 [1]_: one of eleven rows is drawn for a block,
    and which sign means treatment, so 22 arrangements of a block are possible instead
    of the 924 of `PermutedBlocks` (12). Every two places of a block have the same
    probability (5/11) of sharing an arm as there, which is why the usual analysis stays
    valid; but the arms never lie further apart than 4, instead of 6. See
    `hadamard_rows` for the matrix. Its rows and their order are those of
    ``randomizeR::hadaPar``, whose ``getAllSeq`` leaves the second sign out.

    There is no `probability` of the counts. The probability of the next arm is the one
    seen by somebody who knows the matrix and all earlier arms, but not the row: after
    six participants of a block one row is left, and the other six are certain. The last
    block is cut at the planned number.

    Two arms, 1:1; preserved at every step, since the arms are treated alike.

    References
    ----------
    .. [1] Bailey, R. A. and Nelson, P. R. (2003), Biometrical Journal 45, 554-560.

    Examples
    --------
    >>> from steps_analysis.randomisation import next_probability
    >>> round(next_probability(Hadamard(), [1]), 4)
    0.4545
    """

    def begin(self, codes: IntArray, *, n: int, n_sequences: int) -> HadamardWalk:
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
        HadamardWalk
            Standing before the first participant.
        """
        return HadamardWalk(n_sequences)


class HadamardWalk:
    """
    Keep the rows that the current block may still be.

    Parameters
    ----------
    n_sequences
        How many sequences walk side by side.
    """

    def __init__(self, n_sequences: int) -> None:
        self._rows = hadamard_rows()
        self._place = 0
        self._is_possible = np.ones((n_sequences, len(self._rows)), dtype=np.bool_)

    def probabilities(self) -> FloatArray:
        """
        Give each arm's probability for the next participant.

        Returns
        -------
        numpy.ndarray
            Shape (2, n_sequences); 0 in a sequence that has become impossible.
        """
        is_treatment = self._rows[:, self._place % BLOCK]
        n_possible = self._is_possible.sum(axis=1)
        n_treatment = self._is_possible[:, is_treatment].sum(axis=1)
        both = np.stack([n_treatment, n_possible - n_treatment])
        return np.asarray(both / np.maximum(n_possible, 1))

    def take(self, arm: ArmArray) -> None:
        """
        Move on: the next participant took these arms.

        Parameters
        ----------
        arm
            The arms, shape (n_sequences,).
        """
        is_treatment = self._rows[:, self._place % BLOCK]
        self._is_possible &= is_treatment == (arm == 1)[:, None]
        self._place += 1
        if self._place % BLOCK == 0:
            self._is_possible |= self._is_possible.any(axis=1, keepdims=True)


def hadamard_rows() -> BoolArray:
    """
    List the possible arrangements of a block.

    Returns
    -------
    numpy.ndarray
        True for treatment, shape (22, 12): eleven rows, then the same with the arms
        swapped.

    Notes
    -----
    Paley's construction: after a first place that is the same in all rows, row i holds
    treatment at place j (from 0) where i + j is no square modulo 11.

    Examples
    --------
    >>> rows = hadamard_rows()
    >>> "".join("BA"[one] for one in rows[0].astype(int))
    'ABBABBBAAABA'
    >>> set(rows.sum(axis=1).tolist())
    {6}
    """
    squares = np.arange(11) ** 2 % 11
    place = np.add.outer(np.arange(11), np.arange(11)) % 11
    rows = np.hstack([np.ones((11, 1), dtype=np.bool_), ~np.isin(place, squares)])
    return np.vstack([rows, ~rows])
