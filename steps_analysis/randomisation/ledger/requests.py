"""What a family that asks for its arm must say, and what no message repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.ledger.declaration import Declaration

_LONGEST_ID = 64


class _Withheld:
    """Stands for a participant's value, which no message shows."""

    def __repr__(self) -> str:
        return "another value (not shown)"


WITHHELD = _Withheld()
"""What a message says instead of a participant's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """
    A family that asks for its arm.

    Attributes
    ----------
    participant_id
        The child.
    family_id
        The family, which is what is allocated.
    levels
        The family's level of every factor.
    """

    participant_id: str
    family_id: str
    levels: Mapping[str, str]


def request(
    declaration: Declaration,
    participant_id: object,
    levels: Mapping[str, object] | None,
    family_id: object,
) -> Request:
    """
    Refuse a request that lacks something, or says what the trial does not know.

    Parameters
    ----------
    declaration
        What the ledger allocates.
    participant_id
        The child.
    levels
        The family's level of every factor; None for a procedure without factors.
    family_id
        The family; None where the child is the only one: the family then has the
        child's identifier.

    Returns
    -------
    Request
        The request.

    Raises
    ------
    ArgumentError
        If an identifier or level is wrong; the message shows none.
    """
    child = _identifier("participant_id", participant_id)
    return Request(
        participant_id=child,
        family_id=child if family_id is None else _identifier("family_id", family_id),
        levels=check_levels(declaration, {} if levels is None else levels),
    )


def _identifier(name: str, given: object) -> str:
    """Refuse what is no identifier."""
    is_text = isinstance(given, str) and given.isprintable() and given == given.strip()
    if not is_text or not 0 < len(str(given)) <= _LONGEST_ID:
        rule = f"be a text of 1 to {_LONGEST_ID} characters without spaces around it"
        raise ArgumentError(refusal(name, rule, WITHHELD))
    return str(given)


def check_levels(
    declaration: Declaration, given: Mapping[str, object]
) -> dict[str, str]:
    """
    Refuse levels the trial has not declared.

    Parameters
    ----------
    declaration
        What the ledger allocates.
    given
        Factor to level.

    Returns
    -------
    dict
        The levels, in the order of the factors.

    Raises
    ------
    ArgumentError
        If a factor is absent or unknown, or a level is unknown.
    """
    if not isinstance(given, Mapping) or {*given} != {*declaration.levels}:
        factors = ", ".join(declaration.levels) or "none"
        rule = f"give a level of exactly the trial's factors ({factors})"
        raise ArgumentError(refusal("levels", rule, WITHHELD))
    for factor, accepted in declaration.levels.items():
        if given[factor] not in accepted:
            rule = f"be one of {', '.join(accepted)}"
            raise ArgumentError(refusal(f"levels.{factor}", rule, WITHHELD))
    return {factor: str(given[factor]) for factor in declaration.levels}
