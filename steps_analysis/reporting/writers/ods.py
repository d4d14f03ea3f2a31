"""A report as an ODS workbook: the worksheets of the XLSX file, cell for cell."""

from __future__ import annotations

import io
import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from steps_analysis.reporting.document import Document
from steps_analysis.reporting.writers.archives import MADE, same_bytes
from steps_analysis.reporting.writers.packages import optional
from steps_analysis.reporting.writers.values import Link, Number, Value, is_mark
from steps_analysis.reporting.writers.workbook import Sheet, Workbook, workbook

_THUMBNAIL = "Thumbnails/thumbnail.png"  # of the empty template
_CHARACTER = 0.26  # centimetres, of Arial 12
_SPACES = re.compile(r"^ | $|(?<= ) +|\t")
_LOOKS = {
    "title": ('fo:font-weight="bold" fo:font-size="14pt"', "", ""),
    "line": ("", "", ""),
    "text": ("", 'fo:wrap-option="wrap"', ""),
    "mark": ("", "", 'fo:text-align="end"'),
    "link": ('fo:color="#0B4A8A" style:text-underline-style="solid"', "", ""),
    "head": (
        'fo:font-weight="bold"',
        'fo:wrap-option="wrap" fo:border-bottom="1.5pt solid #000000"',
        "",
    ),
    "headnumber": (
        'fo:font-weight="bold"',
        'fo:wrap-option="wrap" fo:border-bottom="1.5pt solid #000000" '
        'style:text-align-source="fix"',
        'fo:text-align="end"',
    ),
}


def ods_workbook(document: Document, *, laid_out: Workbook | None = None) -> bytes:
    """
    Write a report as an ODS workbook.

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
        If odfdo is not installed, or a text is longer than a cell of XLSX holds.

    Notes
    -----
    Content and structure are those of
    `steps_analysis.reporting.writers.xlsx.xlsx_workbook`; tables are marked by database
    ranges, their headings repeated in print.

    Examples
    --------
    >>> ods_workbook(Document(title="STEPS-B", sections=()))[:2]
    b'PK'
    """
    made = laid_out or workbook(document)
    odfdo = optional("odfdo", "ods")
    book = odfdo.Document("spreadsheet")
    book.del_part(_THUMBNAIL)
    book.manifest.del_full_path(_THUMBNAIL)
    book.language = made.language
    _describe(book.meta, made)
    formats = _formats(made)
    styles = book.content.get_element("//office:automatic-styles")
    styles.clear()
    for xml in _styles(made, formats):
        styles.append(odfdo.Element.from_tag(xml))
    body = book.body
    body.clear()
    for sheet in made.sheets:
        body.append(odfdo.Element.from_tag(_table(sheet, formats)))
    ranges = "".join(_range(sheet) for sheet in made.sheets if sheet.headings)
    if ranges:
        xml = f"<table:database-ranges>{ranges}</table:database-ranges>"
        body.append(odfdo.Element.from_tag(xml))
    target = io.BytesIO()
    book.save(target)
    return same_bytes(target.getvalue())


def _describe(meta: Any, made: Workbook) -> None:
    """Fill the properties, and empty those of the template."""
    meta.title = made.title
    if made.description:
        meta.description = made.description
    meta.language = made.language
    meta.creation_date = MADE
    meta.clear_user_defined_metadata()
    meta.statistic = {"meta:table-count": len(made.sheets)}


def _formats(made: Workbook) -> dict[str, str]:
    """Name every number format in use."""
    numbers = (
        value
        for sheet in made.sheets
        for row in sheet.rows
        for value in row
        if isinstance(value, Number)
    )
    used = dict.fromkeys(number.format for number in numbers)
    return {form: f"n{place}" for place, form in enumerate(used)}


def _styles(made: Workbook, formats: dict[str, str]) -> list[str]:
    """Write the styles of worksheets, columns, numbers and cells."""
    widths = sorted({width for sheet in made.sheets for width in sheet.widths})
    columns = [
        f'<style:style style:name="w{width}" style:family="table-column">'
        "<style:table-column-properties "
        f'style:column-width="{width * _CHARACTER:.2f}cm"/></style:style>'
        for width in widths
    ]
    numbers = [_number_style(form, name) for form, name in formats.items()]
    cells = [_cell_style(name, *look) for name, look in _LOOKS.items()]
    cells += [
        _cell_style(f"c{name}", "", "", "", data=name) for name in formats.values()
    ]
    return [*columns, *numbers, *cells]


