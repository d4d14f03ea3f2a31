"""How what is recorded becomes bytes, and bytes become a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

VERSION = 1
"""Version of the encoding; part of every digest."""


def canonical(value: Any) -> str:
    r"""
    Write plain values in the one way there is to write them.

    Parameters
    ----------
    value
        Texts, whole numbers, numbers, truth values, None, lists, and mappings with
        texts as keys.

    Returns
    -------
    str
        JSON in ASCII, keys in order, no spaces. A number is written with the fewest
        digits that read back as the same number.

    Raises
    ------
    ValueError
        If a number is infinite or missing.

    Examples
    --------
    >>> canonical({"b": [1, None], "a": "ü"})
    '{"a":"\\u00fc","b":[1,null]}'
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def message(purpose: str, *parts: bytes) -> bytes:
    """
    Put parts together so that no two lists of parts, or purposes, look the same.

    Parameters
    ----------
    purpose
        What the bytes are for; bytes for one purpose are never those for another.
    *parts
        The parts; each is preceded by its length.

    Returns
    -------
    bytes
        The message.

    Examples
    --------
    >>> message("entry", b"ab", b"c") == message("entry", b"a", b"bc")
    False
    """
    head = f"steps ledger {VERSION}: {purpose}\n".encode("ascii")
    return head + b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def digest(purpose: str, *parts: bytes) -> str:
    """
    Give the SHA-256 digest of a message.

    Parameters
    ----------
    purpose
        What the digest is for.
    *parts
        What is digested.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> digest("entry", b"ab")[:12] == digest("entry", b"a", b"b")[:12]
    False
    """
    return hashlib.sha256(message(purpose, *parts)).hexdigest()


def exact(numbers: Iterable[float]) -> list[str]:
    """
    Write numbers exactly, to the last bit.

    Parameters
    ----------
    numbers
        The numbers.

    Returns
    -------
    list of str
        Each in hexadecimal, as C's ``%a`` writes it.

    Examples
    --------
    >>> exact([0.5, 0.1])
    ['0x1.0000000000000p-1', '0x1.999999999999ap-4']
    """
    return [float(number).hex() for number in numbers]
