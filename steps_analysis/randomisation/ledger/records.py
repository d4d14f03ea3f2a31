"""What happens after an allocation: codes broken, mistakes, data withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal
from steps_analysis.randomisation.ledger.book import (
    Book,
    DetailField,
    Entry,
    about,
)
from steps_analysis.randomisation.ledger.history import is_possible, seen_before
from steps_analysis.randomisation.ledger.requests import WITHHELD, check_levels
from steps_analysis.randomisation.ledger.writing import Act, append

WhyBroken: TypeAlias = Literal["accident", "analysis", "authority", "care", "safety"]
"""Why somebody masked learns an arm: it came out by accident; the planned analysis; a
court, regulator or ethics committee asks; care needs to know; a child is to be kept
safe."""

Mistake: TypeAlias = Literal["no-consent", "not-eligible", "twice", "wrong-levels"]
"""What was wrong with an allocation that was made: no consent; not eligible; the same
family twice under two names; a wrong level of a factor."""

Erasure: TypeAlias = Literal["identity", "everything"]
"""What is erased: identifiers; or identifiers and levels."""


def check_reason(name: str, given: object, accepted: tuple[str, ...]) -> None:
    """
    Refuse a reason that is not on the list.

    An entry is for ever, so it holds no free text that might tell about a child.

    Parameters
    ----------
    name
        The argument, for the message.
    given
        The reason.
    accepted
        The list.

    Raises
    ------
    ArgumentError
        If it is another one.

    Examples
    --------
    >>> check_reason("reason", "safety", ("care", "safety"))
    """
    if given not in accepted:
        rule = f"be one of {', '.join(accepted)}"
        hint = did_you_mean(given, accepted)
        raise ArgumentError(refusal(name, rule, given, hint=hint))


def entry_of(book: Book, participant_id: str) -> Entry:
    """
    Find a participant's entry.

    Parameters
    ----------
    book
        All that the ledger holds.
    participant_id
        The child.

    Returns
    -------
    Entry
        The allocation, or that the child joined its family.

    Raises
    ------
    DataError
        If no such child is known; the message does not name it.
    """
    entry = book.find("participant", participant_id)
    if entry is None:
        rule = "be a participant of this ledger whose identity is not erased"
        raise DataError(refusal("participant_id", rule, WITHHELD))
    return entry


def code_break(act: Act, participant_id: str, reason: WhyBroken) -> Entry:
    """
    Record that somebody masked learns an arm.

    Parameters
    ----------
    act
        The act under way.
    participant_id
        The child.
    reason
        Why.

    Returns
    -------
    Entry
        The entry; it does not hold the arm.
    """
    check_reason("reason", reason, get_args(WhyBroken))
    of = entry_of(act.book, participant_id).number
    return append(act, "code-break", {"of": of, "reason": reason})


def mis_randomisation(
    act: Act,
    participant_id: str,
    mistake: Mistake,
    right_levels: Mapping[str, object] | None,
) -> Entry:
    """
    Record that an allocation should have been made otherwise, or not at all.

    Parameters
    ----------
    act
        The act under way.
    participant_id
        The child.
    mistake
        What was wrong.
    right_levels
        The levels as they should have been; for wrong levels, and only then.

    Returns
    -------
    Entry
        The entry; the allocation stands.
    """
    check_reason("mistake", mistake, get_args(Mistake))
    if (mistake == "wrong-levels") != (right_levels is not None):
        rule = "be given where the mistake is wrong-levels, and only then"
        raise ArgumentError(refusal("right_levels", rule, WITHHELD))
    details: dict[DetailField, Any] = {}
    if right_levels is not None:
        details["right-levels"] = check_levels(act.declaration, right_levels)
    of = entry_of(act.book, participant_id).number
    return append(act, "mis-randomisation", {"of": of, "mistake": mistake}, details)


def withdrawal(act: Act, participant_id: str, erase: Erasure) -> Entry:
    """
    Erase a participant's details, and record that they are erased.

    Parameters
    ----------
    act
        The act under way.
    participant_id
        The child.
    erase
        ``"identity"`` or ``"everything"``.

    Returns
    -------
    Entry
        The entry; it names no child.

    Raises
    ------
    DataError
        If no such child is known, or the later allocations would be left without a
        history the procedure can go on from.
    """
    check_reason("erase", erase, get_args(Erasure))
    of = entry_of(act.book, participant_id).number
    names: tuple[str, ...] = ("participant", "family")
    if erase == "everything":
        names += ("levels", "right-levels")
        _check_left(act, of)
    for number, name in act.book.details:
        if name in names and about(act.book.entries[number]) == of:
            row = "number = ? AND field = ?"
            act.connection.execute(f"DELETE FROM details WHERE {row}", (number, name))
    return append(act, "withdrawal", {"of": of, "erased": list(names)})


def _check_left(act: Act, of: int) -> None:
    """Refuse to erase levels without which the procedure could not go on."""
    later = seen_before(act.book, act.declaration, len(act.book.entries))
    left = [one.erased() if one.entry == of else one for one in later]
    if not is_possible(act.declaration, left):
        rule = (
            "be identity: without this family's levels the procedure could not have "
            "made the later allocations of its stratum, nor go on"
        )
        raise DataError(refusal("erase", rule, "everything"))
