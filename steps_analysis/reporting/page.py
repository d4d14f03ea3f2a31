"""A report as one accessible HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from steps_analysis.reporting.blocks import (
    Block,
    Callout,
    Figure,
    Items,
    Paragraph,
    Subheading,
    Table,
)
from steps_analysis.reporting.document import (
    Document,
    check_release,
    exhibits,
    numbered,
)
from steps_analysis.reporting.figures import Picture, render
from steps_analysis.reporting.present import Presented, present_data, present_table

if TYPE_CHECKING:
    from jinja2 import Template

_ROWS_OF_ONE_PAGE = 25

_KINDS: dict[type, str] = {
    Paragraph: "paragraph",
    Subheading: "subheading",
    Items: "items",
    Callout: "callout",
    Table: "table",
    Figure: "figure",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A block with what its template needs to know."""

    kind: str
    block: Block
    label: str = ""
    shown: Presented | None = None
    svg: str = ""

    @property
    def is_long(self) -> bool:
        """Whether it may be parted in print: a table of more rows than suit a page."""
        return (
            isinstance(self.block, Table) and len(self.block.rows) > _ROWS_OF_ONE_PAGE
        )


def draw_figures(document: Document) -> dict[str, Picture]:
    """
    Draw every figure of a report.

    Parameters
    ----------
    document
        The report.

    Returns
    -------
    dict of str to Picture
        By name of the figure.

    Examples
    --------
    >>> draw_figures(Document(title="STEPS-B", sections=()))
    {}
    """
    return {
        block.name: render(
            block.drawing,
            name=block.name,
            title=block.caption,
            description=block.alt,
            stamp=document.stamp,
        )
        for block in exhibits(document)
        if isinstance(block, Figure)
    }


def html_page(
    document: Document,
    *,
    pictures: Mapping[str, Picture] | None = None,
    others: Mapping[str, str] | None = None,
) -> str:
    """
    Write a report as one HTML page.

    Parameters
    ----------
    document
        The report.
    pictures
        Its figures, if they are drawn already.
    others
        Files beside the page that hold the report in other formats, by the name of the
        format.

    Returns
    -------
    str
        The page: styles and figures inside it, no script, no address of another site.

    Raises
    ------
    DisclosureError
        If a public report shows sites without a safe audit.

    Examples
    --------
    >>> page = html_page(Document(title="STEPS-B", sections=()))
    >>> "<h1>STEPS-B</h1>" in page, "https://" in page
    (True, False)
    """
    check_release(document)
    drawn = draw_figures(document) if pictures is None else pictures
    labels = numbered(document)
    sections = [
        (section, _groups([_part(block, labels, drawn) for block in section.blocks]))
        for section in document.sections
    ]
    return _template().render(
        document=document,
        sections=sections,
        css=_read("report.css"),
        internal=document.internal_mark,
        page_mark=_page_mark(document),
        others=others or {},
    )


def _page_mark(document: Document) -> str:
    """Write what every printed page says, ready for a CSS string."""
    return (
        ". ".join(document.marks).replace("\\", "").replace('"', "'").replace("<", "")
    )


def _part(
    block: Block, labels: Mapping[str, str], pictures: Mapping[str, Picture]
) -> _Part:
    """Prepare a block for the template."""
    kind = _KINDS[type(block)]
    if isinstance(block, Table):
        shown = present_table(block)
        return _Part(kind=kind, block=block, label=labels[block.name], shown=shown)
    if isinstance(block, Figure):
        svg, shown = pictures[block.name].svg, present_data(block)
        label = labels[block.name]
        return _Part(kind=kind, block=block, label=label, shown=shown, svg=svg)
    return _Part(kind=kind, block=block)


def _groups(parts: list[_Part]) -> list[list[_Part]]:
    """Put headings and the paragraph below them with what follows, for print."""
    groups: list[list[_Part]] = []
    current: list[_Part] = []
    after_heading = True  # a section begins with one
    for part in parts:
        current.append(part)
        is_lead = part.kind == "paragraph" and after_heading
        after_heading = part.kind == "subheading"
        if not (is_lead or after_heading):
            groups.append(current)
            current = []
    return [*groups, current] if current else groups


def _read(name: str) -> str:
    """Read a file of the templates."""
    return (files("steps_analysis.reporting") / "templates" / name).read_text(
        encoding="utf-8"
    )


@cache
def _template() -> Template:
    """Prepare the template, once."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(_read("report.html.j2"))
