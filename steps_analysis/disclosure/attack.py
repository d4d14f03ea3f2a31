"""Which whole numbers can an outsider not exclude for a hidden figure?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from steps_analysis.disclosure.programs import GREATEST, LEAST, Extreme, Program
from steps_analysis.disclosure.seen import CHECKED_UP_TO, Seen
from steps_analysis.disclosure.system import NO_LIMIT, System, tighten
from steps_analysis.disclosure.whole_tables import WholeTables, fits
from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray

Proof: TypeAlias = Literal["integer", "linear"]
"""What stands behind a set of values: whole tables, or linear programs alone."""

_TINY, _NOISE = 1e-6, 1e-9
_FEW, _SOME, _MANY = 30, 100, 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """
    The whole numbers that remain possible for one figure.

    Attributes
    ----------
    lower
        The least.
    upper
        The greatest; None where there is no limit.
    excluded
        Values in between that are impossible all the same.
    proof
        ``"integer"`` where a whole table stands behind least, greatest and every value
        up to 25 between them (or the tables are such that none is needed). ``"linear"``
        where the search for some of these tables was given up: such a value is not
        excluded by linear programs, and that is all that is known.

    Examples
    --------
    >>> possible = Possible(lower=1, upper=6, excluded=frozenset({4}))
    >>> 4 in possible, 6 in possible, str(possible)
    (False, True, '1 to 3, 5 to 6')
    """

    lower: int
    upper: int | None
    excluded: frozenset[int] = frozenset()
    proof: Proof = "integer"

    def __contains__(self, count: int) -> bool:
        within = count >= self.lower and (self.upper is None or count <= self.upper)
        return within and count not in self.excluded

    def __str__(self) -> str:
        holes = sorted(self.excluded)
        starts = [self.lower, *(hole + 1 for hole in holes)]
        ends = [*(hole - 1 for hole in holes), self.upper]
        runs = zip(starts, ends, strict=True)
        return ", ".join(_run(a, b) for a, b in runs if b is None or a <= b)

    @property
    def is_exact(self) -> bool:
        """
        Say whether only one value is left.

        Returns
        -------
        bool
            True where the figure can be worked out.
        """
        return self.lower == self.upper


def _run(first: int, last: int | None) -> str:
    """Word one run of values."""
    if last is None:
        return f"{first} or more"
    return f"{first}" if first == last else f"{first} to {last}"


class Attack:
    """
    An attacker at work on one system, remembering every possible table seen.

    Parameters
    ----------
    system
        What is known, with limits tightened.

    Attributes
    ----------
    system
        As given.
    seen
        What was seen of the possible tables.

    Notes
    -----
    A value is *excluded* by the limits of the shuttle algorithm, by the prices of a
    linear program (any prices prove a limit by weak duality, so the solver's need not
    be trusted), or by a whole program without solution. It is *possible* where a whole
    table with it was seen: on a walk along circuits, at a vertex of a linear program,
    or as the solution of a whole program. Where the matrix is unimodular every value
    between two seen is possible too. What is neither has a linear proof only, and
    `Possible.proof` says so.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.seen = Seen(system)
        self._lower, self._upper = system.lower.copy(), system.upper.copy()
        self._program: Program | None = None
        self._whole: WholeTables | None = None
        self._pushed: set[tuple[int, int]] = set()
        self._unlimited: set[int] = set()
        self._verdict: dict[tuple[int, int], bool] = {}

    @property
    def unknown(self) -> IntArray:
        """
        List the quantities that the limits alone do not settle.

        Returns
        -------
        numpy.ndarray
            Their numbers.
        """
        return np.flatnonzero(self.system.lower < self.system.upper)

    def possible(self, quantity: int) -> Possible:
        """
        Find every value that remains possible for a quantity.

        Parameters
        ----------
        quantity
            Its number.

        Returns
        -------
        Possible
            The values.
        """
        lower, upper = self._least(quantity), self._greatest(quantity)
        last = CHECKED_UP_TO if upper is None else min(upper - 1, CHECKED_UP_TO)
        between = range(lower + 1, last + 1)
        holes = {v for v in between if not self.allows(quantity, v)}
        kept = {lower, lower if upper is None else upper, *between} - holes
        is_shown = all(self._is_shown(quantity, v) for v in kept)
        return Possible(
            lower=lower,
            upper=upper,
            excluded=frozenset(holes),
            proof="integer" if is_shown else "linear",
        )

    def allows(self, quantity: int, count: int) -> bool:
        """
        Say whether a quantity can have a certain value.

        Parameters
        ----------
        quantity
            Its number.
        count
            The value.

        Returns
        -------
        bool
            False if it is excluded. True if some possible table has it, or if the
            search for one was given up: the `proof` of `possible` tells which.
        """
        if not self._lower[quantity] <= count <= self._upper[quantity]:
            return False
        if self._is_shown(quantity, count):
            return True
        if (quantity, count) not in self._verdict:
            self._verdict[quantity, count] = self._decide(quantity, count)
        return self._verdict[quantity, count]

    def search(self, quantities: Iterable[int], counts: Iterable[int]) -> None:
        """
        Walk among the possible tables to see values of many quantities in one go.

        What is possible does not depend on it, only how soon it is known.

        Parameters
        ----------
        quantities
            Their numbers.
        counts
            The values to see for each of them.
        """
        chosen = np.array(list(quantities), dtype=np.int64)
        for count in counts:
            may = (self._lower[chosen] <= count) & (count <= self._upper[chosen])
            self.seen.reach(chosen[may], np.full(may.sum(), count), _SOME)

    def _is_shown(self, quantity: int, count: int) -> bool:
        """Say whether a whole table with a value was seen, or must exist."""
        if self.seen.has(quantity, count):
            return True
        if count <= CHECKED_UP_TO and not self.system.is_unimodular:
            return False
        is_below = count < self.seen.upper[quantity] or quantity in self._unlimited
        return bool(self.seen.lower[quantity] < count and is_below)

    def _reaches(self, quantity: int, count: int, tries: int) -> bool:
        """Walk until a value is seen."""
        if not self._is_shown(quantity, count):
            self.seen.reach(np.array([quantity]), np.array([count]), tries)
        return self._is_shown(quantity, count)

    def _decide(self, quantity: int, count: int) -> bool:
        """Say whether a value not seen yet is possible, or at least not excluded."""
        if self._reaches(quantity, count, _FEW):
            return True
        if count < self.seen.lower[quantity]:
            self._push(quantity, LEAST)
        if count > self.seen.upper[quantity]:
            self._push(quantity, GREATEST)
        if not self._lower[quantity] <= count <= self._upper[quantity]:
            return False
        if self._reaches(quantity, count, _MANY):
            return True
        table, is_settled = self._solve(quantity, 0, count, count)
        return table is not None or not is_settled

    def _least(self, quantity: int) -> int:
        """Find the least possible value."""
        if not self._reaches(quantity, int(self._lower[quantity]), _FEW):
            self._push(quantity, LEAST)
            self._lower[quantity] = self._end(quantity, LEAST)
        return int(self._lower[quantity])

    def _greatest(self, quantity: int) -> int | None:
        """Find the greatest possible value, None where there is no limit."""
        limit = int(self._upper[quantity])
        if limit >= NO_LIMIT or not self._reaches(quantity, limit, _FEW):
            self._push(quantity, GREATEST)
            if quantity in self._unlimited:
                return None
            self._upper[quantity] = self._end(quantity, GREATEST)
        return int(self._upper[quantity])

    def _end(self, quantity: int, direction: int) -> int:
        """Find the last whole value within the limits proven, by search if need be."""
        lower, upper = int(self._lower[quantity]), int(self._upper[quantity])
        end = lower if direction == LEAST else upper
        if self._reaches(quantity, end, _MANY):
            return end
        table, is_settled = self._solve(quantity, direction, lower, upper)
        return end if table is None or not is_settled else int(table[quantity])

    def _push(self, quantity: int, direction: int) -> None:
        """Solve a linear program, once: it proves a limit and may be a whole table."""
        if (quantity, direction) in self._pushed:
            return
        self._pushed.add((quantity, direction))
        if self._program is None:
            self._program = Program(self.system)
        found = self._program.extreme(quantity, direction)
        if found is None:  # contradictions were refused at the door
            return
        self._note(found.point)
        if not found.is_limited:
            self._unlimited.add(quantity)
        elif direction == LEAST:
            limit = int(np.ceil(_proven(self.system, found, found.value) - _TINY))
            self._lower[quantity] = max(limit, self._lower[quantity])
        else:
            limit = int(np.floor(-_proven(self.system, found, -found.value) + _TINY))
            self._upper[quantity] = min(limit, self._upper[quantity])

    def _note(self, point: FloatArray) -> None:
        """Remember a vertex, if it is a whole table."""
        table = np.rint(point).astype(np.int64)
        if fits(self.system, table):
            self.seen.note(table)

    def _solve(
        self, quantity: int, direction: int, at_least: int, at_most: int
    ) -> tuple[IntArray | None, bool]:
        """Search for a whole table by branch and bound; say if that is settled."""
        if self._whole is None:
            self._whole = WholeTables(self.system)
        found = self._whole.find(
            quantity, direction, at_least=at_least, at_most=at_most
        )
        if found.table is not None:
            self.seen.note(found.table)
        return found.table, found.is_settled


