"""
What a report is made of: texts, tables and figures, all frozen.

Blocks of text take their text as first argument, because a report is read in the order
it is written; tables and figures name every field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.reporting.cells import Cell, as_cell
from steps_analysis.reporting.drawings import Drawing

Breakdown = Literal["trial", "site"]
CalloutKind = Literal["finding", "limitation", "note"]

_CALLOUTS = {"finding": "Main finding", "limitation": "Limitations", "note": "Note"}
_NAME = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")


class Audited(Protocol):
    """What a writer asks of a disclosure audit: whether it found the release safe."""

    @property
    def safe(self) -> bool:
        """Whether every hidden count stays hidden."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """
    A paragraph of plain text.

    Attributes
    ----------
    text
        The text.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Subheading:
    """
    A heading one level below that of its section.

    Attributes
    ----------
    text
        The heading.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """
    A bulleted list.

    Attributes
    ----------
    entries
        The text of each bullet, at least one.
    """

    entries: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "entries", _texts("entries", self.entries))
        if not self.entries:
            raise ArgumentError(refusal("entries", "hold at least one text", 0))


@dataclass(frozen=True, slots=True)
class Callout:
    """
    A text set apart.

    Attributes
    ----------
    kind
        ``"finding"``, ``"limitation"`` or ``"note"``.
    text
        The text.
    entries
        Bullets below the text, if any.
    """

    kind: CalloutKind
    text: str
    entries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        one_of("kind", self.kind, _CALLOUTS)
        object.__setattr__(self, "entries", _texts("entries", self.entries))

    @property
    def heading(self) -> str:
        """The words above the text."""
        return _CALLOUTS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    One column of a table.

    Attributes
    ----------
    key
        Name in the CSV file.
    heading
        Heading for readers, without the unit.
    unit
        Unit of its numbers. Estimates of proportions are shown as percentages where it
        is ``"%"`` or ``"percentage points"``; a plain number is shown as it is.
    decimals
        Decimals of the numbers shown; None gives 0 to counts, 1 to percentages and 2 to
        the rest.
    """

    key: str
    heading: str
    unit: str = ""
    decimals: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    A table.

    Attributes
    ----------
    name
        Name of its file: lower-case letters, digits, hyphens and underscores.
    caption
        What it shows, where and when, without a full stop.
    columns
        The columns; the cells of the first head the rows.
    rows
        The rows, each with one cell per column. A cell is text, a number, None (not
        available), a `Marker`, an `Estimate`, a `TestResult`, a `Share` or a `Spread`.
    notes
        Sentences below the table; ``[note 1]`` in a cell, heading or the caption points
        to the first.
    breakdown
        ``"site"`` where any number is about one site or a group of sites.
    audit
        The disclosure audit of the release the numbers come from.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    breakdown: Breakdown = "trial"
    audit: Audited | None = None

    def __post_init__(self) -> None:
        _check_block(self)
        columns = tuple(self.columns)
        rows = tuple(tuple(as_cell(cell) for cell in row) for row in self.rows)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "rows", rows)
        if not rows or not columns:
            raise ArgumentError(refusal("rows", "hold at least one cell", len(rows)))
        lengths = {len(row) for row in rows}
        if lengths != {len(columns)}:
            rule = f"have {len(columns)} cells each, like `columns`"
            raise ArgumentError(refusal("rows", rule, sorted(lengths)))
        keys = [column.key for column in columns]
        if len(set(keys)) < len(keys):
            raise ArgumentError(refusal("columns", "have different keys", keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    A figure, with the data behind it.

    Attributes
    ----------
    name
        Name of its files: lower-case letters, digits, hyphens and underscores.
    caption
        What it shows, where and when, without a full stop.
    alt
        What a reader who cannot see it needs to know.
    drawing
        What to draw.
    notes
        Sentences below the figure.
    breakdown
        ``"site"`` where any mark is about one site or a group of sites.
    audit
        The disclosure audit of the release the numbers come from.
    """

    name: str
    caption: str
    alt: str
    drawing: Drawing
    notes: tuple[str, ...] = ()
    breakdown: Breakdown = "trial"
    audit: Audited | None = None

    def __post_init__(self) -> None:
        _check_block(self)
        if not self.alt.strip():
            raise ArgumentError(refusal("alt", "describe the figure", self.alt))


Block = Paragraph | Subheading | Items | Callout | Table | Figure


def _check_block(block: Table | Figure) -> None:
    """Check what tables and figures share."""
    check_name("name", block.name)
    if not block.caption.strip():
        raise ArgumentError(refusal("caption", "say what is shown", block.caption))
    one_of("breakdown", block.breakdown, ("trial", "site"))
    object.__setattr__(block, "notes", _texts("notes", block.notes))


def check_name(argument: str, name: str) -> None:
    """
    Refuse a name that cannot be a file and a link.

    Parameters
    ----------
    argument
        The field, for the message.
    name
        The name.

    Raises
    ------
    ArgumentError
        If it has other characters than lower-case letters, digits and single hyphens
        or underscores between them.

    Examples
    --------
    >>> check_name("name", "risk-difference")
    """
    if not _NAME.fullmatch(name):
        rule = "be made of lower-case letters, digits and single hyphens or underscores"
        raise ArgumentError(refusal(argument, rule, name))


def _texts(argument: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Make a tuple of texts, refusing one text in its place."""
    if isinstance(texts, str):
        raise ArgumentError(refusal(argument, "be several texts, not one", texts))
    return tuple(texts)


def one_of(argument: str, given: str, accepted: Iterable[str]) -> None:
    """
    Refuse a word that is not on the list.

    Parameters
    ----------
    argument
        The field, for the message.
    given
        The word.
    accepted
        The list.

    Raises
    ------
    ArgumentError
        If the word is not on it.

    Examples
    --------
    >>> one_of("edition", "public", ("public", "internal"))
    """
    accepted = list(accepted)
    if given not in accepted:
        raise ArgumentError(refusal(argument, f"be one of {accepted}", given))
