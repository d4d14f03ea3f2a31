"""What stands on the page? Every figure of a release as it is printed, and no other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from steps_analysis.disclosure.editions import Edition
from steps_analysis.disclosure.figure_rows import Reading as Told
from steps_analysis.disclosure.figure_rows import informed
from steps_analysis.disclosure.figures import (
    Derived,
    Figure,
    Ratio,
    Wording,
)
from steps_analysis.disclosure.figures import Printed as PrintedFigure
from steps_analysis.disclosure.figures import rounded as rounded_figure
from steps_analysis.disclosure.profiles import Profile
from steps_analysis.disclosure.rounded import Rounded, as_rounded
from steps_analysis.disclosure.structure import Structure, structure_of
from steps_analysis.disclosure.system import (
    NO_LIMIT,
    Reading,
    System,
    reading_of,
    system_of,
    tighten,
)
from steps_analysis.disclosure.tables import Cell, Table
from steps_analysis.estimates import BoolArray, IntArray

Printed: TypeAlias = int | str
"""A figure as it stands in a table: a whole number, or the marker of the rule."""

Place: TypeAlias = tuple[str, str]
"""Row and column of a derived table."""


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
    was_hidden
        Which are not published now and were hidden in an earlier edition, shape (n,).
    """

    profile: Profile
    structure: Structure
    reading: Reading
    hidden: BoolArray
    withheld: BoolArray
    hides_zeros: bool
    was_hidden: BoolArray

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

    def figures(self, derived: Derived) -> dict[Place, PrintedFigure]:
        """
        Read derived figures off the page.

        They are computed from what an outsider knows: a rounded total counts exactly
        where the figures shown settle it, and as printed elsewhere. So they never say
        more than the counts. A figure goes with the hidden cells it reads, and so does
        one that rounding makes impossible, such as a share of more than all.

        Parameters
        ----------
        derived
            The figures.

        Returns
        -------
        dict
            Row and column of the derived table to the figure or a marker.
        """
        tight = tighten(self.system())
        settled = tight.lower == tight.upper
        known = np.where(settled, tight.lower, self.reading.shown)
        return {
            (figure.row, figure.column): self._figure(figure, derived, known)
            for figure in derived.figures
        }

    def _figure(
        self, figure: Figure, derived: Derived, known: IntArray
    ) -> PrintedFigure:
        """Print one figure from the counts that are shown."""
        number, marker = self.structure.number, self.profile.marker
        shown = [
            cell
            for cell in figure.reads
            if not (self.hidden | self.withheld)[number[cell]]
        ]
        if isinstance(figure, Wording):
            as_printed = {c: int(self.reading.shown[number[c]]) for c in shown}
            return figure.worded(as_printed, marker)
        if len(shown) < len(figure.reads):
            return marker
        counts = {cell: int(known[number[cell]]) for cell in shown}
        return figure.printed(counts, derived.places(self.profile), marker)

    def naive_figures(self, derived: Derived) -> dict[Place, PrintedFigure]:
        """
        Compute all derived figures from exact counts, hidden or not.

        Parameters
        ----------
        derived
            The figures.

        Returns
        -------
        dict
            Row and column of the derived table to the figure.
        """
        places, marker = derived.places(self.profile), self.profile.marker
        found: dict[Place, PrintedFigure] = {}
        for figure in derived.figures:
            counts = self._exact(figure)
            at = figure.row, figure.column
            if isinstance(figure, Wording):
                found[at] = figure.worded(counts, marker)
            else:
                found[at] = figure.printed(counts, places, marker)
        return found

    def _exact(self, figure: Figure) -> dict[Cell, int]:
        """Give the exact counts that a figure reads."""
        value, number = self.structure.value, self.structure.number
        return {cell: int(value[number[cell]]) for cell in figure.reads}

    def naive_system(self, derived: Iterable[Derived]) -> System:
        """
        Add to an outsider's knowledge figures that were computed from exact counts.

        Parameters
        ----------
        derived
            The figures shown. Statistics that are not linear add nothing here:
            `enumeration` tests these.

        Returns
        -------
        System
            What an outsider can read off counts and figures together.
        """
        told, quoted = [], {}
        for one in derived:
            decimals = one.places(self.profile)
            for figure in one.figures:
                counts = self._exact(figure)
                if isinstance(figure, Wording):
                    quoted.update(counts)
                elif isinstance(figure, Ratio):
                    value = figure.value(counts)
                    if value is not None:
                        printed = rounded_figure(value, decimals)
                        told.append(
                            Told(figure=figure, printed=printed, decimals=decimals)
                        )
        system = informed(self.system(), self.structure.number, told)
        lower, upper = system.lower.copy(), system.upper.copy()
        for cell, count in quoted.items():
            lower[self.structure.number[cell]] = count
            upper[self.structure.number[cell]] = count
        return replace(system, lower=lower, upper=upper)


