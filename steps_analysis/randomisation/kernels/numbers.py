"""
The numbers that sequences are drawn from: a stream by counter, version 1.

Number j of trial i depends on seed, purpose, i and j only: not on how many trials are
drawn, in which chunks or by how many workers. The compiled twin is in `filling`. The
numbers are promised for ever: a test holds the first of them.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray
from steps_analysis.randomness import Stream, check_seed

NumberArray: TypeAlias = npt.NDArray[np.int32]
"""Whole numbers of 31 bits: from 0 to 2^31 - 1."""

WordArray: TypeAlias = npt.NDArray[np.uint64]
"""Words of 64 bits."""

_STEP = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio: Weyl's step of splitmix64
_OF_TRIAL = 0xD1342543DE82EF95  # odd, so that distinct trials have distinct keys
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_WORD = 2**64 - 1


def root_of(seed: int, stream: Stream) -> np.uint64:
    """
    Give the word that all trials of one seed and purpose begin with.

    Parameters
    ----------
    seed
        The seed; a whole number, at least 0. One longer than 64 bits is taken word by
        word.
    stream
        What the numbers are for.

    Returns
    -------
    numpy.uint64
        The word.

    Raises
    ------
    ArgumentError
        If `seed` is not a whole number of at least 0.

    Examples
    --------
    >>> hex(root_of(7, Stream.ALLOCATION))
    '0xe08a235ca82c15d0'
    """
    rest, root = check_seed(seed), 0
    while True:
        root = _mixed(root + (rest & _WORD) + _STEP)
        rest >>= 64
        if not rest:
            return np.uint64(_mixed(root + int(stream) * _OF_TRIAL + 1))


def _mixed(word: int) -> int:
    """Scatter one word (the finaliser of splitmix64), in Python's whole numbers."""
    word &= _WORD
    word = (word ^ word >> 30) * _FIRST & _WORD
    word = (word ^ word >> 27) * _SECOND & _WORD
    return word ^ word >> 31


def mixed(words: WordArray) -> WordArray:
    """
    Scatter words over all words, one to one: the finaliser of splitmix64.

    Parameters
    ----------
    words
        Any words.

    Returns
    -------
    numpy.ndarray
        The words scattered, the same shape.

    References
    ----------
    .. [1] Steele, G. L., Lea, D. and Flood, C. H. (2014), OOPSLA, 453-472.

    Examples
    --------
    >>> mixed(np.array([0, 1], dtype=np.uint64))
    array([                  0, 6238072747940578789], dtype=uint64)
    """
    words = (words ^ (words >> np.uint64(30))) * np.uint64(_FIRST)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(_SECOND)
    return words ^ (words >> np.uint64(31))


def numbers(root: np.uint64, first: int, n_trials: int, n: int) -> NumberArray:
    """
    Give the first n numbers of some trials.

    Parameters
    ----------
    root
        Seed and purpose; see `root_of`.
    first
        The first trial's number.
    n_trials
        How many trials.
    n
        How many numbers of each.

    Returns
    -------
    numpy.ndarray
        Numbers of 31 bits, shape (n, n_trials).

    Notes
    -----
    Trial i has the key mix(root + i·A + 1), its word w is mix(key + w·G), and a word
    gives two numbers: its upper 31 bits, then its lower 31.

    Examples
    --------
    >>> numbers(root_of(7, Stream.ALLOCATION), 0, 2, 3)
    array([[ 597493208, 1577152733],
           [1639956717, 2105324080],
           [1243366436,  292347049]], dtype=int32)
    """
    trial = np.arange(first, first + n_trials, dtype=np.uint64)
    key = mixed(root + trial * np.uint64(_OF_TRIAL) + np.uint64(1))
    step = np.arange((n + 1) // 2, dtype=np.uint64) * np.uint64(_STEP)
    words = mixed(key + step[:, None])
    pairs = np.stack([words >> np.uint64(33), words & np.uint64(2**31 - 1)], axis=1)
    return pairs.reshape(-1, n_trials)[:n].astype(np.int32)


def uniforms(numbers: NumberArray) -> FloatArray:
    """
    Read numbers of 31 bits as uniform numbers within (0, 1).

    Parameters
    ----------
    numbers
        The numbers, any shape.

    Returns
    -------
    numpy.ndarray
        (number + ½) / 2^31, exactly.

    Examples
    --------
    >>> uniforms(np.array([2**30], dtype=np.int32)) > 0.5
    array([ True])
    """
    return np.asarray((numbers + 0.5) / 2.0**31, dtype=np.float64)


def thresholds(probability: npt.ArrayLike) -> NumberArray:
    """
    Give the largest number of 31 bits that a probability still covers.

    Parameters
    ----------
    probability
        Probabilities, in [0, 1]; NaN, of what cannot be reached, covers nothing.

    Returns
    -------
    numpy.ndarray
        The largest number whose `uniforms` lies below the probability; -1 if none does.
        So ``number <= threshold`` and ``uniform < probability`` are one comparison,
        exact at 0, 1/2 and 1 and elsewhere within 2^-32 of the probability.

    Examples
    --------
    >>> thresholds([0, 0.5, 1]).tolist() == [-1, 2**30 - 1, 2**31 - 1]
    True
    """
    share = np.nan_to_num(np.asarray(probability, dtype=np.float64))
    return np.asarray(np.ceil(share * 2.0**31 - 0.5) - 1, dtype=np.int32)
