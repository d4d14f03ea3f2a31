"""Which figures are computed from counts? Rates, percentages, and what they tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from steps_analysis.disclosure.profiles import Profile
from steps_analysis.disclosure.tables import TOTAL, Cell, Table, with_totals
from steps_analysis.errors import ArgumentError, DataError, refusal

Base = Literal["row", "column", "all"]

NOT_APPLICABLE = "[z]"
"""Stands for a percentage of nothing."""


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


How: TypeAlias = Rate | Percentage


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """
    Figures computed from one table, cell by cell.

    Attributes
    ----------
    name
        Name of the derived table.
    of
        Name of the table it reads.
    per
        Per how many: 100 for percentages.
    base
        None for a rate; for a percentage, which total it is a share of.
    denominators
        Exposure of each cell of a rate.
    """

    name: str
    of: str
    per: int
    base: Base | None = None
    denominators: tuple[tuple[Cell, float], ...] = field(default=(), repr=False)

    def reads(self, cell: Cell) -> tuple[Cell, ...]:
        """
        List the counts that one figure is computed from.

        Parameters
        ----------
        cell
            The cell of the source table that the figure stands for.

        Returns
        -------
        tuple of Cell
            The cell itself, and the total that a percentage is a share of.
        """
        totals = {
            "row": Cell(self.of, cell.row, TOTAL),
            "column": Cell(self.of, TOTAL, cell.column),
            "all": Cell(self.of, TOTAL, TOTAL),
        }
        return (cell,) if self.base is None else (cell, totals[self.base])

    def value(self, count: int, base: float) -> Fraction | None:
        """
        Compute one figure, unrounded.

        Parameters
        ----------
        count
            The count.
        base
            The exposure of a rate, or the total a percentage is a share of.

        Returns
        -------
        fractions.Fraction or None
            The figure; None for a percentage of nothing.
        """
        return Fraction(count * self.per) / Fraction(base) if base else None

    def decimals(self, profile: Profile) -> int:
        """
        Tell how many decimal places the figures have.

        Parameters
        ----------
        profile
            The rule.

        Returns
        -------
        int
            Decimal places.
        """
        return (
            profile.rate_decimals if self.base is None else profile.percentage_decimals
        )


def derived_from(name: str, table: Table, how: How) -> Derived:
    """
    Check a declaration at the door and bind it to a table.

    Parameters
    ----------
    name
        Name of the derived table.
    table
        The table it reads.
    how
        A `Rate` or a `Percentage`.

    Returns
    -------
    Derived
        The figures to be computed.

    Raises
    ------
    ArgumentError
        If `how` is neither, asks for a total the table has not, or `per` is below 1.
    DataError
        If a denominator is missing or not above 0.
    """
    if isinstance(how, Rate):
        if isinstance(how.per, bool) or not isinstance(how.per, int) or how.per < 1:
            raise ArgumentError(
                refusal("per", "be a whole number, at least 1", how.per)
            )
        return Derived(
            name=name, of=table.name, per=how.per, denominators=_exposures(table, how)
        )
    if not isinstance(how, Percentage) or how.of not in ("row", "column", "all"):
        rule = "be Rate(denominator=…) or Percentage(of='row', 'column' or 'all')"
        raise ArgumentError(refusal("how", rule, type(how).__name__))
    needs_rows, needs_columns = how.of != "column", how.of != "row"
    if (needs_rows > table.row_totals) or (needs_columns > table.column_totals):
        rule = f"be a share of totals that table {table.name!r} has"
        raise ArgumentError(refusal("how", rule, how.of))
    return Derived(name=name, of=table.name, per=100, base=how.of)


def _exposures(table: Table, how: Rate) -> tuple[tuple[Cell, float], ...]:
    """Line exposures up with the cells of a table."""
    given = how.denominator
    wide = given.to_frame(table.columns[0]) if isinstance(given, pd.Series) else given
    wide = wide.set_axis(wide.index.map(str), axis=0).set_axis(
        wide.columns.map(str), axis=1
    )
    columns = table.columns[:1] if isinstance(given, pd.Series) else table.columns
    aligned = wide.reindex(index=list(table.rows), columns=list(columns))
    grid = aligned.to_numpy(dtype=np.float64)
    if not np.all(np.isfinite(grid) & (grid > 0)):
        n = int((~(grid > 0)).sum())
        rule = "be above 0 for every row and column of the table"
        raise DataError(refusal("denominator", rule, f"{n} missing or not above 0"))
    shape = (len(table.rows), len(table.columns))
    full = with_totals(np.broadcast_to(grid, shape), table)
    return tuple(zip(table.cells(), full.ravel().tolist(), strict=True))


def rounded(figure: Fraction, decimals: int) -> Fraction:
    """
    Round a figure as it is printed, halves up.

    Parameters
    ----------
    figure
        At least 0.
    decimals
        Decimal places.

    Returns
    -------
    fractions.Fraction
        The printed figure, exactly.

    Examples
    --------
    >>> float(rounded(Fraction(1, 8), 2))
    0.13
    """
    scale = 10**decimals
    return Fraction(floor(figure * scale + Fraction(1, 2)), scale)


def count_limits(
    figure: Fraction, decimals: int, per_count: Fraction
) -> tuple[int, int]:
    """
    Tell which counts a printed rate leaves possible.

    Parameters
    ----------
    figure
        The printed rate.
    decimals
        Its decimal places.
    per_count
        The rate that a count of 1 would have, above 0.

    Returns
    -------
    tuple of int
        Least and greatest count.

    Notes
    -----
    Both ends of the rounding interval are granted, whatever way halves are rounded.

    Examples
    --------
    A rate of 0.9 per 10,000 among 35,000 can only be a count of 3.

    >>> count_limits(Fraction("0.9"), 1, Fraction(10_000, 35_000))
    (3, 3)
    """
    half = Fraction(1, 2 * 10**decimals)
    least, most = (figure - half) / per_count, (figure + half) / per_count
    return max(0, ceil(least)), floor(most)


def share_rows(
    figure: Fraction, decimals: int, count: int, total: int
) -> Iterator[Mapping[int, int]]:
    """
    Write a printed percentage as two sums that are at most 0.

    Parameters
    ----------
    figure
        The printed percentage.
    decimals
        Its decimal places.
    count, total
        Numbers of the two quantities.

    Yields
    ------
    dict
        Quantity to whole coefficient.

    Examples
    --------
    >>> list(share_rows(Fraction(25), 0, 0, 1))
    [{0: 200, 1: -51}, {0: -200, 1: 49}]
    """
    scale = 2 * 10**decimals
    printed = int(figure * scale)
    if count != total:
        yield {count: 100 * scale, total: -(printed + 1)}
        yield {count: -100 * scale, total: printed - 1}
