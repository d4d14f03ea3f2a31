"""Arms by blocks whose sizes are drawn, in all or apart in every stratum."""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import IntArray
from steps_analysis.randomisation.kernels.compiling import compiled
from steps_analysis.randomisation.kernels.numbers import NumberArray
from steps_analysis.randomisation.walking import ArmArray


@compiled
def take_by_blocks(
    numbers: NumberArray,
    stratum: IntArray,
    sizes: NumberArray,
    treatments: NumberArray,
    edges: NumberArray,
    arms: ArmArray,
) -> None:
    """
    Allocate side by side, drawing a block whenever a stratum's last one is full.

    Parameters
    ----------
    numbers
        Two numbers per participant and trial, shape (2n, n_trials): for the arm, and
        for the size of a block that the participant opens.
    stratum
        Each participant's stratum, from 0, shape (n,).
    sizes
        The first size a block may have, and by how much each is larger than the one
        before, shape (sizes,).
    treatments
        The same of the treatments among them, shape (sizes,).
    edges
        The largest number that draws a size before each, shape (sizes,): first -1.
    arms
        Where the arms go, shape (n, n_trials).

    Notes
    -----
    A participant is treated where (number + ½) x places left < treatments left x 2^31.
    Both sides are exact in double precision, so this is "uniform number below share".
    """
    n, n_trials = arms.shape
    left_of = np.zeros((stratum.max() + 1, n_trials), np.int32)
    treatments_left_of = np.zeros_like(left_of)
    size, n_treatments = np.empty(n_trials, np.int32), np.empty(n_trials, np.int32)
    for step in range(n):
        number, size_number, arm = numbers[2 * step], numbers[2 * step + 1], arms[step]
        left = left_of[stratum[step]]
        treatments_left = treatments_left_of[stratum[step]]
        # Sums, not choices: these the compiler turns into fast vector instructions.
        size[:] = 0
        n_treatments[:] = 0
        for i in range(len(edges)):
            edge, larger, more = edges[i], sizes[i], treatments[i]
            for j in range(n_trials):
                is_past = np.int32(size_number[j] > edge)
                size[j] += is_past * larger
                n_treatments[j] += is_past * more
        for j in range(n_trials):
            is_full = np.int32(left[j] == 0)
            left[j] += is_full * size[j]
            treatments_left[j] += is_full * n_treatments[j]
        for j in range(n_trials):
            share = np.float64(treatments_left[j]) * 2147483648.0
            arm[j] = np.int8(
                (np.float64(number[j]) + 0.5) * np.float64(left[j]) < share
            )
        for j in range(n_trials):
            left[j] -= np.int32(1)
            treatments_left[j] -= np.int32(arm[j])
