"""A procedure of the counts, as a table of thresholds or as few steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import IntArray
from steps_analysis.randomisation.kernels.numbers import NumberArray, thresholds
from steps_analysis.randomisation.procedures import CountProcedure

_ROOM = 2**20  # entries of a table made at a time
_MOST_STEPS = 4  # adding up more is hardly faster than looking up


def thresholds_by_counts(procedure: CountProcedure, n: int) -> NumberArray:
    """
    Tabulate the threshold of treatment.

    Parameters
    ----------
    procedure
        A procedure of two arms.
    n
        How many participants are planned.

    Returns
    -------
    numpy.ndarray
        Shape (n, n + 1): row = how many are allocated, column = how many of them to
        treatment. Where these are more than the row has, the row's last.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> (thresholds_by_counts(PermutedBlocks(2), 2) / 2**31).round(4).tolist()
    [[0.5, 0.5, 0.5], [1.0, -0.0, -0.0]]
    """
    table = np.empty((n, n + 1), dtype=np.int32)
    treated = np.arange(n + 1)
    n_rows = max(1, _ROOM // (n + 1))
    for first in range(0, n, n_rows):
        so_far = np.arange(first, min(first + n_rows, n))[:, None]
        possible = np.minimum(treated, so_far)
        chance = procedure.probability(possible, so_far - possible, n)
        table[first : first + n_rows] = thresholds(chance)
    return table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steps:
    """
    A table whose rows take few values among the treatments that can be.

    Attributes
    ----------
    n_steps
        How often each row changes, shape (n,).
    first
        Each row's threshold at the fewest treatments that can be, shape (n,).
    edges
        From how many treatments each change holds, shape (n, most steps).
    changes
        By how much the threshold changes there, shape (n, most steps).
    """

    n_steps: IntArray
    first: NumberArray
    edges: NumberArray
    changes: NumberArray


def steps_of(
    table: NumberArray,
) -> Steps | None:
    """
    Write a table's rows as steps, if they are few.

    Parameters
    ----------
    table
        Thresholds of treatment; see `thresholds_by_counts`.

    Returns
    -------
    Steps or None
        The steps; None where a row has more than four.

    Examples
    --------
    Efron's coin changes at a tie and just after it:

    >>> from steps_analysis.randomisation import EfronBiasedCoin
    >>> steps = steps_of(thresholds_by_counts(EfronBiasedCoin(0.75), 3))
    >>> steps.edges[2, : steps.n_steps[2]].tolist()
    [1, 2]
    """
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
    first = table[np.arange(len(table)), fewest]
    return Steps(n_steps=n_steps, first=first, edges=edges, changes=changes)


def _treatments_that_can_be(table: NumberArray) -> tuple[IntArray, IntArray]:
    """Bound the treatments so far: a certain arm moves its own end only."""
    fewest, most = np.zeros((2, len(table)), dtype=np.int64)
    for row in range(len(table) - 1):
        fewest[row + 1] = fewest[row] + (table[row, fewest[row]] == 2**31 - 1)
        most[row + 1] = most[row] + (table[row, most[row]] >= 0)
    return fewest, most


def place_within(stratum: IntArray) -> IntArray:
    """
    Count how many of the same stratum stand before each participant.

    Parameters
    ----------
    stratum
        Each participant's stratum, shape (n,).

    Returns
    -------
    numpy.ndarray
        The counts, shape (n,).

    Examples
    --------
    >>> place_within(np.array([1, 0, 1, 1])).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(stratum, kind="stable")
    first = np.searchsorted(stratum[order], stratum[order])
    place = np.empty_like(stratum)
    place[order] = np.arange(len(stratum)) - first
    return place
