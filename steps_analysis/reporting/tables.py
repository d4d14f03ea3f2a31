"""Tables and the data behind figures as CSV: numbers as data, one header row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from steps_analysis.reporting.blocks import Column, Figure, Table
from steps_analysis.reporting.cells import Cell, parts, plain
from steps_analysis.reporting.document import Document, exhibits
from steps_analysis.reporting.markers import Marker, shorthand
from steps_analysis.reporting.present import present_data, present_table

Part = TypeVar("Part")

ENDINGS = ("", "_lower", "_upper", "_unit", "_percent", "_sd")
"""What a column of a table may hold, one number to a cell, in this order."""

_OWN_UNIT = {"_unit": "", "_percent": "%"}


def table_csv(table: Table, *, stamp: str = "") -> str:
    """
    Write a table as CSV.

    Parameters
    ----------
    table
        The table.
    stamp
        Text of a last column ``stamp``; no such column where empty.

    Returns
    -------
    str
        One header row, then the rows, lines ending in LF. A column with estimates
        takes three: ``x``, ``x_lower`` and ``x_upper``. Units stand in brackets in the
        header. Numbers have eight significant digits, and marks stay marks.

    Examples
    --------
    >>> columns = (Column(key="arm", heading="Arm"),
    ...            Column(key="age", heading="Mean age", unit="years"))
    >>> print(table_csv(Table(name="ages", caption="Mean age", columns=columns,
    ...                       rows=(("A", 14.25),))))
    arm,age (years)
    A,14.25
    <BLANKLINE>
    """
    header, body = taken_apart(
        table,
        lambda cell, column: parts(cell, column.unit),
        lambda column, _, ending: f"{column.key}{ending}",
    )
    return _csv(header, body, stamp)


def taken_apart(
    table: Table,
    take: Callable[[Cell, Column], Mapping[str, Part]],
    name: Callable[[Column, Sequence[Cell], str], str],
) -> tuple[list[str], list[list[Part | str]]]:
    """
    Take a table apart, one number to a cell.

    Parameters
    ----------
    table
        The table.
    take
        Gives the parts of a cell of a column by ending, as `parts` does.
    name
        Names, given a column and its cells, the part with an ending; without unit.

    Returns
    -------
    header : list of str
        The name of each part that any cell has, with its unit.
    body : list of list
        The parts, row by row; where a cell has no such part its own mark, or ``"[z]"``
        (not applicable).

    Examples
    --------
    >>> from steps_analysis.reporting.cells import Share
    >>> columns = (Column(key="n", heading="Number"),)
    >>> rows = (("[c]",), (Share(count=12, total=40),))
    >>> small = Table(name="small", caption="Small", columns=columns, rows=rows)
    >>> taken_apart(small, lambda cell, _: parts(cell), lambda *three: three[-1])
    (['', '_percent (%)'], [['[c]', '[c]'], ['12', '30']])
    """
    header: list[str] = []
    body: list[list[Part | str]] = [[] for _ in table.rows]
    for column, cells in zip(table.columns, zip(*table.rows, strict=True), strict=True):
        taken = [take(cell, column) for cell in cells]
        used = [end for end in ENDINGS if any(end in cell for cell in taken)]
        header += [
            _header(name(column, cells, ending), column, ending) for ending in used
        ]
        for line, cell, found in zip(body, cells, taken, strict=True):
            absent = str(cell) if isinstance(cell, Marker) else "[z]"
            line += [found.get(ending, absent) for ending in used]
    return header, body


def _header(name: str, column: Column, ending: str) -> str:
    """Head a column of the file with its name and unit."""
    unit = _OWN_UNIT.get(ending, column.unit)
    return f"{name} ({unit})" if unit else name


def data_csv(figure: Figure, *, stamp: str = "") -> str:
    r"""
    Write the data behind a figure as CSV.

    Parameters
    ----------
    figure
        The figure.
    stamp
        Text of a last column ``stamp``; no such column where empty.

    Returns
    -------
    str
        One header row, then the rows, lines ending in LF.

    Examples
    --------
    >>> from steps_analysis.reporting.drawings import Dot, DotPlot
    >>> plot = DotPlot(dots=(Dot(label="Age", value=-0.125),))
    >>> made = Figure(name="balance", caption="Balance", alt="One dot.", drawing=plot)
    >>> data_csv(made)
    'characteristic,standardised difference\nAge,-0.125\n'
    """
    frame = figure.drawing.data()
    rows = [
        [value if isinstance(value, str) else plain(value) for value in row]
        for row in frame.itertuples(index=False, name=None)
    ]
    return _csv([str(name) for name in frame.columns], rows, stamp)


def notes_csv(document: Document) -> str:
    r"""
    Write captions, notes and marks of all tables and figures as CSV.

    Parameters
    ----------
    document
        The report.

    Returns
    -------
    str
        Columns name, kind (caption, note or mark) and text.

    Examples
    --------
    >>> notes_csv(Document(title="STEPS-B", sections=()))
    'name,kind,text\n'
    """
    rows = []
    for block in exhibits(document):
        rows.append([block.name, "caption", block.caption])
        if isinstance(block, Table):
            notes, written = present_table(block).notes, table_csv(block)
        else:
            notes, written = present_data(block).notes, data_csv(block)
        rows += [[block.name, "note", note] for note in notes]
        rows += [
            [block.name, "mark", f"{mark} {meaning}"]
            for mark, meaning in shorthand([written])
        ]
    return _csv(["name", "kind", "text"], rows, document.stamp)


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]], stamp: str) -> str:
    """Join cells into lines, with the stamp at the end of each."""
    last = [stamp] if stamp else []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*header, *(["stamp"] if stamp else [])])
    writer.writerows([*row, *last] for row in rows)
    return text.getvalue()
