"""Writing a report in every format, against the 60 seconds allowed for 14 of them."""

from __future__ import annotations

import io
from pathlib import Path

from measuring import Row, compare, seconds, show
from openpyxl import Workbook as PlainWorkbook

from steps_analysis import evaluate, read_trial
from steps_analysis.reporting import (
    FORMATS,
    html_page,
    ods_workbook,
    pdf_report,
    report_files,
    xlsx_workbook,
)
from steps_analysis.reporting.page import draw_figures
from steps_analysis.reporting.writers.values import Link, Number
from steps_analysis.reporting.writers.workbook import Workbook, workbook

ACHIEVED = Path(__file__).parents[1] / "data" / "synthetic" / "achieved"
N_REPORTS, ALLOWED, REPEATS = 14, 60.0, 3


def plain_openpyxl(laid_out: Workbook) -> bytes:
    """Write the same cells with openpyxl: no formats, no widths, no marked tables."""
    book = PlainWorkbook()
    book.remove(book.active)
    for sheet in laid_out.sheets:
        page = book.create_sheet(sheet.name)
        for line in (sheet.title, *sheet.lines):
            page.append([line])
        page.append(list(sheet.headings))
        for row in sheet.rows:
            page.append([bare(value) for value in row])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def bare(value: object) -> object:
    """Give a value of a workbook as openpyxl takes it."""
    if isinstance(value, Number):
        return value.value
    return value.sheet if isinstance(value, Link) else value


def main() -> None:
    """Time the largest report there is, format by format and all together."""
    document = evaluate(read_trial(ACHIEVED)).document
    pictures, laid_out = draw_figures(document), workbook(document)
    peers = {"openpyxl, the bare cells": lambda: plain_openpyxl(laid_out)}
    jobs = {
        "figures, SVG and PNG": lambda: draw_figures(document),
        "HTML": lambda: html_page(document, pictures=pictures),
        "PDF": lambda: pdf_report(document, pictures=pictures),
    }
    rows: list[Row] = []
    for what, job in jobs.items():
        rows += compare(what, job, {}, repeats=REPEATS)
    for what, write in (("XLSX", xlsx_workbook), ("ODS", ods_workbook)):
        rows += compare(what, lambda w=write: w(document), peers, repeats=REPEATS)
    (whole,) = compare(
        "every file of every format",
        lambda: report_files(document, formats=FORMATS),
        {},
        repeats=REPEATS,
    )
    taken = N_REPORTS * whole.ours
    verdict = "within" if taken <= ALLOWED else "OVER"
    note = f"{N_REPORTS} such reports: {seconds(taken)}, {verdict} the {ALLOWED:g} s"
    sheets = f"{len(laid_out.sheets)} worksheets, {len(pictures)} figures"
    show(f"The evaluation of a trial as a report: {sheets}", [*rows, whole], [note])


if __name__ == "__main__":
    main()
