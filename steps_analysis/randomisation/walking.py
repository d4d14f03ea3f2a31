"""
How a procedure goes through a trial, participant by participant.

Every procedure can `begin` a walk: an object that gives each arm's probability for the
next participant and is then told which arm was taken. One loop serves everything: who
chooses the arm is a function handed in (`Choose`). Drawing, replaying a known sequence
and asking for the next probability differ only in that function. Many sequences walk
side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray, IntArray

ArmArray: TypeAlias = npt.NDArray[np.int8]
"""
Arms as numbers, the last one 0: of two arms, 1 = treatment and 0 = control.

Where arms stand in a row (ratios, probabilities) treatment comes first; arm number k of
m arms stands in row m - 1 - k.
"""

Choose: TypeAlias = Callable[[int, FloatArray], ArmArray]
"""Given a participant's place and each arm's probability in every sequence, the arms
taken: (place, shape (arms, n_sequences)) -> shape (n_sequences,)."""


class Walk(Protocol):
    """Many sequences on their way through one trial, side by side."""

    def probabilities(self) -> FloatArray:
        """
        Give each arm's probability for the next participant.

        Returns
        -------
        numpy.ndarray
            Shape (arms, n_sequences), treatment first; sums to 1 over the arms but in a
            sequence that has become impossible, where it may be 0.
        """

    def take(self, arm: ArmArray) -> None:
        """
        Move on: the next participant took these arms.

        Parameters
        ----------
        arm
            The arms, shape (n_sequences,).
        """


class Walkable(Protocol):
    """A procedure: a frozen value that can begin a walk."""

    def begin(self, codes: IntArray, *, n: int, n_sequences: int) -> Walk:
        """
        Begin a walk through a trial of which nobody is allocated yet.

        Parameters
        ----------
        codes
            Levels of those who take part, shape (steps, factors); no columns for a
            procedure without factors.
        n
            How many participants are planned.
        n_sequences
            How many sequences walk side by side.

        Returns
        -------
        Walk
            Standing before the first participant.
        """


def walk(
    procedure: Walkable, choose: Choose, *, codes: IntArray, n: int, n_sequences: int
) -> None:
    """
    Take every sequence through all participants.

    Parameters
    ----------
    procedure
        Any procedure.
    choose
        Called once per participant, in order, with the participant's place (from 0) and
        each arm's probability, shape (arms, n_sequences), treatment first; returns the
        arms taken, shape (n_sequences,).
    codes
        Levels of the participants who take part, shape (steps, factors).
    n
        How many participants are planned.
    n_sequences
        How many sequences walk side by side.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> seen = []
    >>> def always_treatment(place, probabilities):
    ...     seen.append(float(probabilities[0, 0]))
    ...     return np.ones(1, dtype=np.int8)
    >>> none = np.empty((3, 0), dtype=np.int64)
    >>> walk(PermutedBlocks(4), always_treatment, codes=none, n=4, n_sequences=1)
    >>> [round(probability, 4) for probability in seen]
    [0.5, 0.3333, 0.0]
    """
    under_way = procedure.begin(codes, n=n, n_sequences=n_sequences)
    for place in range(len(codes)):
        under_way.take(choose(place, under_way.probabilities()))


def arm_below(uniforms: FloatArray, probabilities: FloatArray) -> ArmArray:
    """
    Turn uniform numbers into arms: treatment first, each arm its share of [0, 1).

    Parameters
    ----------
    uniforms
        Numbers in [0, 1), shape (n_sequences,).
    probabilities
        Each arm's probability, shape (arms, n_sequences), treatment first.

    Returns
    -------
    numpy.ndarray
        The arms. A certain arm is always taken and an impossible one never, whatever
        rounding left of the sum.

    Examples
    --------
    >>> thirds = np.full((3, 3), 1 / 3)
    >>> arm_below(np.array([0.1, 0.5, 0.9]), thirds)
    array([2, 1, 0], dtype=int8)
    """
    if len(probabilities) == 2:
        return np.asarray(uniforms < probabilities[0], dtype=np.int8)
    edges = np.cumsum(probabilities, axis=0)
    edges /= np.where(edges[-1] > 0, edges[-1], 1)
    passed = (uniforms >= edges[:-1]).sum(axis=0)
    return np.asarray(len(probabilities) - 1 - passed, dtype=np.int8)


def allocate_below(
    procedure: Walkable, uniforms: FloatArray, codes: IntArray
) -> ArmArray:
    """
    Take every sequence where its uniform numbers lead.

    Parameters
    ----------
    procedure
        Any procedure.
    uniforms
        Numbers in [0, 1), one per participant and sequence, shape (n, n_sequences).
    codes
        Levels of the n participants, shape (n, factors).

    Returns
    -------
    numpy.ndarray
        The arms, shape (n, n_sequences).

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> uniforms = np.array([[0.4], [0.4], [0.1], [0.7]])
    >>> none = np.empty((4, 0), dtype=np.int64)
    >>> allocate_below(PermutedBlocks(4), uniforms, none).ravel()
    array([1, 0, 1, 0], dtype=int8)
    """
    arms = np.zeros(uniforms.shape, dtype=np.int8)

    def choose(place: int, probabilities: FloatArray) -> ArmArray:
        arms[place] = arm_below(uniforms[place], probabilities)
        return np.asarray(arms[place])

    n, n_sequences = uniforms.shape
    walk(procedure, choose, codes=codes, n=n, n_sequences=n_sequences)
    return arms
