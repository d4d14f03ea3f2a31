"""
Which whole tables are a few cells away? Circuits, found and followed.

Compiled: every loop stands with all it calls in this file (see `compiling`).
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from scipy.sparse import csr_array, diags_array

from steps_analysis.compiling import compiled
from steps_analysis.disclosure.system import System
from steps_analysis.estimates import BoolArray, IntArray

LONGEST = 40
"""Circuits of more cells than this are not looked for."""

_StateArray: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]

_BROKEN, _LENGTH = 0, 1
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_27, _30, _31, _33 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(33)


class Sparse(NamedTuple):
    """
    The entries of a matrix, line by line.

    Attributes
    ----------
    start
        Where each line begins, shape (lines + 1,).
    place
        Which entry of the line each is.
    weight
        Its whole coefficient.
    """

    start: IntArray
    place: IntArray
    weight: IntArray


class Walk(NamedTuple):
    """
    Where a walk among whole tables is, what it must keep to, and what it has seen.

    Attributes
    ----------
    table
        The table it is at: it fits, shape (n,).
    lower, upper
        Limits of each quantity, shape (n,).
    rows, columns
        The equations, by row and by column.
    bounds
        The rows that are at most 0, by column.
    slack
        What is left of each of these, shape (k,).
    seen_lower, seen_upper
        Least and greatest value seen of each quantity, shape (n,).
    seen_small
        Which small values were seen, shape (n, number of values).
    error
        By how much each equation is broken while a circuit is looked for, shape (m,).
    broken, position
        The broken ones, and where each stands among them, shape (m,).
    members, steps
        The circuit: quantities and how each changes, shape (LONGEST,).
    is_member
        Whether a quantity is in it, shape (n,).
    used
        What a circuit takes of each slack, shape (k,).
    size
        How many equations are broken, how many quantities are in the circuit.
    state
        Of the random numbers.
    """

    table: IntArray
    lower: IntArray
    upper: IntArray
    rows: Sparse
    columns: Sparse
    bounds: Sparse
    slack: IntArray
    seen_lower: IntArray
    seen_upper: IntArray
    seen_small: BoolArray
    error: IntArray
    broken: IntArray
    position: IntArray
    members: IntArray
    steps: IntArray
    is_member: BoolArray
    used: IntArray
    size: IntArray
    state: _StateArray


def walk_from(
    system: System,
    table: IntArray,
    *,
    seen: tuple[IntArray, IntArray, BoolArray],
    seed: int,
) -> Walk:
    """
    Make ready to walk.

    Parameters
    ----------
    system
        What is known.
    table
        A whole table that fits, shape (n,).
    seen
        Least and greatest value of each quantity and its small values, as far as they
        were seen; the walk adds to them.
    seed
        Of the random numbers: the same seed takes the same walk.

    Returns
    -------
    Walk
        At its start.
    """
    is_open = system.lower < system.upper
    n, m, k = len(table), system.equations.shape[0], system.inequalities.shape[0]
    return Walk(
        table=table.copy(),
        lower=system.lower,
        upper=system.upper,
        rows=_sparse(system.equations, is_open, by_column=False),
        columns=_sparse(system.equations, is_open, by_column=True),
        bounds=_sparse(system.inequalities, is_open, by_column=True),
        slack=-(system.inequalities @ table),
        seen_lower=seen[0],
        seen_upper=seen[1],
        seen_small=seen[2],
        error=np.zeros(m, dtype=np.int64),
        broken=np.empty(m, dtype=np.int64),
        position=np.full(m, -1, dtype=np.int64),
        members=np.empty(LONGEST, dtype=np.int64),
        steps=np.empty(LONGEST, dtype=np.int64),
        is_member=np.zeros(n, dtype=np.bool_),
        used=np.zeros(k, dtype=np.int64),
        size=np.zeros(2, dtype=np.int64),
        state=np.array([seed], dtype=np.uint64),
    )


def _sparse(matrix: csr_array, is_open: BoolArray, *, by_column: bool) -> Sparse:
    """Write the entries of what is not settled line by line."""
    part = csr_array(matrix @ diags_array(is_open.astype(np.int64), dtype=np.int64))
    part.eliminate_zeros()
    lines = csr_array(part.T) if by_column else part
    lines.sum_duplicates()
    return Sparse(
        *(a.astype(np.int64) for a in (lines.indptr, lines.indices, lines.data))
    )


@compiled
def reach(walk: Walk, quantities: IntArray, counts: IntArray, tries: int) -> None:
    """
    Walk on until each quantity has been seen to have its count, or give it up.

    Parameters
    ----------
    walk
        The walk; changed in place.
    quantities, counts
        What to reach, one after the other, shape (k,).
    tries
        After so many circuits looked for in vain a quantity is given up.

    Notes
    -----
    A circuit begins with one step of the quantity. That breaks its equations; one of
    the broken ones is mended by a step of the member that leaves least broken, ties at
    random, until none is left. In tables of three ways the shortest have eight cells.
    A circuit is followed as often as limits and the count sought allow, so every table
    on the way fits.
    """
    for i in range(len(quantities)):
        quantity, failures = quantities[i], 0
        while failures < tries and not _is_seen(walk, quantity, counts[i]):
            gap = counts[i] - walk.table[quantity]
            times = 0
            if _find(walk, quantity, 1 if gap > 0 else -1):
                times = min(_times(walk), abs(gap))
                _follow(walk, times)
            _forget(walk)
            failures = 0 if times else failures + 1


@compiled
def _is_seen(walk: Walk, quantity: int, count: int) -> bool:
    """Say whether a value was seen; beyond the small ones, whether it was passed."""
    if 0 <= count < walk.seen_small.shape[1]:
        return bool(walk.seen_small[quantity, count])
    return bool(walk.seen_lower[quantity] <= count <= walk.seen_upper[quantity])


@compiled
def _find(walk: Walk, quantity: int, step: int) -> bool:
    """Look for a circuit that begins with one step of a quantity."""
    _change(walk, quantity, step)
    while walk.size[_BROKEN] > 0:
        if walk.size[_LENGTH] == LONGEST or not _mend(walk):
            return False
    return True


@compiled
def _mend(walk: Walk) -> bool:
    """Mend one broken equation by the step that leaves least broken."""
    row = walk.broken[_below(walk.state, walk.size[_BROKEN])]
    best, step, least, ties = -1, 0, 0, 0
    for k in range(walk.rows.start[row], walk.rows.start[row + 1]):
        quantity, weight = walk.rows.place[k], walk.rows.weight[k]
        if walk.is_member[quantity] or walk.error[row] % weight:
            continue
        change = -walk.error[row] // weight
        value = walk.table[quantity] + change
        if value < walk.lower[quantity] or value > walk.upper[quantity]:
            continue
        more = _added_error(walk.columns, walk.error, quantity, change)
        if best < 0 or more < least:
            best, step, least, ties = quantity, change, more, 1
        elif more == least:
            ties += 1
            if _below(walk.state, ties) == 0:
                best, step = quantity, change
    if best < 0:
        return False
    _change(walk, best, step)
    return True


@compiled
def _added_error(columns: Sparse, error: IntArray, quantity: int, change: int) -> int:
    """Tell how much more would be broken after a step."""
    more = 0
    for k in range(columns.start[quantity], columns.start[quantity + 1]):
        now = error[columns.place[k]]
        more += abs(now + columns.weight[k] * change) - abs(now)
    return more


@compiled
def _change(walk: Walk, quantity: int, change: int) -> None:
    """Add a step to the circuit, and keep the list of broken equations."""
    length = walk.size[_LENGTH]
    walk.members[length], walk.steps[length] = quantity, change
    walk.is_member[quantity] = True
    walk.size[_LENGTH] += 1
    for k in range(walk.columns.start[quantity], walk.columns.start[quantity + 1]):
        row = walk.columns.place[k]
        walk.error[row] += walk.columns.weight[k] * change
        at = walk.position[row]
        if at < 0:
            walk.position[row] = walk.size[_BROKEN]
            walk.broken[walk.size[_BROKEN]] = row
            walk.size[_BROKEN] += 1
        elif walk.error[row] == 0:
            walk.size[_BROKEN] -= 1
            last = walk.broken[walk.size[_BROKEN]]
            walk.broken[at], walk.position[last] = last, at
            walk.position[row] = -1


@compiled
def _times(walk: Walk) -> int:
    """Tell how often the circuit can be followed."""
    times = np.int64(2**62)
    for i in range(walk.size[_LENGTH]):
        quantity, step = walk.members[i], walk.steps[i]
        end = walk.upper[quantity] if step > 0 else walk.lower[quantity]
        times = min(times, (end - walk.table[quantity]) // step)
        for k in range(walk.bounds.start[quantity], walk.bounds.start[quantity + 1]):
            walk.used[walk.bounds.place[k]] += walk.bounds.weight[k] * step
    for i in range(walk.size[_LENGTH]):
        quantity = walk.members[i]
        for k in range(walk.bounds.start[quantity], walk.bounds.start[quantity + 1]):
            row = walk.bounds.place[k]
            if walk.used[row] > 0:
                times = min(times, walk.slack[row] // walk.used[row])
    return int(times)


@compiled
def _follow(walk: Walk, times: int) -> None:
    """Follow the circuit some times, and note what is seen on the way."""
    n_small = walk.seen_small.shape[1]
    for i in range(walk.size[_LENGTH]):
        quantity, step = walk.members[i], walk.steps[i]
        for _ in range(times):
            walk.table[quantity] += step
            if 0 <= walk.table[quantity] < n_small:
                walk.seen_small[quantity, walk.table[quantity]] = True
        value = walk.table[quantity]
        walk.seen_lower[quantity] = min(walk.seen_lower[quantity], value)
        walk.seen_upper[quantity] = max(walk.seen_upper[quantity], value)
        for k in range(walk.bounds.start[quantity], walk.bounds.start[quantity + 1]):
            row = walk.bounds.place[k]
            walk.slack[row] -= walk.bounds.weight[k] * step * times


@compiled
def _forget(walk: Walk) -> None:
    """Clear the circuit away."""
    for i in range(walk.size[_BROKEN]):
        walk.error[walk.broken[i]], walk.position[walk.broken[i]] = 0, -1
    for i in range(walk.size[_LENGTH]):
        quantity = walk.members[i]
        walk.is_member[quantity] = False
        for k in range(walk.bounds.start[quantity], walk.bounds.start[quantity + 1]):
            walk.used[walk.bounds.place[k]] = 0
    walk.size[:] = 0


@compiled
def _below(state: _StateArray, n: int) -> int:
    """Draw a whole number below n (splitmix64)."""
    state[0] += _STEP
    word = state[0]
    word = (word ^ (word >> _30)) * _FIRST
    word = (word ^ (word >> _27)) * _SECOND
    word ^= word >> _31
    return int((word >> _33) % np.uint64(n))
