"""
Arms by minimisation of two arms 1:1.

D of a level is how many more of it are in treatment than in control. Treatment is
preferred where the weighted sum over a participant's levels, of D or of its sign, is
below 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from steps_analysis.compiling import compiled
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.kernels.numbers import NumberArray
from steps_analysis.randomisation.walking import ArmArray

_TIE = 1e-9  # as in `adaptive.preference`
_SmallArray = npt.NDArray[np.int16]


@compiled
def _add_to_score(
    ahead: _SmallArray, weight: int, by_sign: bool, score: _SmallArray
) -> None:
    """Add a factor's D or its sign, weighted."""
    small = np.int16(weight)
    if by_sign:
        for j in range(len(score)):
            sign = np.int16(np.int16(ahead[j] > 0) - np.int16(ahead[j] < 0))
            score[j] = np.int16(score[j] + np.int16(small * sign))
    else:
        for j in range(len(score)):
            score[j] = np.int16(score[j] + np.int16(small * ahead[j]))


@compiled
def _choose(
    number: NumberArray, score: _SmallArray, thresholds: NumberArray, arm: ArmArray
) -> None:
    """Take each trial's arm by the sign of its score."""
    preferred, tied, other = thresholds[0], thresholds[1], thresholds[2]
    for j in range(len(score)):
        threshold = preferred if score[j] < 0 else other
        threshold = tied if score[j] == 0 else threshold
        arm[j] = np.int8(number[j] <= threshold)


@compiled
def take_by_whole_scores(
    numbers: NumberArray,
    n_rows: int,
    rows: IntArray,
    weights: IntArray,
    by_sign: bool,
    thresholds: NumberArray,
    arms: ArmArray,
) -> None:
    """
    Allocate the same participants side by side, all weights being whole numbers.

    Parameters
    ----------
    numbers
        One number per participant and trial, shape (n, n_trials).
    n_rows
        How many levels all factors have.
    rows
        Each participant's level of each factor, counted over the levels of all factors,
        shape (n, factors).
    weights
        Weight of each factor; n times their sum must stay below 2^15.
    by_sign
        Whether a factor counts by which arm is ahead (range, standard deviation), or by
        how far (variance).
    thresholds
        Of treatment where treatment is preferred, at a tie, and where control is.
    arms
        Where the arms go, shape (n, n_trials).
    """
    n, n_trials = numbers.shape
    ahead = np.zeros((n_rows, n_trials), np.int16)
    score = np.empty(n_trials, np.int16)
    for step in range(n):
        arm = arms[step]
        score[:] = 0
        for f in range(len(weights)):
            _add_to_score(ahead[rows[step, f]], weights[f], by_sign, score)
        _choose(numbers[step], score, thresholds, arm)
        for f in range(len(weights)):
            margin = ahead[rows[step, f]]
            for j in range(n_trials):
                margin[j] = np.int16(margin[j] + 2 * np.int16(arm[j]) - 1)


@compiled
def take_by_scores(
    numbers: NumberArray,
    n_rows: int,
    rows: IntArray,
    weights: FloatArray,
    squared: bool,
    thresholds: NumberArray,
    arms: ArmArray,
) -> None:
    """
    Allocate the same participants side by side, whatever the weights.

    Parameters
    ----------
    numbers
        One number per participant and trial, shape (n, n_trials).
    n_rows
        How many levels all factors have.
    rows
        Each participant's level of each factor, counted over the levels of all factors,
        shape (n, factors).
    weights
        Weight of each factor at each participant, shape (n, factors).
    squared
        Whether a factor counts by the square of the arms' difference (variance), or by
        its size.
    thresholds
        Of treatment where treatment is preferred, at a tie, and where control is.
    arms
        Where the arms go, shape (n, n_trials).
    """
    n, n_trials = numbers.shape
    ahead = np.zeros((n_rows, n_trials), np.float64)
    if_treatment, if_control = np.empty(n_trials), np.empty(n_trials)
    preferred, tied, other = thresholds[0], thresholds[1], thresholds[2]
    for step in range(n):
        number, arm = numbers[step], arms[step]
        if_treatment[:] = 0
        if_control[:] = 0
        for f in range(rows.shape[1]):
            margin, weight = ahead[rows[step, f]], weights[step, f]
            for j in range(n_trials):
                more, less = abs(margin[j] + 1), abs(margin[j] - 1)
                if_treatment[j] += weight * (more * more if squared else more)
                if_control[j] += weight * (less * less if squared else less)
        for j in range(n_trials):
            difference = if_treatment[j] - if_control[j]
            best = min(if_treatment[j], if_control[j])
            threshold = preferred if difference < 0 else other
            is_tie = abs(difference) <= _TIE * (1 + best)
            arm[j] = np.int8(number[j] <= (tied if is_tie else threshold))
        for f in range(rows.shape[1]):
            margin = ahead[rows[step, f]]
            for j in range(n_trials):
                margin[j] += 2 * arm[j] - 1


