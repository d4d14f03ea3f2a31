"""
Read one cell of each kind, or say what is wrong with it without repeating it.

A reader of cells takes the text of a non-empty cell and gives its value, or the rule it
breaks with a hint.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from steps_analysis.errors import did_you_mean
from steps_analysis.trial_data.fields import Field, Kind

LONGEST_ID = 64
# Looking for a near word is slow: a column with more distinct wrong words than this is
# told its rule, and the near words of the first ones.
MOST_NEAR_WORDS = 100
EARLIEST, LATEST = date(1980, 1, 1), date(2099, 12, 31)
_MISSING_MARKS = frozenset(
    ("na", "n/a", "nan", "null", "none", "nil", "missing", "unknown", "-", ".", "?")
)
_MISSING_HINT = "a missing value is an empty cell"


class Refused(NamedTuple):
    """
    Why a cell is not accepted.

    Attributes
    ----------
    rule
        The rule, worded to follow "must".
    hint
        The likely slip, if it is known.
    """

    rule: str
    hint: str | None = None


Cell = Callable[[str], object]


def cell_reader(field: Field, cutoff: date | None) -> Cell:
    """
    Give the function that reads the cells of one column.

    Parameters
    ----------
    field
        The column's contract.
    cutoff
        The extract date, which no date but a planned one may pass; None where unknown.

    Returns
    -------
    callable
        From the text of a cell to its value, or to `Refused`.

    Examples
    --------
    >>> field = Field(name="ring", kind="code", title="", codes=("inner",))
    >>> read = cell_reader(field, None)
    >>> read("inner"), read(" Inner ").hint
    ('inner', "did you mean 'inner'?")
    """
    latest = None if field.is_planned else cutoff
    turns = iter(range(MOST_NEAR_WORDS))
    kinds: dict[Kind, Cell] = {
        "id": _identifier,
        "code": lambda text: _code(text, field.codes, turns),
        "date": lambda text: _date(text, latest),
        "whole": lambda text: _whole(text, field),
        "number": lambda text: _number(text, field),
        "yes_no": _yes_no,
    }
    read = kinds[field.kind]
    return lambda text: _blemish(text, field.kind) or read(text)


def _blemish(text: str, kind: Kind) -> Refused | None:
    """Refuse what no cell may hold: foreign bytes, spaces around it, hidden signs."""
    if text.isascii() and text.isprintable() and text == text.strip():
        return None
    if any("\udc80" <= sign <= "\udcff" for sign in text):
        hint = "the file is in another encoding, perhaps Latin-1: save it as CSV UTF-8"
        return Refused("be UTF-8 text", hint)
    if not text.strip():
        return Refused("be empty or hold a value", "it holds nothing but spaces")
    if kind == "code":
        return None  # a code's own refusal names the closest one
    if text != text.strip():
        return Refused("have no spaces around it")
    if not text.isprintable():
        return Refused("hold no line breaks and no invisible characters")
    return None


def _identifier(text: str) -> object:
    """Read an identifier."""
    if text.casefold() in _MISSING_MARKS:
        return Refused("be an identifier", _MISSING_HINT)
    if len(text) > LONGEST_ID:
        hint = "free text has no place in these files"
        return Refused(f"have at most {LONGEST_ID} characters", hint)
    return text


def _code(text: str, codes: tuple[str, ...], turns: Iterator[int]) -> object:
    """Read one of a closed list of codes."""
    if text in codes:
        return text
    plain = text.strip().casefold()
    same = next((code for code in codes if code.casefold() == plain), None)
    if same is not None:
        return Refused(_one_of(codes), f"did you mean '{same}'?")
    if plain in _MISSING_MARKS:
        return Refused(_one_of(codes), _MISSING_HINT)
    near = (
        did_you_mean(text[:LONGEST_ID], codes)
        if next(turns, None) is not None
        else None
    )
    return Refused(_one_of(codes), near)


def _one_of(codes: tuple[str, ...]) -> str:
    """List what is accepted, or the beginning of a long list."""
    if len(codes) <= 14:
        return f"be one of {', '.join(codes)}"
    return f"be one of {', '.join(codes[:12])} and {len(codes) - 12} more"


def _date(text: str, latest: date | None) -> object:
    """Read an ISO date."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return Refused("be a date written year-month-day", _date_hint(text))
    try:
        value = date.fromisoformat(text)
    except ValueError:
        return Refused("be a date that exists", "year first, then month, then day")
    if value < EARLIEST:
        return Refused(f"not come before {EARLIEST}")
    if latest is not None and value > latest:
        return Refused(f"not come after the extract date {latest}")
    if value > LATEST:
        return Refused(f"not come after {LATEST}")
    return value


def _date_hint(text: str) -> str | None:
    """Recognise the usual ways of writing a date otherwise."""
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", text):
        return "leave out the time of day"
    if re.fullmatch(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{2}){1,2}", text):
        return "write 3 April 2015 as 2015-04-03"
    if re.fullmatch(r"[0-9]{4}[/.-]?[0-9]{1,2}[/.-]?[0-9]{1,2}", text):
        return "write 3 April 2015 as 2015-04-03, with hyphens and noughts"
    if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", text):
        return "a spreadsheet's day number: format the column as yyyy-mm-dd"
    return _MISSING_HINT if text.casefold() in _MISSING_MARKS else None


def _whole(text: str, field: Field) -> object:
    """Read a whole number within its range."""
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        hint = _number_hint(text)
        if re.fullmatch(r"-?[0-9]+\.[0-9]*", text):
            hint = "write it without a decimal point"
        return Refused("be a whole number", hint)
    return _within(int(text), field)


def _number(text: str, field: Field) -> object:
    """Read a number within its range."""
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        return Refused("be a number", _number_hint(text))
    value = float(text)
    return _within(value, field) if math.isfinite(value) else Refused("be finite")


def _number_hint(text: str) -> str | None:
    """Recognise the usual ways of writing a number otherwise."""
    if re.fullmatch(r"-?[0-9]+(,[0-9]+)+(\.[0-9]+)?", text):
        return "write it with a decimal point and without thousands separators"
    return _MISSING_HINT if text.casefold() in _MISSING_MARKS else None


def _within(value: float, field: Field) -> object:
    """Refuse a number outside its field's range."""
    low, high = field.minimum, field.maximum
    if (low is None or value >= low) and (high is None or value <= high):
        return value
    unit = f" {field.unit}" if field.unit else ""
    if low is not None and high is not None:
        return Refused(f"lie between {plain(low)} and {plain(high)}{unit}")
    return Refused(
        f"be at least {plain(low)}{unit}"
        if low is not None
        else f"be at most {plain(high)}{unit}"
    )


def plain(limit: float | None) -> str:
    """
    Write a limit in full, its thousands apart.

    Parameters
    ----------
    limit
        The limit.

    Returns
    -------
    str
        The number as a reader writes it.

    Examples
    --------
    >>> plain(10_000_000), plain(0.5)
    ('10,000,000', '0.5')
    """
    return f"{limit:,.12g}"


def _yes_no(text: str) -> object:
    """Read true or false."""
    if text in ("true", "false"):
        return text == "true"
    plain = text.casefold()
    meant = "true" if plain in _YES else "false" if plain in _NO else None
    hint = f"did you mean '{meant}'?" if meant else None
    if plain in _MISSING_MARKS:
        hint = _MISSING_HINT
    return Refused("be true or false", hint)


_YES = frozenset(("true", "yes", "y", "t", "1", "1.0"))
_NO = frozenset(("false", "no", "n", "f", "0", "0.0"))
