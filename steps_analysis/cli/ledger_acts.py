"""What ``steps ledger`` does, act by act."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from steps_analysis.cli.ledger_receipts import check_new, read_json, tell, write_new
from steps_analysis.protocol import load_protocol
from steps_analysis.randomisation import Ledger
from steps_analysis.randomisation.ledger import (
    Verification,
    declare,
    read_receipts,
)
from steps_analysis.randomisation.ledger.declaration import Provenance
from steps_analysis.trial_data import STAMP

_INTERNAL = "Internal: for the trial's own staff"


def create(options: argparse.Namespace) -> int:
    """
    Create a ledger and its key, and say what may be published.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0.
    """
    protocol = load_protocol(options.protocol)
    provenance: Provenance = "synthetic" if options.synthetic else "real"
    declaration = declare(protocol, n=options.n, provenance=provenance)
    made = Ledger.create(
        options.ledger, declaration, key_path=options.key, by=options.by
    )
    facts = {
        "stamp": _stamp(made),
        "trial": declaration.trial,
        "ledger_id": made.ledger_id,
        "commitment": made.commitment,
        "head": made.head,
    }
    lines = [
        f"{options.ledger}: a ledger of {declaration.trial}",
        f"  Name: {made.ledger_id}",
        f"  Commitment to its key, to be published: {made.commitment}",
        f"  Head: {made.head}",
        _about_the_key(options),
    ]
    _print(options, facts, lines)
    return 0


def _about_the_key(options: argparse.Namespace) -> str:
    """Say where the key is, and what to do with it."""
    if options.key is None:
        return "  Its key is the published test key: it conceals nothing."
    return (
        f"  Its key: {options.key}. Keep a sealed copy elsewhere, and no copy with the "
        "ledger: without it nobody can be allocated, with it anybody can foresee arms."
    )


def verify(options: argparse.Namespace) -> int:
    """
    Say whether a ledger is whole.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0, or 1 where it is not.
    """
    ledger = Ledger.open(options.ledger, key_path=options.key)
    found = ledger.verify(read_receipts(options.receipts))
    facts = {
        "stamp": _stamp(ledger),
        "ledger_id": ledger.ledger_id,
        "is_whole": found.is_whole,
        **asdict(found),
    }
    _print(options, facts, _verified(found))
    return 0 if found.is_whole else 1


def _verified(found: Verification) -> list[str]:
    """Say what was found, and what was not looked at."""
    if found.fault is not None:
        return [
            "The ledger is NOT whole. The first entry that is wrong is "
            f"{found.fault.entry}: {found.fault.damage}.",
            f"  {found.fault.why}",
            "  Stop allocating, keep the file as it is, and tell the statistician.",
        ]
    lines = [
        f"The ledger is whole: entries 0 to {found.n_entries - 1}, "
        f"families allocated: {found.n_allocations}.",
        f"  Head: {found.head}",
        f"  Receipts it was held against: {found.n_receipts}."
        if found.n_receipts
        else "  No receipts were given: that no entry is missing at the end is not "
        "shown.",
    ]
    if not found.with_key:
        return [*lines, "  The key was not given: seals and arms are not proven."]
    lines.append(f"  Arms that follow from key and history: {found.n_proven}.")
    if found.n_draw_only:
        lines.append(
            f"  Arms proven to their draw only, as levels were erased since: "
            f"{found.n_draw_only}."
        )
    return lines


def export(options: argparse.Namespace) -> int:
    """
    Write a list for others.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0.
    """
    check_new(options.out)
    ledger = Ledger.open(options.ledger)
    table = _table(ledger, options)
    write_new(options.out, table.to_csv(index=False, lineterminator="\n"))
    facts = {"stamp": _stamp(ledger), "form": options.form, "rows": len(table)}
    lines = [f"{options.out}: rows {len(table)}"]
    if options.form == "allocation":
        lines.append("  Concealed: it holds arms. Not for anyone who is masked.")
    _print(options, facts, lines)
    return 0


def _table(ledger: Ledger, options: argparse.Namespace) -> pd.DataFrame:
    """Make the list, with what must stand on it."""
    if options.form == "allocation":
        return ledger.allocation_table()
    if options.form == "redcap":
        return ledger.redcap_list()
    table = ledger.masked_list(edition=options.edition)
    mark = _INTERNAL if options.edition == "internal" else None
    notes = [note for note in (mark, _stamp(ledger)) if note is not None]
    return table.assign(note=". ".join(notes)) if notes else table


def break_code(options: argparse.Namespace) -> int:
    """
    Record that somebody masked learns an arm, and tell it.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0.
    """
    check_new(options.receipt)
    ledger = Ledger.open(options.ledger, key_path=options.key)
    tell(ledger.break_code(options.participant, options.reason, by=options.by), options)
    return 0


def mis_randomised(options: argparse.Namespace) -> int:
    """
    Record that an allocation was a mistake.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0.
    """
    check_new(options.receipt)
    right = options.right_levels
    ledger = Ledger.open(options.ledger, key_path=options.key)
    receipt = ledger.record_mis_randomisation(
        options.participant,
        options.mistake,
        right_levels=None if right is None else read_json(right, "right_levels"),
        by=options.by,
    )
    tell(receipt, options)
    return 0


def withdraw(options: argparse.Namespace) -> int:
    """
    Erase what a ledger holds about a child.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0.
    """
    check_new(options.receipt)
    ledger = Ledger.open(options.ledger, key_path=options.key)
    receipt = ledger.withdraw_data(
        options.participant, erase=options.erase, by=options.by
    )
    tell(receipt, options)
    return 0


ACTS: dict[str, Callable[[argparse.Namespace], int]] = {
    "create": create,
    "verify": verify,
    "export": export,
    "break-code": break_code,
    "mis-randomised": mis_randomised,
    "withdraw": withdraw,
}
"""Every act by its name on the command line."""


def _stamp(ledger: Ledger) -> str | None:
    """Give the stamp, where no family is real."""
    return STAMP if ledger.declaration.provenance == "synthetic" else None


def _print(
    options: argparse.Namespace, facts: Mapping[str, Any], lines: list[str]
) -> None:
    """Print facts as JSON, or in lines under the stamp."""
    if options.json:
        print(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    stamp = [] if facts["stamp"] is None else [str(facts["stamp"])]
    print("\n".join([*stamp, *lines]))
