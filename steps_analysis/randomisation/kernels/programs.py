"""Which loop turns a procedure's numbers into arms?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.adaptive.minimisation import Minimisation
from steps_analysis.randomisation.adaptive.preference import (
    arm_probabilities,
    preference_table,
)
from steps_analysis.randomisation.adaptive.stratified_blocks import StratifiedBlocks
from steps_analysis.randomisation.kernels.blocks import take_by_blocks
from steps_analysis.randomisation.kernels.margins import (
    take_by_scores,
    take_by_whole_scores,
)
from steps_analysis.randomisation.kernels.numbers import (
    NumberArray,
    thresholds,
    uniforms,
)
from steps_analysis.randomisation.kernels.tables import (
    take_by_steps,
    take_by_table,
)
from steps_analysis.randomisation.procedures import CountProcedure, Procedure, n_arms
from steps_analysis.randomisation.restricted.blocks import PermutedBlocks
from steps_analysis.randomisation.restricted.random_blocks import RandomPermutedBlocks
from steps_analysis.randomisation.walking import ArmArray, allocate_below

_LONGEST_TABLE = 4096  # participants: a table of 64 MB; beyond, the walk
_ROOM = 2**20  # entries of it made at a time
_MOST_STEPS = 4  # adding up five is no faster than looking up
_LIMIT_OF_WHOLE_SCORES = 2**15


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
        the counts; blocks, also in strata; minimisation 1:1 with its plain settings.
        Otherwise the walk. Both give the same arms for the same numbers; only where
        block sizes are drawn does the loop draw them and the walk weigh them, which is
        the same law.

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
    place = _place_within(stratum)
    longest, n_strata = int(place.max()) + 1, int(stratum.max()) + 1
    if longest > _LONGEST_TABLE:
        return None
    table = _thresholds_by_counts(procedure, longest)
    steps = _steps_of(table)
    if steps is not None:

        def add_up(numbers: NumberArray, arms: ArmArray) -> None:
            take_by_steps(numbers, n_strata, stratum, place, *steps, arms)

        return Program(take=add_up)

    def take(numbers: NumberArray, arms: ArmArray) -> None:
        take_by_table(numbers, n_strata, stratum, place, table, arms)

    return Program(take=take)


def _thresholds_by_counts(procedure: CountProcedure, n: int) -> NumberArray:
    """Tabulate treatment's threshold: row = allocated so far, column = treated."""
    table = np.empty((n, n + 1), dtype=np.int32)
    treated = np.arange(n + 1)
    n_rows = max(1, _ROOM // (n + 1))
    for first in range(0, n, n_rows):
        so_far = np.arange(first, min(first + n_rows, n))[:, None]
        possible = np.minimum(treated, so_far)
        chance = procedure.probability(possible, so_far - possible, n)
        table[first : first + n_rows] = thresholds(chance)
    return table


def _steps_of(
    table: NumberArray,
) -> tuple[IntArray, NumberArray, NumberArray, NumberArray] | None:
    """Write a table's rows as few steps over the treatments that can be, if few."""
    column = np.arange(table.shape[1])
    fewest, most = _treatments_that_can_be(table)
    can_be = (column > fewest[:, None]) & (column <= most[:, None])
    change = np.diff(table.astype(np.int64), axis=1, prepend=0)
    row, edge = np.nonzero(can_be & (change != 0))
    n_steps = np.bincount(row, minlength=len(table))
    if n_steps.max() > _MOST_STEPS:
        return None
    edges = np.zeros((len(table), _MOST_STEPS), dtype=np.int32)
    changes = np.zeros_like(edges)
    nth = np.arange(len(row)) - np.searchsorted(row, row)
    edges[row, nth] = edge
    # Of 32 bits; a change by more than they hold comes out right, modulo 2^32.
    changes[row, nth] = change[row, edge].astype(np.int32)
    return n_steps, table[np.arange(len(table)), fewest], edges, changes


def _treatments_that_can_be(table: NumberArray) -> tuple[IntArray, IntArray]:
    """Bound the treatments so far: a certain arm moves its own end only."""
    fewest, most = np.zeros((2, len(table)), dtype=np.int64)
    for row in range(len(table) - 1):
        fewest[row + 1] = fewest[row] + (table[row, fewest[row]] == 2**31 - 1)
        most[row + 1] = most[row] + (table[row, most[row]] >= 0)
    return fewest, most


def _place_within(stratum: IntArray) -> IntArray:
    """Count how many of the same stratum stand before each participant."""
    order = np.argsort(stratum, kind="stable")
    first = np.searchsorted(stratum[order], stratum[order])
    place = np.empty_like(stratum)
    place[order] = np.arange(len(stratum)) - first
    return place


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
    stratum = np.unique(codes, axis=0, return_inverse=True)[1].reshape(-1)
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
    weights = _weights_by_participant(procedure, codes)
    squared = procedure.imbalance == "variance"

    def take(numbers: NumberArray, arms: ArmArray) -> None:
        take_by_scores(numbers, n_rows, rows, weights, squared, limits, arms)

    return Program(take=take)


def is_plain(procedure: Minimisation) -> bool:
    """
    Say whether the compiled loops know every setting of a minimisation.

    Parameters
    ----------
    procedure
        The minimisation.

    Returns
    -------
    bool
        True where all but factors, weights, imbalance and p stands at its default: two
        arms 1:1, the best arm preferred.

    Examples
    --------
    >>> is_plain(Minimisation(["site"], p=0.7))
    True
    >>> is_plain(Minimisation(["site"], ratio=(2, 1)))
    False
    """
    known = ("range", "standard-deviation", "variance", "marginal-balance")
    plain = Minimisation(
        procedure.factors,
        weights=procedure.weights,
        imbalance=procedure.imbalance,
        p=procedure.p,
    )
    return procedure.imbalance in known and procedure == plain


def has_whole_scores(procedure: Minimisation, *, n: int) -> bool:
    """
    Say whether a minimisation can be scored in whole numbers of 16 bits.

    Parameters
    ----------
    procedure
        The minimisation.
    n
        How many participants.

    Returns
    -------
    bool
        True for whole weights, and an imbalance that counts by which arm is ahead or by
        how far.

    Examples
    --------
    >>> has_whole_scores(Minimisation(["site", "sex"], weights=(2, 1)), n=80)
    True
    >>> has_whole_scores(Minimisation(["site", "sex"], weights=(1.5, 1)), n=80)
    False
    """
    weights = np.array(procedure.weights)
    is_whole = bool((weights == np.floor(weights)).all())
    is_small = n * weights.sum() < _LIMIT_OF_WHOLE_SCORES
    return is_whole and bool(is_small) and procedure.imbalance != "marginal-balance"


def minimisation_thresholds(procedure: Minimisation) -> NumberArray:
    """
    Give the thresholds of treatment in the three cases of two arms.

    Parameters
    ----------
    procedure
        The minimisation.

    Returns
    -------
    numpy.ndarray
        Where treatment is preferred, at a tie, and where control is, shape (3,).

    Examples
    --------
    >>> minimisation_thresholds(Minimisation(["site"], p=1)).tolist()
    [2147483647, 1073741823, -1]
    """
    ratio = np.array(procedure.ratio, dtype=np.float64)
    scores = np.array([[0.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    table = preference_table(ratio, procedure.p)
    return thresholds(arm_probabilities(scores, ratio, table)[0])


def _weights_by_participant(procedure: Minimisation, codes: IntArray) -> FloatArray:
    """Scale the weights so that |D| or its square, weighted, is the imbalance."""
    weights = np.tile(np.array(procedure.weights, dtype=np.float64), (len(codes), 1))
    if procedure.imbalance == "marginal-balance":
        at_level = np.array([_place_within(column) + 1 for column in codes.T])
        return np.asarray(weights / at_level.T)
    scale = {"range": 1.0, "standard-deviation": np.sqrt(0.5), "variance": 0.5}
    return np.asarray(weights * scale[procedure.imbalance])
