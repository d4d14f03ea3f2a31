"""How do rates and percentages derive from counts?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import pandas as pd

from steps_analysis.disclosure.figures import Derived, Figure, Ratio, Sum, grid_of
from steps_analysis.disclosure.tables import TOTAL, Cell, Table, with_totals
from steps_analysis.errors import ArgumentError, DataError, refusal

Base = Literal["row", "column", "all"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rate:
    """
    Declare a rate: each count per so many of its denominator.

    Attributes
    ----------
    denominator
        Public exposure: by row (the same for every column), or by row and column; above
        0. Exposures of totals are sums, so a rate over five years is per person-year.
    per
        Per how many.

    Examples
    --------
    >>> Rate(denominator=pd.Series({"A": 22_500.0})).per
    10000
    """

    denominator: pd.Series[float] | pd.DataFrame
    per: int = 10_000

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
            Must be None: rates are of counts.

        Returns
        -------
        Derived
            A rate per cell.

        Raises
        ------
        ArgumentError
            If `per` is below 1.
        DataError
            If a denominator is missing or not above 0.
        """
        if isinstance(self.per, bool) or not isinstance(self.per, int) or self.per < 1:
            raise ArgumentError(
                refusal("per", "be a whole number, at least 1", self.per)
            )
        check_of_counts(source, "rates")
        exposures = self._exposures(table)
        figures = [
            Ratio(
                row=row,
                column=column,
                factors=((_one(cell), Sum(constant=Fraction(exposure))),),
                scale=Fraction(self.per),
            )
            for (cell, row, column), exposure in zip(
                grid_of(table), exposures, strict=True
            )
        ]
        return like(table, name, "rate", figures, "rate")

    def _exposures(self, table: Table) -> list[float]:
        """Line exposures up with the cells of a table."""
        given, columns = self.denominator, table.columns
        wide = given.to_frame(columns[0]) if isinstance(given, pd.Series) else given
        wide = wide.set_axis(wide.index.map(str), axis=0).set_axis(
            wide.columns.map(str), axis=1
        )
        wanted = columns[:1] if isinstance(given, pd.Series) else columns
        aligned = wide.reindex(index=list(table.rows), columns=list(wanted))
        grid = aligned.to_numpy(dtype=np.float64)
        if not np.all(np.isfinite(grid) & (grid > 0)):
            n = int((~(grid > 0)).sum())
            rule = "be above 0 for every row and column of the table"
            raise DataError(refusal("denominator", rule, f"{n} missing or not above 0"))
        full = with_totals(
            np.broadcast_to(grid, (len(table.rows), len(columns))), table
        )
        found: list[float] = full.ravel().tolist()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentage:
    """
    Declare a percentage: each count as a share of a total of its table.

    Attributes
    ----------
    of
        The base: the total of its ``"row"``, of its ``"column"``, or of ``"all"``.

    Examples
    --------
    >>> Percentage(of="row").of
    'row'
    """

    of: Base = "row"

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
            Must be None: percentages are of counts.

        Returns
        -------
        Derived
            A percentage per cell.

        Raises
        ------
        ArgumentError
            If `of` is unknown, or a total that the table has not.
        """
        if self.of not in ("row", "column", "all"):
            rule = "be Percentage(of='row', 'column' or 'all')"
            raise ArgumentError(refusal("how", rule, self.of))
        check_of_counts(source, "percentages")
        needs_rows, needs_columns = self.of != "column", self.of != "row"
        if (needs_rows > table.row_totals) or (needs_columns > table.column_totals):
            rule = f"be a share of totals that table {table.name!r} has"
            raise ArgumentError(refusal("how", rule, self.of))
        return like(table, name, "percentage", self._shares(table), "percentage")

    def _shares(self, table: Table) -> Iterator[Figure]:
        """Give each cell its share."""
        for cell, row, column in grid_of(table):
            over = {
                "row": Cell(table.name, row, TOTAL),
                "column": Cell(table.name, TOTAL, column),
                "all": Cell(table.name, TOTAL, TOTAL),
            }
            yield share(row, column, _one(cell), _one(over[self.of]))


def share(row: str, column: str, part: Sum, whole: Sum) -> Ratio:
    """
    Make a percentage of a part in a whole.

    Parameters
    ----------
    row, column
        Where it stands.
    part, whole
        The two sums.

    Returns
    -------
    Ratio
        The percentage, from 0 to 100.
    """
    return Ratio(
        row=row,
        column=column,
        factors=((part, whole),),
        scale=Fraction(100),
        most=Fraction(100),
    )


def like(
    table: Table,
    name: str,
    kind: str,
    figures: Iterator[Figure] | list[Ratio],
    decimals: Literal["rate", "percentage"] | int,
) -> Derived:
    """
    Lay figures out in the shape of the table they are computed from.

    Parameters
    ----------
    table
        The table.
    name
        Name of the derived table.
    kind
        What the figures are.
    figures
        One for each cell.
    decimals
        Decimal places, or whose number of them in the rule.

    Returns
    -------
    Derived
        The derived table.
    """
    return Derived(
        name=name,
        of=table.name,
        kind=kind,
        rows=table.shown_rows,
        columns=table.shown_columns,
        figures=tuple(figures),
        decimals=decimals,
    )


def check_of_counts(source: Derived | None, what: str) -> None:
    """
    Refuse figures of figures where only figures of counts make sense.

    Parameters
    ----------
    source
        The derived table that was named, None where it was a table of counts.
    what
        What the figures are.

    Raises
    ------
    ArgumentError
        If a derived table was named.
    """
    if source is not None:
        rule = f"name a table of counts for {what}"
        raise ArgumentError(refusal("of", rule, source.name))


def _one(cell: Cell) -> Sum:
    """Take a cell as it is."""
    return Sum(terms=((cell, 1),))
