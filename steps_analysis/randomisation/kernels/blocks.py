"""Arms by blocks whose sizes are drawn, in all or apart in every stratum."""

from __future__ import annotations

import numpy as np

from steps_analysis.compiling import compiled
from steps_analysis.estimates import IntArray
from steps_analysis.randomisation.kernels.numbers import NumberArray
from steps_analysis.randomisation.walking import ArmArray

_TWO, _ONE, _32 = np.uint32(2), np.uint32(1), np.uint64(32)


@compiled
def take_by_blocks(
    numbers: NumberArray,
    n_strata: int,
    stratum: IntArray,
    units: NumberArray,
    edges: NumberArray,
    ratio: tuple[int, int],
    arms: ArmArray,
) -> None:
    """
    Allocate side by side, drawing a block whenever a stratum's last one is full.

    Parameters
    ----------
    numbers
        Two numbers per participant and trial, shape (2n, n_trials): for the arm, and
        for the size of a block that the participant opens.
    n_strata
        How many strata there are.
    stratum
        Each participant's stratum, from 0, shape (n,).
    units
        How many times the smallest block holds the ratio, and how many times more each
        size than the one before, shape (sizes,).
    edges
        The largest number that draws a size before each, shape (sizes,): first -1.
    ratio
        Each arm's part, treatment first.
    arms
        Where the arms go, shape (n, n_trials).

    Notes
    -----
    A participant is treated where the uniform number (number + ½) / 2^31 lies below the
    treatments' share of the places left: in whole numbers, where (2 number + 1) x
    places lies below treatments x 2^32.
    """
    n, n_trials = arms.shape
    places_of = np.zeros((n_strata, n_trials), np.int32)
    treatments_of = np.zeros((n_strata, n_trials), np.int32)
    unit = np.empty(n_trials, np.int32)
    per_unit, treatments_per_unit = np.int32(ratio[0] + ratio[1]), np.int32(ratio[0])
    for step in range(n):
        number, size_number, arm = numbers[2 * step], numbers[2 * step + 1], arms[step]
        places, treatments = places_of[stratum[step]], treatments_of[stratum[step]]
        # Masks, not choices: these the compiler turns into fast vector instructions.
        unit[:] = units[0]
        for i in range(1, len(units)):
            edge, more = edges[i], units[i]
            for j in range(n_trials):
                mask = np.int32(-np.int32(size_number[j] > edge))
                unit[j] += more & mask
        for j in range(n_trials):
            mask = np.int32(-np.int32(places[j] == 0))
            opened = np.int32(unit[j] & mask)
            places[j] += np.int32(opened * per_unit)
            treatments[j] += np.int32(opened * treatments_per_unit)
        for j in range(n_trials):
            odd = np.uint64(np.uint32(np.uint32(number[j]) * _TWO + _ONE))
            reached = np.int32(odd * np.uint64(np.uint32(places[j])) >> _32)
            arm[j] = np.int8(reached < treatments[j])
        for j in range(n_trials):
            places[j] -= np.int32(1)
            treatments[j] -= np.int32(arm[j])
