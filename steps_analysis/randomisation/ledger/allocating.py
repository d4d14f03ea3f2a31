"""Who gets which arm: the decision, and the entry that records it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.draw import next_probabilities
from steps_analysis.randomisation.ledger.book import Book, DetailField, Entry
from steps_analysis.randomisation.ledger.declaration import Declaration
from steps_analysis.randomisation.ledger.encoding import exact
from steps_analysis.randomisation.ledger.history import (
    Seen,
    digest_of,
    levels_of,
    levels_table,
    seen_before,
)
from steps_analysis.randomisation.ledger.requests import WITHHELD, Request
from steps_analysis.randomisation.ledger.stream import STREAM_VERSION, uniform
from steps_analysis.randomisation.ledger.writing import Act, append
from steps_analysis.randomisation.procedures import NEEDS_PLANNED_NUMBER
from steps_analysis.randomisation.spec import to_spec
from steps_analysis.randomisation.walking import arm_below


def probabilities_after(
    declaration: Declaration, seen: Sequence[Seen], levels: Mapping[str, str]
) -> FloatArray:
    """
    Give every arm's probability for a family, after a history.

    Parameters
    ----------
    declaration
        What the ledger allocates.
    seen
        The earlier allocations, all levels known or erased.
    levels
        The family's levels.

    Returns
    -------
    numpy.ndarray
        One probability an arm, treatment first.

    Raises
    ------
    ArgumentError
        If as many families as planned are allocated, and the procedure ends there.
    DataError
        If the procedure gives no distribution after this history.
    """
    n, is_bound = declaration.n, isinstance(declaration.procedure, NEEDS_PLANNED_NUMBER)
    if is_bound and n is not None and len(seen) >= n:
        rule = f"not go beyond the {n} families planned, whose totals are fixed"
        raise ArgumentError(refusal("allocation", rule, len(seen) + 1))
    found = next_probabilities(
        declaration.procedure,
        [declaration.arm_number(one.arm) for one in seen],
        factors=levels_table([*(one.levels for one in seen), levels], declaration),
        n=None if n is None else max(n, len(seen) + 1),
    )
    if not (np.all(found >= 0) and abs(found.sum() - 1) < 1e-9):
        rule = "give each arm a probability after the families allocated so far"
        raise DataError(refusal("procedure", rule, exact(found)))
    return found


def decide(act: Act, levels: Mapping[str, str]) -> dict[str, Any]:
    """
    Decide the next family's arm.

    Parameters
    ----------
    act
        The act under way.
    levels
        The family's levels.

    Returns
    -------
    dict
        What the entry will say: procedure, stream, place, digest of the history,
        probabilities, draw and arm.
    """
    seen = seen_before(act.book, act.declaration, len(act.book.entries))
    probabilities = probabilities_after(act.declaration, seen, levels)
    place = len(seen) + 1
    draw = uniform(act.key.secret, act.ledger_id, place)
    return {
        "procedure": to_spec(act.declaration.procedure),
        "stream": STREAM_VERSION,
        "place": place,
        "history": digest_of(seen),
        "probabilities": exact(probabilities),
        "draw": exact([draw])[0],
        "arm": arm_of(act.declaration, draw, probabilities),
    }


def arm_of(declaration: Declaration, draw: float, probabilities: FloatArray) -> str:
    """
    Say which arm a draw gives.

    Parameters
    ----------
    declaration
        What the ledger allocates.
    draw
        A number in [0, 1).
    probabilities
        One probability an arm, treatment first.

    Returns
    -------
    str
        The arm's code: treatment where the draw lies below its probability.
    """
    taken = arm_below(np.array([draw]), probabilities[:, None])
    return declaration.arm_label(int(taken[0]))


def earlier(book: Book, declaration: Declaration, asked: Request) -> Entry | None:
    """
    Find the entry that answers a request made before.

    Parameters
    ----------
    book
        All that the ledger holds.
    declaration
        What the ledger allocates.
    asked
        The request.

    Returns
    -------
    Entry or None
        The entry; None where the child is new.

    Raises
    ------
    DataError
        If the child was allocated with another family or other levels.
    """
    entry = book.find("participant", asked.participant_id)
    if entry is None:
        return None
    allocation = book.allocation_of(entry).number
    hint = "the arm stands; record it: steps ledger mis-randomised"
    if book.value(allocation, "family") not in (None, asked.family_id):
        rule = "be the family this participant was allocated with"
        raise DataError(refusal("family_id", rule, WITHHELD, hint=hint))
    known = levels_of(book, declaration, entry.number)
    if entry.kind == "allocation" and known != asked.levels:
        rule = "be those this participant was allocated with"
        raise DataError(refusal("levels", rule, WITHHELD, hint=hint))
    return entry


def allocate_family(act: Act, asked: Request) -> Entry:
    """
    Allocate a child that is new: by its family's arm, or a decision.

    Parameters
    ----------
    act
        The act under way.
    asked
        The request.

    Returns
    -------
    Entry
        The allocation, or that the child joined its family.
    """
    family = act.book.find("family", asked.family_id)
    details: dict[DetailField, Any] = {"participant": asked.participant_id}
    if family is not None:
        return append(act, "joined", {"of": family.number}, details)
    details["family"] = asked.family_id
    if asked.levels:
        details["levels"] = dict(asked.levels)
    return append(act, "allocation", decide(act, asked.levels), details)
