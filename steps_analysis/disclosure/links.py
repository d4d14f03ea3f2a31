"""How do the tables of someone else's release add up? What a links file declares."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from steps_analysis.disclosure.grids import Grid, named_grid
from steps_analysis.disclosure.linked_figures import FIGURES, background_of, figures_of
from steps_analysis.disclosure.profiles import from_spec
from steps_analysis.disclosure.tables import Cell, Table, Terms
from steps_analysis.errors import DataError, did_you_mean, refusal

_PARTS = ("table", "sum", *FIGURES)
_KEYS = ("rule", "markers", "zeros", "figures_from", *_PARTS)
_WHERE = ("name", "file", "sheet", "header")
_OWN = {
    "table": (*_WHERE, "row_total", "column_total", "exact"),
    "sum": ("table", "of", "columns", "rows", "cell", "cells"),
} | {part: (*_WHERE, "of", "decimals", *own) for part, own in FIGURES.items()}


def read_links(path: Path) -> dict[str, Any]:
    r"""
    Read a links file and the tables it names, as `published_from` takes them.

    Parameters
    ----------
    path
        ``links.toml`` or ``links.json``; files it names are looked for beside it.

    Returns
    -------
    dict
        The release, as ``release.json`` would describe it.

    Raises
    ------
    DataError
        If the file, or one that it names, does not say what it should.
    ArgumentError
        If a file is not there, or a rule impossible.

    Notes
    -----
    Keys, all but `rule` and `table` optional::

        rule = "threshold(6)"           # or a table: {profile = "dfe_cin", …}
        zeros = "shown"                 # or "hidden", where a marker may stand for 0
        figures_from = "exact counts"   # or "published figures": rates tell no more
        markers = {"[c]" = [1], "<5" = [1, 4]}   # least and greatest count of each

        [[table]]
        name = "referrals"
        file = "referrals.csv"          # or a workbook, with sheet = "…"
        header = 1                      # the line with the labels of the columns
        row_total = "All years"         # the column that adds up each row
        column_total = "London"         # the row that adds up each column

        [[sum]]                         # years are sums of quarters, row by row
        table = "years"
        of = "quarters"
        columns = {"2013" = ["Q1", "Q2", "Q3", "Q4"]}

        [[sum]]                         # one cell of any table
        cell = ["flow", "all", "referred"]
        cells = [["referrals", "Total", "Total"]]

        [[rate]]
        name = "rates"
        file = "rates.csv"
        of = "referrals"
        per = 10000
        decimals = 1
        denominators = "people.csv"     # one column, or the columns of the table

        [[percentage]]                  # share_of = "row", "column" or "all"
        [[difference]]                  # from = "2013", to = "2014"
        [[marks]]                       # per_unit, start, decimals of the drawing
        [[survival]]                    # events, at_risk: columns of the table

    Whatever its own label, a total is called ``Total`` in what is found.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     place = Path(folder)
    ...     _ = (place / "t.csv").write_text("borough,x,y,All\nA,[c],7,12\n")
    ...     _ = (place / "links.toml").write_text('''rule = "threshold(6)"
    ... [[table]]
    ... name = "t"
    ... file = "t.csv"
    ... row_total = "All"
    ... ''')
    ...     read_links(place / "links.toml")["tables"][0]["values"]
    [['[c]', 7, 12]]
    """
    said = _parsed(path)
    _check_keys(path, "the file", said, _KEYS)
    if "rule" not in said or not said.get("table"):
        rule = "say its `rule` and have a [[table]]"
        raise DataError(refusal("links", rule, sorted(said), file=path))
    profile = from_spec(said["rule"])
    markers = {profile.marker: [1]} | dict(said.get("markers", {}))
    zeros_hide = said.get("zeros", "shown") == "hidden"
    ranges = {
        marker: [
            0 if zeros_hide and limits[0] == 1 else limits[0],
            limits[1] if len(limits) > 1 else None,
        ]
        for marker, limits in markers.items()
    }
    found = [_table(path, one, ranges) for one in said["table"]]
    tables = {table.name: table for table, _ in found}
    if len(tables) < len(found):
        rule = "give each [[table]] a name of its own"
        raise DataError(refusal("name", rule, sorted(tables), file=path))
    implied = list(background_of(path, said, tables))
    return {
        "profile": said["rule"],
        "markers": ranges,
        "figures_from": said.get("figures_from", "exact counts"),
        "tables": [
            {
                "name": table.name,
                "rows": list(table.shown_rows),
                "columns": list(table.shown_columns),
                "row_totals": table.row_totals,
                "column_totals": table.column_totals,
                "exact": table.exact,
                "published": table.is_published,
                "values": values,
            }
            for table, values in (*found, *((table, None) for table in implied))
        ],
        "links": [
            *(link for one in said.get("sum", ()) for link in _sums(path, one, tables)),
            *(_link(*link) for table in implied for link in table.links),
        ],
        "derived": list(figures_of(path, said, tables, profile)),
    }


def _parsed(path: Path) -> dict[str, Any]:
    """Read TOML or JSON."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        read = json.loads if path.suffix.casefold() == ".json" else tomllib.loads
        said = read(text)
    except ValueError as error:
        rule = "be TOML or JSON"
        raise DataError(refusal("links", rule, str(error), file=path)) from None
    if not isinstance(said, dict):
        got = type(said).__name__
        raise DataError(refusal("links", "be a table of keys", got, file=path))
    for part in _PARTS:
        for one in said.get(part, ()):
            _check_keys(path, f"[[{part}]]", one, _OWN[part])
    return said


