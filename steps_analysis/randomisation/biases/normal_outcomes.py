"""Whether a test of a normal outcome rejects: the t test exactly, others by drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, FloatArray
from steps_analysis.randomisation.biases.doubly_noncentral import f_rejection
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream, generator


@dataclass(frozen=True, slots=True)
class TTest:
    """
    Student's two-sided t test of a normal outcome with standard deviation 1.

    Of three or more arms, the F test of one-way analysis of variance. The probability
    of rejecting is exact for every sequence: nothing is drawn.

    Attributes
    ----------
    needs_outcomes
        False: outcomes need not be drawn.

    Examples
    --------
    Two against two, with a difference of two standard deviations:

    >>> arms = np.array([[1, 0, 0, 1]], dtype=np.int8)
    >>> TTest().chances(arms, 2.0 * arms, n_arms=2, alpha=0.05).round(4)
    array([0.2183])
    """

    needs_outcomes: ClassVar[bool] = False

    def chances(
        self,
        arms: ArmArray,
        shifts: FloatArray,
        *,
        n_arms: int,
        alpha: float,
        first: int = 0,
        seed: int | None = None,
    ) -> FloatArray:
        """
        Give every sequence's probability of rejecting.

        Parameters
        ----------
        arms
            The sequences, shape (n_sequences, n).
        shifts
            Each participant's expected outcome, the same shape.
        n_arms
            How many arms there are.
        alpha
            The level of the test.
        first, seed
            Not used: nothing is drawn.

        Returns
        -------
        numpy.ndarray
            The probabilities, shape (n_sequences,); NaN where an arm is empty or nobody
            is left to estimate the variance from.
        """
        chance = np.full(len(arms), np.nan)
        df_within = arms.shape[1] - n_arms
        between, within, possible = _sums_of_squares(arms, shifts, n_arms)
        if df_within > 0 and possible.any():
            chance[possible] = f_rejection(
                between[possible],
                within[possible],
                df_between=n_arms - 1,
                df_within=df_within,
                alpha=alpha,
            )
        return chance


def _sums_of_squares(
    arms: ArmArray, shifts: FloatArray, n_arms: int
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Between and within arms, and whether no arm is empty; shape (n_sequences,)."""
    mean = shifts.mean(axis=1)
    between, within = np.zeros(len(arms)), np.zeros(len(arms))
    possible = np.ones(len(arms), dtype=bool)
    for arm in range(n_arms):
        here = arms == arm
        size = here.sum(axis=1)
        of_arm = (shifts * here).sum(axis=1) / np.maximum(size, 1)
        between += size * (of_arm - mean) ** 2
        within += (here * (shifts - of_arm[:, None]) ** 2).sum(axis=1)
        possible &= size > 0
    return between, within, possible


@dataclass(frozen=True, slots=True)
class NormalOutcomeTest:
    """
    Any test of a normal outcome with standard deviation 1, handed in as a function.

    Attributes
    ----------
    p_value
        A function of the arms (int8, shape (n,)) and the outcomes (shape (n,)) that
        gives a p-value, or NaN where the test is not possible. The test rejects where
        the p-value is at most the level.
    needs_outcomes
        True: an outcome is drawn for every participant of every sequence.

    Examples
    --------
    >>> from scipy import stats
    >>> def rank_sum(arm, outcome):
    ...     return stats.mannwhitneyu(outcome[arm == 1], outcome[arm == 0]).pvalue
    >>> arms = np.array([[1, 0, 0, 1]] * 3, dtype=np.int8)
    >>> test = NormalOutcomeTest(rank_sum)  # two against two: never below 1/3
    >>> test.chances(arms, 9.0 * arms, n_arms=2, alpha=0.05, first=0, seed=1)
    array([0., 0., 0.])
    """

    p_value: Callable[[ArmArray, FloatArray], float]
    needs_outcomes: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not callable(self.p_value):
            rule = "be a function of arms and outcomes that gives a p-value"
            raise ArgumentError(refusal("p_value", rule, self.p_value))

    def chances(
        self,
        arms: ArmArray,
        shifts: FloatArray,
        *,
        n_arms: int,
        alpha: float,
        first: int,
        seed: int,
    ) -> FloatArray:
        """
        Draw outcomes for every sequence and say whether the test rejects.

        Parameters
        ----------
        arms
            The sequences, shape (n_sequences, n).
        shifts
            Each participant's expected outcome, the same shape.
        n_arms
            Not used: the function knows its arms.
        alpha
            The level of the test.
        first
            Number of the first sequence: sequence i has child i of the stream.
        seed
            The seed.

        Returns
        -------
        numpy.ndarray
            1 where it rejects and 0 where not, shape (n_sequences,); NaN where the test
            is not possible.
        """
        chance = np.empty(len(arms))
        for i, (arm, shift) in enumerate(zip(arms, shifts, strict=True)):
            rng = generator(seed, Stream.ASSESSED_OUTCOMES, first + i)
            found = self.p_value(np.array(arm), shift + rng.standard_normal(len(arm)))
            chance[i] = np.nan if np.isnan(found) else found <= alpha
        return chance
