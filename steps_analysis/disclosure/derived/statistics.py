"""How does a statistic that is not linear go with the counts it reads?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from steps_analysis.disclosure.derived.rates import check_of_counts, like
from steps_analysis.disclosure.figures import Computed, Derived
from steps_analysis.disclosure.tables import Cell, Table
from steps_analysis.errors import ArgumentError, refusal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statistic:
    """
    Declare a statistic, such as a Byar limit, a shrunken rate or a p-value.

    It goes with the cells it reads: it is shown only where all of them are, and then
    computed from the counts as they are published.

    Attributes
    ----------
    compute
        The statistic of some counts, one argument each; a result that is not finite
        does not apply.
    reads
        Row and column of the figure to the cells (row, column) it reads; None for one
        figure of each cell.
    decimals
        Decimal places.

    Examples
    --------
    >>> Statistic(compute=lambda count: count**0.5).decimals
    1
    """

    compute: Callable[..., float]
    reads: Mapping[tuple[str, str], Sequence[tuple[str, str]]] | None = None
    decimals: int = 1

    def derive(self, name: str, table: Table, source: Derived | None) -> Derived:
        """
        Bind the declaration to a table.

        Parameters
        ----------
        name
            Name of the derived table.
        table
            The table it reads.
        source
            Must be None: statistics are of counts.

        Returns
        -------
        Derived
            The statistics.

        Raises
        ------
        ArgumentError
            If `compute` cannot be called, or a cell is unknown.
        """
        check_of_counts(source, "statistics")
        if not callable(self.compute):
            raise ArgumentError(refusal("compute", "be a function", self.compute))
        known = set(table.cells())
        reads = self.reads or {(c.row, c.column): [(c.row, c.column)] for c in known}
        figures = []
        for (row, column), places in reads.items():
            cells = tuple(Cell(table.name, *place) for place in places)
            for cell in cells:
                if cell not in known:
                    rule = f"name cells of {table.name!r}"
                    raise ArgumentError(refusal("reads", rule, tuple(cell)[1:]))
            figures.append(
                Computed(row=row, column=column, reads=cells, compute=self.compute)
            )
        if self.reads is None:
            order = {(c.row, c.column): i for i, c in enumerate(table.cells())}
            figures.sort(key=lambda one: order[one.row, one.column])
            return like(table, name, "statistic", iter(figures), self.decimals)
        return Derived(
            name=name,
            of=table.name,
            kind="statistic",
            rows=tuple(dict.fromkeys(row for row, _ in reads)),
            columns=tuple(dict.fromkeys(column for _, column in reads)),
            figures=tuple(figures),
            decimals=self.decimals,
        )