@compiled
def _unpack(
    packed: NumberArray, who: NumberArray, levels: npt.NDArray[np.int16]
) -> None:
    """Read each trial's participant's levels, four bits a factor."""
    mine = np.empty(len(who), np.int32)
    for j in range(len(who)):
        mine[j] = packed[np.uint32(who[j])]
    for f in range(len(levels)):
        level, shift = levels[f], np.int32(4 * f)
        for j in range(len(who)):
            level[j] = np.int16((mine[j] >> shift) & np.int32(15))


@compiled
def _select(margins: _SmallArray, level: _SmallArray, here: _SmallArray) -> None:
    """Read each trial's D at its participant's level of one factor."""
    here[:] = 0
    for row in range(len(margins)):
        margin, one = margins[row], np.int16(row)
        for j in range(len(here)):
            mask = np.int16(-np.int16(level[j] == one))
            here[j] = np.int16(here[j] | (margin[j] & mask))


@compiled
def _move(margins: _SmallArray, level: _SmallArray, step: _SmallArray) -> None:
    """Add each trial's step to D at its participant's level of one factor."""
    for row in range(len(margins)):
        margin, one = margins[row], np.int16(row)
        for j in range(len(step)):
            mask = np.int16(-np.int16(level[j] == one))
            margin[j] = np.int16(margin[j] + (step[j] & mask))


@compiled
def take_by_packed_levels(
    numbers: NumberArray,
    who: NumberArray,
    packed: NumberArray,
    first_row: IntArray,
    weights: IntArray,
    by_sign: bool,
    thresholds: NumberArray,
    arms: ArmArray,
) -> None:
    """
    Allocate each trial's own participants side by side, by selection over the levels.

    Parameters
    ----------
    numbers
        One number per participant and trial, shape (n, n_trials).
    who
        Each participant's profile, shape (n, n_trials).
    packed
        The levels of each profile in one number, four bits a factor, shape (profiles,):
        at most 16 levels of at most 7 factors.
    first_row
        Where each factor's levels begin among those of all factors, and where the last
        one's end, shape (factors + 1,).
    weights
        Weight of each factor; n times their sum must stay below 2^15.
    by_sign
        Whether a factor counts by which arm is ahead, or by how far.
    thresholds
        Of treatment where treatment is preferred, at a tie, and where control is.
    arms
        Where the arms go, shape (n, n_trials).
    """
    n, n_trials = numbers.shape
    n_factors = len(weights)
    ahead = np.zeros((first_row[n_factors], n_trials), np.int16)
    levels = np.empty((n_factors, n_trials), np.int16)
    here, score = np.empty(n_trials, np.int16), np.empty(n_trials, np.int16)
    for step in range(n):
        arm = arms[step]
        _unpack(packed, who[step], levels)
        score[:] = 0
        for f in range(n_factors):
            _select(ahead[first_row[f] : first_row[f + 1]], levels[f], here)
            _add_to_score(here, weights[f], by_sign, score)
        _choose(numbers[step], score, thresholds, arm)
        for j in range(n_trials):
            here[j] = np.int16(2 * np.int16(arm[j]) - 1)
        for f in range(n_factors):
            _move(ahead[first_row[f] : first_row[f + 1]], levels[f], here)


@compiled
def take_by_levels(
    numbers: NumberArray,
    who: NumberArray,
    n_rows: int,
    rows: IntArray,
    weights: IntArray,
    by_sign: bool,
    thresholds: NumberArray,
    arms: ArmArray,
) -> None:
    """
    Allocate each trial's own participants, however many levels: slower.

    Parameters
    ----------
    numbers
        One number per participant and trial, shape (n, n_trials).
    who
        Each participant's profile, shape (n, n_trials).
    n_rows
        How many levels all factors have.
    rows
        Each profile's level of each factor, counted over the levels of all factors,
        shape (profiles, factors).
    weights
        Weight of each factor, a whole number.
    by_sign
        Whether a factor counts by which arm is ahead, or by how far.
    thresholds
        Of treatment where treatment is preferred, at a tie, and where control is.
    arms
        Where the arms go, shape (n, n_trials).
    """
    n, n_trials = numbers.shape
    ahead = np.empty(n_rows, np.int64)
    preferred, tied, other = thresholds[0], thresholds[1], thresholds[2]
    for j in range(n_trials):
        ahead[:] = 0
        for step in range(n):
            mine = rows[who[step, j]]
            score = 0
            for f in range(len(mine)):
                margin = ahead[mine[f]]
                counted = np.sign(margin) if by_sign else margin
                score += weights[f] * counted
            threshold = preferred if score < 0 else other
            threshold = tied if score == 0 else threshold
            arms[step, j] = np.int8(numbers[step, j] <= threshold)
            for f in range(len(mine)):
                ahead[mine[f]] += 2 * arms[step, j] - 1
