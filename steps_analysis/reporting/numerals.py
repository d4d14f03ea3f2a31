"""
How numbers are written.

British conventions: a true minus sign, a point with a leading zero, commas between
thousands, "25 to 75" for an interval.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from steps_analysis.errors import ArgumentError, refusal

MINUS = "\N{MINUS SIGN}"
SIGNIFICANT_DIGITS = 8


def steady(value: float) -> float:
    """
    Round to eight significant digits, which every linear algebra library agrees on.

    Parameters
    ----------
    value
        Any number.

    Returns
    -------
    float
        The number to eight significant digits; minus zero becomes zero.

    Examples
    --------
    >>> steady(0.1 + 0.2)
    0.3
    """
    return float(f"{float(value):.{SIGNIFICANT_DIGITS}g}") + 0.0


def number(value: float, decimals: int = 2) -> str:
    """
    Write a number with a fixed count of decimals.

    Parameters
    ----------
    value
        A finite number.
    decimals
        How many decimals, at least 0.

    Returns
    -------
    str
        The number, halves rounded away from zero, never "minus zero".

    Raises
    ------
    ArgumentError
        If the number is not finite.

    Notes
    -----
    The number is first rounded to eight significant digits, so that 0.285 is written
    0.29 on every machine, however the last binary digit fell.

    Examples
    --------
    >>> number(-1234.565)
    '−1,234.57'
    >>> number(-0.001)
    '0.00'
    """
    if not math.isfinite(value):
        raise ArgumentError(refusal("value", "be finite to be written", value))
    step = Decimal(1).scaleb(-decimals)
    rounded = Decimal(repr(steady(value))).quantize(step, rounding=ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)
    return f"{rounded:,f}".replace("-", MINUS)


def number_or_low(value: float, decimals: int = 2) -> str:
    """
    Write a number alone in its cell, marking what only rounds to zero.

    Parameters
    ----------
    value
        A finite number.
    decimals
        How many decimals, at least 0.

    Returns
    -------
    str
        ``"0"`` for a true zero, ``"[low]"`` for what rounds to it, else the number.

    Examples
    --------
    >>> number_or_low(0.0), number_or_low(0.004), number_or_low(0.005)
    ('0', '[low]', '0.01')
    """
    if value == 0:
        return "0"
    text = number(value, decimals)
    return text if any(digit in text for digit in "123456789") else "[low]"


def count(value: int) -> str:
    """
    Write a count.

    Parameters
    ----------
    value
        A whole number.

    Returns
    -------
    str
        The count, with commas between thousands.

    Examples
    --------
    >>> count(33783)
    '33,783'
    """
    return f"{int(value):,d}".replace("-", MINUS)


def percent(part: float, whole: float, decimals: int = 1) -> str:
    """
    Write a part of a whole as a percentage.

    Parameters
    ----------
    part, whole
        The part and the whole, in the same unit.
    decimals
        How many decimals.

    Returns
    -------
    str
        The percentage, or ``"[z]"`` (not applicable) where the whole is 0.

    Examples
    --------
    >>> percent(12, 40), percent(0, 40), percent(0, 0)
    ('30.0%', '0.0%', '[z]')
    """
    return "[z]" if whole == 0 else f"{number(100 * part / whole, decimals)}%"


def count_of(part: int, whole: int, decimals: int = 1) -> str:
    """
    Write a count out of a total, with its percentage.

    Parameters
    ----------
    part, whole
        The count and the total.
    decimals
        How many decimals the percentage has.

    Returns
    -------
    str
        Such as ``"12 of 40 (30.0%)"``; without percentage where the total is 0.

    Examples
    --------
    >>> count_of(12, 40)
    '12 of 40 (30.0%)'
    >>> count_of(0, 0)
    '0 of 0'
    """
    text = f"{count(part)} of {count(whole)}"
    return text if whole == 0 else f"{text} ({percent(part, whole, decimals)})"


def limits(lower: float, upper: float, decimals: int = 2) -> str:
    """
    Write an interval.

    Parameters
    ----------
    lower, upper
        The limits; an infinite one is written "no limit".
    decimals
        How many decimals.

    Returns
    -------
    str
        Such as ``"0.12 to 1.50"``.

    Examples
    --------
    >>> limits(-25.52, 14.96, 1)
    '−25.5 to 15.0'
    >>> limits(0.3, float("inf"))
    '0.30 to no limit'
    """
    return f"{limit(lower, decimals)} to {limit(upper, decimals)}"


def limit(value: float, decimals: int = 2) -> str:
    """
    Write one limit of an interval.

    Parameters
    ----------
    value
        The limit; an infinite one is written "no limit".
    decimals
        How many decimals.

    Returns
    -------
    str
        The limit.

    Examples
    --------
    >>> limit(0.3), limit(float("inf"))
    ('0.30', 'no limit')
    """
    return "no limit" if math.isinf(value) else number(value, decimals)


def level(value: float) -> str:
    """
    Write a confidence level.

    Parameters
    ----------
    value
        The level, in (0, 1).

    Returns
    -------
    str
        The level as a percentage without needless zeros.

    Examples
    --------
    >>> level(0.95), level(0.998)
    ('95%', '99.8%')
    """
    return f"{100 * value:.6g}%"


def p_value(value: float) -> str:
    """
    Write a p-value as it stands in a table.

    Parameters
    ----------
    value
        The p-value, in [0, 1].

    Returns
    -------
    str
        Two decimals, three below 0.01, and ``"<0.001"`` below that.

    Examples
    --------
    >>> p_value(0.04056), p_value(0.00784), p_value(0.0002), p_value(1.0)
    ('0.04', '0.008', '<0.001', '1.00')
    """
    value = steady(value)
    if value < 0.001:
        return "<0.001"
    return number(value, 2 if value >= 0.01 else 3)


def compact(value: float) -> str:
    """
    Write a number to four significant digits, without needless zeros.

    Parameters
    ----------
    value
        A finite number.

    Returns
    -------
    str
        The number, with at most six decimals.

    Examples
    --------
    >>> compact(45.1234), compact(0.05), compact(1234.5), compact(0.0)
    ('45.12', '0.05', '1,235', '0')
    """
    size = math.floor(math.log10(abs(value))) if value else 0
    text = number(value, min(max(3 - size, 0), 6))
    return text.rstrip("0").rstrip(".") if "." in text else text
