"""What is a figure that is computed from counts, and how is it printed?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any, Literal, Protocol, TypeAlias

from steps_analysis.disclosure.profiles import Profile
from steps_analysis.disclosure.tables import Cell, Table, Terms

NOT_APPLICABLE = "[z]"
"""Stands for a figure that has no meaning, such as a percentage of nothing."""

Printed: TypeAlias = float | str
"""A figure as it stands on the page: a number, a sentence or a marker."""

Decimals: TypeAlias = int | Literal["rate", "percentage"]
"""Decimal places, or whose number of them in the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """
    A sum of counts and a number.

    Attributes
    ----------
    terms
        Cells, each with its whole coefficient.
    constant
        The number.

    Examples
    --------
    >>> a = Cell("t", "A", "2013")
    >>> Sum(terms=((a, 2),), constant=Fraction(1)).value({a: 3})
    Fraction(7, 1)
    """

    terms: Terms = ()
    constant: Fraction = Fraction(0)

    def value(self, counts: Mapping[Cell, int]) -> Fraction:
        """
        Add it up.

        Parameters
        ----------
        counts
            The counts.

        Returns
        -------
        fractions.Fraction
            The sum.
        """
        return self.constant + sum(weight * counts[cell] for cell, weight in self.terms)


Factor: TypeAlias = tuple[Sum, Sum]
"""A numerator and its denominator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """
    A figure that is a ratio of sums of counts, or a product of such ratios.

    Its value is ``start + scale * numerator / denominator * …``.

    Attributes
    ----------
    row, column
        Where it stands in its own table.
    factors
        The ratios; one save for steps of a survival curve.
    scale, start
        What turns the ratio into the figure, such as per 10,000.
    least, most
        What such a figure can be at all; None for no limit. A figure beyond, computed
        from rounded counts, is not printed.

    Examples
    --------
    >>> a = Cell("t", "A", "2013")
    >>> rate = Ratio(row="A", column="2013", factors=((Sum(terms=((a, 1),)),
    ...              Sum(constant=Fraction(20_000))),), scale=Fraction(10_000))
    >>> rate.value({a: 7})
    Fraction(7, 2)
    """

    row: str
    column: str
    factors: tuple[Factor, ...]
    scale: Fraction = Fraction(1)
    start: Fraction = Fraction(0)
    least: Fraction | None = None
    most: Fraction | None = None

    @property
    def reads(self) -> tuple[Cell, ...]:
        """List the cells it is computed from."""
        sums = [one for factor in self.factors for one in factor]
        return tuple(dict.fromkeys(cell for one in sums for cell, _ in one.terms))

    def value(self, counts: Mapping[Cell, int]) -> Fraction | None:
        """
        Compute the figure, unrounded.

        Parameters
        ----------
        counts
            The counts.

        Returns
        -------
        fractions.Fraction or None
            The figure; None where a denominator is 0.
        """
        product = self.scale
        for top, bottom in self.factors:
            below = bottom.value(counts)
            if not below:
                return None
            product *= top.value(counts) / below
        return self.start + product

    def printed(
        self, counts: Mapping[Cell, int], decimals: int, marker: str
    ) -> Printed:
        """
        Compute the figure as it is printed.

        Parameters
        ----------
        counts
            The counts it is computed from.
        decimals
            Decimal places.
        marker
            What stands for a figure that is hidden.

        Returns
        -------
        float or str
            The figure, or what stands for it.
        """
        figure = self.value(counts)
        if figure is None:
            return NOT_APPLICABLE
        is_low = self.least is not None and figure < self.least
        if is_low or (self.most is not None and figure > self.most):
            return marker
        return float(rounded(figure, decimals))


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """
    A statistic that is not linear in the counts it reads.

    Attributes
    ----------
    row, column
        Where it stands in its own table.
    reads
        The cells it is computed from, in the order `compute` takes their counts.
    compute
        The statistic; a result that is not finite does not apply.

    Examples
    --------
    >>> a = Cell("t", "A", "2013")
    >>> root = Computed(row="A", column="2013", reads=(a,), compute=lambda n: n**0.5)
    >>> root.printed({a: 7}, 1, "[c]")
    2.6
    """

    row: str
    column: str
    reads: tuple[Cell, ...]
    compute: Callable[..., float] = field(repr=False)

    def printed(
        self, counts: Mapping[Cell, int], decimals: int, marker: str
    ) -> Printed:
        """
        Compute the statistic as it is printed.

        Parameters
        ----------
        counts
            The counts it is computed from.
        decimals
            Decimal places.
        marker
            Not needed: a statistic has no limits of its own.

        Returns
        -------
        float or str
            The statistic, or what stands for it.
        """
        found = float(self.compute(*(counts[cell] for cell in self.reads)))
        if found - found != 0:  # neither infinite nor missing
            return NOT_APPLICABLE
        return float(rounded(Fraction(found), decimals))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """
    A sentence that quotes counts.

    Attributes
    ----------
    row, column
        Where it stands in its own table.
    template
        The text, with a name in braces wherever a count is quoted.
    slots
        Name to the cell that is quoted.
    hidden
        The words for a hidden count; None for the marker of the rule.

    Examples
    --------
    >>> a = Cell("t", "A", "2013")
    >>> said = Wording(row="text", column="text", template="{n} referrals",
    ...                slots=(("n", a),), hidden="too few to say how many")
    >>> said.worded({a: 7}, "[c]"), said.worded({}, "[c]")
    ('7 referrals', 'too few to say how many referrals')
    """

    row: str
    column: str
    template: str
    slots: tuple[tuple[str, Cell], ...]
    hidden: str | None = None

    @property
    def reads(self) -> tuple[Cell, ...]:
        """List the cells it quotes."""
        return tuple(dict.fromkeys(cell for _, cell in self.slots))

    def worded(self, counts: Mapping[Cell, int], marker: str) -> str:
        """
        Say the sentence.

        Parameters
        ----------
        counts
            The counts that are shown.
        marker
            What stands for a hidden count where `hidden` gives no words for it.

        Returns
        -------
        str
            The sentence; a count of a thousand or more has its comma.
        """
        words = marker if self.hidden is None else self.hidden
        said = {
            name: f"{counts[cell]:,}" if cell in counts else words
            for name, cell in self.slots
        }
        return self.template.format_map(said)


Figure: TypeAlias = Ratio | Computed | Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """
    Figures computed from the counts of a release, laid out as a table.

    Attributes
    ----------
    name
        Name of the derived table.
    of
        Name of the table it reads.
    kind
        What the figures are, in a word.
    rows, columns
        The labels of its own table.
    figures
        The figures; a place without one does not apply.
    decimals
        Decimal places, or whose number of them in the rule.
    """

    name: str
    of: str
    kind: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    figures: tuple[Figure, ...] = field(repr=False)
    decimals: Decimals = "rate"

    def places(self, profile: Profile) -> int:
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
        if self.decimals == "rate":
            return profile.rate_decimals
        if self.decimals == "percentage":
            return profile.percentage_decimals
        return self.decimals


class How(Protocol):
    """How figures derive from a table: what every kind of `add_derived` can do."""

    def derive(self, name: str, table: Table, source: Derived | None) -> Derived:
        """
        Bind a declaration to a table of a release.

        Parameters
        ----------
        name
            Name of the derived table.
        table
            The table of counts it reads.
        source
            The derived table it reads, where it reads one rather than the counts.

        Returns
        -------
        Derived
            The figures to be computed.
        """


def rounded(figure: Fraction, decimals: int) -> Fraction:
    """
    Round a figure as it is printed, halves up.

    Parameters
    ----------
    figure
        The figure.
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


