"""``steps audit``: what can be worked out from a release, ours or someone else's."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steps_analysis.disclosure import Audit, Cell

KNOWN = ("table", "row", "column", "least", "greatest")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument(
        "release",
        type=Path,
        metavar="RELEASE",
        help="a folder of CSV or XLSX files with its release.json, or with a "
        "links.toml or links.json that says how its tables add up; or that file",
    )
    parser.add_argument(
        "--known",
        type=Path,
        metavar="FILE",
        help="what the attacker knows besides: CSV with the columns "
        f"{', '.join(KNOWN)} (the last empty where the value itself is known)",
    )
    parser.add_argument("--json", action="store_true", help="print findings as JSON")
    parser.epilog = (
        "What is found is for the publisher, not to be published. Only what is "
        "printed is read. A hidden figure is judged unless what is "
        "printed proves that it is not small: so a figure hidden to protect others "
        "counts too. Exit code 0: every hidden figure keeps every small value "
        "possible; 1: some do not; 2: the input is wrong, or its figures contradict "
        "each other."
    )


def run(options: argparse.Namespace) -> int:
    """
    Attack a release as it is printed, and say what can be worked out.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0 where it is safe, 1 where it is not.

    Raises
    ------
    StepsError
        If the release or what is known cannot be read, or contradicts itself.
    """
    from steps_analysis.disclosure import audit, read_release

    published = read_release(options.release)
    known = None if options.known is None else _known(options.known)
    found = audit(published, known=known)
    if options.json:
        print(json.dumps(_as_dict(found), indent=1, ensure_ascii=False))
    else:
        print("\n".join(_said(found)))
    return 0 if found.safe else 1


def _known(path: Path) -> dict[Cell, int | tuple[int, int]]:
    """Read what the attacker knows besides."""
    import csv

    from steps_analysis.disclosure import Cell
    from steps_analysis.errors import ArgumentError, DataError, refusal

    if not path.is_file():
        raise ArgumentError(refusal("known", "be a file", str(path)))
    known: dict[Cell, int | tuple[int, int]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if tuple(rows.fieldnames or ()) != KNOWN:
            rule = f"have the columns {', '.join(KNOWN)}"
            raise DataError(refusal("known", rule, rows.fieldnames, file=path, line=1))
        for line, row in enumerate(rows, start=2):
            least, greatest = row["least"] or "", row["greatest"] or ""
            if not least.isdecimal() or (greatest and not greatest.isdecimal()):
                rule = "be whole numbers"
                raise DataError(
                    refusal("least, greatest", rule, "others", file=path, line=line)
                )
            cell = Cell(row["table"], row["row"], row["column"])
            known[cell] = (int(least), int(greatest)) if greatest else int(least)
    return known


def _as_dict(found: Audit) -> dict[str, Any]:
    """Give what was found as plain values."""
    return {
        "safe": found.safe,
        "profile": found.profile.name,
        "findings": list(found.findings),
        "figures": [
            {
                "cells": [list(cell) for cell in one.cells],
                "state": one.state,
                "possible": str(one.possible),
                "keeps_every_small_value": one.keeps,
                "attacker": one.attacker,
                "proof": one.proof,
            }
            for one in found.found
        ],
        "withheld": dict(found.withheld),
    }


def _said(found: Audit) -> list[str]:
    """Say what was found: each figure that is not shown, then the verdict."""
    lines = []
    for one in found.found:
        mark = {True: "", False: "  <- not safe", None: ""}[one.keeps]
        lines.append(
            f"{', '.join(one.cells[0])}: {one.state}, may be {one.possible}{mark}"
        )
    lines += ["", *found.findings]
    last = found.profile.hidden_up_to
    if found.safe:
        lines.append("Safe: nothing small can be narrowed down from what is printed.")
    else:
        lines.append(
            f"Not safe: of some hidden figures not every value from 1 to {last} "
            "remains possible. Exact counts are not known here: a figure hidden only "
            "to protect others is judged as if it were small."
        )
    return lines
