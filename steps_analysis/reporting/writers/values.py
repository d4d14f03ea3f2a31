"""What stands in one cell of a workbook: a text, a number as it is shown, or a link."""

from __future__ import annotations

import re
from dataclasses import dataclass

from steps_analysis.estimates import Estimate
from steps_analysis.reporting.cells import Cell, Share, Spread, is_numeric, parts, shown
from steps_analysis.reporting.numerals import number
from steps_analysis.reporting.words import display_unit, estimate_text

_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

LOST = "\N{REPLACEMENT CHARACTER}"
"""What stands in place of a character that cannot be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """
    A number with the text that readers see in its place.

    Attributes
    ----------
    value
        The number that is kept, the same as in the CSV file.
    shown
        What is seen, the same as on the page.

    Examples
    --------
    >>> Number(value=-0.125, shown="−0.13").format
    '#,##0.00'
    >>> Number(value=0.0002, shown="<0.001").format
    '"<0.001"'
    """

    value: float
    shown: str

    @property
    def decimals(self) -> int | None:
        """How many decimals make the number look so, or None where none do."""
        places = len(self.shown.partition(".")[2])
        is_nought = not re.search("[1-9]", self.shown)
        if self.value < 0 and is_nought:  # a program would write -0.0
            return None
        try:
            return places if number(self.value, places) == self.shown else None
        except ArithmeticError:  # more digits than a decimal number holds
            return None

    @property
    def format(self) -> str:
        """The number format that makes it look so."""
        places = self.decimals
        if places is None:
            return f'"{self.shown}"'
        return f"#,##0.{'0' * places}" if places else "#,##0"


@dataclass(frozen=True, slots=True)
class Link:
    """
    A link to the first cell of another worksheet.

    Attributes
    ----------
    sheet
        The name of the worksheet, which is also what is seen.
    """

    sheet: str


Value = str | Number | Link


def printable(text: str) -> str:
    r"""
    Replace what no XML file and no font can hold.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        The text with line ends as LF, and with the sign of a lost character in place of
        control characters and halves of surrogate pairs.

    Examples
    --------
    >>> printable("a\r\nb\x00c")
    'a\nb�c'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_XML.sub(LOST, lines)


def is_mark(text: str) -> bool:
    """
    Say whether a text stands in brackets, as marks and pointers to notes do.

    Parameters
    ----------
    text
        The text of a cell.

    Returns
    -------
    bool
        True where it is set like the numbers of its column.

    Examples
    --------
    >>> is_mark("[c]"), is_mark("[note 1][note 2]"), is_mark("none")
    (True, True, False)
    """
    return text.startswith("[") and text.endswith("]")


def values(cell: Cell, unit: str = "", decimals: int | None = None) -> dict[str, Value]:
    """
    Take a cell of a table apart, one number to a cell.

    Parameters
    ----------
    cell
        The cell.
    unit
        Unit of its column.
    decimals
        Decimals of its column.

    Returns
    -------
    dict of Value
        The endings of `steps_analysis.reporting.cells.parts`, each with the number of
        the CSV file that looks as on the page. What rounds to zero on the page is the
        mark ``"[low]"``.

    Examples
    --------
    >>> values(Share(count=12, total=40))["_percent"]
    Number(value=30.0, shown='30.0')
    >>> values(0.001)
    {'': '[low]'}
    """
    kept = parts(cell, unit)
    if not is_numeric(cell):
        return {ending: printable(text) for ending, text in kept.items()}
    if isinstance(cell, Estimate):
        text = estimate_text(cell, unit=unit or display_unit(cell), decimals=decimals)
    else:
        text = shown(cell, unit, decimals)
    seen = _seen(cell, text)
    return {ending: _value(text, seen.get(ending)) for ending, text in kept.items()}


def _seen(cell: Cell, text: str) -> dict[str, str]:
    """Take apart what is seen of a cell, by ending."""
    first, _, rest = text.partition(" (")
    inside = rest.removesuffix(")")
    if isinstance(cell, Share):
        return {"": first, "_percent": inside.removesuffix("%")}
    if isinstance(cell, Spread):
        return {"": first, "_sd": inside}
    lower, _, upper = inside.partition(" to ")
    return {"": first, "_lower": lower, "_upper": upper}


def _value(kept: str, seen: str | None) -> Value:
    """Join what is kept and what is seen; marks and words are texts."""
    try:
        value = float(kept)
    except ValueError:
        return kept
    return seen if seen == "[low]" else Number(value=value, shown=seen or kept)
