"""Is there a whole table with a certain value? An attacker's program in integers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steps_analysis.disclosure.system import NO_LIMIT, System
from steps_analysis.estimates import IntArray

_NODES = 5_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """
    What a search for a whole table came to.

    Attributes
    ----------
    table
        The table; None where none was found.
    is_settled
        Whether the search came to its end: there is no table, or no better one.
    """

    table: IntArray | None = field(repr=False)
    is_settled: bool


class WholeTables:
    """
    The whole tables that fit a system, found by branch and bound.

    Parameters
    ----------
    system
        What is known, with limits tightened.

    Notes
    -----
    A search is given up after a number of nodes, not seconds, so the same question has
    the same answer on every machine. A table is checked in whole-number arithmetic
    before it counts as found.

    Examples
    --------
    2x + 2y = z has no whole solution with an odd z:

    >>> from scipy.sparse import csr_array
    >>> row = csr_array(np.array([[2, 2, -1]]))
    >>> known = System(equations=row, inequalities=csr_array((0, 3), dtype=np.int64),
    ...                lower=np.array([0, 0, 3]), upper=np.array([9, 9, 9]),
    ...                is_unimodular=False)
    >>> tables = WholeTables(known)
    >>> tables.find(2, 0, at_least=5, at_most=5)
    Found(is_settled=True)
    >>> int(tables.find(2, 1, at_least=5, at_most=9).table[2])
    6
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._unknown = np.flatnonzero(system.lower < system.upper)
        self._rows = _rows(system, self._unknown)

    def find(
        self, quantity: int, direction: int, *, at_least: int, at_most: int
    ) -> Found:
        """
        Look for a whole table in which one quantity is within limits, pushing it.

        Parameters
        ----------
        quantity
            Its number.
        direction
            1 for its least value, -1 for its greatest, 0 for any table.
        at_least, at_most
            Its limits.

        Returns
        -------
        Found
            The table, if there is one, and whether that is the last word.
        """
        lower, upper = self._system.lower.copy(), self._system.upper.copy()
        lower[quantity] = max(lower[quantity], at_least)
        upper[quantity] = min(upper[quantity], at_most)
        if np.any(lower > upper):
            return Found(table=None, is_settled=True)
        table = lower.copy()
        if len(self._unknown):
            answer = self._optimum(lower, upper, quantity, direction)
            if answer.x is None:  # 2: infeasible
                return Found(table=None, is_settled=answer.status == 2)
            table[self._unknown] = np.rint(answer.x).astype(np.int64)
            is_last = answer.status == 0
        else:
            is_last = True
        if not fits(self._system, table):
            return Found(table=None, is_settled=not len(self._unknown))
        return Found(table=table, is_settled=is_last)

    def _optimum(
        self, lower: IntArray, upper: IntArray, quantity: int, direction: int
    ) -> Any:
        """Hand one program to HiGHS."""
        from scipy.optimize import Bounds, milp

        unknown = self._unknown
        ceiling = np.where(upper >= NO_LIMIT, np.inf, upper)[unknown]
        return milp(
            np.where(unknown == quantity, float(direction), 0.0),
            constraints=self._rows,
            bounds=Bounds(lower[unknown], ceiling),
            integrality=np.ones(len(unknown), dtype=np.int64),
            options={"mip_rel_gap": 0.0, "node_limit": _NODES},
        )


def fits(system: System, table: IntArray) -> bool:
    """
    Check a table against all that is known, in whole-number arithmetic.

    Parameters
    ----------
    system
        What is known.
    table
        One whole number for each quantity, shape (n,).

    Returns
    -------
    bool
        True if limits, equations and inequalities hold.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> row = csr_array(np.array([[1, 1, -1]]))
    >>> known = System(equations=row, inequalities=csr_array((0, 3), dtype=np.int64),
    ...                lower=np.array([1, 1, 7]), upper=np.array([6, 6, 7]),
    ...                is_unimodular=True)
    >>> fits(known, np.array([2, 5, 7])), fits(known, np.array([2, 4, 7]))
    (True, False)
    """
    adds_up = not (system.equations @ table).any()
    stays = not ((system.inequalities @ table) > 0).any()
    within = np.all((system.lower <= table) & (table <= system.upper))
    return adds_up and stays and bool(within)


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
