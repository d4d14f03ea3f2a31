"""Is the ledger whole? The first entry that was altered, inserted, moved or removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from steps_analysis.randomisation.ledger.book import (
    FIRST,
    Book,
    Entry,
    about,
    hash_of,
)
from steps_analysis.randomisation.ledger.keys import Key
from steps_analysis.randomisation.ledger.receipts import Receipt

Damage: TypeAlias = Literal[
    "altered", "inserted", "reordered", "removed", "detail", "receipt", "draw"
]
"""What is wrong with an entry; detail: what it can have erased is not what it was, or
is gone without a withdrawal; receipt: its receipt tells something else; draw: its arm
does not follow from key and history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    The first thing that is wrong with a ledger.

    Attributes
    ----------
    entry
        The entry.
    damage
        What happened to it.
    why
        How that is known, as a sentence.
    """

    entry: int
    damage: Damage
    why: str


def chain_fault(book: Book, *, key: Key | None) -> Fault | None:
    """
    Find the first entry at which the chain breaks.

    Parameters
    ----------
    book
        All that the ledger holds.
    key
        The ledger's key; None where it is not open: then an entry can only be held
        against its neighbours.

    Returns
    -------
    Fault or None
        The fault; None where every entry holds to the one before it.

    Notes
    -----
    Without the key, where an entry and the next do not fit, the earlier is named: it
    is the one whose successor was chained to something else. With the key each entry's
    seal shows whether *it* is as it was written. Without key and receipts, a chain
    written anew from some entry on looks whole.
    """
    if not book.entries:
        return Fault(entry=0, damage="removed", why="The ledger has no entry.")
    for place, entry in enumerate(book.entries):
        fault = (
            _own_fault(entry, place)
            or (None if key is None else _seal_fault(book, entry, key))
            or _place_fault(book, place)
            or _link_fault(book, place)
            or _meaning_fault(book, entry)
        )
        if fault is not None:
            return fault
    return detail_fault(book)


def _own_fault(entry: Entry, place: int) -> Fault | None:
    """Hold an entry against its number in the file, and its content to its hash."""
    if entry.number != place:
        why = f"The file goes from entry {place - 1} to entry {entry.number}."
        return Fault(entry=place, damage="removed", why=why)
    if hash_of(entry.content) != entry.hash:
        why = "What it says does not have the hash it was filed under."
        return Fault(entry=place, damage="altered", why=why)
    return None


def _place_fault(book: Book, place: int) -> Fault | None:
    """Hold the number an entry says it has against its place."""
    said = book.entries[place].said
    number = said.get("number")
    if number == place:
        return None
    if not isinstance(number, int) or number <= 0:
        why = "It does not say its own number."
        return Fault(entry=place, damage="altered", why=why)
    if number > place:
        later = [entry.said.get("number") for entry in book.entries[place + 1 :]]
        damage: Damage = "reordered" if place in later else "removed"
        why = f"In its place stands an entry that says it is number {number}."
        return Fault(entry=place, damage=damage, why=why)
    # Was something put before it? Then it is still chained to what it followed.
    if said.get("previous") == book.entries[number - 1].hash:
        why = f"Entry {number} is there twice."
        return Fault(entry=number, damage="inserted", why=why)
    why = f"It says it is number {number}."
    return Fault(entry=place, damage="altered", why=why)


def _seal_fault(book: Book, entry: Entry, key: Key) -> Fault | None:
    """Hold an entry against its seal."""
    if entry.seal == key.seal(str(book.entries[0].said.get("ledger_id")), entry.hash):
        return None
    why = "Its seal was not made with this ledger's key."
    return Fault(entry=entry.number, damage="altered", why=why)


def _link_fault(book: Book, place: int) -> Fault | None:
    """Hold an entry against the one before it."""
    before = book.entries[place - 1].hash if place else FIRST
    if book.entries[place].said.get("previous") == before:
        return None
    why = f"Entry {place} was chained to something else."
    return Fault(entry=max(place - 1, 0), damage="altered", why=why)


_SAYS: dict[str, dict[str, type]] = {
    "opening": {"ledger_id": str, "commitment": str},
    "allocation": {"arm": str, "draw": str, "probabilities": list},
    "joined": {"of": int},
    "code-break": {"of": int, "reason": str},
    "mis-randomisation": {"of": int, "mistake": str},
    "withdrawal": {"of": int, "erased": list},
}
"""What an entry of each kind must say, so that it can be read at all."""


def _meaning_fault(book: Book, entry: Entry) -> Fault | None:
    """Refuse an entry that says nothing that could have been recorded."""
    says = {"at": str, "by": str, "details": dict} | _SAYS.get(entry.kind, {})
    is_sound = (
        entry.kind in _SAYS
        and (entry.kind == "opening") == (entry.number == 0)
        and all(isinstance(entry.said.get(key), type_) for key, type_ in says.items())
        and ("of" not in says or _is_about_a_child(book, entry))
        and ("erased" not in says or _names_fields(entry.said["erased"]))
    )
    if is_sound:
        return None
    why = "It says nothing that a ledger records."
    return Fault(entry=entry.number, damage="altered", why=why)


def _is_about_a_child(book: Book, entry: Entry) -> bool:
    """Say whether an entry is about an earlier one by which a child came in."""
    of = entry.said["of"]
    kinds = ("allocation",) if entry.kind == "joined" else ("allocation", "joined")
    return bool(0 < of < entry.number and book.entries[of].kind in kinds)


def _names_fields(erased: list[object]) -> bool:
    """Say whether what a withdrawal erased is named by texts."""
    return all(isinstance(field, str) for field in erased)


def detail_fault(book: Book) -> Fault | None:
    """
    Find the first detail that is not what its entry names, or gone without a reason.

    Parameters
    ----------
    book
        All that the ledger holds, whose chain is whole.

    Returns
    -------
    Fault or None
        The fault, if there is one.
    """
    stray = [number for number, _ in book.details if number >= len(book.entries)]
    if stray:
        left = "Details of an entry that is not there are left."
        return Fault(entry=min(stray), damage="removed", why=left)
    withdrawn = {
        (entry.said["of"], field)
        for entry in book.entries
        if entry.kind == "withdrawal"
        for field in entry.said["erased"]
    }
    for entry in book.entries:
        named = entry.said["details"]
        kept = {field for number, field in book.details if number == entry.number}
        due = {field for field in named if (about(entry), field) not in withdrawn}
        why = _what_of_details(named, kept, due) or next(
            (
                f"Its {field} is not what was recorded."
                for field in sorted(kept)
                if book.details[entry.number, field].digest != named[field]
            ),
            None,
        )
        if why is not None:
            return Fault(entry=entry.number, damage="detail", why=why)
    return None


def _what_of_details(named: set[str], kept: set[str], due: set[str]) -> str | None:
    """Say what is missing, or there and should not be."""
    if due - kept:
        return f"Its {min(due - kept)} was erased without a withdrawal."
    if kept - due:
        return f"Its {min(kept - due)} is there and should not be."
    return None


def receipt_fault(book: Book, receipts: Sequence[Receipt]) -> Fault | None:
    """
    Hold the ledger against the receipts that were handed out.

    Parameters
    ----------
    book
        All that the ledger holds, whose chain is whole.
    receipts
        The receipts, of this ledger.

    Returns
    -------
    Fault or None
        The entry of the first receipt that does not fit; entries after the last one in
        the file are missing.

    Notes
    -----
    The head alone does not show what a receipt *tells*: whoever writes another arm on
    it may leave its head as it was.
    """
    for receipt in sorted(receipts, key=lambda one: one.entry):
        if receipt.entry >= len(book.entries):
            last = len(book.entries) - 1
            why = f"The file ends at entry {last}; a receipt is of {receipt.entry}."
            return Fault(entry=last + 1, damage="removed", why=why)
        if book.entries[receipt.entry].hash != receipt.head:
            why = "It, or one before it, is not what its receipt was given for."
            return Fault(entry=receipt.entry, damage="altered", why=why)
        otherwise = _told_otherwise(book, receipt)
        if otherwise is not None:
            why = f"Its receipt tells another {otherwise} than was recorded."
            return Fault(entry=receipt.entry, damage="receipt", why=why)
    return None


def _told_otherwise(book: Book, receipt: Receipt) -> str | None:
    """Name the first thing a receipt tells otherwise than its entry; None for none."""
    entry = book.entries[receipt.entry]
    opening = book.entries[0].said
    recorded = {name: opening.get(name) for name in ("trial", "provenance")}
    recorded |= {"kind": entry.kind, "at": entry.said["at"]}
    if entry.number:
        allocation = book.allocation_of(entry)
        recorded["allocation_entry"] = allocation.number
        if receipt.arm is not None:  # of a masked receipt it is left off
            recorded["arm"] = allocation.said["arm"]
    child = _child_of(book, entry)
    if None not in (receipt.participant_id, child):  # or it is erased since
        recorded["participant_id"] = child
    told = {name: getattr(receipt, name) for name in recorded}
    return next((name for name in told if told[name] != recorded[name]), None)


def _child_of(book: Book, entry: Entry) -> object:
    """Give the child an entry is about; None where its identity is erased."""
    came_in = entry.kind in ("allocation", "joined")
    of = entry.number if came_in else entry.said.get("of", 0)
    return book.value(of, "participant")
