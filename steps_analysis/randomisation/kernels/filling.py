"""Fill a block with the numbers of some trials: the compiled twin of `numbers`."""

from __future__ import annotations

import numpy as np

from steps_analysis.compiling import compiled
from steps_analysis.randomisation.kernels.numbers import NumberArray

_STEP = np.uint64(0x9E3779B97F4A7C15)
_OF_TRIAL = np.uint64(0xD1342543DE82EF95)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_ONE, _LOW = np.uint64(1), np.uint64(2**31 - 1)
_27, _30, _31, _33 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(33)


@compiled
def _mixed(word: np.uint64) -> np.uint64:
    """Scatter one word."""
    word = (word ^ (word >> _30)) * _FIRST
    word = (word ^ (word >> _27)) * _SECOND
    return word ^ (word >> _31)


@compiled
def fill(root: np.uint64, first: int, numbers: NumberArray) -> None:
    """
    Write the first numbers of some trials.

    Parameters
    ----------
    root
        Seed and purpose; see `numbers.root_of`.
    first
        The first trial's number.
    numbers
        Where the numbers go, shape (n, n_trials).
    """
    n, n_trials = numbers.shape
    key, word = np.empty(n_trials, np.uint64), np.empty(n_trials, np.uint64)
    spare = np.empty(n_trials, np.int32)
    for j in range(n_trials):
        key[j] = _mixed(root + np.uint64(first + j) * _OF_TRIAL + _ONE)
    for w in range((n + 1) // 2):
        step = np.uint64(w) * _STEP
        upper = numbers[2 * w]
        is_whole = 2 * w + 1 < n  # an odd n uses half of its last word
        lower = numbers[2 * w + 1] if is_whole else spare
        # `_mixed`, in three loops that the compiler turns into vector instructions.
        for j in range(n_trials):
            begun = key[j] + step
            word[j] = (begun ^ (begun >> _30)) * _FIRST
        for j in range(n_trials):
            scattered = (word[j] ^ (word[j] >> _27)) * _SECOND
            word[j] = scattered
            upper[j] = np.int32(scattered >> _33)  # the last step leaves these alone
        for j in range(n_trials):
            lower[j] = np.int32((word[j] ^ (word[j] >> _31)) & _LOW)
