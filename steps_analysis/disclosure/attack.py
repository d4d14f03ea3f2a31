"""Which whole numbers can an outsider not exclude for a hidden figure?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steps_analysis.disclosure.system import NO_LIMIT, System, tighten
from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray

CHECKED_UP_TO = 25
"""Where a release may have holes, values up to this are tried one by one."""

_UNTHINKABLE = 10**6


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

    Examples
    --------
    >>> possible = Possible(lower=1, upper=6, excluded=frozenset({4}))
    >>> 4 in possible, 6 in possible, str(possible)
    (False, True, '1 to 3, 5 to 6')
    """

    lower: int
    upper: int | None
    excluded: frozenset[int] = frozenset()

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attack:
    """
    An attacker at work on one system, remembering every possible table it has seen.

    Attributes
    ----------
    system
        What is known, with limits tightened.
    unknown
        Which quantities are not settled by the limits alone.
    rows
        The rows that still have something unknown in them, for the solver.
    seen_lower, seen_upper
        Least and greatest value seen for each quantity in some possible table.
    seen_small
        Which values up to `CHECKED_UP_TO` were seen for each quantity.
    """

    system: System
    unknown: IntArray
    rows: list[Any] = field(repr=False)
    seen_lower: IntArray = field(repr=False)
    seen_upper: IntArray = field(repr=False)
    seen_small: BoolArray = field(repr=False)

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
        if self.system.is_unimodular:
            return Possible(lower=lower, upper=upper)
        last = CHECKED_UP_TO if upper is None else min(upper - 1, CHECKED_UP_TO)
        holes = {v for v in range(lower + 1, last + 1) if not self.allows(quantity, v)}
        return Possible(lower=lower, upper=upper, excluded=frozenset(holes))

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
            True if some possible table has it.
        """
        if not self.system.lower[quantity] <= count <= self.system.upper[quantity]:
            return False
        if count <= CHECKED_UP_TO and self.seen_small[quantity, count]:
            return True
        least, greatest = self.seen_lower[quantity], self.seen_upper[quantity]
        has_no_holes = self.system.is_unimodular
        if count in (least, greatest) or (has_no_holes and least < count < greatest):
            return True
        return self._look(quantity, 0, at_least=count, at_most=count) is not None

    def _least(self, quantity: int) -> int:
        """Find the least possible value."""
        if self.seen_lower[quantity] > self.system.lower[quantity]:
            self._look(quantity, 1)
        return int(self.seen_lower[quantity])

    def _greatest(self, quantity: int) -> int | None:
        """Find the greatest possible value, None where there is no limit."""
        limit = self.system.upper[quantity]
        if limit >= NO_LIMIT:
            if self._look(quantity, 0, at_least=_UNTHINKABLE) is not None:
                return None
            self._look(quantity, -1, at_most=_UNTHINKABLE)
        elif self.seen_upper[quantity] < limit:
            self._look(quantity, -1)
        return int(self.seen_upper[quantity])

    def _look(
        self,
        quantity: int,
        direction: int,
        *,
        at_least: int | None = None,
        at_most: int | None = None,
    ) -> IntArray | None:
        """Look for a possible table, pushing one quantity; remember it."""
        lower, upper = self.system.lower.copy(), self.system.upper.copy()
        lower[quantity] = lower[quantity] if at_least is None else at_least
        upper[quantity] = upper[quantity] if at_most is None else at_most
        table = _solve(self, lower, upper, (quantity, direction))
        if table is not None:
            np.minimum(self.seen_lower, table, out=self.seen_lower)
            np.maximum(self.seen_upper, table, out=self.seen_upper)
            small = np.flatnonzero(table <= CHECKED_UP_TO)
            self.seen_small[small, table[small]] = True
        return table


def attack_on(system: System) -> Attack:
    """
    Set an attacker to work.

    Parameters
    ----------
    system
        What is known.

    Returns
    -------
    Attack
        With at least one possible table seen.

    Raises
    ------
    ArgumentError
        If no table fits, so that what is known contradicts itself.

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
    tight = tighten(system)
    n = len(tight.lower)
    unknown = np.flatnonzero(tight.lower < tight.upper)
    found = Attack(
        system=tight,
        unknown=unknown,
        rows=_rows(tight, unknown),
        seen_lower=np.full(n, NO_LIMIT),
        seen_upper=np.full(n, -1),
        seen_small=np.zeros((n, CHECKED_UP_TO + 1), dtype=np.bool_),
    )
    impossible = bool(np.any(tight.lower > tight.upper))
    if n and (impossible or found._look(0, 1) is None):
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
    order = sorted(counts, key=lambda v: (v not in (counts[0], counts[-1]), -v))
    return [(q, v) for q in quantities for v in order if not attack.allows(q, v)]


def _solve(
    attack: Attack, lower: IntArray, upper: IntArray, aim: tuple[int, int]
) -> IntArray | None:
    """Find a whole table within limits that is extreme for one quantity, if any is."""
    table = lower.copy()
    if not len(attack.unknown):
        return table if _fits(attack.system, table, lower, upper) else None
    for integrality in (0, 1) if attack.system.is_unimodular else (1,):
        point = _optimum(attack, lower, upper, aim, integrality)
        if point is None:
            return None
        table[attack.unknown] = np.rint(point).astype(np.int64)
        if _fits(attack.system, table, lower, upper):
            return table
    return None


def _optimum(
    attack: Attack,
    lower: IntArray,
    upper: IntArray,
    aim: tuple[int, int],
    integrality: int,
) -> FloatArray | None:
    """Hand one program to HiGHS."""
    from scipy.optimize import Bounds, milp

    unknown = attack.unknown
    cost = np.where(unknown == aim[0], float(aim[1]), 0.0)
    ceiling = np.where(upper >= NO_LIMIT, np.inf, upper)[unknown]
    answer: Any = milp(
        cost,
        constraints=attack.rows,
        bounds=Bounds(lower[unknown], ceiling),
        integrality=np.full(len(unknown), integrality),
        options={"mip_rel_gap": 0.0},
    )
    point: FloatArray | None = answer.x
    return point


def _fits(system: System, table: IntArray, lower: IntArray, upper: IntArray) -> bool:
    """Check a table in whole-number arithmetic."""
    adds_up = not (system.equations @ table).any()
    stays = not ((system.inequalities @ table) > 0).any()
    return adds_up and stays and bool(np.all((lower <= table) & (table <= upper)))


def _rows(system: System, unknown: IntArray) -> list[Any]:
    """Write the rows that still have something unknown in them."""
    from scipy.optimize import LinearConstraint

    settled = system.lower.copy()
    settled[unknown] = 0
    found = []
    for matrix, is_equation in ((system.equations, 1), (system.inequalities, 0)):
        part = matrix[:, unknown]
        keep = np.flatnonzero(np.diff(part.indptr))
        if len(keep):
            most = -(matrix @ settled)[keep].astype(np.float64)
            least = most if is_equation else np.full(len(keep), -np.inf)
            found.append(LinearConstraint(part[keep].astype(np.float64), least, most))
    return found
