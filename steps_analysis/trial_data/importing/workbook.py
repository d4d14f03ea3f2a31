"""From an Excel workbook to tables of text: one sheet per table, as files are named."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from steps_analysis.errors import DataError, refusal
from steps_analysis.trial_data.importing.source import Source
from steps_analysis.trial_data.problems import Problem, found
from steps_analysis.trial_data.raw_table import RawTable
from steps_analysis.trial_data.trial import TABLE_NAMES

_OTHER_FORMATS = {
    b"\xd0\xcf\x11\xe0": "it is an old .xls or has a password: save it as .xlsx",
    b"": "save it as an Excel workbook (.xlsx)",
}


def read_workbook(
    path: str | Path, tables: Sequence[str] = TABLE_NAMES
) -> tuple[list[Source], list[Problem]]:
    """
    Read the sheets of a workbook that are named like tables.

    Parameters
    ----------
    path
        The workbook, ``.xlsx`` or ``.xlsm``. The first row of a sheet holds the names
        of the columns.
    tables
        The names to look for; any other sheet is left alone.

    Returns
    -------
    sources : list of Source
        One per table, in the order of `tables`.
    problems : list of Problem
        What is wrong with the sheets as sheets: names near to a table's, hidden sheets,
        merged cells, formulas whose value was not stored, error values, cells outside
        the columns that row 1 names, empty rows between others.

    Raises
    ------
    DataError
        If there is no such file, or it is no workbook that can be read.

    Notes
    -----
    A cell becomes the text that the contract's CSV files would hold: a date (in the
    1900 or the 1904 system) is written 2015-04-03, TRUE is ``true``, a whole number
    stored with a point loses it. Nothing else is repaired; the contract's own checks
    follow. Empty rows below and empty columns to the right are passed over.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from openpyxl import Workbook
    >>> book = Workbook()
    >>> book.active.title = "sites"
    >>> book.active.append(["site", "therapists"])
    >>> book.active.append(["North", 3.0])
    >>> with TemporaryDirectory() as folder:
    ...     book.save(Path(folder) / "own.xlsx")
    ...     (source,), problems = read_workbook(Path(folder) / "own.xlsx")
    >>> source.raw.header, source.raw.columns, source.file
    (('site', 'therapists'), (('North',), ('3',)), 'own.xlsx, sheet sites')
    """
    path = Path(path)
    data = _bytes_of(path)
    with warnings.catch_warnings():
        # The library warns of what it passes over: styles, validations, odd dates.
        warnings.simplefilter("ignore")
        try:
            sheets, problems = _sheets(data, path.name, tables)
        except Exception:  # a damaged file can break the library anywhere
            raise DataError(_not_a_workbook(path, data)) from None
    named = [sheet for sheet in sheets if sheet.rows and any(sheet.rows[0])]
    for sheet in named:
        problems += [*_empty_rows(sheet), *_unnamed(sheet), *_faults(sheet)]
    return [_source(sheet) for sheet in named], problems


def _bytes_of(path: Path) -> bytes:
    """Read a file whole."""
    try:
        return path.read_bytes()
    except OSError:
        rule = "be an Excel workbook that can be read"
        raise DataError(refusal("workbook", rule, str(path))) from None


def _not_a_workbook(path: Path, data: bytes) -> str:
    """Say that a file is no workbook, and what it seems to be."""
    hint = next(
        text for start, text in _OTHER_FORMATS.items() if data.startswith(start)
    )
    if data.startswith(b"PK"):
        hint = "it is damaged, or an archive of another kind"
    return refusal("workbook", "be an Excel workbook (.xlsx)", path.name, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """
    The cells of one sheet as text.

    A row is as long as its last cell; rows below the last filled one are left out.
    """

    table: str
    file: str
    rows: list[list[str]] = field(default_factory=list)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    faults: dict[tuple[str, int], list[int]] = field(default_factory=dict)

    def blame(self, rule: str, row: int, column: int) -> None:
        """Remember a cell that breaks a rule."""
        self.faults.setdefault((rule, column), []).append(row)


_NO_VALUE = "hold a value: none is stored for its formula"
_ERROR = "hold no error value"
_HINTS = {
    _NO_VALUE: "open the workbook in Excel and save it, or paste the values",
    _ERROR: "a missing value is an empty cell",
}


def _sheets(
    data: bytes, file: str, tables: Sequence[str]
) -> tuple[list[_Sheet], list[Problem]]:
    """Read the sheets named like tables; refuse those that cannot be taken as one."""
    from openpyxl import load_workbook  # heavy: only who has a workbook needs it

    book = load_workbook(io.BytesIO(data), read_only=True)
    sheets = [
        _read(book[name], name, f"{file}, sheet {name}")
        for name in tables
        if name in book.sheetnames
    ]
    problems = _misnamed(book.sheetnames, file, tables)
    for sheet in sheets:
        problems += _unfit(book[sheet.table], data, sheet)
    if any(sheet.formulas for sheet in sheets):
        values = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for sheet in sheets:
            _fill_in(sheet, values[sheet.table])
    for sheet in sheets:
        while sheet.rows and not any(sheet.rows[-1]):
            del sheet.rows[-1]
    return sheets, problems


def _cells(sheet: Any) -> Iterator[tuple[int, Any]]:
    """Yield the rows of a sheet as they are stored, whatever size it claims."""
    sheet.reset_dimensions()
    return enumerate(sheet.iter_rows())


def _misnamed(names: Sequence[str], file: str, tables: Sequence[str]) -> list[Problem]:
    """Refuse sheets named almost like an absent table."""
    absent = [name for name in tables if name not in names]
    rule = "have a table's name"
    problems = []
    for name in names:
        plain = re.sub(r"[\W_]+", "_", name.strip().casefold())
        # Near enough for "Event" and "forum actions", too far for "notes" and sites.
        near = get_close_matches(plain, absent, n=1, cutoff=0.8)
        if near and name not in tables:
            hint = f"did you mean '{near[0]}'?"
            problems.append(found(f"{file}, sheet {name}", None, rule, hint=hint))
    return problems


def _unfit(sheet: Any, data: bytes, read: _Sheet) -> list[Problem]:
    """Refuse a hidden sheet, merged cells, and a sheet without a header."""
    problems = []
    if sheet.sheet_state != "visible":
        hint = "show it, so that you see what is read, or delete it"
        problems.append(found(read.file, None, "not be hidden", hint=hint))
    # Reading row by row, the library keeps merged ranges to itself.
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read(sheet._worksheet_path)
    merged = re.findall(rb"<(?:\w+:)?mergeCell ref=.([A-Z]+([0-9]+):[A-Z0-9]+)", text)
    if merged:
        hint = f"unmerge {merged[0][0].decode()}, and fill each of its cells"
        lines = [int(line) for _, line in merged]
        rule = "hold no merged cells"
        problems.append(found(read.file, None, rule, hint=hint, lines=lines))
    if not read.rows or not any(read.rows[0]):
        rule = "hold the names of the columns in its first row"
        problems.append(found(read.file, None, rule))
    return problems


def _read(cells: Any, table: str, place: str) -> _Sheet:
    """Turn a sheet's cells into text."""
    sheet = _Sheet(table=table, file=place)
    for row, line in _cells(cells):
        sheet.rows.append([_text(cell.value) for cell in line])
        for column, cell in enumerate(line):
            if cell.data_type == "f":
                sheet.formulas.add((row, column))
            elif cell.data_type == "e":
                sheet.blame(_ERROR, row, column)
    return sheet


