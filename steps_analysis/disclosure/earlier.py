"""Which figures of an earlier edition are sums of this release's counts?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from steps_analysis.disclosure.attack import attack_on
from steps_analysis.disclosure.editions import Edition, unprinted
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.published import Published, published_from
from steps_analysis.disclosure.system import NO_LIMIT, System
from steps_analysis.disclosure.tables import TOTAL, Cell, Table, Terms
from steps_analysis.errors import ArgumentError, DataError, refusal

Sums: TypeAlias = Mapping[Cell, Terms]


@dataclass(slots=True, kw_only=True)
class _Matching:
    """An earlier edition on its way to be linked, cell by cell."""

    name: str
    page: Page
    system: System
    values: dict[Cell, int]
    given: Sums
    stand_in: Mapping[Cell, int] = field(default_factory=dict)
    links: dict[Cell, Terms] = field(default_factory=dict)
    counts: dict[Cell, int] = field(default_factory=dict)
    revised: list[Cell] = field(default_factory=list)

    def limits(self, cell: Cell) -> tuple[int, int]:
        """Tell which counts of a cell would have been printed so."""
        quantity = self.page.structure.number[cell]
        return int(self.system.lower[quantity]), int(self.system.upper[quantity])

    def fits(self, cell: Cell, terms: Terms) -> bool:
        """Say whether a sum agrees with what was printed; note it where not."""
        least, most = self.limits(cell)
        fits = least <= sum(self.values[c] * w for c, w in terms) <= most
        if not fits:
            self.revised.append(cell)
        return fits

    def now(self, cell: Cell) -> Terms:
        """Find the sum of counts of now that a figure of then should be."""
        return self.given.get(cell, ((cell, 1),) if cell in self.values else ())

    def place(self, table: str, cell: Cell, terms: Terms) -> None:
        """Enter a figure into the edition's own tables, linked or apart."""
        there = Cell(table, cell.row, cell.column)
        if terms and self.fits(cell, terms):
            self.links[there] = terms
            self.counts[there] = sum(self.values[c] * w for c, w in terms)
        else:
            self.counts[there] = self.stand_in[cell]
        self.values[there] = self.counts[there]


def edition_of(
    name: str,
    said: Mapping[str, Any],
    values: Mapping[Cell, int],
    sums_of: Mapping[Cell, Iterable[Cell]],
) -> Edition:
    """
    Link an earlier edition to the counts of a release.

    Parameters
    ----------
    name
        Which edition it is.
    said
        What its ``release.json`` says.
    values
        Exact counts of the release.
    sums_of
        For cells of the earlier edition, the cells of the release they are sums of.

    Returns
    -------
    Edition
        Its figures, linked where they have the same labels, are said to be sums, or
        were totals of such figures then; apart where the counts contradict them.

    Raises
    ------
    ArgumentError
        If `sums_of` names a cell that is not there.
    DataError
        If the earlier edition contradicts itself.

    Notes
    -----
    A hidden figure that cannot be linked gets a stand-in, some count that fits all that
    was printed then; only the search for a pattern reads it.
    """
    published = published_from(said)
    page, system = published.page(), published.system()
    given = {
        Cell(*cell): tuple((Cell(*c), 1) for c in sums_of[cell]) for cell in sums_of
    }
    unknown = [c for c in given if c not in page.structure.number]
    unknown += [c for terms in given.values() for c, _ in terms if c not in values]
    if unknown:
        rule = "name cells of the earlier edition, and for each cells of this release"
        raise ArgumentError(refusal("sums_of", rule, tuple(unknown[0])))
    match = _Matching(
        name=name, page=page, system=system, values=dict(values), given=given
    )
    match.stand_in = _stand_ins(match, published)
    tables = [one for table in published.tables for one in _entered(match, table)]
    return Edition(
        name=name,
        tables=tuple(tables),
        limits=tuple(_limits(match, published)),
        hidden=frozenset(
            _there(match, cell)
            for cell, value in published.values.items()
            if isinstance(value, str) and cell.table not in dict(published.withheld)
        ),
        revised=tuple(dict.fromkeys(match.revised)),
    )


def _stand_ins(match: _Matching, published: Published) -> dict[Cell, int]:
    """Find a count for every figure of then: some table that would print the same."""
    lower, upper = match.system.lower.copy(), match.system.upper.copy()
    number = match.page.structure.number
    for table in published.tables:
        for cell in _inner(table):
            terms = match.now(cell)
            if terms:
                count = sum(match.values[c] * w for c, w in terms)
                if match.limits(cell)[0] <= count <= match.limits(cell)[1]:
                    lower[number[cell]] = upper[number[cell]] = count
    fixed = replace(match.system, lower=lower, upper=upper)
    for system in (fixed, match.system):
        try:
            seen = attack_on(system).seen.table
        except ArgumentError:
            continue
        if seen is not None:
            return {cell: int(seen[quantity]) for cell, quantity in number.items()}
    rule = "be figures that some table fits"
    raise DataError(refusal("earlier", rule, "an edition that contradicts itself"))


def _inner(table: Table) -> Iterator[Cell]:
    """Go through the cells that are no totals."""
    for row in table.rows:
        for column in table.columns:
            yield Cell(table.name, row, column)


def _there(match: _Matching, cell: Cell) -> Cell:
    """Tell where a figure of then stands among the edition's own tables."""
    where = {
        (False, False): "",
        (False, True): ", row totals",
        (True, False): ", column totals",
        (True, True): ", total",
    }[cell.row == TOTAL, cell.column == TOTAL]
    return Cell(f"{match.name}: {cell.table}{where}", cell.row, cell.column)


def _entered(match: _Matching, table: Table) -> Iterator[Table]:
    """Enter one table of then: its cells, then its totals."""
    linked = {
        cell: tuple((_there(match, c), w) for c, w in terms)
        for cell, terms in table.links
    }
    sums = {
        total: tuple((_there(match, part), 1) for part in parts)
        for total, parts in table.sums()
    }
    inner = list(_inner(table))
    totals = [cell for cell in table.cells() if cell in sums]
    groups: dict[str, list[Cell]] = {}
    for cell in (*inner, *totals):
        groups.setdefault(_there(match, cell).table, []).append(cell)
    for name, cells in groups.items():
        for cell in cells:
            terms = sums.get(cell) or match.now(cell) or linked.get(cell, ())
            match.place(name, cell, terms)
        yield _table(match, name, cells)


def _table(match: _Matching, name: str, cells: list[Cell]) -> Table:
    """Make one table of the edition."""
    rows = dict.fromkeys(cell.row for cell in cells)
    columns = dict.fromkeys(cell.column for cell in cells)
    there = {
        (cell.row, cell.column): Cell(name, cell.row, cell.column) for cell in cells
    }
    return unprinted(
        name,
        rows,
        columns,
        [[match.counts[there[row, column]] for column in columns] for row in rows],
        [(cell, match.links[cell]) for cell in there.values() if cell in match.links],
    )


def _limits(match: _Matching, published: Published) -> Iterator[tuple[Cell, int, int]]:
    """List what is known of each figure that was printed."""
    for cell in published.values:
        least, most = match.limits(cell)
        if least > 0 or most < NO_LIMIT:
            yield _there(match, cell), least, most
