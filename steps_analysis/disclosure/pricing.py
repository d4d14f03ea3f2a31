"""What does a pattern cost? The counts it hides, and a keyed fraction for ties."""

from __future__ import annotations

import hmac

import numpy as np

from steps_analysis.disclosure.page import Page
from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray


def loss(page: Page, hidden: BoolArray) -> int:
    """
    Count what a pattern hides beyond the primary figures.

    Parameters
    ----------
    page
        The release.
    hidden
        Which quantities are hidden, shape (n,).

    Returns
    -------
    int
        The sum of their values, plus one per zero beneath each of them.
    """
    return int(values_lost(page)[hidden & ~page.reading.is_small].sum())


def values_lost(page: Page) -> IntArray:
    """
    Price each quantity: its value, and one for each zero that goes with it.

    Parameters
    ----------
    page
        The release.

    Returns
    -------
    numpy.ndarray
        What hiding each quantity loses, shape (n,).
    """
    lost = page.structure.value.copy()
    for part, totals in enumerate(page.structure.above):
        if page.structure.value[part] == 0 and not page.withheld[part]:
            lost[list(totals)] += page.structure.value[list(totals)] > 0
    return lost


def keyed_fractions(page: Page, secret: bytes) -> FloatArray:
    """
    Draw a fraction for each quantity from a key, to break ties between patterns.

    Parameters
    ----------
    page
        The release.
    secret
        The key.

    Returns
    -------
    numpy.ndarray
        Fractions that add up to less than a quarter whatever is hidden, shape (n,): so
        they decide between patterns of equal loss, and between no others.

    Notes
    -----
    A keyed hash (HMAC-SHA256) of the place a quantity stands in. Without the key the
    fractions cannot be told from drawn ones, so among patterns of equal loss the one
    published tells nothing about the counts that made them equal.
    """
    names = ["\x1f".join(cells[0]).encode() for cells in page.structure.cells]
    digests = [hmac.digest(secret, name, "sha256")[:6] for name in names]
    whole = np.array([int.from_bytes(digest) for digest in digests], dtype=np.float64)
    return whole / 2.0**48 / (4 * max(len(names), 1))


def secret_of(key: bytes | str) -> bytes:
    """
    Take a key, and refuse one that is none.

    Parameters
    ----------
    key
        Text or bytes.

    Returns
    -------
    bytes
        The key.

    Raises
    ------
    ArgumentError
        If it is empty or neither.
    """
    if not isinstance(key, bytes | str) or not key:
        raise ArgumentError(refusal("key", "be a text that is not empty", "none"))
    return key.encode() if isinstance(key, str) else key
