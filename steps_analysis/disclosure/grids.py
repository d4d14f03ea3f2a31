"""What stands in a file of a release? A table as text, from CSV or a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal

_BOOKS = (".xlsx", ".xlsm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """
    A table as it stands in a file.

    Attributes
    ----------
    place
        The file, and the sheet of a workbook.
    rows, columns
        Its labels.
    figures
        Row and column to the text that stands there.
    lines
        Row to its line in the file, counted from 1.

    Examples
    --------
    >>> Grid(place="t.csv", rows=("A",), columns=("2013",),
    ...      figures={("A", "2013"): "7"}, lines={"A": 2}).figures["A", "2013"]
    '7'
    """

    place: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    figures: dict[tuple[str, str], str] = field(repr=False)
    lines: dict[str, int] = field(repr=False)


def read_grid(path: Path, *, sheet: str | None = None, header: int = 1) -> Grid:
    r"""
    Read a table whose first column has the labels of its rows.

    Parameters
    ----------
    path
        A CSV file in UTF-8, or a workbook (XLSX).
    sheet
        The sheet of a workbook; None where it has one only.
    header
        The line with the labels of the columns, counted from 1.

    Returns
    -------
    Grid
        The table; lines after it that are empty are left out.

    Raises
    ------
    ArgumentError
        If the file or sheet is not there, or of another kind.
    DataError
        If it has no table, or labels repeat.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "t.csv"
    ...     _ = file.write_text("borough,2013,2014\nA,7,[c]\n")
    ...     read_grid(file).figures
    {('A', '2013'): '7', ('A', '2014'): '[c]'}
    """
    if not path.is_file():
        raise ArgumentError(refusal("file", "be there", str(path)))
    suffix = path.suffix.casefold()
    if suffix == ".csv":
        lines = _csv_lines(path)
    elif suffix in _BOOKS:
        lines = _sheet_lines(path, sheet)
    else:
        rule = "be a CSV file or a workbook (.csv, .xlsx)"
        raise ArgumentError(refusal("file", rule, path.name))
    return _grid(f"{path}, sheet {sheet}" if sheet else str(path), lines, header)


def named_grid(path: Path, one: Mapping[str, Any]) -> Grid:
    """
    Read the table that a part of a links file names.

    Parameters
    ----------
    path
        The links file; the table's file is looked for beside it.
    one
        The part, with ``name``, ``file`` and for some ``sheet`` and ``header``.

    Returns
    -------
    Grid
        The table.

    Raises
    ------
    DataError
        If the part names no file, or `header` is no line.
    """
    for key in ("name", "file"):
        if not isinstance(one.get(key), str):
            rule = "be given in each part, as text"
            raise DataError(refusal(key, rule, one.get(key), file=path))
    header = one.get("header", 1)
    if not isinstance(header, int) or header < 1:
        rule = "be a line, counted from 1"
        raise DataError(refusal("header", rule, header, file=path))
    return read_grid(path.parent / one["file"], sheet=one.get("sheet"), header=header)


def _csv_lines(path: Path) -> list[list[str]]:
    """Read a CSV file line by line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""))]
    except (UnicodeDecodeError, csv.Error) as error:
        rule = "be CSV in UTF-8"
        raise DataError(refusal("file", rule, str(error), file=path)) from None


def _sheet_lines(path: Path, sheet: str | None) -> list[list[str]]:
    """Read a sheet of a workbook line by line."""
    from zipfile import BadZipFile

    from openpyxl import load_workbook  # heavy: only who has a workbook needs it
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError):
        rule = "be a workbook that can be opened"
        raise DataError(refusal("file", rule, path.name, file=path)) from None
    try:
        names = book.sheetnames
        if sheet is None and len(names) != 1:
            rule = f"be named: one of {', '.join(names)}"
            raise ArgumentError(refusal("sheet", rule, sheet, file=path))
        wanted = names[0] if sheet is None else sheet
        if wanted not in names:
            rule = f"be one of {', '.join(names)}"
            hint = did_you_mean(wanted, names)
            raise ArgumentError(refusal("sheet", rule, wanted, file=path, hint=hint))
        return [[_text(value) for value in row] for row in book[wanted].values]
    finally:
        book.close()


def _text(value: Any) -> str:
    """Write a cell of a workbook as text."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _grid(place: str, lines: Sequence[list[str]], header: int) -> Grid:
    """Find labels and values."""
    first = lines[header - 1] if len(lines) >= header else []
    labels = [cell.strip() for cell in first]
    while labels and not labels[-1]:
        labels.pop()
    if len(labels) < 2:
        rule = "have the labels of the columns, after that of the rows"
        hint = "`header` says in which line they stand"
        said = refusal("header", rule, labels, file=place, line=header, hint=hint)
        raise DataError(said)
    columns = labels[1:]
    figures: dict[tuple[str, str], str] = {}
    at: dict[str, int] = {}
    for line, cells in enumerate(lines[header:], start=header + 1):
        row = cells[0].strip() if cells else ""
        if not any(cell.strip() for cell in cells):
            continue
        if row in at or not row or len(cells) < len(labels):
            rule = f"have a label of its own and {len(columns)} figures"
            raise DataError(refusal("row", rule, row, file=place, line=line))
        at[row] = line
        for column, cell in zip(columns, cells[1:], strict=False):
            figures[row, column] = cell.strip()
    if len(set(columns)) < len(columns) or not at:
        rule = "have rows, and columns that are all different"
        raise DataError(refusal("table", rule, columns, file=place, line=header))
    return Grid(
        place=place, rows=tuple(at), columns=tuple(columns), figures=figures, lines=at
    )
