"""Which loop turns a procedure's numbers into arms?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, IntArray
from steps_analysis.randomisation.adaptive.differences import strata_of
from steps_analysis.randomisation.adaptive.minimisation import Minimisation
from steps_analysis.randomisation.adaptive.stratified_blocks import StratifiedBlocks
from steps_analysis.randomisation.kernels.blocks import take_by_blocks
from steps_analysis.randomisation.kernels.counting import (
    place_within,
    steps_of,
    thresholds_by_counts,
)
from steps_analysis.randomisation.kernels.margins import (
    take_by_scores,
    take_by_whole_scores,
)
from steps_analysis.randomisation.kernels.minimising import (
    has_whole_scores,
    is_plain,
    minimisation_thresholds,
    weights_by_participant,
)
from steps_analysis.randomisation.kernels.numbers import (
    NumberArray,
    thresholds,
    uniforms,
)
from steps_analysis.randomisation.kernels.states import states_of, take_by_states
from steps_analysis.randomisation.kernels.tables import (
    take_by_steps,
    take_by_table,
)
from steps_analysis.randomisation.procedures import CountProcedure, Procedure, n_arms
from steps_analysis.randomisation.restricted.blocks import PermutedBlocks
from steps_analysis.randomisation.restricted.hadamard import Hadamard, hadamard_rows
from steps_analysis.randomisation.restricted.random_blocks import RandomPermutedBlocks
from steps_analysis.randomisation.walking import ArmArray, allocate_below

_LONGEST_TABLE = 1024  # participants; filling longer ones takes longer than the walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """
    How the numbers of some trials become their arms.

    Attributes
    ----------
    take
        Given numbers, shape (n x per_participant, n_trials), writes arms, shape (n,
        n_trials).
    per_participant
        How many numbers each participant uses up: two where block sizes are drawn too.
    is_compiled
        Whether a compiled loop does it, or the walk.
    """

    take: Callable[[NumberArray, ArmArray], None]
    per_participant: int = 1
    is_compiled: bool = True


def program_for(procedure: Procedure, codes: IntArray) -> Program:
    """
    Choose the program of a procedure for given participants.

    Parameters
    ----------
    procedure
        Any procedure.
    codes
        Levels of the n participants, shape (n, factors); see `level_codes`.

    Returns
    -------
    Program
        A compiled loop where there is one: procedures of two arms that are functions of
        the counts; blocks, also in strata, and Hadamard's; minimisation 1:1 with its
        plain settings. Otherwise the walk. Both give the same arms for the same
        numbers; only where block sizes are drawn does the loop draw them and the walk
        weigh them, which is the same law.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick, CompleteRandomisation
    >>> codes = np.empty((8, 0), dtype=np.int64)
    >>> program_for(BigStick(3), codes).is_compiled
    True
    >>> program_for(CompleteRandomisation(ratio=(1, 1, 1)), codes).is_compiled
    False
    """
    found = None
    if n_arms(procedure) == 2 and len(codes):
        if isinstance(procedure, CountProcedure):
            found = _by_table(procedure, np.zeros(len(codes), dtype=np.int64))
        elif isinstance(procedure, Hadamard):
            found = _by_states(hadamard_rows())
        elif isinstance(procedure, RandomPermutedBlocks):
            found = _by_blocks(procedure, np.zeros(len(codes), dtype=np.int64))
        elif isinstance(procedure, StratifiedBlocks):
            found = _in_strata(procedure, codes)
        elif isinstance(procedure, Minimisation):
            found = _by_margins(procedure, codes)
    return found or _by_walk(procedure, codes)


def _by_walk(procedure: Procedure, codes: IntArray) -> Program:
    """Walk, whatever the procedure."""

    def take(numbers: NumberArray, arms: ArmArray) -> None:
        arms[:] = allocate_below(procedure, uniforms(numbers), codes)

    return Program(take=take, is_compiled=False)


def _by_table(procedure: CountProcedure, stratum: IntArray) -> Program | None:
    """Look thresholds up by the treatments so far in the stratum, if not too many."""
    place = place_within(stratum)
    longest, n_strata = int(place.max()) + 1, int(stratum.max()) + 1
    if longest > _LONGEST_TABLE:
        return None
    table = thresholds_by_counts(procedure, longest)
    steps = steps_of(table)
    if steps is not None:

        def add_up(numbers: NumberArray, arms: ArmArray) -> None:
            take_by_steps(
                numbers,
                n_strata,
                stratum,
                place,
                steps.n_steps,
                steps.first,
                steps.edges,
                steps.changes,
                arms,
            )

        return Program(take=add_up)

    def take(numbers: NumberArray, arms: ArmArray) -> None:
        take_by_table(numbers, n_strata, stratum, place, table, arms)

    return Program(take=take)


def _by_states(rows: BoolArray) -> Program:
    """Follow what is known of a block that is one of several arrangements."""
    known = states_of(rows)

    def take(numbers: NumberArray, arms: ArmArray) -> None:
        take_by_states(numbers, known.limits, known.after, arms)

    return Program(take=take)


def _by_blocks(procedure: RandomPermutedBlocks, stratum: IntArray) -> Program:
    """Draw each block's size where it opens."""
    sizes = np.array(procedure.block_sizes, dtype=np.int32)
    units = np.diff(sizes // np.int32(sum(procedure.ratio)), prepend=np.int32(0))
    edges = thresholds(np.arange(len(sizes)) / len(sizes))
    ratio, n_strata = (procedure.ratio[0], procedure.ratio[1]), int(stratum.max()) + 1

    def take(numbers: NumberArray, arms: ArmArray) -> None:
        take_by_blocks(numbers, n_strata, stratum, units, edges, ratio, arms)

    return Program(take=take, per_participant=2)


def _in_strata(procedure: StratifiedBlocks, codes: IntArray) -> Program | None:
    """Treat every combination of levels as a trial of its own."""
    stratum = strata_of(codes)
    within = procedure.within
    if isinstance(within, PermutedBlocks):
        return _by_table(within, stratum)
    return _by_blocks(within, stratum)


def _by_margins(procedure: Minimisation, codes: IntArray) -> Program | None:
    """Minimise 1:1 with the settings the loops know."""
    if not is_plain(procedure):
        return None
    first_row = np.concatenate([[0], np.cumsum(codes.max(axis=0) + 1)])
    n_rows, rows = int(first_row[-1]), codes + first_row[:-1]
    limits = minimisation_thresholds(procedure)
    if has_whole_scores(procedure, n=len(codes)):
        whole = np.array(procedure.weights, dtype=np.int64)
        by_sign = procedure.imbalance != "variance"

        def take_whole(numbers: NumberArray, arms: ArmArray) -> None:
            take_by_whole_scores(numbers, n_rows, rows, whole, by_sign, limits, arms)

        return Program(take=take_whole)
    weights = weights_by_participant(procedure, codes)
    squared = procedure.imbalance == "variance"

    def take(numbers: NumberArray, arms: ArmArray) -> None:
        take_by_scores(numbers, n_rows, rows, weights, squared, limits, arms)

    return Program(take=take)
