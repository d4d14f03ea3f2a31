"""
Arms by a table of the treatments so far, in all or in every stratum.

Where a row of the table takes few values, adding its steps up is faster than looking
it up: a fair coin has none, a biased coin two.
"""

from __future__ import annotations

import numpy as np

from steps_analysis.compiling import compiled
from steps_analysis.estimates import IntArray
from steps_analysis.randomisation.kernels.numbers import NumberArray
from steps_analysis.randomisation.walking import ArmArray


@compiled
def take_by_table(
    numbers: NumberArray,
    n_strata: int,
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
    n_strata
        How many strata there are.
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
    treated_of = np.zeros((n_strata, n_trials), np.uint16)
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


@compiled
def take_by_steps(
    numbers: NumberArray,
    n_strata: int,
    stratum: IntArray,
    place: IntArray,
    n_steps: IntArray,
    first: NumberArray,
    edges: NumberArray,
    changes: NumberArray,
    arms: ArmArray,
) -> None:
    """
    Allocate side by side, adding thresholds up by the treatments so far.

    Parameters
    ----------
    numbers
        One number per participant and trial, shape (n, n_trials).
    n_strata
        How many strata there are.
    stratum
        Each participant's stratum, from 0, shape (n,).
    place
        How many stand before each participant in that stratum, shape (n,).
    n_steps
        How often the threshold changes among the treatments that can be, shape
        (places,).
    first
        Threshold at the fewest treatments that can be, shape (places,).
    edges
        From how many treatments each change holds, shape (places, most steps).
    changes
        By how much the threshold changes there, shape (places, most steps).
    arms
        Where the arms go, shape (n, n_trials).
    """
    n, n_trials = numbers.shape
    treated_of = np.zeros((n_strata, n_trials), np.int32)
    threshold = np.empty(n_trials, np.int32)
    for step in range(n):
        number, arm = numbers[step], arms[step]
        treated, row = treated_of[stratum[step]], place[step]
        threshold[:] = first[row]
        for k in range(n_steps[row]):
            edge, change = edges[row, k], changes[row, k]
            for j in range(n_trials):
                mask = np.int32(-np.int32(treated[j] >= edge))
                threshold[j] = np.int32(threshold[j] + (change & mask))
        for j in range(n_trials):
            arm[j] = np.int8(number[j] <= threshold[j])
        for j in range(n_trials):
            treated[j] += np.int32(arm[j])
