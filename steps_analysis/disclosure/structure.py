"""Which figures of a release are one quantity, and how do the quantities add up?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array, kron
from scipy.sparse.csgraph import connected_components

from steps_analysis.disclosure.tables import Cell, Table
from steps_analysis.estimates import BoolArray, IntArray

Expansion: TypeAlias = tuple[tuple[int, int], ...]
"""A quantity as a sum of elementary counts: (number of the count, coefficient)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Structure:
    """
    The quantities of a release and the equations between them.

    Cells that are the same sum of the same elementary counts are one quantity, in
    whatever tables they stand, so one quantity can never be published in two ways.

    Attributes
    ----------
    number
        Cell to number of its quantity.
    cells
        Quantity to the cells it stands in.
    value
        Exact values, shape (n,).
    equations
        Whole coefficients of sums that are 0, shape (m, n).
    above
        Quantity to the sums, sums of sums, ... that it is a part of.
    is_unimodular
        Whether the possible integer tables have no holes: every linear optimum is one.
    """

    number: Mapping[Cell, int]
    cells: tuple[tuple[Cell, ...], ...]
    value: IntArray = field(repr=False)
    equations: csr_array
    above: tuple[frozenset[int], ...]
    is_unimodular: bool

    def where(self, cells: Iterable[Cell]) -> BoolArray:
        """
        Mark the quantities that some cells stand for.

        Parameters
        ----------
        cells
            Cells of the release.

        Returns
        -------
        numpy.ndarray
            True for those quantities, shape (n,).
        """
        mask = np.zeros(len(self.cells), dtype=np.bool_)
        mask[[self.number[cell] for cell in cells]] = True
        return mask


def structure_of(tables: Sequence[Table]) -> Structure:
    """
    Work out the quantities of some linked tables and their equations.

    Parameters
    ----------
    tables
        The tables of a release, each linked to earlier ones only.

    Returns
    -------
    Structure
        Quantities, equations and what lies above what.

    Notes
    -----
    Sets of elementary counts that split into two families, each nested (a row with its
    quarters and years; all areas with theirs), have a totally unimodular matrix [1]_:
    every linear optimum is then a whole table, and the possible values of a quantity
    are all integers between its least and greatest. Two sets that overlap without
    nesting must be in different families, so the test is whether that graph has two
    colours. A total shared by two tables is a row that changes into the union of its
    two sets when the signs of one table are turned.

    References
    ----------
    .. [1] Edmonds, J. (1970), Submodular functions, matroids, and certain polyhedra.

    Examples
    --------
    >>> import pandas as pd
    >>> from steps_analysis.disclosure.tables import table_from
    >>> counts = pd.DataFrame([[1, 2], [3, 4]], index=["A", "B"], columns=["x", "y"])
    >>> found = structure_of([table_from("t", counts)])
    >>> len(found.cells), found.is_unimodular
    (9, True)
    """
    expansions, same = _expansions(tables)
    number = _numbers(expansions, same)
    n = max(number.values(), default=-1) + 1
    cells: list[list[Cell]] = [[] for _ in range(n)]
    value = np.zeros(n, dtype=np.int64)
    for table in tables:
        for cell, count in table.values().items():
            cells[number[cell]].append(cell)
            value[number[cell]] = count
    rows = _equations(tables, number)
    return Structure(
        number=number,
        cells=tuple(tuple(group) for group in cells),
        value=value,
        equations=sparse_rows(rows, n),
        above=_above(rows, n),
        is_unimodular=_two_nested_families(expansions.values(), same),
    )


def _expansions(
    tables: Sequence[Table],
) -> tuple[dict[Cell, Expansion], list[tuple[Expansion, Expansion]]]:
    """Write every cell as a sum of elementary counts; list sums that must be equal."""
    found: dict[Cell, Expansion] = {}
    same: list[tuple[Expansion, Expansion]] = []
    n_elementary = 0
    for table in tables:
        links = {cell: _add(found, terms) for cell, terms in table.links}
        totals = dict(table.sums())
        for cell in table.cells():
            if cell in totals:
                continue
            found[cell] = links.pop(cell, ((n_elementary, 1),))
            n_elementary += found[cell] == ((n_elementary, 1),)
        for total, parts in totals.items():
            found[total] = _add(found, [(part, 1) for part in parts])
        same += [(found[cell], linked) for cell, linked in links.items()]
    return found, [(one, other) for one, other in same if one != other]


def _add(
    found: Mapping[Cell, Expansion], terms: Iterable[tuple[Cell, int]]
) -> Expansion:
    """Add the expansions of some cells."""
    total: dict[int, int] = {}
    for cell, weight in terms:
        for elementary, coefficient in found[cell]:
            total[elementary] = total.get(elementary, 0) + weight * coefficient
    return tuple(sorted((key, number) for key, number in total.items() if number))


