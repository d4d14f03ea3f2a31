"""What is handed out for every act: proof that its entry was in the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from steps_analysis.errors import DataError, refusal
from steps_analysis.randomisation.parameters import is_whole
from steps_analysis.trial_data import STAMP


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """
    What is handed out for an act.

    Attributes
    ----------
    trial
        The trial's short name.
    ledger_id
        The ledger's public name.
    entry
        The number of the act's entry.
    head
        The entry's hash: it stands for the entry and all before it.
    kind
        What the entry records.
    at
        When, in world time, to the second.
    participant_id
        Whom it is about; None after a withdrawal of data.
    arm
        The arm's code, where the act tells it; None where it does not, or the receipt
        is for somebody masked.
    allocation_entry
        The entry that allocated the family: ``ledger_entry`` of ``allocation.csv``.
    provenance
        ``"real"`` or ``"synthetic"``.
    repeated
        Whether this allocation had been made before, and was only asked for again.
    """

    trial: str
    ledger_id: str
    entry: int
    head: str
    kind: str
    at: str
    participant_id: str | None
    arm: str | None
    allocation_entry: int
    provenance: str
    repeated: bool = False

    @property
    def stamp(self) -> str | None:
        """The synthetic stamp, where no family is real."""
        return STAMP if self.provenance == "synthetic" else None

    def masked(self) -> Receipt:
        """
        Give the same receipt for somebody who must not know the arm.

        Returns
        -------
        Receipt
            Without the arm; it proves as much, for the head depends on chance that is
            not on the receipt.
        """
        return replace(self, arm=None)

    def to_dict(self) -> dict[str, Any]:
        """
        Write the receipt as plain values.

        Returns
        -------
        dict
            Its stamp and attributes; `receipt_from` reads them back.
        """
        return {"stamp": self.stamp, **asdict(self)}


def receipt_from(given: object) -> Receipt:
    """
    Read a receipt from plain values.

    Parameters
    ----------
    given
        What `Receipt.to_dict` wrote.

    Returns
    -------
    Receipt
        The receipt.

    Raises
    ------
    DataError
        If it is no whole receipt.

    Examples
    --------
    >>> receipt_from({})
    Traceback (most recent call last):
    steps_analysis.errors.DataError: `receipt` must be whole, got something else
    """
    kept = {field.name: field.type for field in fields(Receipt)}
    try:
        receipt = Receipt(**{name: given[name] for name in kept})  # type: ignore[index]  # caught below
        is_sound = isinstance(receipt.head, str) and is_whole(receipt.entry)
    except (KeyError, TypeError):
        is_sound = False
    if not is_sound or receipt.entry < 0:
        raise DataError(refusal("receipt", "be whole", _Something()))
    return receipt


class _Something:
    """Stands for a value that is not shown."""

    def __repr__(self) -> str:
        return "something else"


def read_receipts(paths: Iterable[Path]) -> list[Receipt]:
    """
    Read receipts from files.

    Parameters
    ----------
    paths
        Files of one receipt, or a list of them, in JSON.

    Returns
    -------
    list of Receipt
        The receipts.

    Raises
    ------
    DataError
        If a file is absent, or holds something else.

    Examples
    --------
    >>> read_receipts([])
    []
    """
    receipts = []
    for path in paths:
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):  # the last: nested too deep
            rule = "be a file of receipts in JSON"
            raise DataError(refusal("receipts", rule, str(path))) from None
        given = given if isinstance(given, list) else [given]
        receipts += [receipt_from(one) for one in given]
    return receipts
