"""Adding an entry to the chain."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.ledger.book import (
    FIRST,
    Book,
    Detail,
    DetailField,
    Entry,
    Kind,
    hash_of,
)
from steps_analysis.randomisation.ledger.declaration import Declaration
from steps_analysis.randomisation.ledger.encoding import canonical, digest
from steps_analysis.randomisation.ledger.keys import TEST_KEY, Key

_STAFF_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,39}")


def check_who(by: object) -> str:
    """
    Refuse what is no staff code: an entry is for ever, so it holds no free text.

    Parameters
    ----------
    by
        Who acts.

    Returns
    -------
    str
        The code.

    Raises
    ------
    ArgumentError
        If it is something else.

    Examples
    --------
    >>> check_who("TU-03")
    'TU-03'
    """
    if not isinstance(by, str) or not _STAFF_CODE.fullmatch(by):
        rule = "be a staff code of at most 40 letters, digits and . _ @ -"
        raise ArgumentError(refusal("by", rule, by))
    return by


def moment(at: datetime | None) -> str:
    """
    Write the moment of an act in world time.

    Parameters
    ----------
    at
        The moment, with its time zone; None means now, by this machine's clock.

    Returns
    -------
    str
        Such as ``"2014-03-14T09:30:00Z"``.

    Raises
    ------
    ArgumentError
        If it has no time zone.

    Examples
    --------
    >>> moment(datetime(2014, 3, 14, 9, 30, tzinfo=UTC))
    '2014-03-14T09:30:00Z'
    """
    if at is None:
        at = datetime.now(UTC)
    if not isinstance(at, datetime) or at.utcoffset() is None:
        rule = "be a moment with its time zone"
        raise ArgumentError(refusal("at", rule, at, hint="datetime(..., tzinfo=UTC)"))
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """
    An act under way: everything that adding an entry takes.

    Attributes
    ----------
    connection
        The connection, in a transaction that writes.
    book
        All that the ledger holds, read in the same transaction.
    declaration
        What the ledger allocates.
    ledger_id
        The ledger's public name.
    key
        The ledger's key.
    by, at
        Who acts, and when.
    """

    connection: sqlite3.Connection
    book: Book
    declaration: Declaration
    ledger_id: str
    key: Key
    by: str
    at: str


def append(
    act: Act,
    kind: Kind,
    said: Mapping[str, Any],
    details: Mapping[DetailField, Any] = MappingProxyType({}),
) -> Entry:
    """
    Add an entry, within the act's transaction.

    Parameters
    ----------
    act
        The act under way.
    kind
        What is recorded.
    said
        What the entry says for ever.
    details
        What it says until it is erased.

    Returns
    -------
    Entry
        The entry.
    """
    number = len(act.book.entries)
    kept = {
        field: Detail(salt=_salt(act, number, field), value=canonical(value))
        for field, value in details.items()
    }
    content = {
        **said,
        "number": number,
        "kind": kind,
        "previous": act.book.entries[-1].hash if number else FIRST,
        "by": act.by,
        "at": act.at,
        "details": {field: detail.digest for field, detail in kept.items()},
    }
    text = canonical(content)
    entry_hash = hash_of(text)
    seal = act.key.seal(act.ledger_id, entry_hash)
    act.connection.execute(
        "INSERT INTO entries VALUES (?, ?, ?, ?)", (number, text, entry_hash, seal)
    )
    act.connection.executemany(
        "INSERT INTO details VALUES (?, ?, ?, ?)",
        [(number, field, one.salt, one.value) for field, one in kept.items()],
    )
    return Entry(number=number, content=text, hash=entry_hash, seal=seal, said=content)


def _salt(act: Act, number: int, field: str) -> str:
    """
    Make a salt of chance alone; under the published key, one that can be made again.

    A salt that followed from the key would let its holder try every level against the
    digest of an erased one.
    """
    if act.key == TEST_KEY:
        name = f"{act.ledger_id} {number} {field}"
        return digest("published salt", name.encode("ascii"))
    return secrets.token_hex(32)
