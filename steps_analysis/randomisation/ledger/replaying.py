"""Proving every allocation once more, with the key."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.ledger.allocating import arm_of, probabilities_after
from steps_analysis.randomisation.ledger.book import Book, Entry
from steps_analysis.randomisation.ledger.declaration import Declaration
from steps_analysis.randomisation.ledger.history import (
    Seen,
    digest_of,
    levels_of,
    seen_before,
)
from steps_analysis.randomisation.ledger.keys import Key
from steps_analysis.randomisation.ledger.stream import STREAM_VERSION, uniform
from steps_analysis.randomisation.ledger.verifying import Fault
from steps_analysis.randomisation.spec import to_spec

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
    rows = []
    for place, entry in enumerate(book.allocations, start=1):
        is_proven, why = _proof(book, declaration, key, entry, place)
        rows.append((entry.number, place, entry.said["arm"], is_proven, why))
    return pd.DataFrame(rows, columns=["entry", "place", "arm", "is_proven", "why"])


def _proof(
    book: Book, declaration: Declaration, key: Key, entry: Entry, place: int
) -> tuple[Proof, str]:
    """Prove one allocation: what it looked at, what it drew, what followed."""
    said = entry.said
    seen = seen_before(book, declaration, entry.number)
    recorded = np.array([float.fromhex(one) for one in said["probabilities"]])
    draw = uniform(key.secret, str(book.entries[0].said["ledger_id"]), place)
    known = (STREAM_VERSION, to_spec(declaration.procedure))
    if (said["stream"], said["procedure"]) != known:
        return "no", "it names another stream or procedure than the ledger's"
    if (said["place"], said["history"]) != (place, digest_of(seen)):
        return "no", "it was made after another history"
    if float.fromhex(said["draw"]) != draw:
        return "no", "its draw is not the key's"
    if said["arm"] != arm_of(declaration, draw, recorded):
        return "no", "its arm does not follow from draw and probabilities"
    return _proof_of_probabilities(book, declaration, entry, seen, recorded)


def _proof_of_probabilities(
    book: Book,
    declaration: Declaration,
    entry: Entry,
    seen: list[Seen],
    recorded: FloatArray,
) -> tuple[Proof, str]:
    """Compute the probabilities again, where every level is known."""
    own = levels_of(book, declaration, entry.number)
    if own is None or any(one.levels is None for one in seen):
        return "draw only", "levels it looked at were erased since"
    found = probabilities_after(declaration, seen, own)
    if not np.allclose(found, recorded, rtol=0, atol=_ROUNDING):
        return "no", "its probabilities do not follow from the history"
    return "yes", ""


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
