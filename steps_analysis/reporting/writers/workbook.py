"""
A report as worksheets, before it is XLSX or ODS.

The rules are those of the Government Analysis Function [1]_: a cover, a list of
contents and a sheet of notes; one table to a worksheet, all that is said of it above it
in column A; no merged, hidden or empty cells.

References
----------
.. [1] Government Analysis Function, Releasing statistics in spreadsheets,
   https://analysisfunction.civilservice.gov.uk/policy-store/releasing-statistics-in-spreadsheets/
"""

from __future__ import annotations

from dataclasses import dataclass

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.reporting.blocks import Callout
from steps_analysis.reporting.document import (
    Document,
    check_release,
    exhibits,
    numbered,
)
from steps_analysis.reporting.markers import shorthand
from steps_analysis.reporting.writers.grids import Grid, grid
from steps_analysis.reporting.writers.notes import NoteList, collect_notes
from steps_analysis.reporting.writers.values import Link, Number, Value, printable

COVER, CONTENTS, NOTES = "Cover", "Contents", "Notes"

_LONGEST_TEXT = 32_767  # what a cell of XLSX holds
_LONGEST_HEADING = 255  # what the heading of a table in XLSX holds
_NARROWEST, _WIDEST = 12, 60  # columns, in characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """
    One worksheet.

    Attributes
    ----------
    name
        Its name, of at most 31 characters.
    title
        Its first cell.
    lines
        The cells below that, one to a row.
    headings
        The headings of its table, below the lines; none for a sheet of text alone.
    rows
        The rows of the table.
    """

    name: str
    title: str
    lines: tuple[str, ...]
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[Value, ...], ...] = ()

    def __post_init__(self) -> None:
        texts = [value for row in self.rows for value in row if isinstance(value, str)]
        longest = max(map(len, (self.title, *self.lines, *texts)))
        if longest > _LONGEST_TEXT:
            rule = f"have at most {_LONGEST_TEXT:,} characters in a workbook"
            raise ArgumentError(refusal(self.name, rule, longest))
        longest = max(map(len, self.headings), default=0)
        if longest > _LONGEST_HEADING:
            rule = f"have headings of at most {_LONGEST_HEADING} characters"
            raise ArgumentError(refusal(self.name, rule, longest))

    @property
    def numeric(self) -> tuple[bool, ...]:
        """For each column, whether it holds numbers, marks aside."""
        columns = list(zip(*self.rows, strict=True))
        return tuple(any(isinstance(c, Number) for c in cells) for cells in columns)

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths of its columns, in characters."""
        if not self.headings:
            return (2 * _WIDEST,)
        columns = zip(self.headings, *self.rows, strict=True)
        return tuple(_width(heading, cells) for heading, *cells in columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """
    A report as worksheets.

    Attributes
    ----------
    title
        The title of the report.
    description
        What it says of itself on every worksheet: stamp and edition.
    language
        Language of the text, as a BCP 47 tag.
    sheets
        The worksheets: cover, contents, notes, then one for each table and figure.
    """

    title: str
    description: str
    language: str
    sheets: tuple[Sheet, ...]


def workbook(document: Document) -> Workbook:
    """
    Lay a report out as worksheets.

    Parameters
    ----------
    document
        The report.

    Returns
    -------
    Workbook
        The cover with the findings and limitations, the contents, the notes if there
        are any, and each table, and the data behind each figure, on a sheet of its own.

    Raises
    ------
    DisclosureError
        If a public report shows sites without a safe audit.
    ArgumentError
        If a text is longer than a cell holds.

    Notes
    -----
    Notes are numbered throughout the workbook, equal ones once, and each is pointed to:
    from the title of the sheet where no cell or heading does.

    Examples
    --------
    >>> made = workbook(Document(title="STEPS-B", sections=()))
    >>> [sheet.name for sheet in made.sheets]
    ['Cover', 'Contents']
    """
    check_release(document)
    labels = numbered(document)
    notes = collect_notes(document)
    tables = [
        _exhibit_sheet(document, grid(block, notes), labels[block.name])
        for block in exhibits(document)
    ]
    told = [_notes_sheet(document, notes, labels)] if notes.texts else []
    contents = _contents(document, [*told, *tables])
    return Workbook(
        title=_title(document),
        description=". ".join(_marks_of(document)),
        language=document.language,
        sheets=(_cover(document), contents, *told, *tables),
    )


def _title(document: Document) -> str:
    """Write title and subtitle."""
    return printable(document.full_title)


def _marks_of(document: Document) -> list[str]:
    """List what every worksheet says: the edition and the stamp."""
    return [printable(words) for words in document.marks]


def _cover(document: Document) -> Sheet:
    """Make the cover: what the report is, and what it found."""
    facts = [f"{term}: {fact}" for term, fact in document.meta.items()]
    blocks = [block for section in document.sections for block in section.blocks]
    said = [line for block in blocks for line in _told(block)]
    return _sheet(
        document,
        name=COVER,
        title=_title(document),
        lines=(*facts, *said, f"The worksheets are listed on the sheet {CONTENTS}."),
    )


def _told(block: object) -> list[str]:
    """Write a callout, one text to a line."""
    if not isinstance(block, Callout):
        return []
    first = f"{block.heading}: {block.text}" if block.text else block.heading
    return [first, *block.entries]


def _contents(document: Document, sheets: list[Sheet]) -> Sheet:
    """List the worksheets that follow."""
    rows = tuple((Link(sheet.name), sheet.title) for sheet in sheets)
    lines = ("This worksheet contains one table, with links.",) if rows else ()
    return _sheet(
        document,
        name=CONTENTS,
        title=CONTENTS,
        lines=lines,
        headings=("Worksheet", "What it holds") if rows else (),
        rows=rows,
    )


def _notes_sheet(document: Document, notes: NoteList, labels: dict[str, str]) -> Sheet:
    """List the notes, with the worksheets that point to each."""
    rows = tuple(
        (f"note {number}", text, ", ".join(labels[name] for name in notes.users(text)))
        for number, text in enumerate(notes.texts, start=1)
    )
    return _sheet(
        document,
        name=NOTES,
        title=NOTES,
        lines=("This worksheet contains one table.",),
        headings=("Note number", "Note", "Worksheets"),
        rows=rows,
    )


def _exhibit_sheet(document: Document, made: Grid, label: str) -> Sheet:
    """Make the worksheet of a table or figure."""
    pointed = (f"Notes are on the sheet {NOTES}.",) if made.has_notes else ()
    return _sheet(
        document,
        name=label,
        title=f"{label}: {made.title}",
        lines=("This worksheet contains one table.", *made.lines, *pointed),
        headings=made.headings,
        rows=made.rows,
    )


def _sheet(
    document: Document,
    *,
    name: str,
    title: str,
    lines: tuple[str, ...],
    headings: tuple[str, ...] = (),
    rows: tuple[tuple[Value, ...], ...] = (),
) -> Sheet:
    """Make a worksheet with its marks, its text and the shorthand it uses."""
    lines = tuple(printable(line) for line in lines)
    texts = [value for row in rows for value in row if isinstance(value, str)]
    used = shorthand([title, *lines, *headings, *texts])
    explained = [f"Shorthand: {mark} {meaning}." for mark, meaning in used]
    return Sheet(
        name=name,
        title=title,
        lines=(*_marks_of(document), *lines, *explained),
        headings=headings,
        rows=rows,
    )


def _width(heading: str, cells: list[Value]) -> int:
    """Choose the width of a column from its longest cell and word."""
    longest = max((len(_seen(cell)) for cell in cells), default=0)
    word = max(map(len, heading.split()), default=0)
    return min(max(longest, word, len(heading) // 3, _NARROWEST), _WIDEST) + 2


def _seen(value: Value) -> str:
    """Give the text that is seen."""
    if isinstance(value, str):
        return value
    return value.sheet if isinstance(value, Link) else value.shown
