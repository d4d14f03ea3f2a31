"""Which formats a report can be written in, and what each is called and needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.reporting.document import Document
from steps_analysis.reporting.figures import Picture
from steps_analysis.reporting.writers.ods import ods_workbook
from steps_analysis.reporting.writers.packages import optional
from steps_analysis.reporting.writers.pdf import pdf_report
from steps_analysis.reporting.writers.workbook import workbook
from steps_analysis.reporting.writers.xlsx import xlsx_workbook

FORMATS = ("html", "pdf", "xlsx", "ods")
"""The page with its tables and figures as files, and the report as a single file."""

FILES = {form: f"report.{form}" for form in FORMATS[1:]}
"""Name of the single file of each format but HTML."""

PACKAGES = {"pdf": "typst", "xlsx": "xlsxwriter", "ods": "odfdo"}
"""What each format needs beside the package itself."""


def check_formats(formats: Iterable[str]) -> tuple[str, ...]:
    """
    Refuse formats that are not known or whose package is not installed.

    Parameters
    ----------
    formats
        The formats.

    Returns
    -------
    tuple of str
        The formats, each once, in the order of `FORMATS`.

    Raises
    ------
    ArgumentError
        If there is none, or one cannot be written.

    Examples
    --------
    >>> check_formats(["html", "html"])
    ('html',)
    """
    asked = [formats] if isinstance(formats, str) else list(formats)
    for form in asked:
        if form not in FORMATS:
            rule = f"be among {list(FORMATS)}"
            hint = did_you_mean(form, FORMATS)
            raise ArgumentError(refusal("formats", rule, form, hint=hint))
        if form in PACKAGES:
            optional(PACKAGES[form], form)
    if not asked:
        raise ArgumentError(refusal("formats", f"be among {list(FORMATS)}", asked))
    return tuple(form for form in FORMATS if form in asked)


def available_formats() -> tuple[str, ...]:
    """
    List the formats whose package is installed.

    Returns
    -------
    tuple of str
        In the order of `FORMATS`; HTML is always among them.

    Examples
    --------
    >>> available_formats()[0]
    'html'
    """
    return tuple(
        form
        for form in FORMATS
        if form not in PACKAGES or find_spec(PACKAGES[form]) is not None
    )


def single_files(
    document: Document, formats: Iterable[str], pictures: Mapping[str, Picture]
) -> dict[str, bytes]:
    """
    Write a report in the formats that are one file each.

    Parameters
    ----------
    document
        The report.
    formats
        The formats; HTML is passed over.
    pictures
        Its figures.

    Returns
    -------
    dict of bytes
        Content by name of the file.

    Raises
    ------
    DisclosureError
        If a public report shows sites without a safe audit.

    Examples
    --------
    >>> list(single_files(Document(title="STEPS-B", sections=()), ["ods"], {}))
    ['report.ods']
    """
    asked = set(formats)
    made: dict[str, bytes] = {}
    if "pdf" in asked:
        made[FILES["pdf"]] = pdf_report(document, pictures=pictures)
    if asked & {"xlsx", "ods"}:
        laid_out = workbook(document)
        if "xlsx" in asked:
            made[FILES["xlsx"]] = xlsx_workbook(document, laid_out=laid_out)
        if "ods" in asked:
            made[FILES["ods"]] = ods_workbook(document, laid_out=laid_out)
    return made
