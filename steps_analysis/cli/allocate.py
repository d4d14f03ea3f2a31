"""``steps allocate``: the next family's arm, from the trial's ledger."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steps_analysis.cli.ledger_receipts import (
    add_acting_arguments,
    check_new,
    read_json,
    tell,
)
from steps_analysis.errors import DataError, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = ("participant_id", "family_id", "levels")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument("ledger", type=Path, help="the ledger's file")
    parser.add_argument(
        "family",
        type=Path,
        metavar="FAMILY",
        help="a JSON object with participant_id, family_id (so that a sibling who "
        "comes later is found) and levels, factor by factor; - reads standard input",
    )
    add_acting_arguments(parser)
    parser.epilog = (
        "The same child with the same levels gets the same receipt again; with other "
        "levels it is refused: see steps ledger mis-randomised. Not validated for live "
        "use under good clinical practice; what a ledger protects is said in "
        "docs/ledger.md."
    )


def run(options: argparse.Namespace) -> int:
    """
    Allocate a family, or say again what was allocated.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0.

    Raises
    ------
    StepsError
        If ledger, key or family are wrong, or the ledger is not whole.
    """
    from steps_analysis.randomisation import Ledger

    asked = _family(options.family)
    check_new(options.receipt)
    ledger = Ledger.open(options.ledger, key_path=options.key)
    receipt = ledger.allocate(
        asked.get("participant_id", ""),
        asked.get("levels"),
        family_id=asked.get("family_id"),
        by=options.by,
    )
    tell(receipt, options)
    return 0


def _family(path: Path) -> Mapping[str, Any]:
    """Read the family; refuse keys that mean nothing here."""
    asked = _standard_input() if str(path) == "-" else read_json(path, "family")
    if not isinstance(asked, dict) or {*asked} - {*_KEYS}:
        rule = f"be one JSON object with {', '.join(_KEYS)} and nothing else"
        raise DataError(refusal("family", rule, str(path)))
    return asked


def _standard_input() -> Any:
    """Read what stands on standard input; None where it is no JSON."""
    try:
        return json.load(sys.stdin)
    except (ValueError, RecursionError):
        return None
