"""
A report as a PDF that meets PDF/UA-1.

Set by typst, which refuses to write a file that breaks the rules of the standard it is
asked for. Texts are handed over as data, so that no character of theirs is markup. The
letters are those of matplotlib, which come with it: those of the machine would change
the bytes, and the words in the figures are measured in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from steps_analysis.reporting.blocks import (
    Block,
    Callout,
    Figure,
    Items,
    Paragraph,
    Subheading,
    Table,
)
from steps_analysis.reporting.document import Document, check_release, numbered
from steps_analysis.reporting.figures import Picture
from steps_analysis.reporting.page import draw_figures
from steps_analysis.reporting.present import Presented, present_data, present_table
from steps_analysis.reporting.writers.archives import MADE
from steps_analysis.reporting.writers.columns import INSET, columns
from steps_analysis.reporting.writers.letters import (
    breakable,
    letters_folder,
    showable,
)
from steps_analysis.reporting.writers.packages import optional

_STANDARD = "ua-1"
_WIDEST, _TALLEST = 493.0, 580.0  # points, of a figure
_SIZE = re.compile(r'(width|height)="([\d.]+)pt"')


def pdf_report(
    document: Document, *, pictures: Mapping[str, Picture] | None = None
) -> bytes:
    """
    Write a report as PDF.

    Parameters
    ----------
    document
        The report.
    pictures
        Its figures, if they are drawn already.

    Returns
    -------
    bytes
        The file, tagged for assistive technology; the same report gives the same bytes.

    Raises
    ------
    DisclosureError
        If a public report shows sites without a safe audit.
    ArgumentError
        If typst is not installed.

    Notes
    -----
    PDF/UA-1 is ISO 14289-1. typst marks the headings of columns as headings of cells;
    it cannot yet say so of the first cell of a row. A character that the letters lack
    is replaced by the sign of a lost one, as the standard allows no empty box.

    Examples
    --------
    >>> pdf_report(Document(title="STEPS-B", sections=()))[:5]
    b'%PDF-'
    """
    check_release(document)
    typst = optional("typst", "pdf")
    drawn = draw_figures(document) if pictures is None else pictures
    inputs = {"report": json.dumps(_clean(_report(document, drawn)))}
    made: bytes = typst.compile(
        _template(),
        format="pdf",
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=inputs,
        pdf_standards=[_STANDARD],
        timestamp=int(MADE.timestamp()),
    )
    return made


def _report(document: Document, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    """Write a report as data for the template."""
    lang, region = _language(document.language)
    labels = numbered(document)
    return {
        "name": document.full_title,
        "title": document.title,
        "subtitle": document.subtitle,
        "lang": lang,
        "region": region,
        "stamp": document.stamp,
        "internal": document.internal_mark,
        "mark": ". ".join(document.marks),
        "facts": [list(fact) for fact in document.meta.items()],
        "sections": [
            {
                "title": section.title,
                "parts": [_part(block, labels, pictures) for block in section.blocks],
            }
            for section in document.sections
        ],
    }


def _language(tag: str) -> tuple[str, str | None]:
    """Take language and region from a BCP 47 tag."""
    lang, *rest = tag.split("-")
    regions = [part for part in rest if re.fullmatch("[A-Za-z]{2}", part)]
    return lang.lower(), regions[0].upper() if regions else None


def _part(
    block: Block, labels: Mapping[str, str], pictures: Mapping[str, Picture]
) -> dict[str, Any]:
    """Write a block as data for the template."""
    match block:
        case Paragraph():
            return {"kind": "paragraph", "text": block.text}
        case Subheading():
            return {"kind": "subheading", "text": block.text}
        case Items():
            return {"kind": "items", "entries": list(block.entries)}
        case Callout():
            return _callout(block)
        case Table():
            return _table(block, labels[block.name])
        case Figure():
            return _figure(block, labels[block.name], pictures[block.name].svg)


def _callout(block: Callout) -> dict[str, Any]:
    """Write a text set apart as data."""
    return {
        "kind": "callout",
        "look": block.kind,
        "heading": block.heading,
        "text": block.text,
        "entries": list(block.entries),
    }


def _table(block: Table, label: str) -> dict[str, Any]:
    """Write a table as data."""
    shown = present_table(block)
    fitted = columns(shown)
    return {
        **_remarks(shown),
        "kind": "table",
        "caption": f"{label}: {block.caption}",
        "headings": [breakable(text) for text in shown.headings],
        "rows": [[breakable(text) for text in row] for row in shown.rows],
        "numeric": shown.numeric,
        "widths": fitted.widths,
        "size": fitted.size,
        "inset": INSET,
        "landscape": fitted.is_landscape,
    }


def _figure(block: Figure, label: str, svg: str) -> dict[str, Any]:
    """Write a figure as data, as wide as the page lets it be."""
    size = {side: float(points) for side, points in _SIZE.findall(svg[:500])}
    return {
        **_remarks(present_data(block)),
        "kind": "figure",
        "caption": f"{label}: {block.caption}",
        "alt": block.alt,
        "svg": svg,
        "width": min(_WIDEST, _TALLEST * size["width"] / size["height"]),
    }


def _remarks(shown: Presented) -> dict[str, Any]:
    """Write notes and shorthand as data."""
    return {"notes": shown.notes, "marks": shown.marks}


def _clean(value: Any) -> Any:
    """Replace what the letters cannot show, in every text."""
    if isinstance(value, str):
        return showable(value)
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


@cache
def _fonts() -> Any:
    """Open the letters, once."""
    fonts = optional("typst", "pdf").Fonts
    return fonts(include_system_fonts=False, font_paths=[str(letters_folder())])


@cache
def _template() -> bytes:
    """Read the template, once."""
    place = files("steps_analysis.reporting") / "templates" / "report.typ"
    return place.read_bytes()
