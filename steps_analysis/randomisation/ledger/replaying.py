"""Proving every allocation once more, with the key."""

from __future__ import annotations

from itertools import pairwise, takewhile
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.ledger.allocating import arm_of
from steps_analysis.randomisation.ledger.book import Book, Entry
from steps_analysis.randomisation.ledger.declaration import Declaration
from steps_analysis.randomisation.ledger.history import (
    Seen,
    digest_of,
    erasures,
    probabilities_along,
    seen_before,
)
from steps_analysis.randomisation.ledger.keys import Key
from steps_analysis.randomisation.ledger.stream import STREAM_VERSION, uniform
from steps_analysis.randomisation.ledger.verifying import Fault
from steps_analysis.randomisation.spec import from_spec

Proof: TypeAlias = Literal["yes", "draw only", "no"]
"""Whether an allocation follows from key and history; draw only: draw and arm do, and
levels since erased keep the probabilities from being computed again."""

_ROUNDING = 1e-9  # another processor may sum weights in another order


def replay(book: Book, declaration: Declaration, key: Key) -> pd.DataFrame:
    """
    Prove every allocation from the key and what had been recorded before it.

    Parameters
    ----------
    book
        All that the ledger holds, whose chain is whole.
    declaration
        What the ledger allocates.
    key
        The ledger's key.

    Returns
    -------
    pandas.DataFrame
        One row per allocation: entry, place, arm, is_proven, why (empty where it is).
    """
    expected = _expected(book, declaration)
    rows = []
    for place, entry in enumerate(book.allocations, start=1):
        try:
            is_proven, why = _proof(book, declaration, key, entry, place)
        # Made up by a holder of the key.
        except (KeyError, TypeError, ValueError, OverflowError):
            is_proven, why = "no", "it does not state what can be checked"
        if is_proven == "yes":
            chances = expected.get(entry.number)
            is_proven, why = _proof_of_chances(_recorded(entry, declaration), chances)
        rows.append((entry.number, place, entry.said["arm"], is_proven, why))
    return pd.DataFrame(rows, columns=["entry", "place", "arm", "is_proven", "why"])


def _proof(
    book: Book, declaration: Declaration, key: Key, entry: Entry, place: int
) -> tuple[Proof, str]:
    """Prove what an allocation looked at, what it drew, and what followed."""
    said = entry.said
    draw = uniform(key.secret, str(book.entries[0].said["ledger_id"]), place)
    stated = (said["stream"], from_spec(said["procedure"]))
    if stated != (STREAM_VERSION, declaration.procedure):
        return "no", "it names another stream or procedure than the ledger's"
    seen = seen_before(book, declaration, entry.number)
    if (said["place"], said["history"]) != (place, digest_of(seen)):
        return "no", "it was made after another history"
    if float.fromhex(said["draw"]) != draw:
        return "no", "its draw is not the key's"
    if said["arm"] != arm_of(declaration, draw, _recorded(entry, declaration)):
        return "no", "its arm does not follow from draw and probabilities"
    return "yes", ""


def _recorded(entry: Entry, declaration: Declaration) -> FloatArray:
    """Read the probabilities an entry states, one an arm."""
    stated = [float.fromhex(one) for one in entry.said["probabilities"]]
    return np.array(stated).reshape(len(declaration.arms))


def _proof_of_chances(
    recorded: FloatArray, expected: FloatArray | None
) -> tuple[Proof, str]:
    """Hold the probabilities an entry states against those computed again."""
    if expected is None:
        return "draw only", "levels it looked at were erased since"
    if not np.allclose(expected, recorded, rtol=0, atol=_ROUNDING):
        return "no", "its probabilities do not follow from the history"
    return "yes", ""


def _expected(book: Book, declaration: Declaration) -> dict[int, FloatArray]:
    """
    Compute the probabilities of every allocation again, where levels are known.

    What an allocation looked at changes only where levels were erased in between, so
    there is one walk up to each such erasure, and one up to the end.
    """
    found: dict[int, FloatArray] = {}
    steps = [0, *erasures(book), len(book.entries)]
    for before, entry in pairwise(steps):
        seen = seen_before(book, declaration, entry)
        known = [*takewhile(lambda one: _can_be_told(one, declaration), seen)]
        chances = probabilities_along(declaration, known)
        for one, chance in zip(known, chances, strict=True):
            if one.entry > before:
                found[one.entry] = chance
    return found


def _can_be_told(seen: Seen, declaration: Declaration) -> bool:
    """Say whether a family's levels are known, or known to be erased, and its arm."""
    return seen.levels is not None and seen.arm in declaration.arms


def draw_fault(proofs: pd.DataFrame) -> Fault | None:
    """
    Name the first allocation that is not proven.

    Parameters
    ----------
    proofs
        What `replay` gave.

    Returns
    -------
    Fault or None
        The fault, if there is one.

    Examples
    --------
    >>> columns = ["entry", "place", "arm", "is_proven", "why"]
    >>> draw_fault(pd.DataFrame([(1, 1, "MAU", "no", "its draw is not the key's")],
    ...                         columns=columns)).why
    "Its draw is not the key's."
    """
    wrong = proofs[proofs["is_proven"] == "no"]
    if wrong.empty:
        return None
    why = str(wrong["why"].iloc[0])
    sentence = f"{why[0].upper()}{why[1:]}."
    return Fault(entry=int(wrong["entry"].iloc[0]), damage="draw", why=sentence)