def page_of(
    tables: Sequence[Table],
    profile: Profile,
    *,
    hidden: Collection[Cell] = (),
    withheld: Collection[str] = (),
    hides_zeros: bool,
    editions: Sequence[Edition] = (),
    rounded: Rounded | None = None,
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
    editions
        Earlier editions. What they showed exactly is public; what they hid is judged
        like what is hidden now, save where they give it away by themselves.
    rounded
        The figures, where all are rounded together.

    Returns
    -------
    Page
        The figures as they are printed.
    """
    earlier = [table for one in editions for table in one.tables]
    structure = structure_of((*tables, *earlier))
    n = len(structure.cells)
    bases = np.ones(n, dtype=np.int64)
    is_public, appears = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for table in tables:
        is_shown = table.is_published and table.name not in withheld
        for cell in table.cells():
            quantity = structure.number[cell]
            bases[quantity] = max(bases[quantity], profile.base(table.role(cell)))
            is_public[quantity] |= table.exact
            appears[quantity] |= is_shown
    lower, upper = _known(structure, editions)
    is_public |= lower == upper
    was_hidden = structure.where(c for one in editions for c in one.hidden) & ~appears
    reading = reading_of(structure, profile, bases, is_public)
    if rounded is not None:
        reading = as_rounded(structure, reading, rounded)
    reading = replace(
        reading,
        shown_lower=np.maximum(reading.shown_lower, lower),
        shown_upper=np.minimum(reading.shown_upper, upper),
        known_lower=lower,
        known_upper=upper,
    )
    page = Page(
        profile=profile,
        structure=_as_seen(structure, appears),
        reading=reading,
        hidden=np.zeros(n, dtype=np.bool_),
        withheld=~appears,
        hides_zeros=hides_zeros,
        was_hidden=was_hidden,
    )
    judged = appears | (was_hidden & ~_given_away(page))
    return replace(
        page,
        reading=replace(reading, is_small=reading.is_small & judged),
        hidden=structure.where(hidden) & (appears | (was_hidden & reading.is_small)),
    )


def _known(
    structure: Structure, editions: Iterable[Edition]
) -> tuple[IntArray, IntArray]:
    """Collect what earlier editions tell about each quantity."""
    n = len(structure.cells)
    lower, upper = np.zeros(n, dtype=np.int64), np.full(n, NO_LIMIT)
    for cell, least, most in (limit for one in editions for limit in one.limits):
        quantity = structure.number[cell]
        lower[quantity] = max(lower[quantity], least)
        upper[quantity] = min(upper[quantity], most)
    return lower, upper


def _as_seen(structure: Structure, appears: BoolArray) -> Structure:
    """Leave out the sums that are not printed: no zero is hidden beneath them."""
    unseen = frozenset(np.flatnonzero(~appears).tolist())
    if not unseen:
        return structure
    return replace(structure, above=tuple(up - unseen for up in structure.above))


def _given_away(page: Page) -> BoolArray:
    """Mark what earlier editions by themselves do not leave within the hidden range."""
    if not page.was_hidden.any():
        return page.was_hidden
    nothing = replace(page, withheld=np.ones_like(page.withheld))
    tight = tighten(nothing.system())
    given: BoolArray = (tight.lower > 1) | (tight.upper < page.profile.hidden_up_to)
    return given
