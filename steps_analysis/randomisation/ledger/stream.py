"""
The stream real allocations are drawn from, version 1.

It is our own and will never change: the first numbers of a published key are kept in
the tests for ever. A later stream would be version 2, beside this one.
"""

from __future__ import annotations

import hmac

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.ledger.encoding import message
from steps_analysis.randomisation.parameters import check_whole

STREAM_VERSION = 1
"""The version a new ledger draws with."""

_BITS = 53  # as many as a float in [0, 1) can hold evenly spaced


def uniform(secret: bytes, ledger_id: str, place: int, *, version: int = 1) -> float:
    """
    Draw the number that decides one allocation of one ledger.

    Parameters
    ----------
    secret
        The ledger's secret, 32 bytes.
    ledger_id
        The ledger's public name.
    place
        The allocation's place among the allocations, from 1.
    version
        The version of the stream; there is only 1.

    Returns
    -------
    float
        A number in [0, 1), a multiple of 2^-53.

    Raises
    ------
    ArgumentError
        If the version is unknown or the place impossible.

    Notes
    -----
    HMAC-SHA256 [1]_ of the secret over purpose and version, ledger and place; the
    first 53 bits, as a fraction. Whoever does not hold the secret cannot tell the
    numbers from chance, whatever numbers of other places are known.

    References
    ----------
    .. [1] Krawczyk, H., Bellare, M. and Canetti, R. (1997), RFC 2104, "HMAC:
       Keyed-Hashing for Message Authentication".

    Examples
    --------
    >>> uniform(bytes(32), "example", 1).hex()
    '0x1.7be11a3c719a4p-1'
    """
    if version != STREAM_VERSION:
        rule = f"be the version of a stream there is ({STREAM_VERSION})"
        raise ArgumentError(refusal("version", rule, version))
    counter = check_whole("place", place, least=1).to_bytes(8, "big")
    text = message(f"stream {version}", ledger_id.encode("utf-8"), counter)
    drawn = int.from_bytes(hmac.digest(secret, text, "sha256")[:8], "big")
    number: float = (drawn >> (64 - _BITS)) / 2**_BITS
    return number
