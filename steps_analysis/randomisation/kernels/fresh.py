"""
Draw trials that each have participants of their own.

Participants come from profiles (combinations of the factors' levels) with given
probabilities, independently of each other and of the allocation: they have numbers of
their own, so procedures that are compared on one seed meet the same participants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import IntArray
from steps_analysis.randomisation.adaptive.minimisation import Minimisation
from steps_analysis.randomisation.factors import factor_names
from steps_analysis.randomisation.kernels.drawing import block_width, slices
from steps_analysis.randomisation.kernels.filling import fill
from steps_analysis.randomisation.kernels.imbalances import (
    Imbalances,
    unknown_imbalances,
)
from steps_analysis.randomisation.kernels.margins import (
    take_by_levels,
    take_by_packed_levels,
)
from steps_analysis.randomisation.kernels.minimising import (
    has_whole_scores,
    is_plain,
    minimisation_thresholds,
)
from steps_analysis.randomisation.kernels.numbers import NumberArray, root_of
from steps_analysis.randomisation.kernels.profiles import (
    Profiles,
    alias_table,
    draw_profiles,
)
from steps_analysis.randomisation.kernels.programs import program_for
from steps_analysis.randomisation.kernels.tallies import follow_imbalance
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.procedures import Procedure
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream

_PACKED_LEVELS, _PACKED_FACTORS = 16, 7  # four bits a factor in one number of 31


def fresh_blocks(
    procedure: Procedure,
    profiles: Profiles,
    n: int,
    n_sequences: int,
    *,
    stream: Stream,
    seed: int,
) -> Iterator[tuple[slice, ArmArray, NumberArray]]:
    """
    Draw sequences and their participants a block at a time.

    Parameters
    ----------
    procedure
        Any procedure.
    profiles
        What participants can be like.
    n
        Participants per sequence.
    n_sequences
        How many sequences.
    stream
        What the allocations are for; participants come from the children's stream.
    seed
        The seed.

    Yields
    ------
    tuple
        Which sequences, their arms and their participants' profiles, both of shape (n,
        sequences of the block); the arrays are written again for the next block.

    Raises
    ------
    DataError
        If there is not one column of levels per factor of the procedure.

    Examples
    --------
    >>> sites = Profiles(levels=[[0], [1]])
    >>> drawn = fresh_blocks(
    ...     Minimisation(["site"]), sites, 8, 5, stream=Stream.ALLOCATION, seed=1)
    >>> [(block.stop, arms.shape, who.shape) for block, arms, who in drawn]
    [(5, (8, 5), (8, 5))]
    """
    check_whole("n", n, least=1)
    check_whole("n_sequences", n_sequences, least=1)
    take, per_participant = _program_for(procedure, profiles, n)
    root, root_of_children = root_of(seed, stream), root_of(seed, Stream.CHILDREN)
    threshold, alias = alias_table(profiles.probability)
    for block in slices(n_sequences, block_width(n)):
        n_trials = block.stop - block.start
        numbers = np.empty((n * per_participant, n_trials), dtype=np.int32)
        who = np.empty((n, n_trials), dtype=np.int32)
        arms = np.empty((n, n_trials), dtype=np.int8)
        fill(root_of_children, block.start, numbers[:n])
        draw_profiles(numbers[:n], threshold, alias, who)
        fill(root, block.start, numbers)
        take(numbers, who, arms)
        yield block, arms, who


_Take: TypeAlias = Callable[[NumberArray, NumberArray, ArmArray], None]


def _program_for(procedure: Procedure, profiles: Profiles, n: int) -> tuple[_Take, int]:
    """Choose what turns numbers and profiles into arms; and the numbers used up."""
    n_factors = len(factor_names(procedure))
    if not n_factors:
        program = program_for(procedure, np.empty((n, 0), dtype=np.int64))
        return (lambda numbers, _, arms: program.take(numbers, arms)), (
            program.per_participant
        )
    if profiles.levels.shape[1] != n_factors:
        rule = f"have one column for each of {n_factors} factors"
        raise DataError(refusal("levels", rule, profiles.levels.shape))
    if (
        isinstance(procedure, Minimisation)
        and is_plain(procedure)
        and has_whole_scores(procedure, n=n)
    ):
        return _by_margins(procedure, profiles.levels), 1
    return _trial_by_trial(procedure, profiles.levels, n)


def _by_margins(procedure: Minimisation, levels: IntArray) -> _Take:
    """Minimise all trials side by side; by packed levels where they can be packed."""
    weights = np.array(procedure.weights, dtype=np.int64)
    by_sign = procedure.imbalance != "variance"
    limits = minimisation_thresholds(procedure)
    levels = np.stack([np.unique(one, return_inverse=True)[1] for one in levels.T], 1)
    n_levels = levels.max(axis=0) + 1
    first_row = np.concatenate([[0], np.cumsum(n_levels)])
    if n_levels.max() <= _PACKED_LEVELS and len(n_levels) <= _PACKED_FACTORS:
        shifts = 4 * np.arange(len(n_levels))
        packed = (levels << shifts).sum(axis=1).astype(np.int32)

        def take_packed(numbers: NumberArray, who: NumberArray, arms: ArmArray) -> None:
            take_by_packed_levels(
                numbers, who, packed, first_row, weights, by_sign, limits, arms
            )

        return take_packed
    n_rows, rows = int(first_row[-1]), levels + first_row[:-1]

    def take(numbers: NumberArray, who: NumberArray, arms: ArmArray) -> None:
        take_by_levels(numbers, who, n_rows, rows, weights, by_sign, limits, arms)

    return take


def _trial_by_trial(
    procedure: Procedure, levels: IntArray, n: int
) -> tuple[_Take, int]:
    """Give each trial the program of its own participants: any procedure, slowly."""

    def take(numbers: NumberArray, who: NumberArray, arms: ArmArray) -> None:
        for j in range(who.shape[1]):
            own = np.empty((n, 1), dtype=np.int8)
            program = program_for(procedure, levels[who[:, j]])
            program.take(np.ascontiguousarray(numbers[:, j : j + 1]), own)
            arms[:, j] = own[:, 0]

    anyone = levels[np.zeros(n, dtype=np.int64)]
    return take, program_for(procedure, anyone).per_participant


def draw_fresh(
    procedure: Procedure,
    profiles: Profiles,
    n: int,
    n_sequences: int,
    *,
    stream: Stream,
    seed: int,
) -> tuple[ArmArray, NumberArray]:
    """
    Draw sequences, each with participants of its own, and keep them whole.

    Parameters
    ----------
    procedure
        Any procedure.
    profiles
        What participants can be like.
    n
        Participants per sequence.
    n_sequences
        How many sequences.
    stream
        What the allocations are for; participants come from the children's stream.
    seed
        The seed.

    Returns
    -------
    tuple of numpy.ndarray
        The arms and the profiles' numbers, both of shape (n_sequences, n).

    Examples
    --------
    >>> sites = Profiles(levels=[[0], [1]], probability=[1, 0])
    >>> arms, who = draw_fresh(
    ...     Minimisation(["site"], p=1), sites, 4, 9, stream=Stream.EVENTS, seed=1)
    >>> arms.sum(axis=1).tolist(), int(who.max())
    ([2, 2, 2, 2, 2, 2, 2, 2, 2], 0)
    """
    kept = np.empty((n, n_sequences), dtype=np.int8)
    kept_who = np.empty((n, n_sequences), dtype=np.int32)
    drawn = fresh_blocks(procedure, profiles, n, n_sequences, stream=stream, seed=seed)
    for block, arms, who in drawn:
        kept[:, block], kept_who[:, block] = arms, who
    return np.transpose(kept), np.transpose(kept_who)


def draw_fresh_imbalances(
    procedure: Procedure,
    profiles: Profiles,
    n: int,
    n_sequences: int,
    *,
    stream: Stream,
    seed: int,
) -> Imbalances:
    """
    Draw sequences, each with participants of its own; keep how far the arms lay apart.

    Parameters
    ----------
    procedure
        A procedure of two arms.
    profiles
        What participants can be like.
    n
        Participants per sequence.
    n_sequences
        How many sequences.
    stream
        What the allocations are for; participants come from the children's stream.
    seed
        The seed.

    Returns
    -------
    Imbalances
        One figure of each kind per sequence.

    Examples
    --------
    >>> sites = Profiles(levels=[[0], [1]], probability=[1, 0])
    >>> draw_fresh_imbalances(
    ...     Minimisation(["site"], p=1), sites, 4, 3, stream=Stream.EVENTS, seed=1
    ... ).final.tolist()
    [0, 0, 0]
    """
    found = unknown_imbalances(procedure, n=n, n_sequences=n_sequences)
    drawn = fresh_blocks(procedure, profiles, n, n_sequences, stream=stream, seed=seed)
    for block, arms, _ in drawn:
        parts = found.final[block], found.largest[block], found.n_level[block]
        follow_imbalance(arms, *parts)
    return found
