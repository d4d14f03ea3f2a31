"""
How a procedure goes through a trial, participant by participant.

One walk serves everything: at each step the procedure says the probability of
treatment, a function handed in (`Choose`) says which arm was taken, and the procedure
moves on. Drawing, replaying a known sequence and asking for the next probability differ
only in that function. Many sequences walk side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.covariate_adaptive import (
    Minimisation,
    Procedure,
    StratifiedBlocks,
)
from steps_analysis.randomisation.minimisation import (
    arm_probabilities,
    arm_scores,
    preference_table,
)
from steps_analysis.randomisation.procedures import (
    CountProcedure,
    RandomPermutedBlocks,
)

ArmArray: TypeAlias = npt.NDArray[np.int8]
"""Arms as numbers: 1 = treatment, 0 = control."""

Choose: TypeAlias = Callable[[int, FloatArray], ArmArray]
"""Given a participant's place and P(treatment) in every sequence, the arms taken."""


def walk(
    procedure: Procedure, choose: Choose, *, codes: IntArray, n: int, n_sequences: int
) -> None:
    """
    Take every sequence through all participants.

    Parameters
    ----------
    procedure
        Any procedure.
    choose
        Called once per participant with the participant's place (from 0) and the
        probability of treatment, shape (n_sequences,); returns the arms taken. Places
        come stratum by stratum where strata do not know each other.
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
    >>> def always_treatment(place, probability):
    ...     seen.append(float(probability[0]))
    ...     return np.ones(1, dtype=np.int8)
    >>> none = np.empty((3, 0), dtype=np.int64)
    >>> walk(PermutedBlocks(4), always_treatment, codes=none, n=4, n_sequences=1)
    >>> [round(probability, 4) for probability in seen]
    [0.5, 0.3333, 0.0]
    """
    if isinstance(procedure, Minimisation):
        _walk_margins(procedure, choose, codes, n_sequences)
    elif isinstance(procedure, StratifiedBlocks):
        _walk_strata(procedure, choose, codes, n_sequences)
    elif isinstance(procedure, RandomPermutedBlocks):
        _walk_random_blocks(procedure, choose, len(codes), n_sequences)
    else:
        _walk_counts(procedure, choose, len(codes), n, n_sequences)


def _walk_counts(
    procedure: CountProcedure, choose: Choose, steps: int, n: int, n_sequences: int
) -> None:
    """Look P(treatment) up by the count of treatments so far."""
    n_treatment = np.zeros(n_sequences, dtype=np.int64)
    for place in range(steps):
        possible = np.arange(place + 1)
        by_count = procedure.probability(possible, place - possible, n)
        n_treatment += choose(place, by_count[n_treatment])


def _walk_strata(
    procedure: StratifiedBlocks, choose: Choose, codes: IntArray, n_sequences: int
) -> None:
    """Walk each stratum by itself with the procedure used within strata."""
    stratum = np.unique(codes, axis=0, return_inverse=True)[1].reshape(-1)
    for number in range(stratum.max(initial=-1) + 1):
        places = np.flatnonzero(stratum == number)

        def choose_within(
            place: int, probability: FloatArray, places: IntArray = places
        ) -> ArmArray:
            return choose(int(places[place]), probability)

        walk(
            procedure.within,
            choose_within,
            codes=codes[places, :0],
            n=len(places),
            n_sequences=n_sequences,
        )


def _walk_random_blocks(
    procedure: RandomPermutedBlocks, choose: Choose, steps: int, n_sequences: int
) -> None:
    """
    Weigh every block the next participant may stand in.

    A hypothesis is (size of the current block, place in it). ``weight`` holds each
    one's probability given the arms so far, ``treated[:, j]`` the treatments among the
    last j participants.
    """
    sizes = np.array(procedure.block_sizes)
    size = np.repeat(sizes, sizes)
    place_in = np.concatenate([np.arange(one) for one in sizes])
    starts, ends = np.flatnonzero(place_in == 0), np.flatnonzero(place_in == size - 1)
    n_treated = size // sum(procedure.ratio) * procedure.ratio[0]
    weight = np.zeros((n_sequences, len(size)))
    weight[:, starts] = 1 / len(sizes)
    treated = np.zeros((n_sequences, int(sizes.max())), dtype=np.int64)
    for place in range(steps):
        within = (n_treated - treated[:, place_in]) / (size - place_in)
        within = np.clip(within, 0.0, 1.0)
        joint = weight * within
        total = weight.sum(axis=1)
        arm = choose(place, _quotient(joint.sum(axis=1), total))
        after = np.where(arm[:, None] == 1, joint, weight - joint)
        weight = np.zeros_like(weight)
        weight[:, 1:] = after[:, :-1]
        weight[:, starts] = after[:, ends].sum(axis=1, keepdims=True) / len(sizes)
        weight = _quotient(weight, weight.sum(axis=1, keepdims=True))
        treated[:, 1:] = treated[:, :-1] + arm[:, None]


def _quotient(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide; 0 where a sequence has become impossible."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _walk_margins(
    procedure: Minimisation, choose: Choose, codes: IntArray, n_sequences: int
) -> None:
    """Keep each arm's count at every level: (arms, levels, sequences)."""
    n_levels = codes.max(axis=0, initial=-1) + 1
    rows = codes + np.concatenate([[0], np.cumsum(n_levels)[:-1]])
    margins = np.zeros((2, int(n_levels.sum()), n_sequences))
    weights = np.array(procedure.weights, dtype=np.float64)
    ratio = np.array(procedure.ratio, dtype=np.float64)
    table = preference_table(ratio, procedure.p)
    for place, row in enumerate(rows):
        scores = arm_scores(margins[:, row], weights, ratio, procedure.imbalance)
        arm = choose(place, arm_probabilities(scores, ratio, table)[0])
        margins[0, row] += arm
        margins[1, row] += 1 - arm
