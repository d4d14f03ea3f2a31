"""What each format of a report says, read back by other programs than wrote it.

A table is its headings and its rows as they are seen or kept; workbooks give every
worksheet, PDF and HTML every table, by its caption.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tools.pdf_text import Element, read_pdf

Row = tuple[Any, ...]

_SPACE = re.compile(r"[\s\u200b]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTable:
    """A table as it was read.

    Attributes
    ----------
    headings
        The texts of its headings.
    rows
        Its cells: texts, or numbers where the format keeps numbers.
    lines
        What a worksheet says above its table, the title first.
    seen
        The texts that are seen of its cells, where a format tells.
    """

    headings: Row
    rows: tuple[Row, ...]
    lines: tuple[str, ...] = ()
    seen: tuple[tuple[str, ...], ...] = ()


def squeezed(text: str) -> str:
    """Return a text without white space, which lines of a page swallow."""
    return _SPACE.sub("", text)


def csv_table(content: bytes, *, stamp: str = "") -> ReadTable:
    """Read a CSV file, less the column of the stamp."""
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    last = len(header) - bool(stamp)
    kept = tuple(tuple(row[:last]) for row in rows)
    return ReadTable(headings=tuple(header[:last]), rows=kept)


def html_tables(content: bytes) -> dict[str, ReadTable]:
    """Read every table of a page by its caption."""
    from lxml import html  # type: ignore[import-untyped]  # it has no types

    tables = {}
    for table in html.fromstring(content.decode()).iter("table"):
        rows = [[cell.text_content() for cell in row] for row in table.iter("tr")]
        caption = table.find("caption").text_content()
        tables[caption] = ReadTable(
            headings=tuple(rows[0]), rows=tuple(tuple(row) for row in rows[1:])
        )
    return tables


def pdf_tables(content: bytes) -> dict[str, ReadTable]:
    """Read every table of a tagged PDF by its caption, without white space."""
    tables = {}
    for table in read_pdf(content).every("Table"):
        caption = "".join(part.whole() for part in table.every("Caption"))
        headings, *rows = [_cells(row) for row in table.every("TR")]
        tables[squeezed(caption)] = ReadTable(headings=headings, rows=tuple(rows))
    return tables


def _cells(row: Element) -> Row:
    """Return the texts of a row."""
    return tuple(squeezed(cell.whole()) for cell in row.parts)


def xlsx_sheets(content: bytes) -> dict[str, ReadTable]:
    """Read every worksheet of an XLSX workbook by its name."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content))
    sheets = {}
    for sheet in book.worksheets:
        cells = [list(row) for row in sheet.iter_rows()]
        rows = [[cell.value for cell in row] for row in cells]
        seen = [
            [_seen(cell.value, cell.number_format) for cell in row] for row in cells
        ]
        tables = list(sheet.tables.values())
        top = int(re.findall(r"\d+", tables[0].ref)[0]) - 1 if tables else len(rows)
        sheets[sheet.title] = _sheet(rows, seen, top)
    return sheets


def ods_sheets(content: bytes, tops: Mapping[str, int]) -> dict[str, ReadTable]:
    """Read every worksheet of an ODS workbook by its name, given its lines of text."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = {}
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        sheets[name] = _sheet(rows, [], tops[name])
    return sheets


def _sheet(rows: Sequence[Sequence[Any]], seen: list[list[str]], top: int) -> ReadTable:
    """Part a worksheet into its lines and its table."""
    return ReadTable(
        lines=tuple(str(row[0]) for row in rows[:top]),
        headings=tuple(rows[top]) if top < len(rows) else (),
        rows=tuple(tuple(row) for row in rows[top + 1 :]),
        seen=tuple(tuple(row) for row in seen[top + 1 :]),
    )


def _seen(value: Any, form: str) -> str:
    """Return what a workbook program shows of a value under a number format."""
    if not isinstance(value, int | float):
        return str(value)
    if form.startswith('"'):
        return form[1:-1]
    step = Decimal(1).scaleb(-len(form.partition(".")[2]))
    rounded = Decimal(repr(value)).quantize(step, rounding=ROUND_HALF_UP)
    return f"{rounded:,f}".replace("-", "\N{MINUS SIGN}")


def every_text(table: ReadTable) -> Iterator[str]:
    """Yield every text of a worksheet."""
    yield from table.lines
    yield from map(str, table.headings)
    for row in table.rows:
        yield from (cell for cell in row if isinstance(cell, str))
