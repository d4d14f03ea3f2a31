"""How do the steps of a survival curve derive from events and numbers at risk?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest

from steps_analysis.disclosure.derived.rates import check_of_counts
from steps_analysis.disclosure.figures import Derived, Factor, Ratio, Sum
from steps_analysis.disclosure.tables import Cell, Table
from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal

SURVIVAL, WITHDRAWN = "survival", "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalSteps:
    """
    Declare a Kaplan-Meier curve: one step for each row of a table, in order of time.

    After a step the curve is the product of ``(at risk - events) / at risk`` so far
    [1]_. So the first drop times the number at risk is the number of events, and a step
    is hidden with every count up to it that is.

    Attributes
    ----------
    events, at_risk
        The columns with events at a time, and children at risk just before it.
    decimals
        Decimal places of the curve.

    References
    ----------
    .. [1] Kaplan, E. L. and Meier, P. (1958), Nonparametric estimation from incomplete
       observations. JASA 53, 457-481.

    Examples
    --------
    >>> SurvivalSteps().at_risk
    'at risk'
    """

    events: str = "events"
    at_risk: str = "at risk"
    decimals: int = 3

    def withdrawn(self, name: str, table: Table) -> Table:
        """
        Make a table of those who leave between two times without an event.

        It is not printed, but none of its counts is below 0: so events are at most what
        the numbers at risk fall by.

        Parameters
        ----------
        name
            Name of the curve.
        table
            The table of events and numbers at risk.

        Returns
        -------
        Table
            One column, linked to the events and numbers at risk.

        Raises
        ------
        ArgumentError
            If the table lacks a column.
        """
        self._check_columns(table)
        title, values = f"{name}: withdrawn", table.values()
        counts, links = [], []
        for row, later in zip_longest(table.rows, table.rows[1:]):
            terms = [(Cell(table.name, row, self.at_risk), 1)]
            terms.append((Cell(table.name, row, self.events), -1))
            if later is not None:
                terms.append((Cell(table.name, later, self.at_risk), -1))
            counts.append((sum(weight * values[cell] for cell, weight in terms),))
            links.append((Cell(title, row, WITHDRAWN), tuple(terms)))
        return Table(
            name=title,
            rows=table.rows,
            columns=(WITHDRAWN,),
            counts=tuple(counts),
            row_totals=False,
            column_totals=False,
            links=tuple(links),
            is_published=False,
        )

    def _check_columns(self, table: Table) -> None:
        """Refuse a table that lacks a column."""
        for column in (self.events, self.at_risk):
            if column not in table.columns:
                rule = f"name columns of {table.name!r}"
                hint = did_you_mean(column, table.columns)
                raise ArgumentError(refusal("how", rule, column, hint=hint))

    def derive(self, name: str, table: Table, source: Derived | None) -> Derived:
        """
        Bind the declaration to a table of events and numbers at risk.

        Parameters
        ----------
        name
            Name of the derived table.
        table
            The table, times in rows, without totals of rows.
        source
            Must be None: a curve is of counts.

        Returns
        -------
        Derived
            The curve after each time.

        Raises
        ------
        ArgumentError
            If the table lacks a column.
        """
        check_of_counts(source, "survival curves")
        self._check_columns(table)
        factors: list[Factor] = []
        figures = []
        for row in table.rows:
            risk, events = (
                Cell(table.name, row, column) for column in (self.at_risk, self.events)
            )
            factors.append(
                (Sum(terms=((risk, 1), (events, -1))), Sum(terms=((risk, 1),)))
            )
            figures.append(
                Ratio(
                    row=row,
                    column=SURVIVAL,
                    factors=tuple(factors),
                    least=Fraction(0),
                    most=Fraction(1),
                )
            )
        return Derived(
            name=name,
            of=table.name,
            kind="survival",
            rows=table.rows,
            columns=(SURVIVAL,),
            figures=tuple(figures),
            decimals=self.decimals,
        )


def with_none_below_0(withdrawn: Table) -> Table:
    """
    Refuse numbers at risk that fall by less than the events.

    Parameters
    ----------
    withdrawn
        Those who leave between two times without an event.

    Returns
    -------
    Table
        The same.

    Raises
    ------
    DataError
        If any is below 0.
    """
    n = sum(count < 0 for row in withdrawn.counts for count in row)
    if n:
        rule = "fall by at least the events from one time to the next"
        raise DataError(refusal("at_risk", rule, f"{n} times where it does not"))
    return withdrawn
