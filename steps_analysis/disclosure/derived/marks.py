"""How do the marks of a chart derive from counts?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from steps_analysis.disclosure.derived.rates import like
from steps_analysis.disclosure.figures import Derived, Ratio, Sum, grid_of
from steps_analysis.disclosure.tables import Table
from steps_analysis.errors import ArgumentError, refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """
    Declare the marks of a chart: where each count, rate or percentage is drawn.

    A reader can measure a mark as finely as its file stores it, so what a mark tells is
    the position ``start + per_unit * figure`` to so many decimals.

    Attributes
    ----------
    per_unit
        Pixels, or other units of the drawing, per 1 of what is drawn; not 0. Negative
        where the axis points down the page.
    start
        The position of 0.
    decimals
        Decimal places of positions in the file.

    Examples
    --------
    >>> Marks(per_unit=12.5, start=400).decimals
    3
    """

    per_unit: float = 1.0
    start: float = 0.0
    decimals: int = 3

    def derive(self, name: str, table: Table, source: Derived | None) -> Derived:
        """
        Bind the declaration to a table of counts, or to rates or percentages.

        Parameters
        ----------
        name
            Name of the derived table.
        table
            The table of counts.
        source
            The rates or percentages that are drawn; None where counts are.

        Returns
        -------
        Derived
            A position per figure.

        Raises
        ------
        ArgumentError
            If `per_unit` is 0 or no number, or what is drawn is no count and no ratio.
        """
        scale, start = _number("per_unit", self.per_unit), _number("start", self.start)
        if not scale:
            raise ArgumentError(refusal("per_unit", "not be 0", self.per_unit))
        figures = list(_of_counts(table)) if source is None else list(_of(source))
        drawn = [
            replace(
                figure,
                scale=figure.scale * scale,
                start=start + figure.start * scale,
                least=None,
                most=None,
            )
            for figure in figures
        ]
        if source is None:
            return like(table, name, "marks", drawn, self.decimals)
        return replace(
            source,
            name=name,
            kind="marks",
            figures=tuple(drawn),
            decimals=self.decimals,
        )


def _of_counts(table: Table) -> Iterator[Ratio]:
    """Take each count as it is."""
    whole = Sum(constant=Fraction(1))
    for cell, row, column in grid_of(table):
        yield Ratio(row=row, column=column, factors=((Sum(terms=((cell, 1),)), whole),))


def _of(source: Derived) -> Iterator[Ratio]:
    """Take each figure of a derived table."""
    for figure in source.figures:
        if not isinstance(figure, Ratio):
            rule = "be drawn from counts, rates, percentages, changes or survival"
            raise ArgumentError(refusal("of", rule, source.kind))
        yield figure


def _number(name: str, given: float) -> Fraction:
    """Refuse what is no finite number."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ArgumentError(refusal(name, "be a number", given))
    if given - given != 0:
        raise ArgumentError(refusal(name, "be finite", given))
    return Fraction(str(given))
