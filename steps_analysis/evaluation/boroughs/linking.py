"""How do the published tables add up, with each other and with earlier editions?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from steps_analysis.disclosure import TOTAL, Cell, Release
from steps_analysis.errors import DisclosureError, refusal

SITES, RINGS = "referrals", "referrals-by-ring"
SOURCES, SOURCE_GROUPS = "referrals-by-source", "referrals-by-source-group"
_SITE_YEARS, _SOURCE_YEARS = "referrals by year", "referrals by source and year"
_TO = " to "


@dataclass(frozen=True, slots=True, kw_only=True)
class YearCounts:
    """
    Exact counts of single years, of which every edition's figures are sums.

    Attributes
    ----------
    sites
        Sites in rows, years in columns.
    sources
        Codes of sources in rows, years in columns.
    rings
        Site to ring.
    each, grouped
        Label of a source, or of a group of them, by code.
    """

    sites: pd.DataFrame = field(repr=False)
    sources: pd.DataFrame = field(repr=False)
    rings: pd.Series[str] = field(repr=False)
    each: Mapping[str, str]
    grouped: Mapping[str, str]

    def years(self, label: str) -> list[str]:
        """
        List the years that a column of any edition adds up.

        Parameters
        ----------
        label
            Its label: a year, or the first and the last of several.

        Returns
        -------
        list of str
            Those years that are counted now.
        """
        first, _, last = label.partition(_TO)
        known = [str(year) for year in self.sites]
        return [year for year in known if first <= year <= (last or first)]

    def parts(self, table: str, row: str) -> list[tuple[str, str]]:
        """
        List the rows of single years that a row of any edition adds up.

        Parameters
        ----------
        table, row
            The table, and the row in it.

        Returns
        -------
        list of tuple
            Table and row of single years; none where nothing is known of the row.
        """
        if table == SITES:
            return [(_SITE_YEARS, row)] if row in self.sites.index else []
        if table == RINGS:
            here = self.rings.index[self.rings == row]
            return [(_SITE_YEARS, str(site)) for site in here]
        labels = {SOURCES: self.each, SOURCE_GROUPS: self.grouped}.get(table, {})
        return [(_SOURCE_YEARS, c) for c, label in labels.items() if label == row]


def linked_release(
    tables: Mapping[str, pd.DataFrame],
    counts: YearCounts,
    earlier: Sequence[Mapping[str, Any]],
) -> Release:
    """
    Put the tables, and what earlier editions showed, into one system.

    Parameters
    ----------
    tables
        The tables of this edition by name, sites first.
    counts
        The counts of single years, which are not printed unless a table does so.
    earlier
        What the ``release.json`` of each earlier edition says.

    Returns
    -------
    Release
        Ready to be protected.

    Raises
    ------
    DataError
        If an earlier edition is no release, or contradicts itself.
    DisclosureError
        If an earlier edition covers years that this one counts in part only.
    """
    if all(_has_labels(tables, said) for said in earlier):
        release = _direct(tables, counts)
        for said in earlier:
            release = release.add_edition(said)
        return release
    release = _by_year(tables, counts)
    for said in earlier:
        release = release.add_edition(said, sums_of=dict(_same(said, counts)))
    return release


def _has_labels(tables: Mapping[str, pd.DataFrame], said: Mapping[str, Any]) -> bool:
    """Say whether an earlier edition has tables and columns of this one, no others."""
    for table in said.get("tables", ()):
        now = tables.get(table["name"])
        if now is None or not set(table["columns"]) <= {TOTAL, *map(str, now)}:
            return False
    return True


def _direct(tables: Mapping[str, pd.DataFrame], counts: YearCounts) -> Release:
    """Link sources and rings to the sites, column by column."""
    sites = tables[SITES]
    release = Release().add_table(SITES, sites)
    for name, table in tables.items():
        rows = (
            {
                str(row): [site for _, site in counts.parts(name, str(row))]
                for row in table.index
            }
            if name == RINGS
            else {TOTAL: list(sites.index)}
        )
        links = {
            (row, column): [Cell(SITES, str(site), column) for site in parts]
            for row, parts in rows.items()
            for column in map(str, sites)
        }
        if name == RINGS or (name != SITES and len(table) > 1):
            release = release.add_table(name, table, sums_of=links)
    return release


def _by_year(tables: Mapping[str, pd.DataFrame], counts: YearCounts) -> Release:
    """Link every table to the counts of single years, which are not printed."""
    release = _with_years(Release(), counts)
    for name, table in tables.items():
        links = {
            (str(row), str(column)): [
                Cell(*part, year)
                for part in counts.parts(name, str(row))
                for year in counts.years(str(column))
            ]
            for row in table.index
            for column in table
        }
        release = release.add_table(name, table, sums_of=links)
    return release


def _with_years(release: Release, counts: YearCounts) -> Release:
    """Add the counts of single years, which are made but not printed."""
    release = release.add_table(
        _SITE_YEARS, counts.sites, totals="none", published=False
    )
    if len(counts.sources) < 2:
        return release
    links = {
        (TOTAL, year): [Cell(_SITE_YEARS, str(s), year) for s in counts.sites.index]
        for year in map(str, counts.sites)
    }
    return release.add_table(
        _SOURCE_YEARS,
        counts.sources,
        totals="columns",
        sums_of=links,
        published=False,
    )


def _same(
    said: Mapping[str, Any], counts: YearCounts
) -> Iterator[tuple[Cell, list[Cell]]]:
    """Say which counts of single years the figures of an earlier edition add up."""
    for table in said.get("tables", ()):
        if not table.get("published", True):
            continue
        rows, columns = list(table["rows"]), list(table["columns"])
        for column in columns[: len(columns) - bool(table.get("row_totals"))]:
            years = counts.years(column)
            if not years:
                continue  # a time that is not counted now
            _check_whole(column, years)
            for row in rows[: len(rows) - bool(table.get("column_totals"))]:
                parts = counts.parts(table["name"], row)
                if parts:
                    yield (
                        Cell(table["name"], row, column),
                        [Cell(*part, year) for part in parts for year in years],
                    )


def _check_whole(column: str, years: list[str]) -> None:
    """Refuse a column of which only some years are counted now."""
    first, _, last = column.partition(_TO)
    if (years[0], years[-1]) != (first, last or first):
        rule = "cover whole columns of the earlier edition, or none of one"
        hint = "read data that begin no later than those of the earlier edition"
        raise DisclosureError(refusal("years", rule, f"part of {column}", hint=hint))
