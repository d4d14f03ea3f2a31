"""How does a change between two columns derive from counts?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from steps_analysis.disclosure.derived.rates import check_of_counts
from steps_analysis.disclosure.figures import Derived, Ratio, Sum
from steps_analysis.disclosure.tables import Cell, Table
from steps_analysis.errors import ArgumentError, did_you_mean, refusal

CHANGE, CHANGE_PER_CENT = "change", "change in per cent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    Declare the change from one column to another, as a number and in per cent.

    Attributes
    ----------
    from_column, to_column
        The columns, such as two years; a total may be one.

    Examples
    --------
    >>> Difference(from_column="2013", to_column="2014").to_column
    '2014'
    """

    from_column: str
    to_column: str

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
            Must be None: changes are of counts.

        Returns
        -------
        Derived
            For each row the change and the change in per cent.

        Raises
        ------
        ArgumentError
            If the table has no such column, or both are the same.
        """
        check_of_counts(source, "changes")
        for column in (self.from_column, self.to_column):
            if column not in table.shown_columns:
                rule = f"name columns of {table.name!r}"
                hint = did_you_mean(column, table.shown_columns)
                raise ArgumentError(refusal("how", rule, column, hint=hint))
        if self.from_column == self.to_column:
            rule = "name two different columns"
            raise ArgumentError(refusal("how", rule, self.to_column))
        return Derived(
            name=name,
            of=table.name,
            kind="difference",
            rows=table.shown_rows,
            columns=(CHANGE, CHANGE_PER_CENT),
            figures=tuple(self._changes(table)),
            decimals="percentage",
        )

    def _changes(self, table: Table) -> Iterator[Ratio]:
        """Give both changes of each row."""
        for row in table.shown_rows:
            before = Cell(table.name, row, self.from_column)
            change = Sum(
                terms=((Cell(table.name, row, self.to_column), 1), (before, -1))
            )
            whole = Sum(constant=Fraction(1))
            yield Ratio(row=row, column=CHANGE, factors=((change, whole),))
            yield Ratio(
                row=row,
                column=CHANGE_PER_CENT,
                factors=((change, Sum(terms=((before, 1),))),),
                scale=Fraction(100),
                least=Fraction(-100),
            )
