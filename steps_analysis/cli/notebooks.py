"""``steps notebooks``: build the notebooks from their scripts, or check for drift."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("notebooks"), help="their folder"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 where a notebook is not what a fresh run gives",
    )


def run(options: argparse.Namespace) -> int:
    """
    Build the notebooks, or check them.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0, or 1 where the check finds a difference.

    Raises
    ------
    StepsError
        If the folder holds no scripts, or a notebook fails.
    """
    from steps_analysis.reporting.notebooks import build_notebooks, notebook_drift

    if not options.check:
        for path in build_notebooks(options.folder):
            print(f"built {path}")
        return 0
    drift = notebook_drift(options.folder)
    for line in drift:
        print(line)
    return 1 if drift else 0
