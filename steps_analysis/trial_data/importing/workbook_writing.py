"""A trial as a workbook to fill in: a sheet per table, with its accepted codes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.trial_data.dictionary import field_row
from steps_analysis.trial_data.extended import contract_for
from steps_analysis.trial_data.fields import Field, TableRule
from steps_analysis.trial_data.replace import replace_file
from steps_analysis.trial_data.trial import TrialData

ABOUT = "about this workbook"
CODES = "accepted codes"
LAST_ROW = 1_048_576
_FORMATS = {"date": "yyyy-mm-dd", "id": "@", "code": "@"}
_HEAD = ("Sheet", "Column", "Holds", "Kind", "Required", "Accepted")
_ADVICE = (
    "One sheet per table, named as here; the first row holds the names of the columns.",
    "Dates as dates, or as 2015-04-03. Yes or no as TRUE or FALSE. A missing value is "
    "an empty cell.",
    "No names, no dates of birth, no postcodes, no free text.",
)
_CONCEALED = (
    "This workbook can show an arm: keep it where nobody who should not know the arms "
    "can open it."
)


def write_workbook(trial: TrialData, path: str | Path) -> None:
    """
    Write a trial's tables as an Excel workbook.

    Parameters
    ----------
    trial
        The trial, read through the role of whoever gets the workbook; a table without
        rows gives a sheet to fill in.
    path
        Where to; a file that is there is replaced.

    Raises
    ------
    ArgumentError
        If the name does not end in ``.xlsx``, or the trial has no table.

    Notes
    -----
    Beside the tables the workbook has a sheet that says what each column holds, and one
    with the accepted codes, from which cells of those columns offer a list. The same
    trial gives the same bytes.

    Examples
    --------
    >>> from datetime import date
    >>> from tempfile import TemporaryDirectory
    >>> from steps_analysis.protocol import load_protocol
    >>> from steps_analysis.trial_data.importing.workbook import read_workbook
    >>> trial = TrialData(protocol=load_protocol(), extract_date=date(2018, 3, 31),
    ...                   provenance="synthetic",
    ...                   sites=pd.DataFrame({"site": ["Southwark"]}))
    >>> with TemporaryDirectory() as folder:
    ...     write_workbook(trial, Path(folder) / "own.xlsx")
    ...     (source,), _ = read_workbook(Path(folder) / "own.xlsx")
    >>> source.raw.columns
    (('Southwark',),)
    """
    from openpyxl import Workbook  # heavy: only who wants a workbook needs it

    path = Path(path)
    if path.suffix.casefold() != ".xlsx":
        raise ArgumentError(refusal("path", "end in .xlsx", path.name))
    tables = dict(trial.tables())
    rules = [rule for rule in contract_for(trial.protocol) if rule.name in tables]
    if not rules:
        raise ArgumentError(refusal("trial", "hold at least one table", None))
    book = Workbook()
    _write_about(book.active, rules, tables, trial.stamp)
    lists = _write_codes(book.create_sheet(CODES), rules, tables)
    for rule in rules:
        _write_table(book.create_sheet(rule.name), rule, tables[rule.name], lists)
    replace_file(path, _same_bytes(book))


def _write_about(
    sheet: Any,
    rules: Sequence[TableRule],
    tables: dict[str, pd.DataFrame],
    stamp: str | None,
) -> None:
    """Say what the workbook holds and how to fill it in."""
    sheet.title = ABOUT
    conceals = any(rule.is_concealed for rule in rules)
    for words in (stamp, _CONCEALED if conceals else None, *_ADVICE):
        if words:
            sheet.append([words])
    sheet.append([])
    sheet.append(_HEAD)
    for rule in rules:
        for field in _written(rule, tables[rule.name]):
            row = [text.replace("`", "") for text in field_row(field)]
            sheet.append([rule.name, *row])
    for letter, width in zip("ABCDEF", (16, 26, 48, 16, 10, 60), strict=True):
        sheet.column_dimensions[letter].width = width


def _written(rule: TableRule, table: pd.DataFrame) -> list[Field]:
    """List the fields of a table that it has, in the contract's order."""
    return [field for field in rule.fields if field.name in table.columns]


