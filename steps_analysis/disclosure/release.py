"""What leaves the building together? Tables, derived figures and links, as one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from steps_analysis.disclosure.cubes import cube_tables
from steps_analysis.disclosure.derived.survival_steps import (
    SurvivalSteps,
    with_none_below_0,
)
from steps_analysis.disclosure.earlier import edition_of
from steps_analysis.disclosure.editions import Edition
from steps_analysis.disclosure.figures import (
    Derived,
    How,
)
from steps_analysis.disclosure.flows import BOX, levels_of
from steps_analysis.disclosure.page import Page, page_of
from steps_analysis.disclosure.printing import as_dict, printed
from steps_analysis.disclosure.profiles import Profile
from steps_analysis.disclosure.proofs import Proof
from steps_analysis.disclosure.rounded import Rounded
from steps_analysis.disclosure.system import System
from steps_analysis.disclosure.tables import (
    Cell,
    SumsOf,
    Table,
    Totals,
    linked,
    table_from,
)
from steps_analysis.errors import ArgumentError, DisclosureError, did_you_mean, refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """
    Everything that is published together, as one linear system.

    Start from ``Release()``; every step returns a new one. It shows nothing before
    `protect` (or, to be attacked, `suppress_primary`).

    Attributes
    ----------
    tables
        Tables of counts; their exact counts are never printed.
    derived
        Rates and percentages computed from them.
    profile
        The rule; None before the release is protected.
    hidden
        The cells that carry the marker.
    withheld
        Tables that are not published, each with the reason.
    hides_zeros
        Whether zeros beneath a hidden total are hidden with it.
    figures_are_naive
        Whether rates and percentages are computed from exact counts and all shown.
    editions
        Earlier editions, which readers still have.
    rounded
        The figures, where all are rounded together and none is hidden.
    proof
        How good the pattern is; for the owner, and part of nothing that is published.

    Examples
    --------
    >>> counts = pd.DataFrame({"2013": [8, 9], "2014": [6, 7]}, index=["A", "B"])
    >>> release = Release().add_table("referrals", counts)
    >>> release.names
    ('referrals',)
    """

    tables: tuple[Table, ...] = ()
    derived: tuple[Derived, ...] = ()
    profile: Profile | None = None
    hidden: frozenset[Cell] = field(default=frozenset(), repr=False)
    withheld: tuple[tuple[str, str], ...] = ()
    hides_zeros: bool = False
    figures_are_naive: bool = False
    editions: tuple[Edition, ...] = ()
    rounded: Rounded | None = None
    proof: Proof | None = field(default=None, repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """
        List the names of tables and derived tables.

        Returns
        -------
        tuple of str
            In the order they were added.
        """
        tables = tuple(table.name for table in self.tables)
        return tables + tuple(derived.name for derived in self.derived)

    def add_table(
        self,
        name: str,
        counts: pd.DataFrame,
        *,
        totals: Totals = "both",
        sums_of: SumsOf | None = None,
        exact: bool = False,
        published: bool = True,
    ) -> Release:
        """
        Add a table of counts, with its totals.

        Parameters
        ----------
        name
            Name of the table.
        counts
            Whole numbers of at least 0, areas in rows; labels are read as text. Leave
            totals out: the release computes them.
        totals
            Which totals are shown: ``"both"`` (rows, columns and grand), ``"rows"``,
            ``"columns"`` or ``"none"``. None is shown over a single row or column.
        sums_of
            For cells (row, column) of this table, ``"Total"`` included, the `Cell` of
            earlier tables they are sums of (or a mapping of cells to whole weights).
        exact
            True where the figures are public exactly as they are, whatever the rule: a
            trial-wide flow, for one. They are never hidden or rounded.
        published
            False for counts that are not printed, but that others are made from, or an
            earlier edition showed.

        Returns
        -------
        Release
            A new release with the table.

        Raises
        ------
        ArgumentError
            If the name is taken, `totals` unknown, or the release is protected already.
        DataError
            If labels repeat, counts are no counts, or a sum does not hold.

        Examples
        --------
        >>> counts = pd.DataFrame({"2013": [8, 9], "2014": [6, 7]}, index=["A", "B"])
        >>> one = Release().add_table("by year", counts)
        >>> flow = pd.DataFrame({"referred": [30]}, index=["all"])
        >>> two = one.add_table("flow", flow, exact=True, sums_of={
        ...     ("all", "referred"): [Cell("by year", "Total", "Total")]})
        >>> two.names
        ('by year', 'flow')
        """
        self._check_new(name)
        table = table_from(
            name, counts, totals=totals, exact=exact, is_published=published
        )
        links = linked(table, sums_of or {}, self._values())
        return replace(self, tables=(*self.tables, replace(table, links=links)))

    def add_sums(
        self,
        name: str,
        of: str,
        *,
        columns: Mapping[str, Sequence[str]],
        totals: Totals = "both",
    ) -> Release:
        """
        Add a table whose columns are sums of another's, such as years of quarters.

        Parameters
        ----------
        name
            Name of the new table.
        of
            Name of the table that is added up.
        columns
            New column to the columns it adds up.
        totals
            Which totals are shown, as in `add_table`.

        Returns
        -------
        Release
            A new release with the table, linked to the other.

        Raises
        ------
        ArgumentError
            If a name is unknown or taken.

        Examples
        --------
        >>> counts = pd.DataFrame({"Q1": [8], "Q2": [7], "Q3": [9]}, index=["A"])
        >>> release = Release().add_table("quarters", counts)
        >>> halves = {"H1": ["Q1", "Q2"]}
        >>> release = release.add_sums("halves", "quarters", columns=halves)
        >>> release.tables[1].counts
        ((15,),)
        """
        source = self._table(of)
        values = source.values()
        for column in (c for parts in columns.values() for c in parts):
            if column not in source.columns:
                rule, hint = (
                    f"name columns of {of!r}",
                    did_you_mean(column, source.columns),
                )
                raise ArgumentError(refusal("columns", rule, column, hint=hint))
        links = {
            (row, column): [Cell(of, row, part) for part in parts]
            for row in source.rows
            for column, parts in columns.items()
        }
        grid = [
            [sum(values[part] for part in links[row, column]) for column in columns]
            for row in source.rows
        ]
        counts = pd.DataFrame(grid, index=list(source.rows), columns=list(columns))
        return self.add_table(name, counts, totals=totals, sums_of=links)

    def add_cube(self, name: str, counts: pd.Series[int]) -> Release:
        """
        Add counts by three characteristics or more, with all margins, as linked tables.

        Parameters
        ----------
        name
            Name of the cube, and of its table of the first two characteristics.
        counts
            Counts indexed by rows (areas), columns (periods) and further
            characteristics; combinations that are absent are 0.

        Returns
        -------
        Release
            A new release with a table of rows by columns for each value of the further
            characteristics, named ``"name, value"``, and one for their totals.

        Raises
        ------
        ArgumentError
            If a name is taken.
        DataError
            If the index has fewer than three levels or repeats, or counts are none.

        Examples
        --------
        >>> index = pd.MultiIndex.from_product([["A", "B"], ["2013", "2014"],
        ...                                     ["school", "police"]])
        >>> cube = pd.Series([8, 9, 7, 6, 5, 4, 3, 2], index=index)
        >>> release = Release().add_cube("referrals", cube)
        >>> release.names
        ('referrals, school', 'referrals, police', 'referrals')
        >>> release.tables[2].counts
        ((17, 13), (9, 5))
        """
        release = self
        for table in cube_tables(name, counts):
            release._check_new(table.name)
            release = replace(release, tables=(*release.tables, table))
        return release

    def add_flow(
        self,
        name: str,
        boxes: Mapping[str, int],
        *,
        sums: Mapping[str, Sequence[str]],
        exact: bool = False,
    ) -> Release:
        """
        Add the boxes of a flow diagram, some of which are sums of others.

        Parameters
        ----------
        name
            Name of the flow.
        boxes
            Box to its count.
        sums
            Box to the boxes it is the sum of, such as assessed to excluded and
            randomised; each of these comes earlier in `sums`, or is no sum.
        exact
            True where the figures are public exactly as they are.

        Returns
        -------
        Release
            A new release with two linked tables of one column, ``"n"``: the parts under
            the name of the flow, and the sums under ``"name, sums"``.

        Raises
        ------
        ArgumentError
            If a name is taken, or `sums` names no box, or a box before its own sum.
        DataError
            If a sum does not hold.

        Examples
        --------
        >>> boxes = {"assessed": 90, "excluded": 50, "randomised": 40}
        >>> sums = {"assessed": ["excluded", "randomised"]}
        >>> Release().add_flow("flow", boxes, sums=sums).names
        ('flow', 'flow, sums 1')
        """
        release = self
        where: dict[str, Cell] = {}
        for level, names in enumerate(levels_of(boxes, sums)):
            title = name if not level else f"{name}, sums {level}"
            frame = pd.DataFrame({BOX: [boxes[box] for box in names]}, index=names)
            release = release.add_table(
                title,
                frame,
                totals="none",
                exact=exact,
                sums_of={
                    (box, BOX): [where[part] for part in sums[box]]
                    for box in names
                    if box in sums
                },
            )
            where |= {box: Cell(title, box, BOX) for box in names}
        return release

    def add_edition(
        self,
        earlier: Release | Mapping[str, Any],
        *,
        sums_of: Mapping[Cell, Sequence[Cell]] | None = None,
    ) -> Release:
        """
        Add an earlier edition, which readers still have, after all tables of this one.

        Figures with the labels of figures of this release are the same; totals of then
        are sums of the figures of then. Tables of then that are not published again are
        added here with ``published=False``, so that they can be compared. What was
        shown then stays public; what was hidden then stays hidden, or is shown if the
        rule no longer hides it. A figure that the counts of now contradict was revised:
        it stays apart.

        Parameters
        ----------
        earlier
            A protected release, or what its ``release.json`` says.
        sums_of
            For cells of the earlier edition with other labels, the cells of this
            release they are sums of.

        Returns
        -------
        Release
            A new release that knows the edition.

        Raises
        ------
        ArgumentError
            If `sums_of` names a cell that is not there, or the release is protected
            already.
        DataError
            If the earlier edition is no release, or contradicts itself.
        DisclosureError
            If `earlier` is a release that was never protected.

        Examples
        --------
        >>> from steps_analysis.disclosure import protect
        >>> first = pd.DataFrame({"2013": [18, 9]}, index=["A", "B"])
        >>> public = protect(Release().add_table("t", first), "threshold(6)", key="k")
        >>> second = first.assign(**{"2014": [7, 12]})
        >>> release = Release().add_table("t", second).add_edition(public)
        >>> [edition.name for edition in release.editions]
        ['edition 1']
        """
        name = f"edition {len(self.editions) + 1}"
        self._check_new(name)
        said = earlier.to_dict() if isinstance(earlier, Release) else earlier
        found = edition_of(name, said, self._values(), sums_of or {})
        return replace(self, editions=(*self.editions, found))

    def add_derived(self, name: str, of: str, how: How) -> Release:
        """
        Add figures that are computed from a table.

        Parameters
        ----------
        name
            Name of the derived table.
        of
            Name of the table of counts it reads; for `Marks` also of rates and such.
        how
            A `Rate`, `Percentage`, `Difference`, `Marks`, `SurvivalSteps`, `Sentence`
            or `Statistic`.

        Returns
        -------
        Release
            A new release with the figures, each linked to the counts it reads.

        Raises
        ------
        ArgumentError
            If a name is unknown or taken, or `how` asks for what the table has not.
        DataError
            If a denominator is missing or not above 0.

        Examples
        --------
        >>> from steps_analysis.disclosure import Rate
        >>> counts = pd.DataFrame({"2013": [8, 9], "2014": [6, 7]}, index=["A", "B"])
        >>> people = pd.Series({"A": 20_000, "B": 30_000})
        >>> release = Release().add_table("referrals", counts)
        >>> release.add_derived("rates", "referrals", Rate(denominator=people)).names
        ('referrals', 'rates')
        """
        self._check_new(name)
        if not callable(getattr(how, "derive", None)):
            rule = "be Rate(denominator=…), Percentage(of=…) or another kind of figure"
            raise ArgumentError(refusal("how", rule, type(how).__name__))
        source = {one.name: one for one in self.derived}.get(of)
        table = self._table(of if source is None else source.of)
        found = how.derive(name, table, source)
        tables = self.tables
        if isinstance(how, SurvivalSteps):
            tables = (*tables, with_none_below_0(how.withdrawn(name, table)))
        return replace(self, tables=tables, derived=(*self.derived, found))

    def to_frame(self, name: str) -> pd.DataFrame:
        """
        Give a table as it is published.

        Parameters
        ----------
        name
            Of a table or derived table.

        Returns
        -------
        pandas.DataFrame
            Numbers as printed, the rule's marker for hidden ones; totals included.

        Raises
        ------
        DisclosureError
            If the release has not been protected.
        ArgumentError
            If the name is unknown.
        """
        page = self.page()
        derived = {one.name: one for one in self.derived}.get(name)
        return printed(self, page, self._table(name) if derived is None else derived)

    def to_dict(self) -> dict[str, Any]:
        """
        Give what is published, with the links between figures, ready for JSON.

        Returns
        -------
        dict
            Rule, tables as printed, links, withheld tables; nothing that is not public.

        Raises
        ------
        DisclosureError
            If the release has not been protected.
        """
        return as_dict(self)

    def to_json(self) -> str:
        """
        Write the text of ``release.json``.

        Returns
        -------
        str
            What `to_dict` gives; the same bytes for the same release.
        """
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"

    def page(self) -> Page:
        """
        Lay the release out as it is printed.

        Returns
        -------
        Page
            Every figure, shown or hidden.

        Raises
        ------
        DisclosureError
            If the release has not been protected.
        """
        if self.profile is None:
            rule = "be protected before anything of it is shown"
            raise DisclosureError(refusal("release", rule, "an unprotected release"))
        return page_of(
            self.tables,
            self.profile,
            hidden=self.hidden,
            withheld=dict(self.withheld).keys(),
            hides_zeros=self.hides_zeros,
            editions=self.editions,
            rounded=self.rounded,
        )

    def system(self) -> System:
        """
        Write down all that an outsider can read off the release.

        Returns
        -------
        System
            Limits of every quantity, and how they add up.
        """
        page = self.page()
        return (
            page.naive_system(self.derived) if self.figures_are_naive else page.system()
        )

    def _values(self) -> dict[Cell, int]:
        """Give the exact count of every cell."""
        return {c: v for table in self.tables for c, v in table.values().items()}

    def _table(self, name: str) -> Table:
        """Find a table by name."""
        for table in self.tables:
            if table.name == name:
                return table
        names = [table.name for table in self.tables]
        rule = f"name a table of the release ({', '.join(names)})"
        raise ArgumentError(refusal("name", rule, name, hint=did_you_mean(name, names)))

    def _check_new(self, name: str) -> None:
        """Refuse to add to a protected release, or under a name that is taken."""
        if self.profile is not None:
            rule = "be added to before it is protected"
            raise ArgumentError(refusal("release", rule, "a protected release"))
        if name in self.names:
            rule = "be a name that no other table of the release has"
            raise ArgumentError(refusal("name", rule, name))
