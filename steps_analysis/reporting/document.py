"""What a report is: one frozen value, written by every writer alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from steps_analysis.errors import ArgumentError, DisclosureError, refusal
from steps_analysis.reporting.blocks import Block, Figure, Table, check_name, one_of

Edition = Literal["public", "internal"]

INTERNAL_MARK = (
    "Internal edition: for staff of the data controller only. Not for publication"
)
"""What every internal edition says at its head and on every page or worksheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """
    A part of a report under its own heading.

    Attributes
    ----------
    title
        The heading.
    blocks
        What stands below it, in reading order.
    slug
        Name of the section in links; made from the title where empty.
    """

    title: str
    blocks: tuple[Block, ...]
    slug: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(self.blocks))
        words = re.findall(r"[a-z0-9]+", self.title.lower())
        object.__setattr__(self, "slug", self.slug or "-".join(words))
        check_name("slug", self.slug)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """
    A whole report.

    Attributes
    ----------
    title, subtitle
        What it is about.
    sections
        Its parts, in reading order.
    stamp
        What every table, figure and file made from it must say; empty for none. See
        `steps_analysis.trial_data.STAMP`.
    edition
        ``"public"``, or ``"internal"`` for the staff of the data controller.
    language
        Language of the text, as a BCP 47 tag.
    meta
        Facts shown below the title, such as the protocol and the extract date.
    related
        Pages of the same set: the words of each link to its address, relative to this
        page.

    Examples
    --------
    >>> from steps_analysis.reporting.blocks import Paragraph
    >>> part = Section(title="Main points", blocks=(Paragraph("Too few to tell."),))
    >>> Document(title="STEPS-B", sections=(part,)).sections[0].slug
    'main-points'
    """

    title: str
    subtitle: str = ""
    sections: tuple[Section, ...]
    stamp: str = ""
    edition: Edition = "public"
    language: str = "en-GB"
    meta: Mapping[str, str] = field(default_factory=dict)
    related: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sections", tuple(self.sections))
        one_of("edition", self.edition, ("public", "internal"))
        _all_different("slug", [section.slug for section in self.sections])
        _all_different("name", [block.name for block in exhibits(self)])

    @property
    def full_title(self) -> str:
        """Title and subtitle in one line."""
        return ": ".join(part for part in (self.title, self.subtitle) if part)

    @property
    def internal_mark(self) -> str:
        """`INTERNAL_MARK` of an internal edition, nothing of a public one."""
        return INTERNAL_MARK if self.edition == "internal" else ""

    @property
    def marks(self) -> tuple[str, ...]:
        """What every page or worksheet says: the edition and the stamp, if any."""
        return tuple(words for words in (self.internal_mark, self.stamp) if words)


def exhibits(document: Document) -> tuple[Table | Figure, ...]:
    """
    List the tables and figures of a report.

    Parameters
    ----------
    document
        The report.

    Returns
    -------
    tuple of Table or Figure
        In reading order.

    Examples
    --------
    >>> exhibits(Document(title="STEPS-B", sections=()))
    ()
    """
    blocks = (block for section in document.sections for block in section.blocks)
    return tuple(block for block in blocks if isinstance(block, Table | Figure))


def numbered(document: Document) -> dict[str, str]:
    """
    Give tables and figures their numbers.

    Parameters
    ----------
    document
        The report.

    Returns
    -------
    dict of str
        Name of each table or figure to such as ``"Table 2"``, in reading order.

    Examples
    --------
    >>> numbered(Document(title="STEPS-B", sections=()))
    {}
    """
    counts = {"Table": 0, "Figure": 0}
    labels = {}
    for block in exhibits(document):
        kind = "Table" if isinstance(block, Table) else "Figure"
        counts[kind] += 1
        labels[block.name] = f"{kind} {counts[kind]}"
    return labels


def check_release(document: Document) -> None:
    """
    Refuse a public report that shows a site without a safe audit.

    Parameters
    ----------
    document
        The report.

    Raises
    ------
    DisclosureError
        If a table or figure by site has no audit, or an audit that is not safe.

    Examples
    --------
    >>> check_release(Document(title="STEPS-B", sections=()))
    """
    if document.edition == "internal":
        return
    for block in exhibits(document):
        if block.breakdown == "trial":
            continue
        if block.audit is None or block.audit.safe is not True:
            found = "no audit" if block.audit is None else "an audit that is not safe"
            rule = "carry a safe disclosure audit before a public edition shows sites"
            raise DisclosureError(refusal(block.name, rule, found))


def _all_different(argument: str, names: list[str]) -> None:
    """Refuse a name used twice."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ArgumentError(refusal(argument, "be used once in a report", twice))