def _fill_in(sheet: _Sheet, cells: Any) -> None:
    """Put the stored values in the place of formulas."""
    for row, line in _cells(cells):
        for column, cell in enumerate(line):
            if (row, column) not in sheet.formulas:
                continue
            sheet.rows[row][column] = _text(cell.value)
            if cell.data_type == "e":
                sheet.blame(_ERROR, row, column)
            elif cell.value is None and cell.data_type == "n":
                sheet.blame(_NO_VALUE, row, column)


def _text(value: object) -> str:
    """Write a cell as the contract's CSV files would."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() else value)
    return str(value)


def _faults(sheet: _Sheet) -> list[Problem]:
    """Refuse the cells that hold nothing to trust."""
    return [
        found(
            sheet.file,
            _named(sheet, column),
            rule,
            hint=_HINTS[rule],
            lines=[row + 1 for row in rows],
        )
        for (rule, column), rows in sheet.faults.items()
    ]


def _named(sheet: _Sheet, column: int) -> str:
    """Name a column as the workbook does: by its letter, the header is in row 1."""
    from openpyxl.utils import get_column_letter

    return f"column {get_column_letter(column + 1)}"


def _empty_rows(sheet: _Sheet) -> list[Problem]:
    """Refuse empty rows between others."""
    lines = [number for number, row in enumerate(sheet.rows, start=1) if not any(row)]
    hint = "delete it; a second table needs a sheet of its own"
    return (
        [found(sheet.file, None, "hold a value", hint=hint, lines=lines)]
        if lines
        else []
    )


def _unnamed(sheet: _Sheet) -> list[Problem]:
    """Refuse cells in a column that row 1 does not name."""
    named = {column for column, text in enumerate(sheet.rows[0]) if text}
    outside: dict[int, list[int]] = {}
    for number, row in enumerate(sheet.rows[1:], start=2):
        for column, text in enumerate(row):
            if text and column not in named:
                outside.setdefault(column, []).append(number)
    rule = "be empty, or have a name in row 1"
    return [
        found(sheet.file, _named(sheet, column), rule, lines=lines)
        for column, lines in outside.items()
    ]


def _source(sheet: _Sheet) -> Source:
    """Make a table of a sheet: its named columns, and the number of each row."""
    header, rows = sheet.rows[0], sheet.rows[1:]
    named = [column for column, text in enumerate(header) if text]
    faulty = {row + 1 for blamed in sheet.faults.values() for row in blamed}
    kept = [
        (line, row)
        for line, row in enumerate(rows, start=2)
        if any(row) and line not in faulty
    ]
    return Source(
        table=sheet.table,
        raw=RawTable(
            header=tuple(header[column] for column in named),
            columns=tuple(
                tuple(row[c] if c < len(row) else "" for _, row in kept) for c in named
            ),
            lines=np.array([line for line, _ in kept], dtype=np.int64),
            is_whole=not faulty,
        ),
        file=sheet.file,
        called=f"sheet {sheet.table}",
    )
