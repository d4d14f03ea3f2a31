"""What the procedure may look at: earlier allocations, as they stood at an entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.factors import level_codes
from steps_analysis.randomisation.ledger.book import Book
from steps_analysis.randomisation.ledger.declaration import Declaration
from steps_analysis.randomisation.ledger.encoding import canonical, digest
from steps_analysis.randomisation.walking import ArmArray, walk

ERASED = ""
"""The level of every factor of a family whose levels are erased; no family has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """
    One earlier allocation, as the procedure saw it.

    Attributes
    ----------
    entry
        Its entry.
    arm
        The arm's code.
    levels
        The level of each factor; None where they are not known any more but were then.
    levels_digest
        The salted digest of the levels; None for a procedure without factors.
    was_erased
        Whether the levels had been erased already.
    """

    entry: int
    arm: str
    levels: Mapping[str, str] | None
    levels_digest: str | None
    was_erased: bool

    def erased(self) -> Seen:
        """
        Give what is left of it when the levels are erased.

        Returns
        -------
        Seen
            The same allocation; every level is the one that no family has.
        """
        unknown = dict.fromkeys(self.levels or {}, ERASED)
        return replace(self, levels=unknown, was_erased=True)


def erasures(book: Book) -> list[int]:
    """
    List the withdrawals by which levels were erased.

    Parameters
    ----------
    book
        All that the ledger holds.

    Returns
    -------
    list of int
        Their entries' numbers, in order.
    """
    return [
        entry.number
        for entry in book.entries
        if entry.kind == "withdrawal" and "levels" in entry.said["erased"]
    ]


def seen_before(book: Book, declaration: Declaration, entry: int) -> list[Seen]:
    """
    List the allocations before an entry, as they stood then.

    Parameters
    ----------
    book
        All that the ledger holds.
    declaration
        What the ledger allocates.
    entry
        The entry's number.

    Returns
    -------
    list of Seen
        In order.
    """
    erased = {book.entries[one].said["of"] for one in erasures(book) if one < entry}
    unknown = dict.fromkeys(declaration.levels, ERASED)
    return [
        Seen(
            entry=one.number,
            arm=one.said["arm"],
            levels=unknown
            if one.number in erased
            else levels_of(book, declaration, one.number),
            levels_digest=one.said["details"].get("levels"),
            was_erased=one.number in erased,
        )
        for one in book.allocations
        if one.number < entry
    ]


def levels_of(
    book: Book, declaration: Declaration, entry: int
) -> Mapping[str, str] | None:
    """
    Give the levels a family was allocated with.

    Parameters
    ----------
    book
        All that the ledger holds.
    declaration
        What the ledger allocates.
    entry
        The entry that allocated the family.

    Returns
    -------
    mapping or None
        Factor to level; None where they are erased.
    """
    if not declaration.levels:
        return {}
    levels: Mapping[str, str] | None = book.value(entry, "levels")
    return levels


def digest_of(seen: Sequence[Seen]) -> str:
    """
    Give the digest of a history.

    Parameters
    ----------
    seen
        The earlier allocations.

    Returns
    -------
    str
        A digest of salted digests: it can be made again when levels are erased, and
        tells nothing of them.
    """
    rows = [[one.levels_digest, one.was_erased, one.arm] for one in seen]
    return digest("history", canonical(rows).encode("ascii"))


def probabilities_along(
    declaration: Declaration, seen: Sequence[Seen]
) -> list[FloatArray]:
    """
    Give every arm's probability for each family of a history, given those before it.

    Parameters
    ----------
    declaration
        What the ledger allocates.
    seen
        The allocations, all levels known or erased.

    Returns
    -------
    list of numpy.ndarray
        One array a family: one probability an arm, treatment first.
    """
    arms = np.array([declaration.arm_number(one.arm) for one in seen], dtype=np.int8)
    chances: list[FloatArray] = []

    def choose(place: int, probabilities: FloatArray) -> ArmArray:
        chances.append(probabilities[:, 0].copy())
        return arms[place : place + 1]

    table = levels_table([one.levels for one in seen], declaration)
    codes = level_codes(declaration.procedure, table, n=len(seen))
    planned = max(len(seen), declaration.n or 0)
    walk(declaration.procedure, choose, codes=codes, n=planned, n_sequences=1)
    return chances


def is_possible(declaration: Declaration, seen: Sequence[Seen]) -> bool:
    """
    Say whether the procedure could have made a history.

    Parameters
    ----------
    declaration
        What the ledger allocates.
    seen
        The earlier allocations, all levels known or erased.

    Returns
    -------
    bool
        False where an arm of a family whose levels are known had no chance at all.
    """
    return all(
        one.was_erased or chances[declaration.arms.index(one.arm)] > 0
        for one, chances in zip(
            seen, probabilities_along(declaration, seen), strict=True
        )
    )


def levels_table(
    levels: Sequence[Mapping[str, str] | None], declaration: Declaration
) -> pd.DataFrame:
    """
    Put levels side by side, as a procedure takes them.

    Parameters
    ----------
    levels
        The level of each factor, family by family; all known.
    declaration
        What the ledger allocates.

    Returns
    -------
    pandas.DataFrame
        One row per family, one column per factor.
    """
    columns = list(declaration.levels)
    return pd.DataFrame(list(levels), index=range(len(levels)), columns=columns)
