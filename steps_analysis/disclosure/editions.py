"""What do earlier editions of a release tell about this one?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from steps_analysis.disclosure.system import NO_LIMIT
from steps_analysis.disclosure.tables import Cell, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """
    An earlier release: quantities that are known within limits, linked to this one's.

    Attributes
    ----------
    name
        Which edition, such as ``"edition 1"``.
    tables
        Its figures as tables that are not printed again; linked where they are sums of
        counts of this release.
    limits
        Cells of `tables` with the least and greatest count that was printed so.
    hidden
        Cells of `tables` that carried a marker then.
    revised
        Figures of then that the counts of now contradict; they stay apart.

    Examples
    --------
    >>> edition_from({"name": "edition 1", "tables": [], "limits": []}).revised
    ()
    """

    name: str
    tables: tuple[Table, ...]
    limits: tuple[tuple[Cell, int, int], ...] = field(repr=False)
    hidden: frozenset[Cell] = field(default=frozenset(), repr=False)
    revised: tuple[Cell, ...] = ()


def edition_dict(edition: Edition) -> dict[str, Any]:
    """
    Describe an earlier edition, ready for JSON: what is public of it.

    Parameters
    ----------
    edition
        The edition.

    Returns
    -------
    dict
        Its figures with their limits, and how they add up with the release.
    """
    return {
        "name": edition.name,
        "tables": [
            {"name": t.name, "rows": list(t.rows), "columns": list(t.columns)}
            for t in edition.tables
        ],
        "links": [
            {"cell": list(cell), "sum_of": [[*other, w] for other, w in terms]}
            for table in edition.tables
            for cell, terms in table.links
        ],
        "limits": [
            [*cell, least, None if most >= NO_LIMIT else most]
            for cell, least, most in edition.limits
        ],
        "hidden": sorted(list(cell) for cell in edition.hidden),
        "revised": [list(cell) for cell in edition.revised],
    }


def edition_from(said: Mapping[str, Any]) -> Edition:
    """
    Read an earlier edition from what `edition_dict` wrote.

    Parameters
    ----------
    said
        What was written.

    Returns
    -------
    Edition
        The same, its counts unknown.
    """
    links: dict[str, list[tuple[Cell, tuple[tuple[Cell, int], ...]]]] = {}
    for link in said.get("links", ()):
        cell = Cell(*link["cell"])
        terms = tuple((Cell(*term[:3]), int(term[3])) for term in link["sum_of"])
        links.setdefault(cell.table, []).append((cell, terms))
    return Edition(
        name=said["name"],
        tables=tuple(
            unprinted(
                one["name"],
                one["rows"],
                one["columns"],
                [[0] * len(one["columns"]) for _ in one["rows"]],
                links.get(one["name"], ()),
            )
            for one in said["tables"]
        ),
        limits=tuple(
            (Cell(*one[:3]), int(one[3]), NO_LIMIT if one[4] is None else int(one[4]))
            for one in said["limits"]
        ),
        hidden=frozenset(Cell(*cell) for cell in said.get("hidden", ())),
        revised=tuple(Cell(*cell) for cell in said.get("revised", ())),
    )


def unprinted(
    name: str,
    rows: Iterable[str],
    columns: Iterable[str],
    counts: Iterable[Iterable[int]],
    links: Iterable[tuple[Cell, tuple[tuple[Cell, int], ...]]],
) -> Table:
    """
    Make a table of quantities that are not printed in this release.

    Parameters
    ----------
    name
        Name of the table.
    rows, columns
        Its labels; a total is a label like any other.
    counts
        The counts, row by row.
    links
        Cells that are sums of cells of earlier tables.

    Returns
    -------
    Table
        The table.
    """
    return Table(
        name=name,
        rows=tuple(rows),
        columns=tuple(columns),
        counts=tuple(tuple(row) for row in counts),
        row_totals=False,
        column_totals=False,
        links=tuple(links),
        is_published=False,
    )
