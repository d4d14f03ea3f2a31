"""What may stand in a cell, and how one cell is written for people and for machines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, TestResult
from steps_analysis.reporting.markers import Marker, is_shorthand
from steps_analysis.reporting.numerals import (
    count,
    number,
    number_or_low,
    p_value,
    percent,
    steady,
)
from steps_analysis.reporting.words import (
    PERCENT_UNITS,
    display_unit,
    estimate_text,
    in_unit,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """
    A count out of a total, shown as count and percentage.

    Attributes
    ----------
    count, total
        The count and what it is out of.

    Examples
    --------
    >>> shown(Share(count=12, total=40))
    '12 (30.0%)'
    """

    count: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.total:
            rule = "lie between 0 and `total`"
            raise ArgumentError(refusal("count", rule, (self.count, self.total)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """
    A mean with its standard deviation.

    Attributes
    ----------
    mean, sd
        The mean and the standard deviation; `sd` is NaN where there is only one value.

    Examples
    --------
    >>> shown(Spread(mean=14.25, sd=1.872), decimals=1)
    '14.3 (1.9)'
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.mean):
            raise ArgumentError(refusal("mean", "be finite", self.mean))
        if self.sd < 0 or math.isinf(self.sd):
            raise ArgumentError(refusal("sd", "be at least 0", self.sd))


Cell = str | int | float | bool | None | Marker | Estimate | TestResult | Share | Spread

NOT_AVAILABLE = Marker("[x]")


def as_cell(value: Any) -> Cell:
    """
    Accept a value into a table, or refuse it.

    Parameters
    ----------
    value
        Anything; numpy scalars become Python numbers, None and a text made of marks
        become a `Marker`.

    Returns
    -------
    Cell
        What is kept.

    Raises
    ------
    ArgumentError
        If it is an empty text, a number that is not finite, or of another type.

    Examples
    --------
    >>> as_cell("[c]"), as_cell(None)
    (Marker(code='[c]'), Marker(code='[x]'))
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None:
        return NOT_AVAILABLE
    if isinstance(value, str):
        return _as_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        hint = 'use Estimate.missing(...), which says why, or Marker("[x]")'
        raise ArgumentError(refusal("rows", "hold finite numbers", value, hint=hint))
    if isinstance(value, Cell):
        return value
    rule = "hold texts, numbers, markers, estimates, tests, shares and spreads"
    raise ArgumentError(refusal("rows", rule, type(value).__name__))


def _as_text(text: str) -> Marker | str:
    """Accept a text, reading marks as a marker."""
    if not text.strip():
        rule = "hold no empty text"
        raise ArgumentError(refusal("rows", rule, text, hint='use Marker("[z]")'))
    return Marker(text) if is_shorthand(text) else text


def shown(cell: Cell, unit: str = "", decimals: int | None = None) -> str:
    """
    Write a cell for people.

    Parameters
    ----------
    cell
        The cell.
    unit
        Unit of its column; empty where each estimate names its own.
    decimals
        Decimals of its column.

    Returns
    -------
    str
        What the reader sees.

    Examples
    --------
    >>> shown(1234), shown(12.345, "%"), shown(True)
    ('1,234', '12.3', 'yes')
    """
    if isinstance(cell, Estimate):
        return _estimate_shown(cell, unit, decimals)
    if isinstance(cell, TestResult):
        return "[x]" if math.isnan(cell.p_value) else p_value(cell.p_value)
    if isinstance(cell, Share):
        whole = 1 if decimals is None else decimals
        return f"{count(cell.count)} ({percent(cell.count, cell.total, whole)})"
    if isinstance(cell, Spread):
        places = 1 if decimals is None else decimals
        sd = "[z]" if math.isnan(cell.sd) else number(cell.sd, places)
        return f"{number(cell.mean, places)} ({sd})"
    return _plain_shown(cell, unit, decimals)


def _plain_shown(
    cell: str | int | float | Marker | None, unit: str, decimals: int | None
) -> str:
    """Write a text, mark or number for people."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return count(cell)
    if isinstance(cell, float):
        places = 1 if unit in PERCENT_UNITS else 2
        return number_or_low(cell, places if decimals is None else decimals)
    return str(cell)


def _estimate_shown(estimate: Estimate, unit: str, decimals: int | None) -> str:
    """Write an estimate for people, with its own unit where the column has none."""
    own = unit or display_unit(estimate)
    text = estimate_text(estimate, unit=own, decimals=decimals)
    if unit or not own or text == "[x]":
        return text
    value, bracket, interval = text.partition(" (")
    return f"{value}{'' if own == '%' else ' '}{own}{bracket}{interval}"


def parts(cell: Cell, unit: str = "") -> dict[str, str]:
    """
    Write a cell for machines.

    Parameters
    ----------
    cell
        The cell.
    unit
        Unit of its column.

    Returns
    -------
    dict of str
        Ending of the CSV column to its text: ``""`` for the value itself, ``"_lower"``,
        ``"_upper"``, ``"_unit"``, ``"_percent"`` and ``"_sd"`` where there is more.

    Examples
    --------
    >>> parts(Share(count=12, total=40))
    {'': '12', '_percent': '30'}
    """
    if isinstance(cell, Estimate):
        return _estimate_parts(cell, unit)
    if isinstance(cell, TestResult):
        return {"": plain(cell.p_value)}
    if isinstance(cell, Share):
        rate = 100 * cell.count / cell.total if cell.total else math.inf
        return {"": str(cell.count), "_percent": plain(rate)}
    if isinstance(cell, Spread):
        sd = math.inf if math.isnan(cell.sd) else cell.sd
        return {"": plain(cell.mean), "_sd": plain(sd)}
    if isinstance(cell, float) and not isinstance(cell, bool):
        return {"": plain(cell)}
    return {"": "yes" if cell is True else "no" if cell is False else str(cell)}


def _estimate_parts(estimate: Estimate, unit: str) -> dict[str, str]:
    """Write value and limits, and the unit where the column has none."""
    own = unit or display_unit(estimate)
    value, lower, upper = in_unit(estimate, own)
    if not math.isfinite(value):
        value = lower = upper = math.nan
    texts = {"": plain(value), "_lower": plain(lower), "_upper": plain(upper)}
    return texts if unit or not own else {**texts, "_unit": own}


def plain(value: float) -> str:
    """
    Write a number for machines.

    Parameters
    ----------
    value
        The number.

    Returns
    -------
    str
        To eight significant digits; ``"[x]"`` (not available) for NaN and ``"[z]"``
        (not applicable) for an infinite limit.

    Examples
    --------
    >>> plain(0.1 + 0.2), plain(12.0), plain(float("nan"))
    ('0.3', '12', '[x]')
    """
    if math.isnan(value):
        return "[x]"
    if math.isinf(value):
        return "[z]"
    text = repr(steady(value))
    return text.removesuffix(".0")


def is_numeric(cell: Cell) -> bool:
    """
    Say whether a cell holds a number rather than a text.

    Parameters
    ----------
    cell
        The cell.

    Returns
    -------
    bool
        True for numbers, estimates, tests, shares and spreads.

    Examples
    --------
    >>> is_numeric(3), is_numeric("three")
    (True, False)
    """
    kinds = int | float | Estimate | TestResult | Share | Spread
    return isinstance(cell, kinds) and not isinstance(cell, bool)
