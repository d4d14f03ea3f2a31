"""``steps ledger``: create, verify, export, and record what happens later."""

from __future__ import annotations

import argparse
from pathlib import Path

from steps_analysis.cli.ledger_receipts import add_acting_arguments

NOTE = (
    "Not validated for live use under good clinical practice. What a ledger protects, "
    "and how its key is kept, is said in docs/ledger.md."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    _describe_creating(acts.add_parser("create", help="a new ledger and its key"))
    _describe_verifying(acts.add_parser("verify", help="is it whole?"))
    _describe_exporting(acts.add_parser("export", help="a list for others"))
    _describe_later(acts)
    parser.epilog = NOTE


def _describe_creating(parser: argparse.ArgumentParser) -> None:
    """Describe the options of creating."""
    parser.add_argument("ledger", type=Path, help="the new file")
    parser.add_argument(
        "--key", type=Path, help="the new key file, away from ledger and repository"
    )
    parser.add_argument("--by", required=True, help="staff code of who creates it")
    parser.add_argument(
        "--protocol", type=Path, help="the trial's protocol.toml (default: STEPS-B)"
    )
    parser.add_argument("--n", type=int, help="families planned (default: protocol's)")
    parser.add_argument(
        "--synthetic",
        action="store_true",
        help="no family is real: without --key, the published test key is used",
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.epilog = NOTE


def _describe_verifying(parser: argparse.ArgumentParser) -> None:
    """Describe the options of verifying."""
    parser.add_argument("ledger", type=Path, help="the ledger's file")
    parser.add_argument("--key", type=Path, help="its key file, to prove every arm")
    parser.add_argument(
        "--receipts", type=Path, nargs="+", default=[], help="receipts kept at sites"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.epilog = "Exit code 0: whole; 1: not whole; 2: the input is wrong."


def _describe_exporting(parser: argparse.ArgumentParser) -> None:
    """Describe the options of exporting."""
    parser.add_argument("ledger", type=Path, help="the ledger's file")
    parser.add_argument("--out", type=Path, required=True, help="the new CSV file")
    parser.add_argument(
        "--form",
        choices=("masked", "redcap", "allocation"),
        default="masked",
        help="masked: who and when, no arm (default); redcap: an allocation table for "
        "a masked project; allocation: the concealed allocation.csv, with arms",
    )
    parser.add_argument(
        "--edition",
        choices=("release", "internal"),
        default="release",
        help="of the masked list: with months (default), or days for own staff",
    )
    parser.add_argument("--json", action="store_true", help="print a summary as JSON")


def _describe_later(acts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the options of what is recorded after an allocation."""
    broken = acts.add_parser("break-code", help="somebody masked learns an arm")
    _describe_child(broken)
    broken.add_argument(
        "--reason",
        required=True,
        help="accident, analysis, authority, care or safety",
    )
    mistaken = acts.add_parser("mis-randomised", help="an allocation was a mistake")
    _describe_child(mistaken)
    mistaken.add_argument(
        "--mistake",
        required=True,
        help="no-consent, not-eligible, twice or wrong-levels",
    )
    mistaken.add_argument(
        "--right-levels", type=Path, help="JSON: the levels as they should have been"
    )
    withdrawn = acts.add_parser("withdraw", help="a child's data are to be erased")
    _describe_child(withdrawn)
    withdrawn.add_argument(
        "--erase",
        default="identity",
        help="identity (default) or everything: the levels of its factors too",
    )


def _describe_child(parser: argparse.ArgumentParser) -> None:
    """Describe the options of an act about one child."""
    parser.add_argument("ledger", type=Path, help="the ledger's file")
    parser.add_argument("--participant", required=True, help="the participant_id")
    add_acting_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """
    Do what was asked.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0, or 1 where a ledger was verified and is not whole.

    Raises
    ------
    StepsError
        If ledger, key or words are wrong, or the ledger is not whole.
    """
    from steps_analysis.cli.ledger_acts import ACTS

    return ACTS[options.act](options)
