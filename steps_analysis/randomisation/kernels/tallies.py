"""What is made of a block of arms without keeping it."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from steps_analysis.compiling import compiled
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.walking import ArmArray

CountArray: TypeAlias = npt.NDArray[np.int16] | npt.NDArray[np.int32]
"""Counts of participants, in as few bits as hold them."""


@compiled
def add_scores(arms: ArmArray, scores: FloatArray, sums: FloatArray) -> None:
    """
    Sum the scores of the treated, trial by trial.

    Parameters
    ----------
    arms
        The arms, 1 = treatment, shape (n, n_trials).
    scores
        One score per participant, shape (n,).
    sums
        Where the sums go, shape (n_trials,).
    """
    n, n_trials = arms.shape
    sums[:] = 0
    for step in range(n):
        arm, score = arms[step], scores[step]
        for j in range(n_trials):
            sums[j] += score * arm[j]


@compiled
def follow_imbalance(
    arms: ArmArray, final: CountArray, largest: CountArray, level: CountArray
) -> None:
    """
    Follow how many more are in treatment than in control, trial by trial.

    Parameters
    ----------
    arms
        The arms, 1 = treatment, shape (n, n_trials).
    final
        Where the final difference goes, shape (n_trials,).
    largest
        Where the largest size of the difference on the way goes, shape (n_trials,).
    level
        Where the number of participants goes who found the arms level, shape
        (n_trials,).
    """
    n, n_trials = arms.shape
    final[:] = 0
    largest[:] = 0
    level[:] = 0
    for step in range(n):
        arm = arms[step]
        for j in range(n_trials):
            level[j] += final[j] == 0
            final[j] += 2 * arm[j] - 1
            largest[j] = max(largest[j], abs(final[j]))
