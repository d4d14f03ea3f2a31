"""The cells of a workbook's sheets as text, and which of them cannot be trusted."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from difflib import get_close_matches
from typing import Any

from steps_analysis.trial_data.problems import Problem, found


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """
    The cells of one sheet as text.

    Attributes
    ----------
    table
        The table it is named after.
    file
        What messages call it.
    rows
        Its rows from the first to the last filled one, each as long as its last cell.
    formulas
        Where its formulas are: row and column from 0.
    faults
        What cannot be read: rule and column to rows.
    """

    table: str
    file: str
    rows: list[list[str]] = field(default_factory=list)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    faults: dict[tuple[str, int], list[int]] = field(default_factory=dict)

    def blame(self, rule: str, row: int, column: int) -> None:
        """
        Remember a cell that breaks a rule.

        Parameters
        ----------
        rule
            The rule, worded to follow "must".
        row, column
            Where it is, from 0.
        """
        self.faults.setdefault((rule, column), []).append(row)


_NO_VALUE = "hold a value: none is stored for its formula"
_ERROR = "hold no error value"
HINTS = {
    _NO_VALUE: "open the workbook in Excel and save it, or paste the values",
    _ERROR: "a missing value is an empty cell",
}


def read_sheets(
    data: bytes, file: str, tables: Sequence[str]
) -> tuple[list[Sheet], list[Problem]]:
    """
    Read the sheets of a workbook that are named like tables.

    Parameters
    ----------
    data
        The workbook.
    file
        Its name.
    tables
        The names to look for.

    Returns
    -------
    sheets : list of Sheet
        In the order of `tables`.
    problems : list of Problem
        Sheets that cannot be taken as a table.

    Raises
    ------
    Exception
        Whatever the library makes of a damaged workbook.
    """
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


def _unfit(sheet: Any, data: bytes, read: Sheet) -> list[Problem]:
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


def _read(cells: Any, table: str, place: str) -> Sheet:
    """Turn a sheet's cells into text."""
    sheet = Sheet(table=table, file=place)
    for row, line in _cells(cells):
        sheet.rows.append([_text(cell.value) for cell in line])
        for column, cell in enumerate(line):
            if cell.data_type == "f":
                sheet.formulas.add((row, column))
            elif cell.data_type == "e":
                sheet.blame(_ERROR, row, column)
    return sheet


def _fill_in(sheet: Sheet, cells: Any) -> None:
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