def attack_on(system: System, *, witness: IntArray | None = None) -> Attack:
    """
    Set an attacker to work.

    Parameters
    ----------
    system
        What is known.
    witness
        A whole table that fits, shape (n,), where one is at hand: whoever audits a
        release of their own has the true one. It saves the search for a first table;
        which values are possible does not depend on it.

    Returns
    -------
    Attack
        With at least one possible table seen, unless the search for one was given up.

    Raises
    ------
    ArgumentError
        If no table fits, so that what is known contradicts itself, or if `witness` does
        not fit.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> row = csr_array(np.array([[1, 1, -1]]))
    >>> known = System(equations=row, inequalities=csr_array((0, 3), dtype=np.int64),
    ...                lower=np.array([1, 1, 7]), upper=np.array([99, NO_LIMIT, 7]),
    ...                is_unimodular=True)
    >>> str(attack_on(known).possible(0))
    '1 to 6'
    """
    found = Attack(tighten(system))
    if witness is not None:
        if len(witness) != len(system.lower) or not fits(found.system, witness):
            rule = "be a table that agrees with what is known"
            raise ArgumentError(refusal("witness", rule, "one that does not"))
        found.seen.note(witness.astype(np.int64))
    elif len(system.lower) and not _has_table(found):
        rule = "agree with what is published"
        raise ArgumentError(refusal("known", rule, "facts that no table fits"))
    return found


