"""Which possible tables has an attacker seen? The values each quantity had in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from steps_analysis.disclosure.system import NO_LIMIT, System
from steps_analysis.estimates import IntArray

if TYPE_CHECKING:
    from steps_analysis.disclosure.walking import Walk

CHECKED_UP_TO = 25
"""Where a release may have holes, values up to this are looked at one by one."""

WALKS_FROM = 400
"""With this many unknown quantities it pays to compile the walk."""

_SEED = 1


class Seen:
    """
    What an attacker has seen of the possible tables of one system.

    Parameters
    ----------
    system
        What is known, with limits tightened.

    Attributes
    ----------
    lower, upper
        Least and greatest value seen of each quantity, shape (n,); `NO_LIMIT` and -1
        before any table was seen.
    small
        Which values up to `CHECKED_UP_TO` were seen of each quantity.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> row = csr_array(np.array([[1, 1, -1]]))
    >>> known = System(equations=row, inequalities=csr_array((0, 3), dtype=np.int64),
    ...                lower=np.array([1, 1, 7]), upper=np.array([6, 6, 7]),
    ...                is_unimodular=True)
    >>> seen = Seen(known)
    >>> seen.note(np.array([2, 5, 7]))
    >>> seen.has(0, 2), seen.has(0, 3)
    (True, False)
    """

    def __init__(self, system: System) -> None:
        n = len(system.lower)
        self.lower = np.full(n, NO_LIMIT)
        self.upper = np.full(n, -1)
        self.small = np.zeros((n, CHECKED_UP_TO + 1), dtype=np.bool_)
        self._system = system
        self._table: IntArray | None = None
        self._walk: Walk | None = None

    @property
    def table(self) -> IntArray | None:
        """
        Give the first whole table that was seen.

        Returns
        -------
        numpy.ndarray or None
            Shape (n,); None before any was.
        """
        return self._table

    def note(self, table: IntArray) -> None:
        """
        Remember a table.

        Parameters
        ----------
        table
            A whole table that fits, shape (n,).
        """
        np.minimum(self.lower, table, out=self.lower)
        np.maximum(self.upper, table, out=self.upper)
        small = np.flatnonzero(table <= CHECKED_UP_TO)
        self.small[small, table[small]] = True
        self._table = table if self._table is None else self._table

    def has(self, quantity: int, count: int) -> bool:
        """
        Say whether a quantity was seen to have a value.

        Parameters
        ----------
        quantity
            Its number.
        count
            The value.

        Returns
        -------
        bool
            True if some table seen has it; of values beyond `CHECKED_UP_TO` only the
            least and the greatest are remembered.
        """
        if 0 <= count <= CHECKED_UP_TO:
            return bool(self.small[quantity, count])
        return count in (self.lower[quantity], self.upper[quantity])

    def reach(self, quantities: IntArray, counts: IntArray, tries: int) -> None:
        """
        Walk from table to table to see values not seen yet.

        Parameters
        ----------
        quantities, counts
            What to see, shape (k,).
        tries
            How many failures in a row give one of them up.
        """
        walk = self._ready()
        if walk is not None and len(quantities):
            from steps_analysis.disclosure.walking import reach

            reach(walk, quantities, counts, tries)

    def _ready(self) -> Walk | None:
        """Make ready to walk, where that pays and there is a table to start from."""
        if self._walk is None and self._table is not None:
            if (self._system.lower < self._system.upper).sum() < WALKS_FROM:
                return None
            from steps_analysis.disclosure.walking import walk_from

            self._walk = walk_from(
                self._system,
                self._table,
                seen=(self.lower, self.upper, self.small),
                seed=_SEED,
            )
        return self._walk
