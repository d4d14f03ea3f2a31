"""Which values does a walk among whole tables meet?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steps_analysis.disclosure.system import System
from steps_analysis.estimates import BoolArray, IntArray

_TRIES, _SEED = 60, 6


def met_by_walking(
    system: System, table: IntArray, quantities: Sequence[int], counts: range
) -> tuple[IntArray, IntArray, BoolArray]:
    """
    Walk among the whole tables that fit, towards some values of some quantities.

    Parameters
    ----------
    system
        What an attacker knows.
    table
        A whole table that fits, shape (n,): the truth.
    quantities
        The quantities that should have every value.
    counts
        The values.

    Returns
    -------
    tuple
        Least and greatest value met of every quantity, shape (n,), and for each of the
        values asked for whether it was met, shape (n, number of values).

    Notes
    -----
    What is met is possible; what is not met is not settled.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> row = csr_array(np.array([[1, 1, -1]]))
    >>> known = System(equations=row, inequalities=csr_array((0, 3), dtype=np.int64),
    ...                lower=np.array([1, 1, 7]), upper=np.array([9, 9, 7]),
    ...                is_unimodular=True)
    >>> met = met_by_walking(known, np.array([3, 4, 7]), [0], range(1, 6))
    >>> met[2][0].tolist()
    [True, True, True, True, True]
    """
    from steps_analysis.disclosure.walking import reach, walk_from

    small = np.zeros((len(table), counts[-1] + 1), dtype=np.bool_)
    here = np.flatnonzero(table < small.shape[1])
    small[here, table[here]] = True
    least, most = table.copy(), table.copy()
    walk = walk_from(system, table, seen=(least, most, small), seed=_SEED)
    numbers = np.array(quantities, dtype=np.int64)
    for count in sorted(counts, key=lambda v: (v not in (counts[0], counts[-1]), -v)):
        reach(walk, numbers, np.full(len(numbers), count), _TRIES)
    return least, most, small[:, counts[0] :]