def grid_of(table: Table) -> Iterator[tuple[Cell, str, str]]:
    """
    Go through the cells of a table with their labels, totals included.

    Parameters
    ----------
    table
        A table of counts.

    Yields
    ------
    tuple
        Cell, row and column.
    """
    for cell in table.cells():
        yield cell, cell.row, cell.column


def figure_dict(figure: Figure) -> dict[str, Any]:
    """
    Describe how one figure derives from counts, ready for JSON.

    Parameters
    ----------
    figure
        The figure.

    Returns
    -------
    dict
        Where it stands and what it reads; for ratios also how.
    """
    said: dict[str, Any] = {"row": figure.row, "column": figure.column}
    if not isinstance(figure, Ratio):
        return said | {"reads": [list(cell) for cell in figure.reads]}
    factors = [[_sum_list(top), _sum_list(bottom)] for top, bottom in figure.factors]
    said |= {"ratio": factors, "scale": str(figure.scale)}
    said |= {} if figure.least is None else {"least": str(figure.least)}
    return said | ({"start": str(figure.start)} if figure.start else {})


def _sum_list(one: Sum) -> list[Any]:
    """Write a sum as a list: cells with their coefficients, the number last."""
    return [*([*cell, weight] for cell, weight in one.terms), str(one.constant)]
