"""What a table, or the data behind a figure, looks like with one number to a cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from steps_analysis.estimates import Estimate, TestResult
from steps_analysis.reporting.blocks import Column, Figure, Table
from steps_analysis.reporting.cells import Cell, plain
from steps_analysis.reporting.numerals import level
from steps_analysis.reporting.present import POINTER, present_data, present_table
from steps_analysis.reporting.tables import taken_apart
from steps_analysis.reporting.writers.notes import NoteList
from steps_analysis.reporting.writers.values import Number, Value, printable, values

NO_NOTE = "none"
"""What stands in a column of notes where a row has none."""

_SAYS = {
    "": "{heading}",
    "_lower": "{heading}, lower limit of {level} CI",
    "_upper": "{heading}, upper limit of {level} CI",
    "_unit": "{heading}, unit",
    "_percent": "{heading}, percentage",
    "_sd": "{heading}, standard deviation",
}
_SENTENCE = re.compile(r"(?<=[.;:])\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """
    A table for a worksheet.

    Attributes
    ----------
    title
        The caption, pointing to the notes that belong to the whole.
    lines
        What is said above it, such as the description of a figure.
    headings
        The headings, all different, each with its unit.
    rows
        The rows, with a value in every cell.
    has_notes
        Whether it has notes.
    """

    title: str
    lines: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    has_notes: bool


def grid(block: Table | Figure, notes: NoteList) -> Grid:
    """
    Take a table or the data behind a figure apart, one number to a cell.

    Parameters
    ----------
    block
        The table or figure.
    notes
        The notes of the workbook it goes into.

    Returns
    -------
    Grid
        A column with estimates takes three, one with shares two, as in the CSV file; a
        last column points to the notes that say why an estimate has no number.

    Examples
    --------
    >>> from steps_analysis.reporting.document import Document, Section
    >>> from steps_analysis.reporting.writers.notes import collect_notes
    >>> columns = (Column(key="age", heading="Mean age", unit="years"),)
    >>> table = Table(name="age", caption="Age", columns=columns, rows=((14.25,),))
    >>> part = Section(title="Tables", blocks=(table,))
    >>> made = grid(table, collect_notes(Document(title="STEPS-B", sections=(part,))))
    >>> made.headings, made.rows
    (('Mean age (years)',), ((Number(value=14.25, shown='14.25'),),))
    """
    if isinstance(block, Table):
        headings, rows = _table(block)
        lines: tuple[str, ...] = ()
    else:
        headings, rows = _data(block)
        lines = tuple(_SENTENCE.split(f"The figure in words: {block.alt.strip()}"))
    title = f"{notes.renumbered(block.name, block.caption)} {notes.general(block.name)}"
    return Grid(
        title=printable(title.strip()),
        lines=lines,
        headings=_different([_pointing(block, text, notes) for text in headings]),
        rows=tuple(
            tuple(
                _pointing(block, value, notes) if isinstance(value, str) else value
                for value in row
            )
            for row in rows
        ),
        has_notes=bool(notes.by_name[block.name]),
    )


def _pointing(block: Table | Figure, text: str, notes: NoteList) -> str:
    """Let a text point to the notes of the workbook."""
    pointing = isinstance(block, Table) and POINTER.search(text)
    return printable(notes.renumbered(block.name, text) if pointing else text)


def _table(table: Table) -> tuple[list[str], list[list[Value]]]:
    """Take a table apart."""
    headings, rows = taken_apart(
        table, lambda cell, column: values(cell, column.unit, column.decimals), _named
    )
    pointers = _why_missing(table)
    if any(pointers):
        headings.append("Note")
        for row, pointer in zip(rows, pointers, strict=True):
            row.append(pointer or NO_NOTE)
    return headings, rows


def _named(column: Column, cells: Sequence[Cell], ending: str) -> str:
    """Name one part of a column, with the level of its limits."""
    levels = {cell.level for cell in cells if isinstance(cell, Estimate)}
    every = " and ".join(level(value) for value in sorted(levels))
    return _SAYS[ending].format(heading=column.heading, level=every)


def _why_missing(table: Table) -> list[str]:
    """Point, for each row, to the notes that say why its estimates have no number."""
    shown = present_table(table).rows
    pointers = []
    for cells, texts in zip(table.rows, shown, strict=True):
        results = [
            text
            for cell, text in zip(cells, texts, strict=True)
            if isinstance(cell, Estimate | TestResult)
        ]
        found = [match[0] for text in results for match in POINTER.finditer(text)]
        pointers.append("".join(dict.fromkeys(found)))
    return pointers


def _data(figure: Figure) -> tuple[list[str], list[list[Value]]]:
    """Take the data behind a figure."""
    shown = present_data(figure)
    kept = figure.drawing.data().itertuples(index=False, name=None)
    rows = [
        [_datum(value, text) for value, text in zip(values_, texts, strict=True)]
        for values_, texts in zip(kept, shown.rows, strict=True)
    ]
    return list(shown.headings), rows


def _datum(value: object, shown: str) -> Value:
    """Join one number behind a figure with what is seen of it."""
    if isinstance(value, str):
        return value
    text = plain(float(value))  # type: ignore[arg-type]  # drawings hold texts and numbers
    return text if text.startswith("[") else Number(value=float(text), shown=shown)


def _different(headings: list[str]) -> tuple[str, ...]:
    """Count headings that are written alike, as a table may have each once only."""
    made: dict[str, str] = {}  # by what Excel compares
    for heading in headings:
        name, place = heading, 1
        while name.casefold() in made:
            place += 1
            name = f"{heading} ({place})"
        made[name.casefold()] = name
    return tuple(made.values())
