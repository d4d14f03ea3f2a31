"""``steps new-trial``: the data folder of a new trial, to be filled in."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument("folder", type=Path, help="where to; new or empty")
    parser.add_argument("--name", required=True, help="what the trial is called")
    parser.add_argument(
        "--sites", required=True, type=listed, help="its sites: North,South"
    )
    parser.add_argument(
        "--arms", required=True, type=listed, help="treatment,control: two codes"
    )
    parser.add_argument("--n", type=int, help="families to recruit, if known")
    parser.add_argument(
        "--tables", type=listed, help="tables to prepare (default: all)"
    )
    parser.add_argument(
        "--provenance",
        default="real",
        help="what the data will be: real (default), synthetic or unknown",
    )
    parser.add_argument(
        "--excel", action="store_true", help="add workbooks with a sheet per table"
    )
    parser.add_argument("--json", action="store_true", help="print what was written")


def listed(text: str) -> list[str]:
    """
    Split a list given as one word.

    Parameters
    ----------
    text
        Such as "North,South".

    Returns
    -------
    list of str
        Its parts, without the spaces around them.

    Examples
    --------
    >>> listed("North, South")
    ['North', 'South']
    """
    return [part.strip() for part in text.split(",") if part.strip()]


def run(options: argparse.Namespace) -> int:
    """
    Write the folder.

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
        If the folder holds something, or the names cannot make a protocol.
    """
    from steps_analysis.trial_data import TABLE_NAMES, new_trial

    new_trial(
        options.folder,
        name=options.name,
        sites=options.sites,
        arms=options.arms,
        n=options.n,
        tables=TABLE_NAMES if options.tables is None else options.tables,
        provenance=options.provenance,
        excel=options.excel,
    )
    files = sorted(path.name for path in options.folder.iterdir())
    if options.json:
        print(json.dumps({"files": files}, indent=1, ensure_ascii=False))
    else:
        print(f"{options.folder}: {', '.join(files)}")
        print(f"README.md says what to do next; then: steps check {options.folder}")
    return 0