def _check_keys(
    path: Path, where: str, said: Mapping[str, Any], accepted: Iterable[str]
) -> None:
    """Refuse keys that nothing reads."""
    if not isinstance(said, Mapping):
        raise DataError(refusal(where, "be a table of keys", said, file=path))
    for key in said:
        if key not in accepted:
            rule = f"be one of {', '.join(accepted)} in {where}"
            hint = did_you_mean(key, accepted)
            raise DataError(refusal("key", rule, key, file=path, hint=hint))


def _ordered(
    path: Path, labels: tuple[str, ...], total: str | None, key: str
) -> tuple[str, ...]:
    """Put the label of a total last."""
    if total is None:
        return labels
    if total not in labels:
        hint = did_you_mean(total, labels)
        rule = f"be one of {', '.join(labels)}"
        raise DataError(refusal(key, rule, total, file=path, hint=hint))
    return (*(label for label in labels if label != total), total)


def _table(
    path: Path, one: Mapping[str, Any], markers: Mapping[str, Any]
) -> tuple[Table, list[list[int | str | None]]]:
    """Read one table: its shape, and its figures in order."""
    grid = named_grid(path, one)
    rows = _ordered(path, grid.rows, one.get("column_total"), "column_total")
    columns = _ordered(path, grid.columns, one.get("row_total"), "row_total")
    values = [
        [_count(grid, row, column, markers) for column in columns] for row in rows
    ]
    has_row_totals, has_column_totals = "row_total" in one, "column_total" in one
    inner_rows = rows[:-1] if has_column_totals else rows
    inner_columns = columns[:-1] if has_row_totals else columns
    table = Table(
        name=one["name"],
        rows=inner_rows,
        columns=inner_columns,
        counts=tuple((0,) * len(inner_columns) for _ in inner_rows),
        row_totals=has_row_totals,
        column_totals=has_column_totals,
        exact=bool(one.get("exact", False)),
    )
    return table, values


def _count(
    grid: Grid, row: str, column: str, markers: Iterable[str]
) -> int | str | None:
    """Read one figure: a whole number, a marker, or nothing."""
    text = grid.figures[row, column]
    if not text:
        return None
    if text in markers:
        return text
    plain = text.replace(",", "").replace(" ", "")
    if not plain.isdecimal():
        rule = f"be a count or a marker ({', '.join(markers)})"
        hint = "`markers` says what each marker stands for"
        where = f"{row}, {column}"
        line = grid.lines[row]
        said = refusal(where, rule, text, file=grid.place, line=line, hint=hint)
        raise DataError(said)
    return int(plain)


def _sums(
    path: Path, one: Mapping[str, Any], tables: Mapping[str, Table]
) -> Iterator[dict[str, Any]]:
    """Read cells that are sums of cells of other tables."""
    if "cell" in one:
        pairs = [(one["cell"], one.get("cells", []))]
    else:
        pairs = list(_sums_of_lines(path, one, tables))
    known = {cell for table in tables.values() for cell in table.cells()}
    for cell, parts in pairs:
        for place in (cell, *parts):
            if tuple(place) not in known:
                rule = "name cells (table, row, column) of the release"
                raise DataError(refusal("sum", rule, list(place), file=path))
        yield {"cell": list(cell), "sum_of": [[*part, 1] for part in parts]}


def _link(cell: Cell, terms: Terms) -> dict[str, Any]:
    """Describe one link."""
    return {"cell": list(cell), "sum_of": [[*other, w] for other, w in terms]}


def _sums_of_lines(
    path: Path, one: Mapping[str, Any], tables: Mapping[str, Table]
) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Read columns (or rows) that are sums of another table's."""
    for key in ("table", "of"):
        if one.get(key) not in tables:
            rule = f"name a table ({', '.join(tables)})"
            raise DataError(refusal(key, rule, one.get(key), file=path))
    table, of = tables[one["table"]], tables[one["of"]]
    columns = one.get("columns") or {c: [c] for c in table.columns}
    rows = one.get("rows") or {row: [row] for row in table.rows}
    for row, row_parts in rows.items():
        for column, parts in columns.items():
            yield (
                [table.name, row, column],
                [[of.name, r, c] for r in row_parts for c in parts],
            )
