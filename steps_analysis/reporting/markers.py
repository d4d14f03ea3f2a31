"""The shorthand that stands where a number cannot, and what each mark means."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from steps_analysis.errors import ArgumentError, refusal

MEANINGS = {
    "[b]": "break in the series: not comparable with earlier values",
    "[c]": "confidential: not shown, so that no child can be identified",
    "[e]": "estimated",
    "[f]": "forecast",
    "[low]": "rounds to 0 but is not 0",
    "[ns]": "not statistically significant",
    "[p]": "provisional",
    "[r]": "revised",
    "[u]": "low reliability: rests on very few cases",
    "[w]": "none recorded in the survey",
    "[x]": "not available",
    "[z]": "not applicable",
}
"""Every mark of the Government Analysis Function that may be used, with its meaning."""

_MARK = re.compile(r"\[[a-z]+\]")


@dataclass(frozen=True, slots=True)
class Marker:
    """
    A mark in place of a number.

    Attributes
    ----------
    code
        One mark or several joined, such as ``"[c]"`` or ``"[r][e]"``.

    Examples
    --------
    >>> Marker("[c]").code
    '[c]'
    """

    code: str

    def __post_init__(self) -> None:
        marks = _MARK.findall(self.code)
        if not marks or "".join(marks) != self.code or not set(marks) <= set(MEANINGS):
            rule = f"be made of {', '.join(MEANINGS)}"
            raise ArgumentError(refusal("code", rule, self.code))

    def __str__(self) -> str:
        return self.code


def is_shorthand(text: str) -> bool:
    """
    Say whether a text is made of marks alone.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    bool
        True for ``"[c]"`` or ``"[r][e]"``, also where a mark is unknown.

    Examples
    --------
    >>> is_shorthand("[c]"), is_shorthand("12 [p]")
    (True, False)
    """
    return bool(text) and not _MARK.sub("", text)


def shorthand(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """
    Explain the marks that some texts use, and no others.

    Parameters
    ----------
    texts
        Everything that is shown together: cells, headings, captions.

    Returns
    -------
    tuple of (str, str)
        Mark and meaning, in alphabetical order.

    Examples
    --------
    >>> shorthand(["12", "[x]", "0 [p]"])
    (('[p]', 'provisional'), ('[x]', 'not available'))
    """
    used = {mark for text in texts for mark in _MARK.findall(text)}
    return tuple((mark, MEANINGS[mark]) for mark in sorted(used & set(MEANINGS)))


Value = float | Marker
"""A number that is drawn, or the mark that stands where it may not be."""


def as_value(argument: str, value: object) -> Value:
    """
    Accept a number or a mark into a drawing, or refuse it.

    Parameters
    ----------
    argument
        The name of the field, for the message.
    value
        A number, a `Marker`, a text made of marks, or None (not available).

    Returns
    -------
    float or Marker
        What is kept.

    Raises
    ------
    ArgumentError
        If it is neither a finite number nor a mark.

    Examples
    --------
    >>> as_value("values", 3), as_value("values", "[c]")
    (3.0, Marker(code='[c]'))
    """
    if value is None:
        return Marker("[x]")
    if isinstance(value, Marker):
        return value
    if isinstance(value, str):
        return Marker(value)
    try:
        given = float(value)  # type: ignore[arg-type]  # what has no float is refused below
    except (TypeError, ValueError):
        given = math.nan
    if not math.isfinite(given):
        hint = 'a gap is Marker("[x]")'
        raise ArgumentError(refusal(argument, "be finite numbers", value, hint=hint))
    return given
