"""What is one table of a release? Counts by row and column, totals and links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.disclosure.profiles import Role
from steps_analysis.errors import ArgumentError, DataError, refusal

TOTAL = "Total"
"""The label of every total that a table computes."""

Totals = Literal["both", "rows", "columns", "none"]


class Cell(NamedTuple):
    """
    Where a figure stands.

    Attributes
    ----------
    table
        Name of its table.
    row, column
        Its labels; ``"Total"`` for a total.
    """

    table: str
    row: str
    column: str


Terms: TypeAlias = tuple[tuple[Cell, int], ...]
"""A sum of cells, each with its whole coefficient."""

SumsOf: TypeAlias = Mapping[tuple[str, str], Iterable[Cell] | Mapping[Cell, int]]
"""For cells (row, column) of a new table, the cells elsewhere they are sums of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    Counts by row and column, with the totals the table computes.

    Attributes
    ----------
    name
        Name of the table.
    rows, columns
        Labels, without totals.
    counts
        The exact counts, row by row.
    row_totals
        Whether each row has a total.
    column_totals
        Whether each column has a total.
    links
        Cells of this table that are sums of cells elsewhere.
    exact
        Whether the figures are public exactly as they are, whatever the rule.
    is_published
        Whether the table is printed; if not, it is there for what is made from it.
    """

    name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...] = field(repr=False)
    row_totals: bool
    column_totals: bool
    links: tuple[tuple[Cell, Terms], ...] = ()
    exact: bool = False
    is_published: bool = True

    @property
    def shown_rows(self) -> tuple[str, ...]:
        """
        List the rows, the one of totals included.

        Returns
        -------
        tuple of str
            Labels in order.
        """
        return (*self.rows, TOTAL) if self.column_totals else self.rows

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """
        List the columns, the one of totals included.

        Returns
        -------
        tuple of str
            Labels in order.
        """
        return (*self.columns, TOTAL) if self.row_totals else self.columns

    def cells(self) -> Iterator[Cell]:
        """
        Go through all cells in reading order, totals included.

        Yields
        ------
        Cell
            One cell after another.
        """
        for row in self.shown_rows:
            for column in self.shown_columns:
                yield Cell(self.name, row, column)

    def values(self) -> dict[Cell, int]:
        """
        Give the exact count of every cell, totals included.

        Returns
        -------
        dict
            Cell to count.
        """
        grid = with_totals(np.array(self.counts, dtype=np.int64), self)
        return dict(zip(self.cells(), grid.ravel().tolist(), strict=True))

    def sums(self) -> Iterator[tuple[Cell, tuple[Cell, ...]]]:
        """
        Go through the sums the totals stand for.

        Yields
        ------
        tuple
            A total and the cells it adds up.
        """
        if self.row_totals:
            for row in self.shown_rows:
                yield self._sum(Cell(self.name, row, TOTAL), [row], self.columns)
        if self.column_totals:
            for column in self.shown_columns:
                yield self._sum(Cell(self.name, TOTAL, column), self.rows, [column])

    def _sum(
        self, total: Cell, rows: Sequence[str], columns: Sequence[str]
    ) -> tuple[Cell, tuple[Cell, ...]]:
        """Pair a total with its parts."""
        return total, tuple(Cell(self.name, r, c) for r in rows for c in columns)

    def role(self, cell: Cell) -> Role:
        """
        Tell what kind of figure a cell is, for rounding.

        Parameters
        ----------
        cell
            A cell of this table.

        Returns
        -------
        str
            ``"cell"``, ``"row_total"`` or ``"column_total"`` (the grand total too).
        """
        if self.column_totals and cell.row == TOTAL:
            return "column_total"
        return "row_total" if self.row_totals and cell.column == TOTAL else "cell"


def table_from(
    name: str,
    counts: pd.DataFrame,
    *,
    totals: Totals = "both",
    exact: bool = False,
    is_published: bool = True,
) -> Table:
    """
    Check counts at the door and make a table of them.

    Parameters
    ----------
    name
        Name of the table.
    counts
        Whole numbers of at least 0, areas in rows; labels are read as text.
    totals
        Which totals the table has. A total over a single row or column would repeat it,
        so there is none.
    exact
        Whether the figures are public exactly as they are.
    is_published
        Whether the table is printed.

    Returns
    -------
    Table
        The table, without links.

    Raises
    ------
    ArgumentError
        If `name` is empty or `totals` unknown.
    DataError
        If labels repeat or say ``"Total"``, or counts are not whole and at least 0.

    Examples
    --------
    >>> frame = pd.DataFrame({"2013": [7, 0], "2014": [3, 9]}, index=["A", "B"])
    >>> table_from("referrals", frame).values()[Cell("referrals", "A", "Total")]
    10
    """
    if not isinstance(name, str) or not name.strip():
        raise ArgumentError(refusal("name", "be a text that is not empty", name))
    if totals not in ("both", "rows", "columns", "none"):
        rule = "be one of both, rows, columns, none"
        raise ArgumentError(refusal("totals", rule, totals))
    rows, columns = _labels(counts.index), _labels(counts.columns)
    return Table(
        name=name,
        rows=rows,
        columns=columns,
        counts=_whole(counts),
        row_totals=totals in ("both", "rows") and len(columns) > 1,
        column_totals=totals in ("both", "columns") and len(rows) > 1,
        exact=exact,
        is_published=is_published,
    )


def with_totals(grid: npt.NDArray[Any], table: Table) -> npt.NDArray[Any]:
    """
    Append the totals a table has to a grid of its shape.

    Parameters
    ----------
    grid
        One number per row and column of `table`.
    table
        The table whose totals are wanted.

    Returns
    -------
    numpy.ndarray
        The grid with its totals, in the order of `Table.cells`.
    """
    if table.column_totals:
        grid = np.vstack([grid, grid.sum(axis=0)])
    if table.row_totals:
        grid = np.hstack([grid, grid.sum(axis=1, keepdims=True)])
    return grid


def _labels(index: pd.Index) -> tuple[str, ...]:
    """Read labels as text; refuse none, repeats and the word for totals."""
    labels = tuple(str(label) for label in index)
    if not labels:
        raise DataError(refusal("counts", "have rows and columns", "none"))
    if len(set(labels)) < len(labels):
        twice = sorted({label for label in labels if labels.count(label) > 1})
        raise DataError(refusal("counts", "have labels that are all different", twice))
    if TOTAL in labels:
        hint = "leave totals out: the release computes them"
        rule = f"have no label {TOTAL!r}"
        raise DataError(refusal("counts", rule, TOTAL, hint=hint))
    return labels


def _whole(counts: pd.DataFrame) -> tuple[tuple[int, ...], ...]:
    """Refuse what is no count; say how many cells, never which values."""
    numbers = counts.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        broken = ~(numbers >= 0) | (numbers != np.floor(numbers)) | (numbers > 1e5)
    if broken.any():
        rule = "hold whole numbers from 0 to 100,000, none missing"
        raise DataError(refusal("counts", rule, f"{broken.sum()} cells that do not"))
    return tuple(tuple(row) for row in numbers.astype(np.int64).tolist())


def linked(
    table: Table, sums_of: SumsOf, values: Mapping[Cell, int]
) -> tuple[tuple[Cell, Terms], ...]:
    """
    Check that the cells of a new table are the sums they are said to be.

    Parameters
    ----------
    table
        The new table.
    sums_of
        For its cells, the cells elsewhere they are sums of.
    values
        Exact counts of all cells of the earlier tables.

    Returns
    -------
    tuple
        Each linked cell with its terms.

    Raises
    ------
    DataError
        If a cell is unknown, or a sum does not hold.
    """
    own = table.values()
    found = []
    wrong = 0
    for (row, column), terms in sums_of.items():
        cell = Cell(table.name, str(row), str(column))
        weighted = terms if isinstance(terms, Mapping) else dict.fromkeys(terms, 1)
        pairs = tuple((Cell(*other), int(weight)) for other, weight in weighted.items())
        unknown = [other for other, _ in pairs if other not in values]
        unknown += [cell] if cell not in own else []
        if unknown or not pairs:
            rule = "name cells of this table and of earlier ones"
            raise DataError(
                refusal("sums_of", rule, tuple(unknown[0]) if unknown else ())
            )
        wrong += own[cell] != sum(weight * values[other] for other, weight in pairs)
        found.append((cell, pairs))
    if wrong:
        rule = "name cells that add up to those of this table"
        raise DataError(refusal("sums_of", rule, f"{wrong} sums that do not hold"))
    return tuple(found)
