"""The option that chooses the formats of a report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def add_format_argument(parser: argparse.ArgumentParser) -> None:
    """
    Describe the option that chooses the formats of a report.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument(
        "--format",
        action="append",
        choices=("html", "pdf", "xlsx", "ods"),
        help="a format to write; may be given more than once (html: a page with its "
        "tables as CSV and its figures; default: all whose package is installed)",
    )


def chosen_formats(options: argparse.Namespace) -> tuple[str, ...]:
    """
    Choose the formats of a report, saying which are left out and how to have them.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    tuple of str
        The formats asked for, or all that can be written here.

    Raises
    ------
    ArgumentError
        If the package of a format asked for is not installed.
    """
    from steps_analysis.reporting import FORMATS, available_formats
    from steps_analysis.reporting.writers import check_formats

    if options.format:
        check_formats(options.format)
        return tuple(dict.fromkeys(options.format))
    found = available_formats()
    left_out = [form.upper() for form in FORMATS if form not in found]
    if left_out:
        print(
            f"Not written: {', '.join(left_out)}; for these, "
            'pip install "steps-analysis[documents]"',
            file=sys.stderr,
        )
    return found


def first_file(formats: Sequence[str]) -> str:
    """
    Name the file of a report that a reader opens first.

    Parameters
    ----------
    formats
        The formats it is written in.

    Returns
    -------
    str
        The page, or the file of the first format where there is no page.

    Examples
    --------
    >>> first_file(("pdf", "html")), first_file(("ods", "pdf"))
    ('index.html', 'report.ods')
    """
    return "index.html" if "html" in formats else f"report.{formats[0]}"
