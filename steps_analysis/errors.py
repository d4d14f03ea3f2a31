"""
What can go wrong, and how it is said.

Every message follows one template: ``` `argument` must RULE, got VALUE ```, then where
(file and line, if there is one), then a second line ``Hint: …`` when the likely slip is
known. A message never contains a participant's values.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class StepsError(Exception):
    """
    Any refusal this package makes on purpose.

    Attributes
    ----------
    exit_code
        What the command line returns for this kind of refusal.
    """

    exit_code = 2


class ArgumentError(StepsError, ValueError):
    """An argument of a function or command breaks its rule."""


class ProtocolError(StepsError, ValueError):
    """A protocol contradicts itself, or says something that cannot be."""


class DataError(StepsError, ValueError):
    """A table, or an array handed to a function, breaks its contract."""


class DisclosureError(StepsError):
    """A release that would disclose a child, and so may not be written."""

    exit_code = 1


def refusal(
    name: str,
    rule: str,
    value: object,
    *,
    file: str | Path | None = None,
    line: int | None = None,
    hint: str | None = None,
) -> str:
    """
    Write one refusal in the house's words.

    Parameters
    ----------
    name
        The argument, key or column that breaks the rule.
    rule
        The rule, worded to follow "must".
    value
        What was given; never a participant's value.
    file
        The file it stands in, if any.
    line
        The line in that file, counted from 1.
    hint
        The likely slip, if it is known.

    Returns
    -------
    str
        The message, of one or two lines.

    Examples
    --------
    >>> refusal("level", "lie in (0, 1)", 95)
    '`level` must lie in (0, 1), got 95'
    """
    where = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
    tail = f"\nHint: {hint}" if hint else ""
    return f"{where}`{name}` must {rule}, got {value!r}{tail}"


def did_you_mean(given: object, accepted: Iterable[str]) -> str | None:
    """
    Suggest the accepted word closest to a given one.

    Parameters
    ----------
    given
        The word that was not accepted.
    accepted
        The words that are.

    Returns
    -------
    str or None
        A hint naming the closest accepted word, or None where none is close.

    Examples
    --------
    >>> did_you_mean("southwark ", ["Southwark", "Borough A"])
    "did you mean 'Southwark'?"
    """
    by_folded = {word.strip().casefold(): word for word in accepted}
    close = get_close_matches(str(given).strip().casefold(), by_folded, n=1)
    return f"did you mean '{by_folded[close[0]]}'?" if close else None
