"""
A report as an XLSX workbook.

Written with xlsxwriter. gptables, which stands on it, gives the same rules, but hands
texts to a method that takes ``=1`` for a formula and an address for a link, refuses a
cell without a letter or digit, and has one format for a whole column.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape
from zipfile import ZipFile

from steps_analysis.reporting.document import Document
from steps_analysis.reporting.writers.archives import MADE, same_bytes
from steps_analysis.reporting.writers.packages import optional
from steps_analysis.reporting.writers.values import Link, Number, Value, is_mark
from steps_analysis.reporting.writers.workbook import Sheet, Workbook, workbook

if TYPE_CHECKING:
    from collections.abc import Callable

_CORE = "docProps/core.xml"
_LETTER = {"font_name": "Arial", "font_size": 12, "valign": "top"}
_TITLE = {**_LETTER, "font_size": 14, "bold": True}
_HEADING = {**_LETTER, "bold": True, "text_wrap": True, "valign": "bottom", "bottom": 2}
_LINK = {**_LETTER, "font_color": "#0B4A8A", "underline": 1}
_MARK = {**_LETTER, "align": "right"}
_WRAPPED = {**_LETTER, "text_wrap": True}


def xlsx_workbook(document: Document, *, laid_out: Workbook | None = None) -> bytes:
    """
    Write a report as an XLSX workbook.

    Parameters
    ----------
    document
        The report.
    laid_out
        Its worksheets, if they are laid out already.

    Returns
    -------
    bytes
        The file; the same report gives the same bytes.

    Raises
    ------
    DisclosureError
        If a public report shows sites without a safe audit.
    ArgumentError
        If xlsxwriter is not installed, or a text is longer than a cell holds.

    Notes
    -----
    Numbers are numbers, to the eight digits of the CSV files, under a format that shows
    them as on the page: with its decimals, or as ``<0.001``. Marks are texts. Each
    table is marked as one for assistive technology.

    Examples
    --------
    >>> xlsx_workbook(Document(title="STEPS-B", sections=()))[:2]
    b'PK'
    """
    made = laid_out or workbook(document)
    target = io.BytesIO()
    book = optional("xlsxwriter", "xlsx").Workbook(target, {"in_memory": True})
    book.set_properties(
        {"title": made.title, "comments": made.description, "created": MADE}
    )

    @cache
    def look(items: tuple[tuple[str, Any], ...]) -> Any:
        return book.add_format(dict(items))

    for sheet in made.sheets:
        _write(
            book.add_worksheet(sheet.name), sheet, lambda **k: look(tuple(k.items()))
        )
    book.close()
    return _in_language(target.getvalue(), made.language)


def _write(page: Any, sheet: Sheet, look: Callable[..., Any]) -> None:
    """Fill a worksheet."""
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width, look(**_LETTER))
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.write_string(0, 0, sheet.title, look(**_TITLE))
    plain = look(**(_LETTER if sheet.headings else _WRAPPED))
    for row, line in enumerate(sheet.lines, start=1):
        page.write_string(row, 0, line, plain)
    if not sheet.headings:
        return
    top = 1 + len(sheet.lines)
    page.repeat_rows(top)
    _mark_table(page, sheet, top, look)
    for row, values in enumerate(sheet.rows, start=top + 1):
        for column, value in enumerate(values):
            _cell(page, row, column, value, look)


def _mark_table(page: Any, sheet: Sheet, top: int, look: Callable[..., Any]) -> None:
    """Mark the table as one, and write its headings."""
    heading = look(**_HEADING)
    numeric = look(**{**_HEADING, "align": "right"})
    formats = [numeric if is_numeric else heading for is_numeric in sheet.numeric]
    columns = [
        {"header": text, "header_format": form}
        for text, form in zip(sheet.headings, formats, strict=True)
    ]
    options = {
        "name": sheet.name.replace(" ", "_"),
        "columns": columns,
        "style": None,
        "autofilter": False,
    }
    page.add_table(top, 0, top + len(sheet.rows), len(columns) - 1, options)
    for column, (text, form) in enumerate(zip(sheet.headings, formats, strict=True)):
        page.write_string(top, column, text, form)


def _cell(
    page: Any, row: int, column: int, value: Value, look: Callable[..., Any]
) -> None:
    """Write one cell."""
    if isinstance(value, Number):
        form = look(**_LETTER, num_format=value.format)
        page.write_number(row, column, value.value, form)
    elif isinstance(value, Link):
        target = f"internal:'{value.sheet}'!A1"
        page.write_url(row, column, target, look(**_LINK), value.sheet)
    else:
        form = look(**(_MARK if is_mark(value) else _WRAPPED))
        page.write_string(row, column, value, form)


def _in_language(archive: bytes, language: str) -> bytes:
    """Add the language to the properties, where xlsxwriter has no word for it."""
    with ZipFile(io.BytesIO(archive)) as packed:
        core = packed.read(_CORE).decode()
    end = "</cp:coreProperties>"
    told = f"<dc:language>{escape(language)}</dc:language>{end}"
    return same_bytes(archive, {_CORE: core.replace(end, told).encode()})
