"""Which tables fit statistics that are not linear? All of them, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from steps_analysis.disclosure.attack import Attack, Possible
from steps_analysis.disclosure.figures import Computed, Derived
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.system import NO_LIMIT, System, tighten
from steps_analysis.estimates import BoolArray, IntArray

MOST_TABLES = 200_000
"""So many tables are listed at most."""


class Attacking(Protocol):
    """Anyone who can say which values of a quantity remain possible."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listed:
    """
    An attacker who has listed every table that fits.

    Attributes
    ----------
    tables
        The tables, shape (number of tables, n).

    Examples
    --------
    >>> str(Listed(tables=np.array([[1, 6], [3, 4]])).possible(0))
    '1, 3'
    """

    tables: IntArray = field(repr=False)

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
        values = np.unique(self.tables[:, quantity]).tolist()
        holes = frozenset(range(values[0], values[-1])).difference(values)
        return Possible(lower=values[0], upper=values[-1], excluded=holes)


def every_table(system: System, *, most: int = MOST_TABLES) -> IntArray | None:
    """
    List every whole table that agrees with what is known.

    Parameters
    ----------
    system
        What is known.
    most
        How many tables, or beginnings of one, may be held at once.

    Returns
    -------
    numpy.ndarray or None
        Shape (number of tables, n); None if there are too many, or some quantity has no
        upper limit.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> row = csr_array(np.array([[1, 1, -1]]))
    >>> known = System(equations=row, inequalities=csr_array((0, 3), dtype=np.int64),
    ...                lower=np.array([1, 1, 4]), upper=np.array([9, 9, 4]),
    ...                is_unimodular=True)
    >>> every_table(known).tolist()
    [[1, 3, 4], [2, 2, 4], [3, 1, 4]]
    """
    tight = tighten(system)
    if np.any(tight.upper >= NO_LIMIT):
        return None
    begun = tight.lower[None, :].copy()
    ends = np.stack([tight.lower, tight.upper])
    for quantity in np.flatnonzero(tight.lower < tight.upper):
        choices = np.arange(tight.lower[quantity], tight.upper[quantity] + 1)
        if len(begun) * len(choices) > most:
            return None
        begun = np.repeat(begun, len(choices), axis=0)
        begun[:, quantity] = np.tile(choices, len(begun) // len(choices))
        ends[:, quantity] = 0
        begun = begun[_may_fit(tight, begun, ends)]
    return begun


def _may_fit(system: System, begun: IntArray, ends: IntArray) -> BoolArray:
    """Say which beginnings may still fit, whatever the rest is within its limits."""
    is_open = ends[0] < ends[1]
    fits = np.ones(len(begun), dtype=np.bool_)
    for matrix, is_equation in ((system.equations, True), (system.inequalities, False)):
        if not matrix.shape[0]:
            continue
        dense = matrix.toarray()
        settled = begun[:, ~is_open] @ dense[:, ~is_open].T
        weights, limits = dense[:, is_open], ends[:, is_open]
        least = np.minimum(weights * limits[0], weights * limits[1]).sum(axis=1)
        most = np.maximum(weights * limits[0], weights * limits[1]).sum(axis=1)
        fits &= (settled + least <= 0).all(axis=1)
        if is_equation:
            fits &= (settled + most >= 0).all(axis=1)
    return fits


def with_statistics(
    attack: Attack, page: Page, statistics: Sequence[Derived]
) -> tuple[Attacking, tuple[str, ...]]:
    """
    Let an outsider use statistics that were computed from exact counts.

    Parameters
    ----------
    attack
        The outsider without them.
    page
        The release as printed.
    statistics
        Tables of statistics.

    Returns
    -------
    attack : Attack or Listed
        The outsider with them, where all tables that fit can be listed.
    untested : tuple of str
        Names of the tables of statistics, where they cannot.
    """
    if not statistics:
        return attack, ()
    tables = every_table(attack.system)
    if tables is None:
        return attack, tuple(one.name for one in statistics)
    for one in statistics:
        printed = page.naive_figures(one)
        for figure in one.figures:
            if isinstance(figure, Computed):
                seen = printed[figure.row, figure.column]
                tables = tables[_prints(figure, tables, page, one, seen)]
    return Listed(tables=tables), ()


def _prints(
    figure: Computed, tables: IntArray, page: Page, derived: Derived, seen: object
) -> BoolArray:
    """Say for which tables a statistic would be printed as it was seen."""
    places, marker = derived.places(page.profile), page.profile.marker
    numbers = [page.structure.number[cell] for cell in figure.reads]
    distinct, which = np.unique(tables[:, numbers], axis=0, return_inverse=True)
    counts = [dict(zip(figure.reads, row, strict=True)) for row in distinct.tolist()]
    same = [figure.printed(one, places, marker) == seen for one in counts]
    return np.array(same, dtype=np.bool_)[which.ravel()]
