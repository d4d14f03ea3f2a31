"""
Going through a trial where the counts of the arms are all that matters.

A procedure that is one function of the counts is walked by looking its probabilities up
by the counts so far; nothing else is kept.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.parameters import Ratio
from steps_analysis.randomisation.walking import ArmArray


class TwoArmCounts(Protocol):
    """A procedure of two arms that is one function of their counts."""

    def probability(
        self, n_treatment: npt.ArrayLike, n_control: npt.ArrayLike, n: int
    ) -> FloatArray:
        """
        Give the probability that the next participant is allocated to treatment.

        Parameters
        ----------
        n_treatment, n_control
            How many are in each arm so far.
        n
            How many participants are planned.

        Returns
        -------
        numpy.ndarray
            The probability.
        """


class ManyArmCounts(Protocol):
    """A procedure of any number of arms that is one function of their counts."""

    @property
    def ratio(self) -> Ratio:
        """Each arm's part, treatment first."""

    def probabilities(self, counts: npt.ArrayLike, n: int) -> FloatArray:
        """
        Give the probability of every arm for the next participant.

        Parameters
        ----------
        counts
            How many are in each arm so far, shape (arms, ...).
        n
            How many participants are planned.

        Returns
        -------
        numpy.ndarray
            The probabilities, shape (arms, ...).
        """


class TwoArmWalk:
    """
    Walk a procedure of two arms: look P(treatment) up by the treatments so far.

    Of many sequences each possible count is asked for once; of few, each sequence's.

    Parameters
    ----------
    procedure
        The procedure.
    n
        How many participants are planned.
    n_sequences
        How many sequences walk side by side.
    """

    def __init__(self, procedure: TwoArmCounts, *, n: int, n_sequences: int) -> None:
        self._procedure, self._n = procedure, n
        self._place = 0
        self._n_treatment = np.zeros(n_sequences, dtype=np.int64)

    def probabilities(self) -> FloatArray:
        """
        Give each arm's probability for the next participant.

        Returns
        -------
        numpy.ndarray
            Shape (2, n_sequences), treatment first.
        """
        if self._place < len(self._n_treatment):
            treatment = self._of(np.arange(self._place + 1))[self._n_treatment]
        else:
            treatment = self._of(self._n_treatment)
        return np.stack([treatment, 1 - treatment])

    def _of(self, n_treatment: IntArray) -> FloatArray:
        """P(treatment) by the treatments so far."""
        return self._procedure.probability(
            n_treatment, self._place - n_treatment, self._n
        )

    def take(self, arm: ArmArray) -> None:
        """
        Move on: the next participant took these arms.

        Parameters
        ----------
        arm
            The arms, shape (n_sequences,).
        """
        self._n_treatment += arm
        self._place += 1


class ManyArmWalk:
    """
    Walk a procedure of any number of arms by the counts of each.

    Parameters
    ----------
    procedure
        The procedure.
    n_arms
        How many arms it has.
    n
        How many participants are planned.
    n_sequences
        How many sequences walk side by side.
    """

    def __init__(
        self, procedure: ManyArmCounts, *, n_arms: int, n: int, n_sequences: int
    ) -> None:
        self._procedure, self._n = procedure, n
        self._counts = np.zeros((n_arms, n_sequences), dtype=np.int64)

    def probabilities(self) -> FloatArray:
        """
        Give each arm's probability for the next participant.

        Returns
        -------
        numpy.ndarray
            Shape (arms, n_sequences).
        """
        return self._procedure.probabilities(self._counts, self._n)

    def take(self, arm: ArmArray) -> None:
        """
        Move on: the next participant took these arms.

        Parameters
        ----------
        arm
            The arms, shape (n_sequences,).
        """
        last = len(self._counts) - 1
        self._counts[last - arm, np.arange(len(arm))] += 1