def _numbers(
    expansions: Mapping[Cell, Expansion], same: Sequence[tuple[Expansion, Expansion]]
) -> dict[Cell, int]:
    """Give each quantity a number, in the order their first cells come."""
    keys = {key: i for i, key in enumerate(dict.fromkeys(expansions.values()))}
    for pair in same:
        for key in pair:
            keys.setdefault(key, len(keys))
    pairs = [(keys[one], keys[other]) for one, other in same]
    group = connected_components(_graph(pairs, len(keys)), directed=False)[1]
    stands = dict.fromkeys(group[keys[key]] for key in expansions.values())
    order = {label: i for i, label in enumerate(stands)}
    return {cell: order[group[keys[key]]] for cell, key in expansions.items()}


def _equations(
    tables: Sequence[Table], number: Mapping[Cell, int]
) -> list[dict[int, int]]:
    """List the sums that are 0, without repeats."""
    rows: dict[frozenset[tuple[int, int]], dict[int, int]] = {}
    for table in tables:
        sums = [(cell, [(p, 1) for p in parts]) for cell, parts in table.sums()]
        for cell, terms in [*sums, *((c, list(t)) for c, t in table.links)]:
            row: dict[int, int] = {number[cell]: -1}
            for part, weight in terms:
                row[number[part]] = row.get(number[part], 0) + weight
            row = {key: weight for key, weight in row.items() if weight}
            if row:
                rows.setdefault(frozenset(row.items()), row)
    return list(rows.values())


def sparse_rows(rows: Sequence[Mapping[int, int]], n: int) -> csr_array:
    """
    Write linear rows as a sparse matrix.

    Parameters
    ----------
    rows
        For each row, quantity to whole coefficient.
    n
        How many quantities there are.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (number of rows, n).
    """
    i = [k for k, row in enumerate(rows) for _ in row]
    j = [key for row in rows for key in row]
    weight = np.array([w for row in rows for w in row.values()], dtype=np.int64)
    return csr_array((weight, (i, j)), shape=(len(rows), n))


def _above(rows: Sequence[Mapping[int, int]], n: int) -> tuple[frozenset[int], ...]:
    """Find, for each quantity, every sum it is a part of, directly or not."""
    direct: list[set[int]] = [set() for _ in range(n)]
    for row in rows:
        for total in _totals(row):
            for part in row:
                if part != total:
                    direct[part].add(total)
    found: dict[int, frozenset[int]] = {}

    def climb(quantity: int) -> frozenset[int]:
        if quantity not in found:
            found[quantity] = frozenset()  # a circle of links ends here
            higher = [climb(total) for total in direct[quantity]]
            found[quantity] = frozenset(direct[quantity]).union(*higher)
        return found[quantity]

    return tuple(climb(quantity) for quantity in range(n))


def _totals(row: Mapping[int, int]) -> list[int]:
    """Find which member of an equation is the sum of all the others, if one is."""
    minus = [key for key, weight in row.items() if weight < 0]
    plus = [key for key, weight in row.items() if weight > 0]
    return [side[0] for side in (minus, plus) if len(side) == 1 < len(row)]


def _two_nested_families(
    expansions: Iterable[Expansion], same: Sequence[tuple[Expansion, Expansion]]
) -> bool:
    """Say whether the sets split into two families, each of them nested."""
    sets = list(dict.fromkeys([*expansions, *(one for pair in same for one in pair)]))
    if any(weight != 1 for one in sets for _, weight in one):
        return False
    members = [frozenset(elementary for elementary, _ in one) for one in sets]
    place = {one: i for i, one in enumerate(sets)}
    ends = [(place[one], place[other]) for one, other in same]
    if any(members[i] & members[j] for i, j in ends):
        return False
    if not _has_two_sides(_shared(members), _graph(ends, len(members))):
        return False
    joined = [*members, *(members[i] | members[j] for i, j in ends)]
    overlap = _shared(joined).tocoo()
    size = np.array([len(one) for one in joined])
    crosses = overlap.data < np.minimum(size[overlap.row], size[overlap.col])
    pairs = np.column_stack([overlap.row[crosses], overlap.col[crosses]])
    none = _graph([], len(joined))
    return _has_two_sides(none, _graph(pairs.tolist(), len(joined)))


def _shared(members: Sequence[frozenset[int]]) -> csr_array:
    """Count the elementary counts that each two sets share."""
    i = [k for k, one in enumerate(members) for _ in one]
    j = [elementary for one in members for elementary in one]
    matrix = csr_array((np.ones(len(i), dtype=np.int64), (i, j)))
    return csr_array(matrix @ matrix.T)


def _graph(pairs: Sequence[Sequence[int]], n: int) -> csr_array:
    """Write pairs of n nodes as a matrix."""
    i, j = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return csr_array((np.ones(len(i)), (i, j)), shape=(n, n))


def _has_two_sides(alike: csr_array, opposite: csr_array) -> bool:
    """Say whether nodes can take two sides so that only opposite ones differ."""
    one, other = np.eye(2), np.array([[0, 1], [1, 0]])
    pieces = connected_components(alike + opposite, directed=False)[0]
    doubled = kron(one, alike) + kron(other, opposite)
    return bool(connected_components(doubled, directed=False)[0] == 2 * pieces)
