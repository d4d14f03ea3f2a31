"""What do readers of a release see? Its tables, and the text of ``release.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from steps_analysis.disclosure.editions import edition_dict
from steps_analysis.disclosure.figures import NOT_APPLICABLE, Derived, figure_dict
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.tables import Table

if TYPE_CHECKING:
    from steps_analysis.disclosure.release import Release


def printed(release: Release, page: Page, one: Table | Derived) -> pd.DataFrame:
    """
    Give a table, or figures computed from one, as it is published.

    Parameters
    ----------
    release
        A protected release.
    page
        Its layout.
    one
        One of its tables, or of its derived tables.

    Returns
    -------
    pandas.DataFrame
        Numbers as printed, the rule's marker for hidden ones; totals included.
    """
    withheld, marker = dict(release.withheld), page.profile.marker
    found: Mapping[tuple[str, str], object]
    if isinstance(one, Table):
        hidden = one.name in withheld or not one.is_published
        found = {
            (cell.row, cell.column): marker if hidden else page.printed(cell)
            for cell in one.cells()
        }
        return _frame(one.shown_rows, one.shown_columns, found)
    if one.of in withheld:
        every = [(row, column) for row in one.rows for column in one.columns]
        found = dict.fromkeys(every, marker)
    elif release.figures_are_naive:
        found = page.naive_figures(one)
    else:
        found = page.figures(one)
    return _frame(one.rows, one.columns, found)


def as_dict(release: Release) -> dict[str, Any]:
    """
    Give what is published, with the links between figures, ready for JSON.

    Parameters
    ----------
    release
        A protected release.

    Returns
    -------
    dict
        Rule, tables as printed, links, withheld tables; nothing that is not public.
    """
    page = release.page()
    return {
        "profile": asdict(page.profile),
        "hides_zeros": release.hides_zeros,
        "rounded": None if release.rounded is None else release.rounded.to_dict(),
        "figures_from": (
            "exact counts" if release.figures_are_naive else "published figures"
        ),
        "tables": [_table_dict(release, page, table) for table in release.tables],
        "derived": [_derived_dict(release, page, one) for one in release.derived],
        "links": [
            {"cell": list(cell), "sum_of": [[*other, w] for other, w in terms]}
            for table in release.tables
            for cell, terms in table.links
        ],
        "withheld": dict(release.withheld),
        "editions": [edition_dict(one) for one in release.editions],
    }


def _table_dict(release: Release, page: Page, table: Table) -> dict[str, Any]:
    """Describe one table of counts."""
    return {
        "name": table.name,
        "rows": list(table.shown_rows),
        "columns": list(table.shown_columns),
        "row_totals": table.row_totals,
        "column_totals": table.column_totals,
        "exact": table.exact,
        "published": table.is_published,
        "values": _values(release, page, table) if table.is_published else None,
    }


def _derived_dict(release: Release, page: Page, derived: Derived) -> dict[str, Any]:
    """Describe one derived table."""
    return {
        "name": derived.name,
        "of": derived.of,
        "kind": derived.kind,
        "decimals": derived.places(page.profile),
        "rows": list(derived.rows),
        "columns": list(derived.columns),
        "values": _values(release, page, derived),
        "figures": [figure_dict(figure) for figure in derived.figures],
    }


def _values(release: Release, page: Page, one: Table | Derived) -> list[list[object]]:
    """Give a table as it is printed, row by row."""
    return list(printed(release, page, one).to_numpy().tolist())


def _frame(
    rows: Sequence[str],
    columns: Sequence[str],
    found: Mapping[tuple[str, str], object],
) -> pd.DataFrame:
    """Lay figures out by row and column."""
    values = np.empty((len(rows), len(columns)), dtype=object)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            values[i, j] = found.get((row, column), NOT_APPLICABLE)
    return pd.DataFrame(values, index=list(rows), columns=list(columns), dtype=object)