def shortfalls(
    attack: Attack, quantities: Iterable[int], counts: range
) -> list[tuple[int, int]]:
    """
    List the values of the hidden range that an outsider can exclude.

    Parameters
    ----------
    attack
        The attacker.
    quantities
        The quantities whose every value in `counts` should remain possible.
    counts
        The hidden range.

    Returns
    -------
    list of tuple
        Quantity and excluded value, none if all is well.
    """
    chosen = list(quantities)
    order = sorted(counts, key=lambda v: (v not in (counts[0], counts[-1]), -v))
    attack.search(chosen, order)
    return [(q, v) for q in chosen for v in order if not attack.allows(q, v)]


def _has_table(attack: Attack) -> bool:
    """Look for a first possible table; False only if there is none."""
    system = attack.system
    if np.any(system.lower > system.upper):
        return False
    attack._program = Program(system)
    found = attack._program.extreme(0, 0)
    if found is None:
        return False
    attack._note(found.point)
    if attack.seen.upper[0] >= 0:
        return True
    table, is_settled = attack._solve(0, 0, 0, NO_LIMIT)
    return table is not None or not is_settled


def _proven(system: System, found: Extreme, reached: float) -> float:
    """Bound a program from below by its prices, whatever the solver thought of it."""
    price, lower = found.prices, system.lower.astype(np.float64)
    upper = np.where(system.upper >= NO_LIMIT, np.inf, system.upper)
    used = np.abs(price) > _NOISE
    bound = price[used] @ np.where(price > 0, lower, upper)[used]
    return float(bound) if np.isfinite(bound) else reached
