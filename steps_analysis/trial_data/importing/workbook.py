"""From an Excel workbook to tables of text: one sheet per table, as files are named."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from steps_analysis.errors import DataError, refusal
from steps_analysis.trial_data.importing.sheets import HINTS, Sheet, read_sheets
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
            sheets, problems = read_sheets(data, path.name, tables)
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


def _faults(sheet: Sheet) -> list[Problem]:
    """Refuse the cells that hold nothing to trust."""
    return [
        found(
            sheet.file,
            _named(sheet, column),
            rule,
            hint=HINTS[rule],
            lines=[row + 1 for row in rows],
        )
        for (rule, column), rows in sheet.faults.items()
    ]


def _named(sheet: Sheet, column: int) -> str:
    """Name a column as the workbook does: by its letter, the header is in row 1."""
    from openpyxl.utils import get_column_letter

    return f"column {get_column_letter(column + 1)}"


def _empty_rows(sheet: Sheet) -> list[Problem]:
    """Refuse empty rows between others."""
    lines = [number for number, row in enumerate(sheet.rows, start=1) if not any(row)]
    hint = "delete it; a second table needs a sheet of its own"
    return (
        [found(sheet.file, None, "hold a value", hint=hint, lines=lines)]
        if lines
        else []
    )


def _unnamed(sheet: Sheet) -> list[Problem]:
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


def _source(sheet: Sheet) -> Source:
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
