"""From the bytes of a CSV file to rows of text, each with its line."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from steps_analysis.trial_data.files import content
from steps_analysis.trial_data.problems import Problem, found

_OTHER_FORMATS = {
    b"PK\x03\x04": "it is a workbook or an archive: save the sheet as CSV UTF-8",
    b"\xff\xfe": "it is UTF-16: save it as CSV UTF-8",
    b"\xfe\xff": "it is UTF-16: save it as CSV UTF-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """
    A file's header and its cells as text.

    Attributes
    ----------
    header
        The names in the first line, as they stand.
    columns
        The texts of each column, in the order of the header.
    lines
        The line each row begins on, shape (rows,).
    is_whole
        Whether no row was left out for having the wrong number of cells.
    """

    header: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    lines: npt.NDArray[np.int64]
    is_whole: bool


def read_raw(path: Path) -> tuple[RawTable | None, list[Problem]]:
    """
    Read a CSV file's cells as text.

    Bytes that are not UTF-8 survive as lone surrogates, so that the checker of cells
    can name their lines and columns.

    Parameters
    ----------
    path
        The file: comma-separated, UTF-8 with or without a byte order mark, lines ended
        by LF or CRLF.

    Returns
    -------
    table : RawTable or None
        Its cells, None where it is no such file.
    problems : list of Problem
        What is wrong with it as a file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    data = content(path)
    if data is None:
        return None, [found(path.name, None, "be a file that can be read")]
    for start, hint in _OTHER_FORMATS.items():
        if data.startswith(start):
            return None, [found(path.name, None, "be UTF-8 text", hint=hint)]
    text = data.decode("utf-8-sig", errors="surrogateescape")
    if not text.strip():
        return None, [found(path.name, None, "hold a header line", hint="it is empty")]
    try:
        rows, lines = _records(text)
    except _OpenQuoteError as error:
        rule = "close every quotation mark it opens, and hold no cell beyond measure"
        return None, [found(path.name, None, rule, lines=[error.line])]
    return _rectangle(path.name, rows, lines)


class _OpenQuoteError(Exception):
    """A quotation mark that is never closed, or closed too early."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(line)


def _records(text: str) -> tuple[list[list[str]], list[int]]:
    """Split text into records, each with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    last = 0
    try:
        for row in reader:
            rows.append(row)
            lines.append(last + 1)
            last = reader.line_num
    except csv.Error:
        raise _OpenQuoteError(last + 1) from None
    while not rows[-1]:
        del rows[-1], lines[-1]
    return rows, lines


def _rectangle(
    name: str, rows: list[list[str]], lines: list[int]
) -> tuple[RawTable, list[Problem]]:
    """Keep the rows that are as long as the header; refuse the others."""
    header = tuple(rows[0])
    excess = np.fromiter(map(len, rows), np.int64, len(rows)) - len(header)
    line = np.array(lines, dtype=np.int64)
    sound = excess == 0
    kept = rows[1:] if sound.all() else [rows[i] for i in np.flatnonzero(sound)[1:]]
    table = RawTable(
        header=header,
        columns=tuple(zip(*kept, strict=True)) if kept else ((),) * len(header),
        lines=line[sound][1:],
        is_whole=bool(sound.all()),
    )
    if wrong_delimiter(table):
        return table, []  # which the header's check says once
    rule = f"hold {len(header)} cells, as the header does"
    return table, [
        found(name, None, rule, hint=hint, lines=line[which].tolist())
        for hint, which in (
            ("a cell with a comma in it needs quotation marks", excess > 0),
            ("the line is empty", excess == -len(header)),
            ("the line is cut short", (excess < 0) & (excess > -len(header))),
        )
        if which.any()
    ]


def wrong_delimiter(table: RawTable) -> str | None:
    """
    Say what separates a table's cells, if it is not commas.

    Parameters
    ----------
    table
        The table as read with commas.

    Returns
    -------
    str or None
        "semicolons", "tabs" or "bars"; None where commas do, or there is one column.
    """
    if len(table.header) != 1:
        return None
    words = {";": "semicolons", "\t": "tabs", "|": "bars"}
    return next((word for sign, word in words.items() if sign in table.header[0]), None)