def _number_style(form: str, name: str) -> str:
    """Write a number format."""
    if form.startswith('"'):
        inside = f"<number:text>{escape(form[1:-1])}</number:text>"
    else:
        places = len(form.partition(".")[2])
        inside = (
            f'<number:number number:decimal-places="{places}" number:grouping="true" '
            f'number:min-decimal-places="{places}" number:min-integer-digits="1"/>'
        )
    return f'<number:number-style style:name="{name}">{inside}</number:number-style>'


def _cell_style(name: str, letter: str, cell: str, line: str, data: str = "") -> str:
    """Write the style of a cell."""
    shown = f' style:data-style-name="{data}"' if data else ""
    size = "" if "font-size" in letter else ' fo:font-size="12pt"'
    return (
        f'<style:style style:name="{name}" style:family="table-cell"{shown}>'
        f'<style:table-cell-properties style:vertical-align="top" {cell}/>'
        f"<style:paragraph-properties {line}/>"
        f'<style:text-properties style:font-name="Arial"{size} {letter}/>'
        "</style:style>"
    )


def _table(sheet: Sheet, formats: dict[str, str]) -> str:
    """Write a worksheet."""
    columns = "".join(
        f'<table:table-column table:style-name="w{width}"/>' for width in sheet.widths
    )
    plain = "line" if sheet.headings else "text"
    rows = [_row([_text(sheet.title, "title")])]
    rows += [_row([_text(line, plain)]) for line in sheet.lines]
    if sheet.headings:
        looks = ["headnumber" if numeric else "head" for numeric in sheet.numeric]
        pairs = zip(sheet.headings, looks, strict=True)
        heading = _row([_text(text, look) for text, look in pairs])
        rows.append(f"<table:table-header-rows>{heading}</table:table-header-rows>")
    rows += [_row([_cell(value, formats) for value in row]) for row in sheet.rows]
    name = quoteattr(sheet.name)
    return f"<table:table table:name={name}>{columns}{''.join(rows)}</table:table>"


def _row(cells: list[str]) -> str:
    """Write a row."""
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def _cell(value: Value, formats: dict[str, str]) -> str:
    """Write a cell of a table."""
    if isinstance(value, Number):
        return (
            f'<table:table-cell table:style-name="c{formats[value.format]}" '
            f'office:value-type="float" office:value="{value.value!r}">'
            f"<text:p>{_spaced(value.shown)}</text:p></table:table-cell>"
        )
    if isinstance(value, Link):
        target = quoteattr(f"#'{value.sheet}'.A1")
        link = f'<text:a xlink:type="simple" xlink:href={target}>{value.sheet}</text:a>'
        return _string(f"<text:p>{link}</text:p>", "link")
    return _text(value, "mark" if is_mark(value) else "text")


def _text(text: str, look: str) -> str:
    """Write a cell that holds a text, a paragraph to each of its lines."""
    lines = text.split("\n")
    return _string("".join(f"<text:p>{_spaced(line)}</text:p>" for line in lines), look)


def _string(inside: str, look: str) -> str:
    """Write a cell that holds paragraphs."""
    return (
        f'<table:table-cell table:style-name="{look}" office:value-type="string">'
        f"{inside}</table:table-cell>"
    )


def _spaced(line: str) -> str:
    """Write a line of text, with the spaces that ODF would run together."""

    def kept(found: re.Match[str]) -> str:
        if found[0] == "\t":
            return "<text:tab/>"
        return f'<text:s text:c="{len(found[0])}"/>'

    return _SPACES.sub(kept, escape(line))


def _range(sheet: Sheet) -> str:
    """Mark the table of a worksheet as one."""
    top = 2 + len(sheet.lines)
    last = f"{_letters(len(sheet.headings))}{top + len(sheet.rows)}"
    place = f"'{sheet.name}'.A{top}:'{sheet.name}'.{last}"
    return (
        f'<table:database-range table:name="{sheet.name.replace(" ", "_")}" '
        f"table:target-range-address={quoteattr(place)} "
        'table:contains-header="true"/>'
    )


def _letters(column: int) -> str:
    """Name a column, counted from 1, as workbooks do."""
    name = ""
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
