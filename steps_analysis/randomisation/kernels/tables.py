"""Arms by a table of the treatments so far, in all or in every stratum."""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import IntArray
from steps_analysis.randomisation.kernels.compiling import compiled
from steps_analysis.randomisation.kernels.numbers import NumberArray
from steps_analysis.randomisation.walking import ArmArray


@compiled
def take_by_table(
    numbers: NumberArray,
    stratum: IntArray,
    place: IntArray,
    table: NumberArray,
    arms: ArmArray,
) -> None:
    """
    Allocate side by side, looking thresholds up by the treatments so far.

    Parameters
    ----------
    numbers
        One number per participant and trial, shape (n, n_trials).
    stratum
        Each participant's stratum, from 0, shape (n,).
    place
        How many stand before each participant in that stratum, shape (n,).
    table
        Threshold of the next participant's treatment: row = how many of the stratum are
        allocated, column = how many of them to treatment.
    arms
        Where the arms go, shape (n, n_trials).
    """
    n, n_trials = numbers.shape
    treated_of = np.zeros((stratum.max() + 1, n_trials), np.uint16)
    threshold = np.empty(n_trials, np.int32)
    for step in range(n):
        number, arm = numbers[step], arms[step]
        treated, row = treated_of[stratum[step]], table[place[step]]
        # Only the first of these loops cannot be vectorised, so it stands alone.
        for j in range(n_trials):
            threshold[j] = row[treated[j]]
        for j in range(n_trials):
            arm[j] = np.int8(number[j] <= threshold[j])
        for j in range(n_trials):
            treated[j] = np.uint16(treated[j] + np.uint16(arm[j]))
