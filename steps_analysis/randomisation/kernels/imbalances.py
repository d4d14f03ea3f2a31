"""How far two arms lie apart in many drawn sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.kernels.drawing import arm_blocks
from steps_analysis.randomisation.kernels.tallies import (
    CountArray,
    follow_imbalance,
)
from steps_analysis.randomisation.procedures import Procedure, n_arms
from steps_analysis.randomness import Stream


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Imbalances:
    """
    How far two arms lay apart in each of many drawn sequences.

    D is how many more are in treatment than in control.

    Attributes
    ----------
    n
        Participants per sequence.
    final
        D at the end, shape (n_sequences,).
    largest
        The largest size of D on the way.
    n_level
        How many participants found the arms level (D = 0) before they were allocated,
        the first one always.
    """

    n: int
    final: CountArray
    largest: CountArray
    n_level: CountArray

    @property
    def correct_guesses(self) -> FloatArray:
        """
        Correct guesses of one who guesses the arm behind, and tosses at a tie.

        Returns
        -------
        numpy.ndarray
            (n - size of the final D) / 2, the steps back towards D = 0, each of them
            guessed, plus half the tosses; shape (n_sequences,).
        """
        apart = np.abs(self.final.astype(np.float64))
        return np.asarray((self.n - apart + self.n_level) / 2)


def draw_imbalances(
    procedure: Procedure,
    codes: IntArray,
    n_sequences: int,
    *,
    stream: Stream,
    seed: int,
) -> Imbalances:
    """
    Draw sequences and keep of each how far the arms lay apart.

    Parameters
    ----------
    procedure
        A procedure of two arms.
    codes
        Levels of the n participants, shape (n, factors); see `level_codes`.
    n_sequences
        How many sequences.
    stream
        What the draws are for.
    seed
        The seed.

    Returns
    -------
    Imbalances
        One figure of each kind per sequence.

    Raises
    ------
    ArgumentError
        If there are more than two arms.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick
    >>> codes = np.empty((9, 0), dtype=np.int64)
    >>> found = draw_imbalances(BigStick(1), codes, 2, stream=Stream.EVENTS, seed=1)
    >>> found.largest.tolist(), found.n_level.tolist()
    ([1, 1], [5, 5])
    """
    drawn = arm_blocks(procedure, codes, n_sequences, stream=stream, seed=seed)
    found = unknown_imbalances(procedure, n=len(codes), n_sequences=n_sequences)
    for block, arms in drawn:
        parts = found.final[block], found.largest[block], found.n_level[block]
        follow_imbalance(arms, *parts)
    return found


def unknown_imbalances(procedure: Procedure, *, n: int, n_sequences: int) -> Imbalances:
    """
    Make room for the imbalances of some sequences.

    Parameters
    ----------
    procedure
        A procedure of two arms.
    n
        Participants per sequence.
    n_sequences
        How many sequences.

    Returns
    -------
    Imbalances
        Whose figures are still to be written.

    Raises
    ------
    ArgumentError
        If there are more than two arms.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick
    >>> unknown_imbalances(BigStick(1), n=9, n_sequences=2).final.shape
    (2,)
    """
    if n_arms(procedure) != 2:
        rule = "have two arms where their difference is asked for"
        raise ArgumentError(refusal("procedure", rule, procedure))
    dtype = np.int16 if n < 2**15 else np.int32
    final, largest, n_level = np.empty((3, n_sequences), dtype=dtype)
    return Imbalances(n=n, final=final, largest=largest, n_level=n_level)