def of_two_arms(
    n_treatment: npt.ArrayLike, n_control: npt.ArrayLike, ratio: Ratio
) -> IntArray:
    """
    Put the counts of two arms in one array.

    Parameters
    ----------
    n_treatment, n_control
        How many are in each arm; any shapes that broadcast.
    ratio
        The procedure's ratio, of two parts.

    Returns
    -------
    numpy.ndarray
        Shape (2, ...), treatment first.

    Raises
    ------
    ArgumentError
        If the ratio has more than two parts.

    Examples
    --------
    >>> of_two_arms([0, 1], 2, (1, 1))
    array([[0, 1],
           [2, 2]])
    """
    if len(ratio) != 2:
        rule = "have two parts where one probability is asked for"
        hint = "probabilities(counts, n) gives that of every arm"
        raise ArgumentError(refusal("ratio", rule, ratio, hint=hint))
    return np.stack(np.broadcast_arrays(n_treatment, n_control)).astype(np.int64)


def places_left(counts: npt.ArrayLike, *, size: int, ratio: Ratio) -> FloatArray:
    """
    Give each arm's share of the places left where `size` places are in the ratio.

    Parameters
    ----------
    counts
        How many places each arm has taken, shape (arms, ...).
    size
        How many places there are, a multiple of the ratio's sum.
    ratio
        Each arm's part.

    Returns
    -------
    numpy.ndarray
        The shares, shape (arms, ...), within [0, 1] also for impossible counts.

    Examples
    --------
    >>> places_left([1, 0], size=4, ratio=(1, 1)).round(4).tolist()
    [0.3333, 0.6667]
    """
    taken = np.asarray(counts)
    parts = np.reshape(ratio, (-1, *[1] * (taken.ndim - 1)))
    left = np.maximum(size - taken.sum(axis=0), 1)
    share = (size // sum(ratio) * parts - taken) / left
    return np.asarray(np.clip(share, 0.0, 1.0), dtype=np.float64)


def begin_two_arms(
    procedure: TwoArmCounts, codes: IntArray, *, n: int, n_sequences: int
) -> TwoArmWalk:
    """
    Begin a walk; the `begin` of every procedure of two arms (see `walking.Walkable`).

    Parameters
    ----------
    procedure
        The procedure.
    codes
        Not used: nobody's factors are looked at.
    n
        How many participants are planned.
    n_sequences
        How many sequences walk side by side.

    Returns
    -------
    TwoArmWalk
        Standing before the first participant.
    """
    return TwoArmWalk(procedure, n=n, n_sequences=n_sequences)


def begin_many_arms(
    procedure: ManyArmCounts, codes: IntArray, *, n: int, n_sequences: int
) -> ManyArmWalk:
    """
    Begin a walk; the `begin` of every procedure of any number of arms.

    Parameters
    ----------
    procedure
        The procedure.
    codes
        Not used: nobody's factors are looked at.
    n
        How many participants are planned.
    n_sequences
        How many sequences walk side by side.

    Returns
    -------
    ManyArmWalk
        Standing before the first participant.
    """
    n_arms = len(procedure.ratio)
    return ManyArmWalk(procedure, n_arms=n_arms, n=n, n_sequences=n_sequences)


def treatment_probability(
    procedure: ManyArmCounts,
    n_treatment: npt.ArrayLike,
    n_control: npt.ArrayLike,
    n: int,
) -> FloatArray:
    """
    Give the probability that the next participant is allocated to treatment.

    Parameters
    ----------
    procedure
        The procedure, of two arms.
    n_treatment, n_control
        How many are in each arm so far; any shapes that broadcast.
    n
        How many participants are planned.

    Returns
    -------
    numpy.ndarray
        The probability, the broadcast shape.

    Raises
    ------
    ArgumentError
        If the procedure has more than two arms, or `n` is impossible for it.
    """
    counts = of_two_arms(n_treatment, n_control, procedure.ratio)
    return np.asarray(procedure.probabilities(counts, n)[0])
