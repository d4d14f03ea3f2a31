"""All that can be said of a ledger: chain, receipts, and every arm computed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from steps_analysis.randomisation.ledger.book import Book
from steps_analysis.randomisation.ledger.declaration import Declaration
from steps_analysis.randomisation.ledger.keys import Key
from steps_analysis.randomisation.ledger.receipts import Receipt
from steps_analysis.randomisation.ledger.replaying import draw_fault, replay
from steps_analysis.randomisation.ledger.verifying import (
    Fault,
    chain_fault,
    receipt_fault,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """
    What was found when a ledger was verified.

    Attributes
    ----------
    fault
        The first fault; None where there is none.
    n_entries
        How many entries the file holds.
    head
        The hash of the last one.
    n_allocations
        How many of them allocate a family.
    n_receipts
        How many receipts the ledger was held against.
    with_key
        Whether the key was there, so that seals and draws were checked.
    n_proven
        Allocations whose probabilities, draw and arm all follow from key and history.
    n_draw_only
        Allocations whose draw follows from the key and arm from the draw, but whose
        probabilities cannot be computed again, because levels were erased since.
    """

    fault: Fault | None
    n_entries: int
    head: str
    n_allocations: int
    n_receipts: int
    with_key: bool
    n_proven: int = 0
    n_draw_only: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether no fault was found."""
        return self.fault is None


def verification(
    book: Book,
    declaration: Declaration,
    receipts: Sequence[Receipt],
    *,
    key: Key | None,
) -> Verification:
    """
    Look for a fault in chain, receipts and, with the key, draws; in this order.

    Parameters
    ----------
    book
        All that the ledger holds.
    declaration
        What the ledger allocates.
    receipts
        Receipts of this ledger.
    key
        The ledger's key; None where it is not open.

    Returns
    -------
    Verification
        What was found; allocations are computed again only where chain and receipts
        show no fault.
    """
    fault = chain_fault(book, key=key) or receipt_fault(book, receipts)
    n_proven: Counter[str] = Counter()
    if key is not None and fault is None:
        proofs = replay(book, declaration, key)
        fault, n_proven = draw_fault(proofs), Counter(proofs["is_proven"])
    return Verification(
        fault=fault,
        n_entries=len(book.entries),
        head=book.entries[-1].hash if book.entries else "",
        n_allocations=len(book.allocations),
        n_receipts=len(receipts),
        with_key=key is not None,
        n_proven=n_proven["yes"],
        n_draw_only=n_proven["draw only"],
    )
