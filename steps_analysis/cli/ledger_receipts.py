"""What the commands that write to a ledger share: who acts, and the receipt."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steps_analysis.errors import ArgumentError, DataError, refusal

if TYPE_CHECKING:
    from steps_analysis.randomisation.ledger import Receipt

_SAID = {
    "allocation": "is allocated",
    "joined": "has the arm of its family",
    "code-break": "is unmasked",
    "mis-randomisation": "was allocated by mistake; the arm stands",
    "withdrawal": "A child's data are erased",
}


def add_acting_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options of every act that adds to a ledger.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument("--key", type=Path, help="the key file (synthetic: none)")
    parser.add_argument("--by", required=True, help="staff code of who acts")
    parser.add_argument("--receipt", type=Path, help="a new file for the receipt")
    parser.add_argument(
        "--masked", action="store_true", help="leave the arm off what is written"
    )
    parser.add_argument("--json", action="store_true", help="print the receipt as JSON")


def check_new(path: Path | None) -> None:
    """
    Refuse a file that is there already, before anything is done.

    Parameters
    ----------
    path
        The file to write; None for none.

    Raises
    ------
    ArgumentError
        If it is there, or its folder is not.
    """
    if path is not None and (path.exists() or not path.resolve().parent.is_dir()):
        rule = "be a new file in a folder there is"
        raise ArgumentError(refusal("file", rule, str(path)))


def write_new(path: Path, text: str) -> None:
    """
    Write a new file for its owner's eyes only; where that is interrupted, no file.

    Parameters
    ----------
    path
        The file.
    text
        What it will hold.
    """
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except BaseException:  # a full disk, Ctrl-C: half a receipt would be in the way
        path.unlink()
        raise


def read_json(path: Path, name: str) -> Any:
    """
    Read a JSON file.

    Parameters
    ----------
    path
        The file.
    name
        The argument, for the message.

    Returns
    -------
    object
        What it holds.

    Raises
    ------
    DataError
        If it cannot be read; what it holds is not shown.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        rule = "be a JSON file that can be read"
        raise DataError(refusal(name, rule, str(path))) from None


def tell(receipt: Receipt, options: argparse.Namespace) -> None:
    """
    Print a receipt, and write it where asked.

    Parameters
    ----------
    receipt
        The receipt.
    options
        What the command line said: masked, receipt, json.
    """
    told = receipt.masked() if options.masked else receipt
    text = json.dumps(told.to_dict(), indent=1, ensure_ascii=False)
    if options.receipt is not None:
        write_new(options.receipt, text + "\n")
    print(text if options.json else _in_words(told))


def _in_words(receipt: Receipt) -> str:
    """Say a receipt in lines."""
    said = _SAID[receipt.kind]
    child = receipt.participant_id
    lines = [] if receipt.stamp is None else [receipt.stamp]
    lines.append(f"{said}." if child is None else f"{child} {said}.")
    if receipt.repeated:
        lines.append("  This was done before; nothing was recorded now.")
    if receipt.arm is not None:
        lines.append(f"  Arm: {receipt.arm}")
    lines.append(f"  Entry {receipt.entry} of ledger {receipt.ledger_id}")
    lines.append(f"  Recorded {receipt.at}")
    lines.append(f"  Head: {receipt.head}")
    return "\n".join(lines)
