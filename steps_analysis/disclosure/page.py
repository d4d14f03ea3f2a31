"""What stands on the page? Every figure of a release as it is printed, and no other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from steps_analysis.disclosure.figures import (
    NOT_APPLICABLE,
    Derived,
    count_limits,
    rounded,
    share_rows,
)
from steps_analysis.disclosure.profiles import Profile
from steps_analysis.disclosure.structure import Structure, sparse_rows, structure_of
from steps_analysis.disclosure.system import (
    Reading,
    System,
    reading_of,
    system_of,
    tighten,
)
from steps_analysis.disclosure.tables import Cell, Table
from steps_analysis.estimates import BoolArray

Printed: TypeAlias = int | str
"""A figure as it stands in a table: a whole number, or the marker of the rule."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Page:
    """
    The figures of a release under a rule and a pattern of hidden cells.

    Attributes
    ----------
    profile
        The rule.
    structure
        The quantities and their equations.
    reading
        How each quantity looks where it is shown.
    hidden
        Which quantities carry the marker, shape (n,).
    withheld
        Which are not published at all, shape (n,).
    hides_zeros
        Whether zeros beneath a hidden total are hidden with it.
    """

    profile: Profile
    structure: Structure
    reading: Reading
    hidden: BoolArray
    withheld: BoolArray
    hides_zeros: bool

    def printed(self, cell: Cell) -> Printed:
        """
        Read one count off the page.

        Parameters
        ----------
        cell
            Where it stands.

        Returns
        -------
        int or str
            The number as it is printed, or the marker.
        """
        quantity = self.structure.number[cell]
        if self.hidden[quantity] or self.withheld[quantity]:
            return self.profile.marker
        return int(self.reading.shown[quantity])

    def system(self) -> System:
        """
        Write down what an outsider can read off the counts.

        Returns
        -------
        System
            Limits of every quantity, and how they add up.
        """
        return system_of(
            self.structure,
            self.reading,
            self.hidden,
            withheld=self.withheld,
            hides_zeros=self.hides_zeros,
        )

    def figures(self, derived: Derived) -> dict[Cell, float | str]:
        """
        Read rates or percentages off the page.

        They are computed from what an outsider knows: a rounded total counts exactly
        where the figures shown settle it, and as printed elsewhere. So they never say
        more than the counts. A figure goes with the hidden cell it reads, and so does a
        share of a total that was rounded to less than its part.

        Parameters
        ----------
        derived
            The figures.

        Returns
        -------
        dict
            Cell of the source table to the figure or a marker.
        """
        tight = tighten(self.system())
        settled = tight.lower == tight.upper
        counts = np.where(settled, tight.lower, self.reading.shown)
        decimals = derived.decimals(self.profile)
        found: dict[Cell, float | str] = {}
        for cell, numbers, base in self._sources(derived):
            if (self.hidden | self.withheld)[numbers].any():
                found[cell] = self.profile.marker
                continue
            known = counts[numbers].tolist()
            figure = derived.value(known[0], known[-1] if base is None else base)
            if figure is None:
                found[cell] = NOT_APPLICABLE
            elif base is None and figure > derived.per:
                found[cell] = self.profile.marker
            else:
                found[cell] = float(rounded(figure, decimals))
        return found

    def _sources(
        self, derived: Derived
    ) -> Iterable[tuple[Cell, list[int], float | None]]:
        """Go through the figures: cell, quantities read, exposure of a rate."""
        exposure = dict(derived.denominators)
        for cell in self.structure.number:
            if cell.table == derived.of:
                numbers = [self.structure.number[read] for read in derived.reads(cell)]
                yield cell, numbers, exposure.get(cell)

    def naive_figures(self, derived: Derived) -> dict[Cell, float | str]:
        """
        Compute all rates or percentages from exact counts, hidden or not.

        Parameters
        ----------
        derived
            The figures.

        Returns
        -------
        dict
            Cell of the source table to the figure.
        """
        decimals = derived.decimals(self.profile)
        return {
            cell: NOT_APPLICABLE if figure is None else float(rounded(figure, decimals))
            for cell, _, figure, _ in self._naive(derived)
        }

    def _naive(
        self, derived: Derived
    ) -> Iterable[tuple[Cell, list[int], Fraction | None, float | None]]:
        """Go through figures computed from exact counts."""
        for cell, numbers, base in self._sources(derived):
            counts = self.structure.value[numbers].tolist()
            figure = derived.value(counts[0], counts[-1] if base is None else base)
            yield cell, numbers, figure, base

    def naive_system(self, derived: Iterable[Derived]) -> System:
        """
        Add to an outsider's knowledge figures that were computed from exact counts.

        Parameters
        ----------
        derived
            The rates and percentages shown.

        Returns
        -------
        System
            What an outsider can read off counts and figures together.
        """
        system = self.system()
        lower, upper = system.lower.copy(), system.upper.copy()
        rows: list[Mapping[int, int]] = []
        for one in derived:
            decimals = one.decimals(self.profile)
            for _, numbers, figure, base in self._naive(one):
                if figure is None:
                    continue
                printed, first = rounded(figure, decimals), numbers[0]
                if base is None:
                    rows += share_rows(printed, decimals, first, numbers[-1])
                    continue
                per_count = Fraction(one.per) / Fraction(base)
                least, most = count_limits(printed, decimals, per_count)
                lower[first] = max(lower[first], least)
                upper[first] = min(upper[first], most)
        matrix = sparse_rows(rows, len(lower))
        return replace(
            system,
            lower=lower,
            upper=upper,
            inequalities=matrix,
            is_unimodular=system.is_unimodular and not rows,
        )


def page_of(
    tables: Sequence[Table],
    profile: Profile,
    *,
    hidden: Collection[Cell] = (),
    withheld: Collection[str] = (),
    hides_zeros: bool,
) -> Page:
    """
    Lay out a release under a rule and a pattern.

    Parameters
    ----------
    tables
        The tables.
    profile
        The rule.
    hidden
        The cells that carry the marker.
    withheld
        The tables that are not published.
    hides_zeros
        Whether zeros beneath a hidden total are hidden with it.

    Returns
    -------
    Page
        The figures as they are printed.
    """
    structure = structure_of(tables)
    n = len(structure.cells)
    bases = np.ones(n, dtype=np.int64)
    is_public, appears = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for table in tables:
        for cell in table.cells():
            quantity = structure.number[cell]
            bases[quantity] = max(bases[quantity], profile.base(table.role(cell)))
            is_public[quantity] |= table.exact
            appears[quantity] |= table.name not in withheld
    reading = reading_of(structure, profile, bases, is_public)
    reading = replace(reading, is_small=reading.is_small & appears)
    return Page(
        profile=profile,
        structure=structure,
        reading=reading,
        hidden=structure.where(hidden) & appears,
        withheld=~appears,
        hides_zeros=hides_zeros,
    )
