"""How a table or the data of a figure looks to a reader, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, TestResult
from steps_analysis.reporting.blocks import Column, Figure, Table
from steps_analysis.reporting.cells import Cell, is_numeric, shown
from steps_analysis.reporting.markers import Marker, shorthand
from steps_analysis.reporting.numerals import compact, level
from steps_analysis.reporting.words import not_estimable, why_missing

POINTER = re.compile(r"\[note (\d+)\]")
"""What a caption, heading or cell writes to point to a note of its table."""

_FEW_WORDS = 30  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """
    A table as texts.

    Attributes
    ----------
    headings
        The headings, each with its unit.
    numeric
        For each column, whether it holds numbers.
    wordy
        For each column, whether it holds a long text, which needs room to be read.
    rows
        The cells.
    notes
        The notes; those pointed to begin with ``[note 1]`` and so on.
    marks
        Each mark used anywhere in the table, with its meaning.
    """

    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    wordy: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    marks: tuple[tuple[str, str], ...]


def present_table(table: Table) -> Presented:
    """
    Write a table as texts.

    Parameters
    ----------
    table
        The table.

    Returns
    -------
    Presented
        Headings, cells, notes and the shorthand explained.

    Raises
    ------
    ArgumentError
        If a cell, heading or the caption points to a note that is not there.

    Notes
    -----
    Where an estimate has no number, a note saying why is added after the table's own.

    Examples
    --------
    >>> columns = (Column(key="arm", heading="Arm"), Column(key="n", heading="Number"))
    >>> rows = (("A", "[c]"), ("B", 1200))
    >>> small = Table(name="arms", caption="Arms", columns=columns, rows=rows)
    >>> present_table(small).rows
    (('A', '[c]'), ('B', '1,200'))
    """
    reasons = _reasons(table)
    numbers = {reason: len(table.notes) + 1 + i for i, reason in enumerate(reasons)}
    rows = tuple(
        tuple(
            _shown(cell, column, numbers)
            for cell, column in zip(row, table.columns, strict=True)
        )
        for row in table.rows
    )
    columns = list(zip(*table.rows, strict=True))
    headings = tuple(
        heading(column, cells)
        for column, cells in zip(table.columns, columns, strict=True)
    )
    texts = [table.caption, *headings, *(text for row in rows for text in row)]
    notes = _labelled((*table.notes, *reasons), texts)
    return Presented(
        headings=headings,
        numeric=tuple(_holds_numbers(cells) for cells in columns),
        wordy=_wordy(rows),
        rows=rows,
        notes=notes,
        marks=shorthand([*texts, *notes]),
    )


def heading(column: Column, cells: Iterable[Cell]) -> str:
    """
    Write the heading of a column, with its unit and confidence level.

    Parameters
    ----------
    column
        The column.
    cells
        Its cells.

    Returns
    -------
    str
        Such as ``"Risk difference (percentage points; 95% CI)"``.

    Examples
    --------
    >>> heading(Column(key="rate", heading="Rate", unit="per 10,000"), [1.5])
    'Rate (per 10,000)'
    """
    levels = {cell.level for cell in cells if isinstance(cell, Estimate)}
    interval = " and ".join(f"{level(value)} CI" for value in sorted(levels))
    remarks = "; ".join(words for words in (column.unit, interval) if words)
    return f"{column.heading} ({remarks})" if remarks else column.heading


def present_data(figure: Figure) -> Presented:
    """
    Write the data behind a figure as texts.

    Parameters
    ----------
    figure
        The figure.

    Returns
    -------
    Presented
        Headings and cells, with the notes and marks of the figure.

    Examples
    --------
    >>> from steps_analysis.reporting.drawings import Dot, DotPlot
    >>> plot = DotPlot(dots=(Dot(label="Age", value=-0.125),))
    >>> made = Figure(name="balance", caption="Balance", alt="One dot.", drawing=plot)
    >>> present_data(made).headings
    ('Characteristic', 'Standardised difference')
    """
    frame = figure.drawing.data()
    values = [list(row) for row in frame.itertuples(index=False, name=None)]
    rows = tuple(tuple(_datum(value) for value in row) for row in values)
    names = [str(name) for name in frame.columns]
    drawn = [figure.caption, *(text for row in rows for text in row)]
    notes = _labelled(figure.notes, [figure.caption])
    numeric = [
        not all(isinstance(value, str) for value in column)
        for column in zip(*values, strict=True)
    ]
    return Presented(
        headings=tuple(name[:1].upper() + name[1:] for name in names),
        numeric=tuple(numeric),
        wordy=_wordy(rows),
        rows=rows,
        notes=notes,
        marks=shorthand([*drawn, *notes]),
    )


def _datum(value: object) -> str:
    """Write one number behind a figure."""
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]  # drawings hold texts and numbers
    if number != number:
        return "[x]"
    return "[z]" if number in (float("inf"), float("-inf")) else compact(number)


def _shown(cell: Cell, column: Column, numbers: dict[str, int]) -> str:
    """Write a cell, pointing to the note that says why it has no number."""
    text = shown(cell, column.unit, column.decimals)
    reason = _reason(cell)
    return text if reason is None else f"{text} [note {numbers[reason]}]"


def _reason(cell: Cell) -> str | None:
    """Say in a sentence why a cell has no number."""
    if isinstance(cell, Estimate):
        why, what = why_missing(cell), cell.measure
    elif isinstance(cell, TestResult):
        why, what = cell.not_estimable, "p-value"
    else:
        return None
    return why and f"{what[:1].upper()}{what[1:]} {not_estimable(why)}."


def _reasons(table: Table) -> tuple[str, ...]:
    """List why cells have no number, each reason once."""
    found = [_reason(cell) for row in table.rows for cell in row]
    return tuple(dict.fromkeys(reason for reason in found if reason))


def _holds_numbers(cells: Iterable[Cell]) -> bool:
    """Say whether a column holds numbers, marks aside."""
    plain = [cell for cell in cells if not isinstance(cell, Marker)]
    return not any(not is_numeric(cell) for cell in plain)


def _wordy(rows: tuple[tuple[str, ...], ...]) -> tuple[bool, ...]:
    """Say which columns hold a text of more than a few words."""
    return tuple(max(map(len, texts)) > _FEW_WORDS for texts in zip(*rows, strict=True))


def _labelled(notes: Iterable[str], texts: Iterable[str]) -> tuple[str, ...]:
    """Put a number before each note that some text points to."""
    notes = list(notes)
    pointed = {int(number) for text in texts for number in POINTER.findall(text)}
    astray = sorted(number for number in pointed if not 1 <= number <= len(notes))
    if astray:
        rule = f"point to one of the {len(notes)} notes"
        raise ArgumentError(refusal("[note]", rule, astray))
    return tuple(
        f"[note {number}] {note}" if number in pointed else note
        for number, note in enumerate(notes, start=1)
    )
