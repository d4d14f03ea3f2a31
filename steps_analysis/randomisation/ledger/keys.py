"""The secret of a ledger: where it is kept, and what may be known of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.randomisation.ledger.encoding import digest, message

_SIZE = 32  # bytes: 256 bits
_FORMAT = "steps ledger key 1"
_OF_A_TRIAL = ("protocol.toml", "datapackage.json", "manifest.json")
_OTHERS = 0o077  # the rights of everyone but the file's owner


@dataclass(frozen=True, slots=True)
class Key:
    """
    The secret of one ledger.

    Attributes
    ----------
    secret
        32 bytes; whoever holds them can foresee every arm.
    salt
        32 bytes that go into the commitment, and are opened together with the secret.
    """

    secret: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    def commitment(self, ledger_id: str) -> str:
        """
        Commit to the secret without showing it.

        Parameters
        ----------
        ledger_id
            The ledger's public name.

        Returns
        -------
        str
            A digest that may be published; nobody can find another secret that fits.
        """
        return digest("commitment", self.salt, ledger_id.encode("utf-8"), self.secret)

    def seal(self, ledger_id: str, entry_hash: str) -> str:
        """
        Seal an entry: only the holder of the secret can.

        Parameters
        ----------
        ledger_id
            The ledger's public name.
        entry_hash
            The hash of the entry.

        Returns
        -------
        str
            The seal, 64 hexadecimal digits.
        """
        text = message("seal", ledger_id.encode("utf-8"), entry_hash.encode("ascii"))
        return hmac.digest(self.secret, text, "sha256").hex()


def _published(word: str) -> bytes:
    """Bytes that anyone can make again: they conceal nothing."""
    return hashlib.sha256(f"steps_analysis, published test {word}".encode()).digest()


TEST_KEY = Key(secret=_published("key"), salt=_published("salt"))
"""The published key of synthetic ledgers; it conceals nothing and is refused for a real
trial."""


def new_key() -> Key:
    """
    Make a key from the machine's source of chance.

    Returns
    -------
    Key
        A key nobody has had before.

    Examples
    --------
    >>> new_key() == new_key()
    False
    """
    return Key(secret=secrets.token_bytes(_SIZE), salt=secrets.token_bytes(_SIZE))


def write_key(key: Key, path: Path, *, ledger: Path) -> None:
    """
    Write a new key file, for its owner's eyes only.

    Parameters
    ----------
    key
        The key.
    path
        The file; must not exist.
    ledger
        The ledger it belongs to.

    Raises
    ------
    ArgumentError
        If the file exists, or would lie in a git repository, in the ledger's folder or
        beside a trial's protocol, data or manifest.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file, ledger = Path(folder) / "key", Path(folder) / "trial" / "ledger"
    ...     write_key(TEST_KEY, file, ledger=ledger)
    ...     read_key(file) == TEST_KEY
    True
    """
    _check_place(path, ledger)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        rule = "be a new file: a key that is written over is lost for ever"
        raise ArgumentError(refusal("key_path", rule, str(path))) from None
    content = {
        "format": _FORMAT,
        "secret": key.secret.hex(),
        "salt": key.salt.hex(),
    }
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(json.dumps(content, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())


def repository_of(path: Path) -> Path | None:
    """
    Find the git repository a file lies in, or would lie in.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Path or None
        The repository's top folder; None where there is none.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     (Path(folder) / ".git").mkdir()
    ...     repository_of(Path(folder) / "a" / "key") == Path(folder).resolve()
    True
    """
    folders = path.resolve().parents
    return next((folder for folder in folders if (folder / ".git").exists()), None)


def _check_place(path: Path, ledger: Path) -> None:
    """Refuse a place where the key would be copied or shared with what it protects."""
    folder = path.resolve().parent
    rule = None
    if repository_of(path) is not None:
        rule = "lie outside every git repository"
    elif folder == ledger.resolve().parent:
        rule = "not lie in the ledger's own folder: the two must not travel together"
    elif any((folder / name).exists() for name in _OF_A_TRIAL):
        rule = f"not lie beside {', '.join(_OF_A_TRIAL)}"
    elif not folder.is_dir():
        rule = "lie in a folder there is"
    if rule is not None:
        raise ArgumentError(refusal("key_path", rule, str(path)))


def read_key(path: Path) -> Key:
    """
    Read a key file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Key
        The key.

    Raises
    ------
    ArgumentError
        If others than its owner may read the file (not asked under Windows).
    DataError
        If there is no such file, or it holds no key; what it holds is never shown.

    Examples
    --------
    >>> read_key(Path("no-such-file"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    steps_analysis.errors.DataError: `key_path` must be a key file, ...
    """
    if not path.is_file():
        rule = "be a key file, as `steps ledger create` writes it"
        raise DataError(refusal("key_path", rule, str(path)))
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        rule = "be a file only its owner may read"
        hint = f"chmod 600 {path.name}, and ask who may have read it"
        raise ArgumentError(refusal("key_path", rule, str(path), hint=hint))
    try:
        given = json.loads(path.read_text(encoding="ascii"))
        key = Key(
            secret=bytes.fromhex(given["secret"]), salt=bytes.fromhex(given["salt"])
        )
        is_whole = given["format"] == _FORMAT
    except (ValueError, KeyError, TypeError, RecursionError):
        is_whole = False
    if not is_whole or {len(key.secret), len(key.salt)} != {_SIZE}:
        rule = "be a key file, whole and unchanged"
        raise DataError(refusal("key_path", rule, str(path)))
    return key
