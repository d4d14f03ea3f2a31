"""
The file a ledger lives in: a SQLite database.

One writer at a time, and each act is one transaction: all of it is on the disk, or
nothing. We use SQLite's rollback journal, not its write-ahead log: a ledger is written
a few times a week, so there is nothing to gain from readers beside the writer; it
stays *one* file, which can be copied, kept and inspected; and it works on a network
folder where the log's shared memory does not. ``synchronous = EXTRA`` makes the disk
confirm the transaction and the removal of its journal before an arm is told.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steps_analysis.errors import ArgumentError, DataError, refusal

FORMAT = 1
"""The version of the tables below, as the file states it."""

_MARK = 0x53544550  # "STEP": what kind of database this is
_PATIENCE = 60.0  # seconds to wait for another writer
_SYNCHRONOUS = "EXTRA"  # what the disk has confirmed before an arm is told
_TABLES = (
    """
    CREATE TABLE entries (
        number INTEGER PRIMARY KEY,
        content TEXT NOT NULL,
        hash TEXT NOT NULL UNIQUE,
        seal TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE details (
        number INTEGER NOT NULL REFERENCES entries,
        field TEXT NOT NULL,
        salt TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (number, field)
    ) WITHOUT ROWID
    """,
    """
    CREATE UNIQUE INDEX one_entry_each ON details (field, value)
    WHERE field IN ('participant', 'family')
    """,
    # These two guard against a slip of the hand; against intent stands the chain.
    """
    CREATE TRIGGER no_entry_is_changed BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END
    """,
    """
    CREATE TRIGGER no_entry_is_removed BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END
    """,
)


def create_file(path: Path) -> None:
    """
    Make the empty file of a new ledger, for its owner's eyes only.

    Parameters
    ----------
    path
        The file; must not exist.

    Raises
    ------
    ArgumentError
        If there is such a file already, or no such folder.

    Examples
    --------
    >>> create_file(Path("no/such/folder/ledger"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    steps_analysis.errors.ArgumentError: `path` must lie in a folder there is, ...
    """
    if not path.resolve().parent.is_dir():
        rule = "lie in a folder there is"
        raise ArgumentError(refusal("path", rule, str(path)))
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        rule = "be a new file: a ledger is never written over"
        raise ArgumentError(refusal("path", rule, str(path))) from None


def create_tables(connection: sqlite3.Connection) -> None:
    """
    Make the tables of a new ledger, within the transaction under way.

    Parameters
    ----------
    connection
        A connection given by `transaction`.
    """
    connection.execute(f"PRAGMA application_id = {_MARK}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    for statement in _TABLES:
        connection.execute(statement)


def check_format(connection: sqlite3.Connection, path: Path) -> None:
    """
    Refuse a file that is no ledger of a format known here.

    Parameters
    ----------
    connection
        A connection given by `transaction`.
    path
        The file, for the message.

    Raises
    ------
    DataError
        If it is another kind of file.
    """
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    stated = connection.execute("PRAGMA user_version").fetchone()[0]
    if (mark, stated) != (_MARK, FORMAT):
        rule = f"be a ledger of format {FORMAT}"
        raise DataError(refusal("ledger", rule, str(path)))


@contextmanager
def transaction(path: Path, *, write: bool) -> Iterator[sqlite3.Connection]:
    """
    Open a ledger for one act: all of it happens, or nothing.

    Parameters
    ----------
    path
        The file.
    write
        Whether the act writes; two that write take turns.

    Yields
    ------
    sqlite3.Connection
        The connection, in a transaction that is committed at the end unless something
        goes wrong.

    Raises
    ------
    DataError
        If there is no such file, it is no ledger, or it stays busy for a minute.
    """
    if not path.is_file():
        raise DataError(refusal("ledger", "be a ledger's file", str(path)))
    try:
        connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        try:
            connection.execute(f"PRAGMA synchronous = {_SYNCHRONOUS}")
            connection.execute("PRAGMA secure_delete = ON").fetchall()
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()  # what was not committed is rolled back
    # A damaged file can hold names that are no text: sqlite3 then fails to quote them.
    except (sqlite3.Error, UnicodeDecodeError) as error:
        rule = "be a whole ledger that this program may write to"
        raise DataError(refusal("ledger", rule, str(error), file=path.name)) from error
