"""What a ledger holds: entries that stay for ever, details that can be erased."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from steps_analysis.randomisation.ledger.encoding import canonical, digest

Kind: TypeAlias = Literal[
    "opening", "allocation", "joined", "code-break", "mis-randomisation", "withdrawal"
]
"""What an entry records. Joined: another child of a family that has its arm."""

DetailField: TypeAlias = Literal["participant", "family", "levels", "right-levels"]
"""What an erasable detail is."""

FIRST = "0" * 64
"""What the opening entry names as the hash of the entry before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One entry of the chain.

    Attributes
    ----------
    number
        Its number; the opening entry has 0.
    content
        What it says, as canonical text.
    hash
        The digest of the content, which names the hash of the entry before it.
    seal
        The hash, sealed with the ledger's key.
    said
        The content, read; empty where it cannot be.
    """

    number: int
    content: str
    hash: str
    seal: str
    said: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What it records."""
        return str(self.said.get("kind"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """
    What an entry only names the digest of, so that it can be erased.

    Attributes
    ----------
    salt
        64 hexadecimal digits of chance, without which the digest tells nothing.
    value
        The detail, as canonical text.
    """

    salt: str
    value: str

    @property
    def digest(self) -> str:
        """The digest its entry names."""
        return digest("detail", *(text.encode() for text in (self.salt, self.value)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """
    All that a ledger holds at one moment.

    Attributes
    ----------
    entries
        The entries by their place in the file.
    details
        The details not erased, by entry and field.
    """

    entries: tuple[Entry, ...]
    details: Mapping[tuple[int, str], Detail]

    @property
    def allocations(self) -> tuple[Entry, ...]:
        """The entries that allocate a family, in order."""
        return tuple(entry for entry in self.entries if entry.kind == "allocation")

    def value(self, number: int, field: DetailField) -> Any:
        """
        Give a detail.

        Parameters
        ----------
        number
            The entry.
        field
            Which detail.

        Returns
        -------
        object
            Its value; None where it is erased, or never was.
        """
        detail = self.details.get((number, field))
        return None if detail is None else json.loads(detail.value)

    def find(self, field: DetailField, value: str) -> Entry | None:
        """
        Find the entry of a participant or family.

        Parameters
        ----------
        field
            Which detail is searched.
        value
            The identifier.

        Returns
        -------
        Entry or None
            The entry; None where nobody of that name is known.
        """
        wanted = canonical(value)
        for (number, name), detail in self.details.items():
            if name == field and detail.value == wanted:
                return self.entries[number]
        return None

    def allocation_of(self, entry: Entry) -> Entry:
        """
        Give the entry that allocated the family another entry is about.

        Parameters
        ----------
        entry
            An allocation, or an entry about one.

        Returns
        -------
        Entry
            The allocation.
        """
        while entry.kind != "allocation":
            entry = self.entries[entry.said["of"]]
        return entry


def about(entry: Entry) -> int:
    """
    Say whose details an entry holds.

    Parameters
    ----------
    entry
        The entry.

    Returns
    -------
    int
        The number of the entry by which that child came into the ledger.

    Examples
    --------
    >>> said = {"kind": "mis-randomisation", "of": 3}
    >>> about(Entry(number=7, content="", hash="", seal="", said=said))
    3
    """
    return int(entry.said["of"]) if entry.kind == "mis-randomisation" else entry.number


def read_book(connection: sqlite3.Connection) -> Book:
    """
    Read all that a ledger holds.

    Parameters
    ----------
    connection
        A connection given by `store.transaction`.

    Returns
    -------
    Book
        Entries and details.
    """
    entries = connection.execute(
        "SELECT number, content, hash, seal FROM entries ORDER BY number"
    )
    details = connection.execute("SELECT number, field, salt, value FROM details")
    return Book(
        entries=tuple(_entry(*row) for row in entries),
        details={
            (number, name): Detail(salt=str(salt), value=str(value))
            for number, name, salt, value in details
        },
    )


def _entry(number: int, content: object, entry_hash: str, seal: str) -> Entry:
    """Read one row; a content that says nothing readable is found by its hash."""
    text = content if isinstance(content, str) else repr(content)
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):  # the latter: nested too deep
        said = None
    return Entry(
        number=number,
        content=text,
        hash=entry_hash,
        seal=seal,
        said=said if isinstance(said, dict) else {},
    )


def hash_of(content: str) -> str:
    """
    Give the hash of an entry's content.

    Parameters
    ----------
    content
        The canonical text.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> len(hash_of("{}"))
    64
    """
    return digest("entry", content.encode("utf-8", "surrogatepass"))
