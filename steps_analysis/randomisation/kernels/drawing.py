"""
Draw many trials block by block, and keep of them what is asked for.

A block of trials fits the processor's cache, so memory stays flat however many are
drawn. No result depends on how wide a block is: every trial has its own numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.kernels.filling import fill
from steps_analysis.randomisation.kernels.numbers import root_of
from steps_analysis.randomisation.kernels.programs import program_for
from steps_analysis.randomisation.kernels.tallies import add_scores
from steps_analysis.randomisation.procedures import Procedure
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream

_IN_CACHE = 2**17  # allocations: with their numbers two thirds of a megabyte
_NARROWEST, _WIDEST = 256, 2048
_WIDTH_OF_WALK = 4096


def arm_blocks(
    procedure: Procedure,
    codes: IntArray,
    n_sequences: int,
    *,
    stream: Stream,
    seed: int,
) -> Iterator[tuple[slice, ArmArray]]:
    """
    Draw sequences a block at a time.

    Parameters
    ----------
    procedure
        Any procedure.
    codes
        Levels of the n participants, shape (n, factors); see `level_codes`.
    n_sequences
        How many sequences.
    stream
        What the draws are for; sequence i has the numbers of its trial i.
    seed
        The seed.

    Yields
    ------
    tuple
        Which sequences, and their arms, shape (n, sequences of the block); the array is
        written again for the next block.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> codes = np.empty((4, 0), dtype=np.int64)
    >>> blocks = arm_blocks(PermutedBlocks(2), codes, 3, stream=Stream.EVENTS, seed=1)
    >>> [(block.stop, arms.shape) for block, arms in blocks]
    [(3, (4, 3))]
    """
    root, program, n = root_of(seed, stream), program_for(procedure, codes), len(codes)
    width = block_width(n) if program.is_compiled else _WIDTH_OF_WALK
    numbers = np.empty((n * program.per_participant, 0), dtype=np.int32)
    arms = np.empty((n, 0), dtype=np.int8)
    for block in slices(n_sequences, width):
        n_trials = block.stop - block.start
        if arms.shape[1] != n_trials:
            numbers = np.empty((len(numbers), n_trials), dtype=np.int32)
            arms = np.empty((n, n_trials), dtype=np.int8)
        fill(root, block.start, numbers)
        program.take(numbers, arms)
        yield block, arms


def block_width(n: int) -> int:
    """
    Say how many trials are drawn side by side.

    Parameters
    ----------
    n
        Participants per trial.

    Returns
    -------
    int
        As many as fit the cache, within bounds.

    Examples
    --------
    >>> block_width(200), block_width(10), block_width(5000)
    (640, 2048, 256)
    """
    fits = _IN_CACHE // max(n, 1) // 64 * 64
    return min(max(fits, _NARROWEST), _WIDEST)


def slices(n_sequences: int, width: int) -> Iterator[slice]:
    """
    Divide sequences into blocks.

    Parameters
    ----------
    n_sequences
        How many sequences.
    width
        How many in a block.

    Yields
    ------
    slice
        Each block, the last one shorter where they do not divide.

    Examples
    --------
    >>> [*slices(5, 3)]
    [slice(0, 3, None), slice(3, 5, None)]
    """
    for first in range(0, n_sequences, width):
        yield slice(first, min(first + width, n_sequences))


def draw_arms(
    procedure: Procedure,
    codes: IntArray,
    n_sequences: int,
    *,
    stream: Stream,
    seed: int,
) -> ArmArray:
    """
    Draw sequences and keep them whole.

    Parameters
    ----------
    procedure
        Any procedure.
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
    numpy.ndarray
        The arms, int8, shape (n_sequences, n), stored participant by participant.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> codes = np.empty((4, 0), dtype=np.int64)
    >>> arms = draw_arms(PermutedBlocks(2), codes, 3, stream=Stream.EVENTS, seed=1)
    >>> arms.sum(axis=1).tolist()
    [2, 2, 2]
    """
    kept = np.empty((len(codes), n_sequences), dtype=np.int8)
    drawn = arm_blocks(procedure, codes, n_sequences, stream=stream, seed=seed)
    for block, arms in drawn:
        kept[:, block] = arms
    return np.transpose(kept)


def draw_sums(
    procedure: Procedure,
    codes: IntArray,
    n_sequences: int,
    *,
    scores: FloatArray,
    stream: Stream,
    seed: int,
) -> FloatArray:
    """
    Draw sequences and keep of each the sum of the treated participants' scores.

    Parameters
    ----------
    procedure
        Any procedure.
    codes
        Levels of the n participants, shape (n, factors); see `level_codes`.
    n_sequences
        How many sequences.
    scores
        One score per participant, shape (n,).
    stream
        What the draws are for.
    seed
        The seed.

    Returns
    -------
    numpy.ndarray
        The sums of arm x score, shape (n_sequences,).

    Examples
    --------
    Of each pair one is treated, so that equal scores sum to their half.

    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> codes, scores = np.empty((4, 0), dtype=np.int64), np.ones(4)
    >>> draw_sums(
    ...     PermutedBlocks(2), codes, 3, scores=scores, stream=Stream.EVENTS, seed=1)
    array([2., 2., 2.])
    """
    sums, own = np.empty(n_sequences), np.array(scores, dtype=np.float64)
    drawn = arm_blocks(procedure, codes, n_sequences, stream=stream, seed=seed)
    for block, arms in drawn:
        add_scores(arms, own, sums[block])
    return sums
