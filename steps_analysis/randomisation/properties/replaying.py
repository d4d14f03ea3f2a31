"""Going through given or drawn sequences, and judging every allocation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.parameters import Ratio
from steps_analysis.randomisation.procedures import Procedure, n_arms
from steps_analysis.randomisation.properties.judging import (
    AFTER,
    BEFORE,
    distance,
    foresight,
    imbalance_of,
    unit_of,
)
from steps_analysis.randomisation.walking import ArmArray, Choose, walk

COLUMNS = (*AFTER, *BEFORE)
"""What is judged of every allocation."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """
    Sequences, and how probable each arm was at every allocation.

    Attributes
    ----------
    arms
        The arms, shape (n, n_sequences).
    probabilities
        Each arm's probability, shape (n, arms, n_sequences).
    """

    arms: ArmArray
    probabilities: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """
    What sequences have shown.

    Attributes
    ----------
    by_step, by_step_squares
        Weighted sums over the sequences of each of `COLUMNS` and of its square, shape
        (columns, n).
    means
        Mean over the participants of each of `COLUMNS`, shape (columns, n_sequences).
    final, largest
        Imbalance at the end, and largest absolute imbalance, in the ratio's unit, shape
        (n_sequences,).
    """

    by_step: FloatArray
    by_step_squares: FloatArray
    means: FloatArray
    final: IntArray
    largest: IntArray


def record(
    procedure: Procedure, choose: Choose, *, codes: IntArray, n_sequences: int
) -> Record:
    """
    Walk sequences through a trial and keep all that was seen.

    Parameters
    ----------
    procedure
        The procedure.
    choose
        Who says which arms are taken; see `walking.walk`.
    codes
        Levels of the n participants, shape (n, factors).
    n_sequences
        How many sequences walk side by side.

    Returns
    -------
    Record
        The arms and their probabilities.
    """
    n = len(codes)
    arms = np.empty((n, n_sequences), dtype=np.int8)
    seen = np.empty((n, n_arms(procedure), n_sequences))

    def keep(place: int, probabilities: FloatArray) -> ArmArray:
        seen[place] = probabilities
        arms[place] = choose(place, probabilities)
        return np.asarray(arms[place])

    walk(procedure, keep, codes=codes, n=n, n_sequences=n_sequences)
    return Record(arms=arms, probabilities=seen)


def joined(records: Sequence[Record]) -> Record:
    """
    Put the sequences of several records side by side.

    Parameters
    ----------
    records
        Records of equally many participants.

    Returns
    -------
    Record
        All sequences, in order.
    """
    return Record(
        arms=np.hstack([one.arms for one in records]),
        probabilities=np.concatenate([one.probabilities for one in records], axis=2),
    )


def judge(seen: Record, ratio: Ratio, weights: FloatArray) -> Judged:
    """
    Judge every allocation of a record.

    Parameters
    ----------
    seen
        The record.
    ratio
        Each arm's part.
    weights
        Weight of each sequence, shape (n_sequences,).

    Returns
    -------
    Judged
        Sums by step, and what each sequence came to.
    """
    n, n_sequences = seen.arms.shape
    each, every = unit_of(ratio) // np.array(ratio), np.arange(n_sequences)
    scaled = np.zeros((len(ratio), n_sequences), dtype=np.int64)
    largest = np.zeros(n_sequences, dtype=np.int64)
    sums = np.zeros((2, len(COLUMNS), n))
    totals = np.zeros((len(COLUMNS), n_sequences))
    for place, arm in enumerate(seen.arms):
        before = foresight(scaled, seen.probabilities[place])
        row = len(ratio) - 1 - arm.astype(np.int64)
        scaled[row, every] += each[row]
        imbalance = imbalance_of(scaled)
        largest = np.maximum(largest, np.abs(imbalance))
        values = np.array([*distance(imbalance, unit_of(ratio)), *before])
        sums[:, :, place] = values @ weights, values**2 @ weights
        totals += values
    return Judged(
        by_step=sums[0],
        by_step_squares=sums[1],
        means=totals / n,
        final=imbalance_of(scaled),
        largest=largest,
    )


def following(arms: ArmArray) -> Choose:
    """
    Take the arms of known sequences.

    Parameters
    ----------
    arms
        The sequences, shape (n_sequences, n).

    Returns
    -------
    Choose
        For `record`.

    Examples
    --------
    >>> following(np.array([[1, 0]], dtype=np.int8))(1, np.array([[0.5], [0.5]]))
    array([0], dtype=int8)
    """
    return lambda place, probabilities: arms[:, place]
