"""
How estimates are put into words.

The interval always comes before the p-value, and what cannot be estimated says why.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from steps_analysis.estimates import Estimate
from steps_analysis.reporting.numerals import count, level, limit, number, p_value

PERCENT_UNITS = ("%", "percentage points")

_PROPORTIONS = ("", "proportion", "probability", "risk", "difference in proportions")
_DIFFERENCES_OF_PROPORTIONS = (
    "risk difference",
    "incidence difference",
    "survival difference",
    "probability difference",
    "difference in cumulative incidence",
    "difference in probabilit",
    "difference in proportion",
    "difference in risk",
)
_OF_PROPORTIONS = re.compile(
    r"(standardised )?(risk|proportion|probability|cumulative incidence|survival)\b"
)
_RATIO = re.compile(r"\bratio\b")


def p_phrase(value: float) -> str:
    """
    Write a p-value in a sentence.

    Parameters
    ----------
    value
        The p-value, in [0, 1].

    Returns
    -------
    str
        Such as ``"p = 0.04"`` or ``"p < 0.001"``.

    Examples
    --------
    >>> p_phrase(0.04056), p_phrase(0.0002)
    ('p = 0.04', 'p < 0.001')
    """
    text = p_value(value)
    return f"p < {text[1:]}" if text.startswith("<") else f"p = {text}"


def not_estimable(reason: str) -> str:
    """
    Say that there is no number, and why.

    Parameters
    ----------
    reason
        Why, worded to follow "because".

    Returns
    -------
    str
        The sentence, without a full stop.

    Examples
    --------
    >>> not_estimable("no one had the event")
    'not estimable because no one had the event'
    """
    return f"not estimable because {reason}"


def listed(items: Sequence[str]) -> str:
    """
    Join names into a list as it is read aloud.

    Parameters
    ----------
    items
        At least one name.

    Returns
    -------
    str
        Such as ``"a, b and c"``.

    Examples
    --------
    >>> listed(["police", "school", "health"])
    'police, school and health'
    """
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def quantity(value: int, one: str, many: str) -> str:
    """
    Write a count with its noun.

    Parameters
    ----------
    value
        The count.
    one, many
        The noun in singular and plural.

    Returns
    -------
    str
        Such as ``"1 family"`` or ``"40 families"``.

    Examples
    --------
    >>> quantity(1, "family", "families"), quantity(40, "family", "families")
    ('1 family', '40 families')
    """
    return f"{count(value)} {one if value == 1 else many}"


def display_unit(estimate: Estimate) -> str:
    """
    Choose the unit an estimate is shown in.

    Parameters
    ----------
    estimate
        The estimate.

    Returns
    -------
    str
        ``"%"`` for a proportion, ``"percentage points"`` for a difference of two, else
        the estimate's own unit.

    Notes
    -----
    An estimate whose unit is ``""`` says by its `measure` what it is: one that begins
    with risk, proportion, probability, cumulative incidence or survival is a
    proportion, one that names a difference of two of these is a difference, and
    anything called a ratio is a ratio.

    Examples
    --------
    >>> rd = Estimate(
    ...     measure="risk difference", value=-0.05, lower=-0.25, upper=0.15, n=40
    ... )
    >>> display_unit(rd)
    'percentage points'
    """
    if estimate.unit not in _PROPORTIONS:
        return estimate.unit
    measure = estimate.measure.lower()
    if _RATIO.search(measure):
        return ""
    if any(words in measure for words in _DIFFERENCES_OF_PROPORTIONS):
        return "percentage points"
    if "difference" in f"{measure} {estimate.unit}":
        return "percentage points" if estimate.unit else ""
    return "%" if estimate.unit or _OF_PROPORTIONS.match(measure) else ""


def in_unit(estimate: Estimate, unit: str) -> tuple[float, float, float]:
    """
    Give value and limits in the unit they are shown in.

    Parameters
    ----------
    estimate
        The estimate; proportions become percentages where the unit is one.
    unit
        The unit to show.

    Returns
    -------
    tuple of float
        Value, lower and upper limit.

    Examples
    --------
    >>> risk = Estimate(measure="risk", value=0.1, lower=0.03, upper=0.26, n=30)
    >>> in_unit(risk, "%")
    (10.0, 3.0, 26.0)
    """
    percentages = unit in PERCENT_UNITS and estimate.unit in _PROPORTIONS
    factor = 100.0 if percentages else 1.0
    value, lower, upper = estimate.value, estimate.lower, estimate.upper
    return value * factor, lower * factor, upper * factor


def estimate_text(
    estimate: Estimate, *, unit: str | None = None, decimals: int | None = None
) -> str:
    """
    Write value and interval as they stand in a table.

    Parameters
    ----------
    estimate
        The estimate.
    unit
        The unit to show it in; None takes `display_unit`.
    decimals
        How many decimals; None gives 1 to percentages and 2 to the rest.

    Returns
    -------
    str
        Such as ``"−5.0 (−25.5 to 15.0)"``; ``"[x]"`` where there is no finite value.

    Notes
    -----
    A ratio that rounds to zero is written ``"<0.01"``; a difference, ``"0.00"``.

    Examples
    --------
    >>> rr = Estimate(measure="risk ratio", value=0.5, lower=0.05, upper=5.08, n=40)
    >>> estimate_text(rr)
    '0.50 (0.05 to 5.08)'
    """
    unit = display_unit(estimate) if unit is None else unit
    value, lower, upper = in_unit(estimate, unit)
    if not math.isfinite(value):
        return "[x]"
    places = _places(unit) if decimals is None else decimals
    text = _not_nought(value, estimate, places)
    if math.isnan(lower) or math.isnan(upper):
        return text
    ends = [_not_nought(end, estimate, places) for end in (lower, upper)]
    return f"{text} ({ends[0]} to {ends[1]})"


def _places(unit: str) -> int:
    """Choose how many decimals a unit is shown with."""
    return 1 if unit in PERCENT_UNITS else 2


def _not_nought(value: float, estimate: Estimate, decimals: int) -> str:
    """Write a number of an estimate, not calling a small ratio nought."""
    text = limit(value, decimals)
    if _RATIO.search(estimate.measure.lower()) and value > 0 and not text.strip("0."):
        return f"<{number(10.0**-decimals, decimals)}"
    return text


def phrase(
    estimate: Estimate,
    *,
    unit: str | None = None,
    decimals: int | None = None,
    with_p: bool = False,
) -> str:
    """
    Write an estimate in a sentence.

    Parameters
    ----------
    estimate
        The estimate.
    unit
        The unit to show it in; None takes `display_unit`.
    decimals
        How many decimals; None gives 1 to percentages and 2 to the rest.
    with_p
        Whether the p-value follows the interval, where there is one.

    Returns
    -------
    str
        Measure, value, unit and interval, or why there is none.

    Examples
    --------
    >>> rd = Estimate(
    ...     measure="risk difference", value=-0.05, lower=-0.2552, upper=0.1496, n=40
    ... )
    >>> phrase(rd)
    'risk difference −5.0 percentage points (95% CI −25.5 to 15.0)'
    >>> phrase(Estimate.missing("odds ratio", "no one had the event", n=40))
    'odds ratio not estimable because no one had the event'
    """
    reason = why_missing(estimate)
    if reason is not None:
        return f"{estimate.measure} {not_estimable(reason)}"
    unit = display_unit(estimate) if unit is None else unit
    value, _, interval = estimate_text(
        estimate, unit=unit, decimals=decimals
    ).partition(" (")
    shown = f"{value}%" if unit == "%" else f"{value} {unit}".strip()
    remarks = [f"{level(estimate.level)} CI {interval[:-1]}"] if interval else []
    if with_p and not math.isnan(estimate.p_value):
        remarks.append(p_phrase(estimate.p_value))
    tail = f" ({'; '.join(remarks)})" if remarks else ""
    return f"{estimate.measure} {shown}{tail}"


def why_missing(estimate: Estimate) -> str | None:
    """
    Say why an estimate has no finite value.

    Parameters
    ----------
    estimate
        The estimate.

    Returns
    -------
    str or None
        The reason, worded to follow "because", or None where there is a value.

    Examples
    --------
    >>> why_missing(Estimate.missing("odds ratio", "no one had the event", n=40))
    'no one had the event'
    """
    if estimate.not_estimable is not None:
        return estimate.not_estimable
    return "it has no finite value" if math.isinf(estimate.value) else None
