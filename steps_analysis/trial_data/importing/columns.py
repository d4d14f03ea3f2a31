"""Some columns of a CSV file; what the others hold is never kept."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np

from steps_analysis.errors import DataError, did_you_mean, refusal
from steps_analysis.trial_data.problems import Problem, found
from steps_analysis.trial_data.raw_table import RawTable, wrong_delimiter


def read_columns(
    path: str | Path, wanted: Collection[str], *, required: Iterable[str] = ()
) -> tuple[RawTable | None, list[Problem]]:
    r"""
    Read some columns of a CSV file as text, row by row.

    Parameters
    ----------
    path
        The file: comma-separated, UTF-8, with the names of the columns in line 1.
    wanted
        The columns to keep, those that the file has. The cells of any other are gone as
        soon as their row is split: names, dates of birth and postcodes are not kept.
    required
        The columns that must be there.

    Returns
    -------
    table : RawTable or None
        The columns in the order of the file; None where the file cannot be read.
    problems : list of Problem
        What is wrong with the file as a file.

    Raises
    ------
    DataError
        If there is no such file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.csv"
    ...     _ = file.write_text("CHILD,DOB,REC\n1,01/02/2003,X1\n")
    ...     table, problems = read_columns(file, ["CHILD", "REC"])
    >>> table.header, table.columns
    (('CHILD', 'REC'), (('1',), ('X1',)))
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as f:
            return _table(f, path.name, wanted, required)
    except OSError:
        rule = "be a CSV file that can be read"
        raise DataError(refusal("file", rule, str(path))) from None
    except csv.Error:
        rule = "close every quotation mark it opens, and hold no cell beyond measure"
        return None, [found(path.name, None, rule)]


def _table(
    file: Iterable[str], name: str, wanted: Collection[str], required: Iterable[str]
) -> tuple[RawTable | None, list[Problem]]:
    """Read the wanted columns of an open file."""
    reader = csv.reader(file, strict=True)
    header = next(reader, [])
    problems = _about_header(header, name, wanted, required)
    if problems:
        return None, problems
    places = [place for place, text in enumerate(header) if text in wanted]
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    uneven: list[int] = []
    last = reader.line_num
    for row in reader:
        line, last = last + 1, reader.line_num
        if len(row) == len(header):
            rows.append(tuple(row[place] for place in places))
            lines.append(line)
        elif row:  # an empty line says nothing
            uneven.append(line)
    table = RawTable(
        header=tuple(header[place] for place in places),
        columns=tuple(zip(*rows, strict=True)) if rows else ((),) * len(places),
        lines=np.array(lines, dtype=np.int64),
        is_whole=not uneven,
    )
    rule = f"hold {len(header)} cells, as the header does"
    return table, [found(name, None, rule, lines=uneven)] if uneven else []


def _about_header(
    header: list[str], name: str, wanted: Collection[str], required: Iterable[str]
) -> list[Problem]:
    """Refuse a header in which a column is missing, or stands twice."""
    nothing = np.array([], dtype=np.int64)
    whole = RawTable(header=tuple(header), columns=(), lines=nothing, is_whole=True)
    separator = wrong_delimiter(whole)
    if separator:
        hint = f"its cells are separated by {separator}: save it with commas"
        return [found(name, None, "be separated by commas", hint=hint, lines=[1])]
    missing = [column for column in required if column not in header]
    twice = sorted(
        {text for text in header if text in wanted and header.count(text) > 1}
    )
    # A first line in which nothing is recognised may be data: it is not quoted.
    near = header if set(header) & {*wanted} else []
    return [
        *(
            found(name, column, "be there", hint=_near(column, near), lines=[1])
            for column in missing
        ),
        *(found(name, text, "stand only once", lines=[1]) for text in twice),
    ]


def _near(column: str, header: Iterable[str]) -> str | None:
    """Suggest the column that may be meant, if its name is near."""
    hint = did_you_mean(column, header)
    return hint and hint.replace("did you mean", "is it the column")
