"""Arms by blocks that are one of a few arrangements, of which the row is not known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.compiling import compiled
from steps_analysis.estimates import BoolArray
from steps_analysis.randomisation.kernels.numbers import NumberArray, thresholds
from steps_analysis.randomisation.walking import ArmArray


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """
    What may be known of a block: the arms it has begun with.

    Attributes
    ----------
    limits
        Threshold of treatment at each place of the block in each state, shape (places,
        states).
    after
        The state that follows control, then treatment, shape (places, 2 x states).
    """

    limits: NumberArray
    after: NumberArray


def states_of(rows: BoolArray) -> States:
    """
    List what may be known of a block that is one of several arrangements.

    Parameters
    ----------
    rows
        The arrangements, all equally likely, True for treatment, shape (rows, places).

    Returns
    -------
    States
        States at a place are the different beginnings of the arrangements.

    Examples
    --------
    Either AB or BA: a fair coin, then certainty.

    >>> found = states_of(np.array([[True, False], [False, True]]))
    >>> found.limits.tolist()
    [[1073741823, -1], [2147483647, -1]]
    """
    n_rows, n_places = rows.shape
    limits = np.full((n_places, n_rows), -1, dtype=np.int32)
    after = np.zeros((n_places, 2 * n_rows), dtype=np.int32)
    state = np.zeros(n_rows, dtype=np.int64)
    for place in range(n_places):
        treated = np.bincount(state, weights=rows[:, place])
        share = treated / np.bincount(state)
        limits[place, : len(share)] = thresholds(share)
        if place + 1 < n_places:
            # False before True: control's beginning has the smaller number.
            here = np.column_stack([state, rows[:, place]])
            following = np.unique(here, axis=0, return_inverse=True)[1].reshape(-1)
            after[place, state + n_rows * rows[:, place]] = following
            state = following
    return States(limits, after)


@compiled
def take_by_states(
    numbers: NumberArray, limits: NumberArray, after: NumberArray, arms: ArmArray
) -> None:
    """
    Allocate side by side, following what is known of the block.

    Parameters
    ----------
    numbers
        One number per participant and trial, shape (n, n_trials).
    limits, after
        As in `States`.
    arms
        Where the arms go, shape (n, n_trials).
    """
    n, n_trials = numbers.shape
    n_places, n_states = limits.shape
    state = np.zeros(n_trials, np.uint32)
    limit = np.empty(n_trials, np.int32)
    for step in range(n):
        number, arm = numbers[step], arms[step]
        row, following = limits[step % n_places], after[step % n_places]
        # The loops that look up cannot be vectorised, so they stand alone.
        for j in range(n_trials):
            limit[j] = row[state[j]]
        for j in range(n_trials):
            arm[j] = np.int8(number[j] <= limit[j])
        for j in range(n_trials):
            state[j] += np.uint32(n_states) * np.uint32(arm[j])
        for j in range(n_trials):
            state[j] = np.uint32(following[state[j]])
