"""How a ledger comes into being, and how it is found again with its key."""

from __future__ import annotations

import secrets
from pathlib import Path

from steps_analysis.errors import ArgumentError, DataError, StepsError, refusal
from steps_analysis.randomisation.ledger.book import Book, read_book
from steps_analysis.randomisation.ledger.declaration import (
    Declaration,
    from_content,
    to_content,
)
from steps_analysis.randomisation.ledger.encoding import digest
from steps_analysis.randomisation.ledger.keys import (
    TEST_KEY,
    Key,
    new_key,
    read_key,
    repository_of,
    write_key,
)
from steps_analysis.randomisation.ledger.store import (
    check_format,
    create_file,
    create_tables,
    transaction,
)
from steps_analysis.randomisation.ledger.stream import STREAM_VERSION
from steps_analysis.randomisation.ledger.writing import Act, append


def create(
    path: Path,
    declaration: Declaration,
    key_path: Path | None,
    *,
    by: str,
    at: str,
) -> None:
    """
    Write a new ledger, and its key where it has one of its own.

    Parameters
    ----------
    path
        The new file.
    declaration
        What it allocates.
    key_path
        The new key file; None for the published test key.
    by, at
        Who creates it, and when.

    Raises
    ------
    ArgumentError
        If a file is there already, or a place is refused.
    """
    is_real = declaration.provenance == "real"
    if is_real and key_path is None:
        rule = "be given: only a synthetic ledger has the published test key"
        raise ArgumentError(refusal("key_path", rule, None))
    if is_real and repository_of(path) is not None:
        rule = "lie outside every git repository: a ledger holds arms"
        raise ArgumentError(refusal("path", rule, str(path)))
    create_file(path)
    made = [path]
    try:
        key = TEST_KEY if key_path is None else new_key()
        if key_path is not None:
            write_key(key, key_path, ledger=path)
            made.append(key_path)
        _write_opening(path, declaration, key, by=by, at=at)
    except (StepsError, OSError):
        for file in made:
            file.unlink()
        raise


def _write_opening(
    path: Path, declaration: Declaration, key: Key, *, by: str, at: str
) -> None:
    """Write the opening entry: what is allocated, and the commitment to the key."""
    ledger_id = secrets.token_hex(16)
    if key == TEST_KEY:  # the same trial, drawn again, is to be the same
        ledger_id = digest("published id", declaration.trial.encode("utf-8"))[:32]
    said = to_content(declaration) | {
        "ledger_id": ledger_id,
        "commitment": key.commitment(ledger_id),
        "stream": STREAM_VERSION,
    }
    with transaction(path, write=True) as connection:
        create_tables(connection)
        act = Act(
            connection=connection,
            book=Book(entries=(), details={}),
            declaration=declaration,
            ledger_id=ledger_id,
            key=key,
            by=by,
            at=at,
        )
        append(act, "opening", said)


def read_opening(path: Path) -> tuple[Declaration, str, str]:
    """
    Read what a ledger allocates, and which key it has.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    declaration : Declaration
        What it allocates.
    ledger_id, commitment : str
        Its public name, and the commitment to its key.

    Raises
    ------
    DataError
        If it is no ledger.
    """
    with transaction(path, write=False) as connection:
        check_format(connection, path)
        book = read_book(connection)
    try:
        said = book.entries[0].said
        return from_content(said), str(said["ledger_id"]), str(said["commitment"])
    except (IndexError, KeyError, TypeError, ValueError, StepsError):
        rule = "begin with an opening entry that says what it allocates"
        raise DataError(refusal("ledger", rule, path.name)) from None


def find_key(
    key_path: str | Path | None, ledger_id: str, commitment: str
) -> Key | None:
    """
    Find the key of a ledger.

    Parameters
    ----------
    key_path
        The key file; None for the published test key, or none.
    ledger_id
        The ledger's public name.
    commitment
        Its public commitment to its key.

    Returns
    -------
    Key or None
        The key; None where no file is given and the published one does not fit.

    Raises
    ------
    ArgumentError
        If others may read the key file.
    DataError
        If it is no key file, or that of another ledger.
    """
    if key_path is None:
        return TEST_KEY if TEST_KEY.commitment(ledger_id) == commitment else None
    key = read_key(Path(key_path))
    if key.commitment(ledger_id) != commitment:
        rule = f"be the key of ledger {ledger_id}"
        raise DataError(refusal("key_path", rule, str(key_path)))
    return key