def _write_codes(
    sheet: Any, rules: Sequence[TableRule], tables: dict[str, pd.DataFrame]
) -> dict[tuple[str, str], str]:
    """Write each closed list in a column; say where each stands."""
    from openpyxl.utils import get_column_letter

    places: dict[tuple[str, str], str] = {}
    for rule in rules:
        for field in _written(rule, tables[rule.name]):
            if field.codes:
                column = len(places) + 1
                cells = (f"{rule.name}.{field.name}", *field.codes)
                for row, text in enumerate(cells, start=1):
                    sheet.cell(row=row, column=column, value=text)
                letter = get_column_letter(column)
                places[rule.name, field.name] = (
                    f"'{CODES}'!${letter}$2:${letter}${len(cells)}"
                )
    return places


def _write_table(
    sheet: Any,
    rule: TableRule,
    table: pd.DataFrame,
    lists: dict[tuple[str, str], str],
) -> None:
    """Write one table: header, rows, formats, and lists to choose from."""
    from openpyxl.utils import get_column_letter

    fields = _written(rule, table)
    sheet.append([field.name for field in fields])
    for number, row in enumerate(_rows(table, fields), start=2):
        sheet.append(row)
        for cell in sheet[number]:
            if cell.data_type == "f":
                cell.data_type = "s"  # an identifier that begins with = is no formula
    sheet.freeze_panes = "A2"
    for column, field in enumerate(fields, start=1):
        letter = get_column_letter(column)
        width = max(12, len(field.name) + 2)
        sheet.column_dimensions[letter].width = width
        form = _FORMATS.get(field.kind)
        if form:
            sheet.column_dimensions[letter].number_format = form
            for (cell,) in sheet[f"{letter}2:{letter}{len(table) + 1}"]:
                cell.number_format = form
        choice = _choice(lists.get((rule.name, field.name)), field)
        if choice is not None:
            choice.add(f"{letter}2:{letter}{LAST_ROW}")
            sheet.add_data_validation(choice)


def _rows(table: pd.DataFrame, fields: Sequence[Field]) -> Iterator[list[object]]:
    """Yield the rows of a table as cells."""
    columns = [table[field.name] for field in fields]
    for row in zip(*columns, strict=True):
        yield [_cell(value, field) for value, field in zip(row, fields, strict=True)]


def _cell(value: Any, field: Field) -> object:
    """Give a value as a workbook holds it."""
    if pd.isna(value):
        return None
    if field.kind == "date":
        return pd.Timestamp(value).to_pydatetime()
    if field.kind == "yes_no":
        return bool(value)
    if field.kind == "whole":
        return int(value)
    return float(value) if field.kind == "number" else str(value)


def _choice(place: str | None, field: Field) -> Any:
    """Make the list that a cell offers; None for a column without one."""
    from openpyxl.worksheet.datavalidation import DataValidation

    source = '"TRUE,FALSE"' if field.kind == "yes_no" else place
    if source is None:
        return None
    return DataValidation(
        type="list",
        formula1=source,
        allow_blank=True,
        showErrorMessage=True,
        errorTitle=field.name,
        error=f"See the sheet '{CODES}'" if place else "TRUE or FALSE",
    )


def _same_bytes(book: Any) -> bytes:
    """Save a workbook without the time of its making."""
    raw, made = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(made, "w") as new:
        for name in sorted(old.namelist()):
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(
                    rb">\d{4}-\d\d-\d\dT[\d:]+Z<", b">2000-01-01T00:00:00Z<", data
                )
            entry = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
            new.writestr(entry, data, compress_type=zipfile.ZIP_DEFLATED)
    return made.getvalue()
