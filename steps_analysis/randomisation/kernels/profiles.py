"""Whom a simulated trial allocates: profiles drawn with given probabilities."""

from __future__ import annotations

import numpy as np

from steps_analysis.randomisation.kernels.compiling import compiled
from steps_analysis.randomisation.kernels.numbers import NumberArray

_31, _LOW = np.uint64(31), np.uint64(2**31 - 1)


@compiled
def draw_profiles(
    numbers: NumberArray, threshold: NumberArray, alias: NumberArray, who: NumberArray
) -> None:
    """
    Draw each participant's profile (Walker's alias method).

    Parameters
    ----------
    numbers
        One number per participant and trial, shape (n, n_trials).
    threshold
        The largest number at which each profile keeps its own place, shape (profiles,).
    alias
        Who else stands in each profile's place, shape (profiles,).
    who
        Where the profiles' numbers go, shape (n, n_trials).
    """
    n, n_trials = numbers.shape
    is_even = threshold.min() == 2147483647  # nobody leaves their place
    n_profiles = np.uint64(np.uint32(len(alias)))
    rest, limit = np.empty(n_trials, np.int32), np.empty(n_trials, np.int32)
    other = np.empty(n_trials, np.int32)
    for step in range(n):
        number, drawn = numbers[step], who[step]
        for j in range(n_trials):
            spread = np.uint64(np.uint32(number[j])) * n_profiles
            drawn[j] = np.int32(spread >> _31)
            rest[j] = np.int32(spread & _LOW)
        if is_even:
            continue
        for j in range(n_trials):
            limit[j] = threshold[np.uint32(drawn[j])]
            other[j] = alias[np.uint32(drawn[j])]
        for j in range(n_trials):
            mask = np.int32(-np.int32(rest[j] > limit[j]))
            drawn[j] ^= (drawn[j] ^ other[j]) & mask
