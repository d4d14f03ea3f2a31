"""Lists made from a ledger: without arms for those who are masked, and with."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.ledger.book import Book, Entry
from steps_analysis.randomisation.ledger.declaration import Declaration
from steps_analysis.randomisation.ledger.history import levels_of
from steps_analysis.trial_data import STAMP

Edition: TypeAlias = Literal["internal", "release"]
"""Internal: with days, for the trial's own staff. Release: months, for others."""


def masked_list(book: Book, *, edition: Edition) -> pd.DataFrame:
    """
    List who was allocated, and when, but not to what.

    Parameters
    ----------
    book
        All that the ledger holds.
    edition
        ``"internal"`` with days, ``"release"`` with months.

    Returns
    -------
    pandas.DataFrame
        One row per child, in order of entry: participant_id, entry, ledger_entry (the
        entry that allocated the family), and randomisation_date or
        randomisation_month. Children whose data were withdrawn are left out.

    Raises
    ------
    ArgumentError
        If there is no such edition.
    """
    if edition not in get_args(Edition):
        rule = f"be one of {', '.join(get_args(Edition))}"
        raise ArgumentError(refusal("edition", rule, edition))
    length, name = {"internal": (10, "date"), "release": (7, "month")}[edition]
    rows = [
        (child, entry.number, book.allocation_of(entry).number, _at(entry)[:length])
        for entry, child in _children(book)
    ]
    names = ["participant_id", "entry", "ledger_entry", f"randomisation_{name}"]
    return pd.DataFrame(rows, columns=names)


def _at(entry: Entry) -> str:
    """When an entry was made, in world time."""
    return str(entry.said["at"])


def _children(book: Book) -> list[tuple[Entry, str]]:
    """List the children, each with the entry by which it came into the ledger."""
    found = []
    for entry in book.entries:
        child = book.value(entry.number, "participant")
        if child is not None:
            found.append((entry, str(child)))
    return found


def redcap_list(book: Book, declaration: Declaration) -> pd.DataFrame:
    """
    Write the allocations made as REDCap's allocation table for a masked project.

    Parameters
    ----------
    book
        All that the ledger holds.
    declaration
        What the ledger allocates.

    Returns
    -------
    pandas.DataFrame
        One row per family: redcap_randomization_number (its ledger entry) and one
        column per factor, each level coded 1, 2, ... in the declared order. Families
        whose levels are erased are left out. No arm, no participant.

    Notes
    -----
    In REDCap's blinded model the table gives each allocation a number instead of an
    arm. Only allocations already made are listed: a list of arms to come could be read.
    The format has no room for a note, so the synthetic stamp stands by the number.
    """
    is_real = declaration.provenance == "real"
    coded = {
        factor: {level: code for code, level in enumerate(levels, start=1)}
        for factor, levels in declaration.levels.items()
    }
    rows = []
    for entry in book.allocations:
        levels = levels_of(book, declaration, entry.number)
        if levels is not None:
            codes = [code[levels[factor]] for factor, code in coded.items()]
            name = str(entry.number) if is_real else f"{entry.number} ({STAMP})"
            rows.append((name, *codes))
    return pd.DataFrame(rows, columns=["redcap_randomization_number", *coded])


def allocation_table(book: Book) -> pd.DataFrame:
    """
    Write the trial's concealed ``allocation.csv``.

    Parameters
    ----------
    book
        All that the ledger holds.

    Returns
    -------
    pandas.DataFrame
        One row per child, in order of entry: participant_id, arm, ledger_entry.
        Children whose data were withdrawn are left out.
    """
    rows = []
    for entry, child in _children(book):
        allocation = book.allocation_of(entry)
        rows.append((child, allocation.said["arm"], allocation.number))
    return pd.DataFrame(rows, columns=["participant_id", "arm", "ledger_entry"])
