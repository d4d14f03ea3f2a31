"""What the commands for internal working documents share."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from steps_analysis.reporting import Document
    from steps_analysis.trial_data import TrialData


def add_internal_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options that every internal document has.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument("data", type=Path, help="the trial's data folder")
    parser.add_argument("--protocol", type=Path, help="its protocol.toml")
    parser.add_argument(
        "--on", type=day, help="the day this is asked (default: the extract date)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="where to write; a place that is not published",
    )
    parser.add_argument("--json", action="store_true", help="print a summary as JSON")


def day(text: str) -> date:
    """
    Read a day from the command line.

    Parameters
    ----------
    text
        The day as 2014-03-14.

    Returns
    -------
    datetime.date
        The day.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is no such day.

    Examples
    --------
    >>> day("2014-03-14")
    datetime.date(2014, 3, 14)
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        rule = f"must be a day such as 2014-03-14, got {text!r}"
        raise argparse.ArgumentTypeError(rule) from None


def write_internal(trial: TrialData, document: Document, out: Path, kind: str) -> Path:
    """
    Write an internal document.

    Parameters
    ----------
    trial
        The trial it is made from.
    document
        The document.
    out
        The folder.
    kind
        What kind of document it is, for the manifest.

    Returns
    -------
    Path
        The page.
    """
    from steps_analysis.reporting import write_report

    facts = {
        "document": kind,
        "protocol_digest": trial.protocol.digest,
        "provenance": trial.provenance,
        "extract_month": f"{trial.extract_date:%Y-%m}",
        "role": trial.role,
    }
    return write_report(document, out, manifest_facts=facts) / "index.html"
